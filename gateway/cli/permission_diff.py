"""`school-gateway schema diff REV`: says in sentences what each role gained or lost since a revision."""

import subprocess
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import typer
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from auth.viewer import Role
from gateway.cli.schema import DIRECTORY
from gateway.cli.terminal import fail, out
from gateway.schema.printed import printed

Rights = Mapping[str, str]
"""The rights of a role in the words of a sentence, each with the type that it has."""

_VERBS: Final[Mapping[str, str]] = {"Query": "ask for", "Mutation": "call", "Subscription": "subscribe to"}


def rights_of(schema: GraphQLSchema) -> Rights:
    """Each thing that a role may do by its schema: read a field, pass an argument, send or receive a value."""
    found: dict[str, str] = {}
    for name, named in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            for field, one in named.fields.items():
                shown = field if name in _VERBS else f"{name}.{field}"
                found[f"{_VERBS.get(name, 'read')} {shown}"] = str(one.type)
                found |= {f"pass `{argument}` to {shown}": str(own.type) for argument, own in one.args.items()}
        elif isinstance(named, GraphQLInputObjectType):
            found |= {f"send {name}.{field}": str(one.type) for field, one in named.fields.items()}
        elif isinstance(named, GraphQLEnumType):
            found |= {f"use {name}.{value}": "" for value in named.values}
    return found


def sentences(role: Role, before: Rights, now: Rights) -> Iterator[str]:
    """Sentences of what a role gained, what it lost, and which types changed, each in the order of the schema."""
    who = role.value.lower().replace("_", " ")
    who = f"{'An' if who[0] in 'aeiou' else 'A'} {who}"
    yield from (f"{who} may now {right}." for right in _added(now, before))
    yield from (f"{who} may no longer {right}." for right in _added(before, now))
    for right in now:
        if before.get(right, now[right]) != now[right]:
            yield f"{who} may {right} as {now[right]}, which was {before[right]}."


def _added(these: Rights, others: Rights) -> Iterator[str]:
    """The rights among *these* that *others* lack; all fields or values of one type are named together."""
    members: dict[str, list[str]] = {}
    for right in these:
        if right not in others:
            owner, dot, member = right.rpartition(".")
            members.setdefault(owner if dot and "pass" not in owner else right, []).append(member)
    for owner, names in members.items():
        yield owner if owner in these else f"{owner}: {', '.join(names)}"


def _schema_at(revision: str, role: Role) -> GraphQLSchema:
    """The schema of a role that was committed with a revision."""
    path = f"./schema.{role.value.lower()}.graphql"
    command = ["git", "show", f"{revision}:{path}"]
    try:
        shown = subprocess.run(command, cwd=DIRECTORY, capture_output=True, check=True, text=True)  # noqa: S603 - no shell
    except FileNotFoundError:
        fail("There is no git here, which knows what the schema was.")
    except subprocess.CalledProcessError as error:
        fail(f"git does not have the schema of {revision}: {error.stderr.strip()}")
    return build_schema(shown.stdout, assume_valid=True)


def diff(
    revision: Annotated[str, typer.Argument(metavar="REV", help="A revision of git, such as main or HEAD~3.")],
) -> None:
    """Say in sentences what each role gained or lost since a revision of this repository."""
    found: list[str] = []
    for role in Role:
        now = rights_of(build_schema(printed(role), assume_valid=True))
        found += sentences(role, rights_of(_schema_at(revision, role)), now)
    out.print("\n".join(found) if found else f"No role gained or lost anything since {revision}.", markup=False)
