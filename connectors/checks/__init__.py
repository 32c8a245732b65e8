"""Checks of a school's data: the rules, and the runs that record what they find."""

from connectors.checks.runs import Checks

__all__ = ["Checks"]
