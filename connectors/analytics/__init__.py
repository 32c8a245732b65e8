"""Analytics: statistics of all schools, from which no student can be read."""

from connectors.analytics.building import Build, BuildRules, build, day_of_build
from connectors.analytics.protection import Hidden, Rules
from connectors.analytics.questions import TIMES, CellOrder, Question
from connectors.analytics.reads import Analytics, Cells
from connectors.analytics.statistics import ALL, COORDINATES, DESIGNS, UNKNOWN, Statistic
from connectors.analytics.store import Store

__all__ = [
    "ALL",
    "COORDINATES",
    "DESIGNS",
    "TIMES",
    "UNKNOWN",
    "Analytics",
    "Build",
    "BuildRules",
    "CellOrder",
    "Cells",
    "Hidden",
    "Question",
    "Rules",
    "Statistic",
    "Store",
    "build",
    "day_of_build",
]
