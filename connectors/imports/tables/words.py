"""Words of cells as they are compared."""

from functools import lru_cache

from connectors.directory.names import normalized as _normalized

normalized = lru_cache(maxsize=8_192)(_normalized)
"""Names of students, subjects and kinds of work stand in many rows: most are found as they were made before."""
