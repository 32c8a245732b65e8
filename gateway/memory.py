"""The memory of the process: what the garbage collector is spared, and what is given back after much work."""

import ctypes
import gc
from contextlib import suppress
from typing import Final

COLLECT_AFTER: Final = 100_000
"""Objects that requests must leave behind before the garbage collector looks for cycles among them."""


def spare_collector() -> None:
    """Keep the garbage collector from what stays for good, and from looking through each large answer.

    Requests leave no cycles of their own, so that it has little to find and would walk their documents for nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *gc.get_threshold()[1:])


def release() -> None:
    """Give back what nobody uses: cycles that exceptions left, and the free memory that the C library holds."""
    gc.collect()
    with suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL("libc.so.6").malloc_trim(0)
