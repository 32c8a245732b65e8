"""Every element of the public schema is described, for clients."""

import re
from collections.abc import Iterator
from enum import Enum

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from gateway.schema.descriptions import described_enum, of_attributes
from gateway.schema.query import graphql_schema

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


def own_words(description: str | None) -> str:
    """A description without the roles that are appended to it."""
    return (description or "").partition("Visible to: ")[0].strip()


def test_every_element_has_a_description() -> None:
    bare = [name for name, description in elements() if not own_words(description)]
    assert bare == [], "write a docstring under the field or enum value; arguments: gateway/schema/arguments.py"


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
