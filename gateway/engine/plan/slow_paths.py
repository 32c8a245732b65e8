"""Counts how often generated code falls back to the slow path, which finds out which value of many failed."""

from typing import Final

from prometheus_client import Counter

SLOW_PATHS: Final = Counter(
    "gateway_plan_slow_paths_total", "Lists of values that were completed one by one after an exception.", ["path"]
)
