"""Generates a school and a college: `generate` fills the databases of all connectors with them."""

from connectors.demo.school import Summary, generate
from connectors.demo.story import StoryPerson

__all__ = ["StoryPerson", "Summary", "generate"]
