"""Every element of the public schema is described, for clients."""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from gateway.schema.descriptions import described_enum, of_attributes
from gateway.schema.query import graphql_schema
from gateway.schema.terms import TERMS, terms_in

SOURCE_OF_A_RULE = re.compile(r"\b[FT]\d+\b|\btraps?\b|\bdomain\b|\btable \d")
BUILT_IN = {"Boolean", "Float", "ID", "Int", "String"}


def elements() -> Iterator[tuple[str, str | None]]:
    """The coordinate of each element with its description."""
    schema = graphql_schema()
    for name, named in schema.type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        yield name, named.description
        if isinstance(named, GraphQLEnumType):
            for value, definition in named.values.items():
                yield f"{name}.{value}", definition.description
        elif isinstance(named, GraphQLInputObjectType):
            for entry, own in named.fields.items():
                yield f"{name}.{entry}", own.description
        elif isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in named.fields.items():
                yield f"{name}.{field}", definition.description
                for argument, sent in definition.args.items():
                    yield f"{name}.{field}({argument}:)", sent.description


def glossary() -> Mapping[str, str]:
    """The Russian words of the glossary by what its column "In the graph" names; "X with Y" is about Y."""
    words: dict[str, str] = {}
    for line in (Path(__file__).parents[3] / "docs" / "glossary.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if len(cells) >= 3 and not cells[0].startswith(("English", "---")):
            named = re.findall(r"`(\w+(?:\.\w+)?)`", cells[2].split(" with ")[-1])
            words |= dict.fromkeys(named, cells[1])
    return words


def own_words(description: str | None) -> str:
    """A description without the roles that are appended to it."""
    return (description or "").partition("Visible to: ")[0].strip()


def test_every_element_has_a_description() -> None:
    bare = [name for name, description in elements() if not own_words(description)]
    assert bare == [], "write a docstring under the field or enum value; arguments: gateway/schema/arguments.py"


def test_the_terms_are_those_of_the_glossary() -> None:
    assert dict(TERMS) == glossary(), "gateway/schema/terms.py has the terms of docs/glossary.md for clients"


def test_whatever_the_glossary_names_has_its_russian_term() -> None:
    described = [(element.description or "", term) for element, term in terms_in(graphql_schema())]
    assert {term for _, term in described} == set(TERMS.values())
    for description, term in described:
        for word in re.split("[,;] ", term):
            assert word.lower() in description.lower(), description


def test_each_term_names_something_in_the_graph() -> None:
    known = {name for name, _ in elements()}
    members = {name.partition(".")[2] for name in known}
    assert [key for key in TERMS if key not in known and key not in members] == []


def test_no_description_names_the_source_of_a_rule() -> None:
    assert [name for name, description in elements() if SOURCE_OF_A_RULE.search(description or "")] == []


def test_no_description_speaks_of_a_person_as_he() -> None:
    assert [name for name, d in elements() if re.search(r"(?i)\b(he|his|him|himself)\b", d or "")] == []


class Colour(Enum):
    """A colour."""

    RED = 1
    """Like blood."""

    BLUE = 2


class Base:
    near: int = 1
    """Inherited."""

    far: int = 2
    """Replaced."""


class Derived(Base):
    far: int = 3
    """Its own."""


def test_docstrings_are_read_from_under_attributes() -> None:
    assert of_attributes(Derived) == {"near": "Inherited.", "far": "Its own."}
    definition = described_enum(Colour).__strawberry_definition__  # type: ignore[attr-defined] # set by Strawberry
    assert definition.description == "A colour."
    assert [value.description for value in definition.values] == ["Like blood.", None]
