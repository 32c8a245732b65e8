"""A generated school and college: `generate` fills the connectors' databases with them."""

from connectors.demo.school import Summary, generate
from connectors.demo.story import StoryPerson

__all__ = ["StoryPerson", "Summary", "generate"]
