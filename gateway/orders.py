"""The orders in which people read lists."""


def alphabetical(text: str) -> str:
    """The sort key of the Russian alphabet: case does not matter, ё stands after е."""
    return text.casefold().replace("ё", "е\U0010ffff")
