"""Portfolio: achievements and the rating, what they add to the shared types, and what is done in it."""

from gateway.schema.portfolio.actions import PortfolioOfMutation
from gateway.schema.portfolio.records import PortfolioOfSchool, PortfolioOfStudent, PortfolioOfViewer

__all__ = ["PortfolioOfMutation", "PortfolioOfSchool", "PortfolioOfStudent", "PortfolioOfViewer"]
