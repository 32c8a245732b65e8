"""The memory of the process: what the garbage collector is spared, and what is given back after much work."""

import ctypes
import gc
import platform
from typing import Final

COLLECT_AFTER: Final = 100_000
"""Objects that requests must leave behind before the garbage collector looks for cycles among them."""

_GLIBC: Final = ctypes.CDLL("libc.so.6") if platform.libc_ver()[0] == "glibc" else None
"""The C library where it is the GNU one; others, such as that of Alpine Linux, have no such settings."""
_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2
"""Heaps of the C library, which would make eight a core for threads that wait for each other anyway."""
_M_MMAP_THRESHOLD: Final = -3
LARGE_BYTES: Final = 128 * 1024
"""The size from which a piece of memory is given back as soon as it is free."""


def limit_heaps() -> None:
    """Have the C library keep few heaps, and large answers outside of them; to be called before threads start.

    Of a heap it gives back little: whatever small stays behind a large answer would hold the place of that answer. By
    itself it raises the size from which a piece lies outside to that of the largest one that was ever freed.
    """
    if _GLIBC is not None:
        _GLIBC.mallopt(_M_ARENA_MAX, _ARENAS)
        _GLIBC.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


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
    if _GLIBC is not None:
        _GLIBC.malloc_trim(0)
