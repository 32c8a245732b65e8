"""Registration numbers: eight digits and a check digit, as a person tells them to a class teacher (F14)."""

import secrets
from typing import Final

DIGITS: Final = 8
LENGTH: Final = DIGITS + 1


def new_number() -> str:
    """A random number with its check digit."""
    digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """The digit that reveals one mistyped digit, or two neighbours that changed places (Luhn, ISO/IEC 7812-1)."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def read_number(text: str) -> str | None:
    """The number that somebody wrote, with whatever between its digits; None where it was mistyped."""
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    return digits if len(digits) == LENGTH and check_digit(digits[:-1]) == digits[-1] else None


def shown_number(number: str) -> str:
    """The number in groups of three digits, as screens show it."""
    return " ".join(number[place : place + 3] for place in range(0, LENGTH, 3))
