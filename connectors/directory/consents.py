"""The texts to which students and parents consent, and who may give a consent (F13, F30)."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors.directory.documents import Consent
from connectors.vocabulary import Day


class ConsentText(BaseModel):
    """One text in the version of today."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    version: Annotated[str, Field(min_length=1, max_length=50)]
    """The version; another one needs a consent of its own."""
    url: str | None = None
    """Where people read the text."""
    is_required: bool = True
    """Whether nothing is shown to families without the consent; otherwise it is voluntary."""


class ConsentRules(BaseModel):
    """The consents of families, and from which age students give them."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    texts: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,49}$")], ConsentText] = Field(default_factory=dict)
    """The texts by their names, as JSON: {"personal-data": {"version": "2026-09", "url": "https://…"}}; with
    `"is_required": false` a consent is voluntary. Without texts nobody is asked for a consent."""
    own_from_age: Annotated[int, Field(ge=0, le=100)] = 14
    """The age from which students give and withdraw their own consents; before, and where the birth date is not known,
    a legal representative does."""
    alone_from_age: Annotated[int, Field(ge=0, le=100)] = 18
    """The age from which they alone do; before, a legal representative may too."""

    @model_validator(mode="after")
    def _ordered(self) -> "ConsentRules":
        if self.own_from_age > self.alone_from_age:
            raise ValueError("students cannot be the only ones before they may at all: see own_from_age")
        return self

    @property
    def required(self) -> frozenset[tuple[str, str]]:
        """Name and version of each text without which families are shown nothing."""
        return frozenset((name, text.version) for name, text in self.texts.items() if text.is_required)

    def are_given(self, consents: Iterable[Consent]) -> bool:
        """Whether *consents*, the ones in force for one person, are all that is required."""
        return self.required <= {(own["text"], own["version"]) for own in consents}

    def student_may_give(self, birth_date: str | None, today: Day) -> bool:
        """Whether a student gives and withdraws their own consents."""
        return has_reached(self.own_from_age, birth_date, today)

    def representative_may_give(self, birth_date: str | None, today: Day) -> bool:
        """Whether a legal representative gives and withdraws consents for the student."""
        return not has_reached(self.alone_from_age, birth_date, today)


def has_reached(years: int, birth_date: str | None, today: Day) -> bool:
    """Whether somebody born on *birth_date* has reached an age on *today*; not if the birth date is not known."""
    return birth_date is not None and f"{int(birth_date[:4]) + years:04}{birth_date[4:]}" <= today


def in_order(texts: Mapping[str, ConsentText]) -> list[tuple[str, ConsentText]]:
    """The texts with the required ones first, each kind in the order of the settings."""
    return sorted(texts.items(), key=lambda own: not own[1].is_required)
