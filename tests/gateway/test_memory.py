"""Memory that large answers leave behind."""

import subprocess
import sys

import pytest

from gateway import memory

LEFT_MB = """
import sys
from pathlib import Path
from gateway import memory

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

if sys.argv[1] == "limited":
    memory.limit_heaps()
bytes(5 * 2**20)  # the largest answer so far
filling = [bytes(1_000) for _ in range(20_000)]  # what imports left free, so that what follows lies in a row
before = resident_mb()
answers, small = [], []
for number in range(200):
    answers.append(bytes([number]) * 300_000)
    small.append(bytes(1_000))  # of what comes with an answer something stays
answers.clear()
print(resident_mb() - before)
"""


def left_mb(how: str) -> float:
    """How much more memory a process has that made and dropped answers of 60 MB together."""
    done = subprocess.run([sys.executable, "-c", LEFT_MB, how], check=True, capture_output=True, text=True)
    return float(done.stdout)


@pytest.mark.skipif(memory._GLIBC is None, reason="other C libraries have no such settings")
def test_memory_of_large_answers_is_given_back_when_small_things_stay_behind_them() -> None:
    assert left_mb("limited") < 10
    assert left_mb("as it is") > 40, "or nothing needs to be limited"
