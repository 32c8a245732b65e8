"""Documents that a campaign asks.

Documents are made at random from the full schema, so that forbidden fields are asked for too, and from that of a role;
hypothesis-graphql makes others, and those of the client programs and of the pages for clients are asked as they stand.
Whatever takes an id takes a variable, so that a document is prepared once and asked with many ids.
"""

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from graphql.language import OperationDefinitionNode, parse, print_ast
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisDeprecationWarning
from hypothesis_graphql import nodes, queries

from gateway.engine.prepare.visibility import View
from gateway.schema.query import graphql_schema
from tests.docs.test_examples import EXAMPLES

ROOT: Final = Path(__file__).parents[2]
_DEPTH: Final = 5
_FIELDS: Final = 70
"""About so many fields a random document has at most."""


@dataclass(frozen=True, slots=True)
class Question:
    """A document and the arguments that its variables stand for: each one's coordinate and type."""

    text: str
    variables: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    is_mutation: bool = False
    mutation: str = ""
    """The name of the one mutation, where the document is one that was made."""


# ── documents ──


class _Growing:
    """A random document that is being made."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        self._variables: dict[str, tuple[str, Any]] = {}
        self._left = _FIELDS

    def question(self) -> Question:
        query = self._schema.query_type
        assert query is not None
        body = self._selection(query, 0)
        return Question(f"query Q{self._head()} {body}", self._variables)

    def along(self, path: Sequence[tuple[GraphQLObjectType, str]], target: GraphQLObjectType) -> Question:
        """A query that goes by a way of fields, and asks for all fields of the type to which it leads."""
        body, inner = self._whole(target), target
        for owner, name in reversed(path):
            one = owner.fields[name]
            if get_named_type(one.type) is not inner:
                body = f"{{ __typename ... on {inner} {body} }}"
            required = {key: own for key, own in one.args.items() if is_required_argument(own)}
            body, inner = f"{{ {name}{self._arguments(f'{owner}.{name}', required)} {body} }}", owner
        return Question(f"query T{self._head()} {body}", self._variables)

    def _whole(self, owner: GraphQLObjectType) -> str:
        """All fields of a type; of those that are objects no more than what they are."""
        parts = []
        for number, (name, one) in enumerate(owner.fields.items()):
            is_leaf = is_leaf_type(get_named_type(one.type))
            arguments = self._arguments(f"{owner}.{name}", one.args)
            parts.append(f"w{number}: {name}{arguments}" + ("" if is_leaf else " { __typename }"))
        return "{ " + " ".join(parts) + " }"

    def whole_mutation(self, name: str) -> Question:
        """A mutation with all fields of its payload."""
        root = self._schema.mutation_type
        assert root is not None
        one = root.fields[name]
        body = f"{name}{self._arguments(f'{root}.{name}', one.args)} {self._whole(get_named_type(one.type))}"
        return Question(f"mutation W{self._head()} {{ {body} }}", self._variables, is_mutation=True, mutation=name)

    def mutation(self, name: str) -> Question:
        root = self._schema.mutation_type
        assert root is not None
        body = self._field(root, name, 0)
        return Question(f"mutation M{self._head()} {{ {body} }}", self._variables, is_mutation=True, mutation=name)

    def _head(self) -> str:
        declared = ", ".join(f"${name}: {of}" for name, (_, of) in self._variables.items())
        return f"({declared})" if declared else ""

    def _selection(self, named: Any, depth: int) -> str:
        random = self._random
        if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
            members = sorted(self._schema.get_possible_types(named), key=str)
            some = random.sample(members, min(len(members), 3))
            parts = [f"... on {one.name} {self._selection(one, depth + 1)}" for one in some]
            return "{ __typename id " + " ".join(parts) + " }"
        leaves: list[str] = []
        others: list[str] = []
        for name, one in named.fields.items():
            (leaves if is_leaf_type(get_named_type(one.type)) else others).append(name)
        chosen = random.sample(leaves, min(len(leaves), random.randint(1, 4)))
        if depth < _DEPTH and others and self._left > 0:
            most = 4 if depth == 0 else 3
            chosen += random.sample(others, min(len(others), random.randint(1, most)))
        if random.random() < 0.15:
            chosen.append("__typename")
        parts = [self._field(named, name, depth) if name != "__typename" else name for name in chosen]
        return "{ " + (" ".join(filter(None, parts)) or "__typename") + " }"

    def _field(self, owner: GraphQLObjectType, name: str, depth: int) -> str:
        self._left -= 1
        one = owner.fields[name]
        arguments = self._arguments(f"{owner.name}.{name}", one.args)
        named = get_named_type(one.type)
        if is_leaf_type(named):
            return name + arguments
        if depth >= _DEPTH + 2:
            return f"{name}{arguments} {{ __typename }}"
        alias = f"a{self._left}: " if self._random.random() < 0.1 else ""
        return f"{alias}{name}{arguments} {self._selection(named, depth + 1)}"

    def _arguments(self, coordinate: str, arguments: Mapping[str, GraphQLArgument]) -> str:
        argument_texts = []
        for name, one in arguments.items():
            chance = 0.5 if name in {"first", "after"} else 0.25
            if is_required_argument(one) or self._random.random() < chance:
                variable = f"v{len(self._variables)}"
                self._variables[variable] = (f"{coordinate}.{name}", one.type)
                argument_texts.append(f"{name}: ${variable}")
        return f"({', '.join(argument_texts)})" if argument_texts else ""


@cache
def schema_of(role: str | None) -> GraphQLSchema:
    """The schema as a role sees it; the full one for no role."""
    return graphql_schema() if role is None else View(schema_of(None), role).schema


@cache
def hidden_names(role: str) -> frozenset[str]:
    """The names of types and fields that only the schemas of other roles have."""

    def names(schema: GraphQLSchema) -> set[str]:
        found = set(schema.type_map)
        for one in schema.type_map.values():
            fields = getattr(one, "fields", {})
            found |= {*fields}
            found |= {argument for field in fields.values() for argument in getattr(field, "args", {})}
        return found

    return frozenset(names(schema_of(None)) - names(schema_of(role)))


def grown(role: str, random: Random, count: int) -> list[Question]:
    """Random queries, one in three from the full schema."""
    return [_Growing(schema_of(None if i % 3 == 0 else role), random).question() for i in range(count)]


def mutations(role: str, random: Random) -> list[Question]:
    """Each mutation of the role, with random payloads; and some that the role may not call."""
    root, full = schema_of(role).mutation_type, schema_of(None).mutation_type
    own = list(root.fields) if root is not None else []
    found = [_Growing(schema_of(role), random).mutation(name) for name in own for _ in range(5)]
    found += [_Growing(schema_of(role), random).whole_mutation(name) for name in own]
    forbidden = random.sample(sorted(full.fields if full else ()), 4)
    return [*found, *(_Growing(schema_of(None), random).mutation(name) for name in forbidden)]


def tour(role: str, random: Random) -> list[Question]:
    """For each type of the role's schema a query that asks for all its fields."""
    schema = schema_of(role)
    ways = paths(schema, schema.query_type)
    return [_Growing(schema, random).along(way, schema.type_map[name]) for name, way in ways.items()]  # type: ignore[arg-type] # of object types


def paths(schema: GraphQLSchema, start: Any) -> dict[str, list[tuple[GraphQLObjectType, str]]]:
    """For each object type the shortest way to it from a type: fields, each with its owner.

    A field of an abstract type leads to each of its members. By a field that wants an id go only those to which no
    other field leads: chance may choose an id that nothing is found by.
    """
    found: dict[str, list[tuple[GraphQLObjectType, str]]] = {start.name: []}
    for is_last in (False, True):
        waiting = list(found)
        while waiting:
            owner = schema.type_map[waiting.pop(0)]
            for name, one in owner.fields.items():  # type: ignore[attr-defined] # of an object type
                if not is_last and any(map(is_required_argument, one.args.values())):
                    continue
                for member in members_of(schema, get_named_type(one.type)):
                    if member.name not in found:
                        found[member.name] = [*found[owner.name], (owner, name)]  # type: ignore[list-item] # of an object type
                        waiting.append(member.name)
    return found


def members_of(schema: GraphQLSchema, named: Any) -> Sequence[GraphQLObjectType]:
    """The object types that a field of a type may show."""
    if isinstance(named, GraphQLUnionType | GraphQLInterfaceType):
        return sorted(schema.get_possible_types(named), key=str)
    return [named] if isinstance(named, GraphQLObjectType) else []


def of_hypothesis(role: str, number: int, count: int) -> list[Question]:
    """Queries of hypothesis-graphql."""
    text = st.sampled_from(["", "а", "2026/27"]).map(nodes.String)
    scalars = {
        "ID": st.just(nodes.String("@id")),
        "Date": st.sampled_from(["2026-11-18", "2026-11-16", "2026-09-01"]).map(nodes.String),
        "Decimal": st.sampled_from(["3", "4.5"]).map(nodes.String),
        "DateTime": text,
        "LocalTime": text,
    }
    found: list[str] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(queries(schema_of(role), custom_scalars=scalars, allow_x00=False, codec="ascii"))
    def collect(text: str) -> None:
        found.append(text)

    with warnings.catch_warnings():
        # Threads of the drivers draw from the random module meanwhile, for which Hypothesis blames the strategy.
        warnings.simplefilter("ignore", HypothesisDeprecationWarning)
        collect()
    return [_with_variables(text) for text in dict.fromkeys(found)]


def _with_variables(text: str) -> Question:
    """A document whose ids are variables."""
    names: dict[str, tuple[str, Any]] = {}

    def variable(_: re.Match[str]) -> str:
        names[f"v{len(names)}"] = ("id", "ID!")
        return f"$v{len(names) - 1}"

    body = re.sub(r'"@id"', variable, text)
    head = ", ".join(f"${name}: ID!" for name in names)
    [operation] = [one for one in parse(body, no_location=True).definitions if isinstance(one, OperationDefinitionNode)]
    body = print_ast(operation)
    if not names:
        return Question(body)
    rest = body[body.index("{") :]
    return Question(f"query H({head}) {rest}", names)


LISTS: Final = """query Everything { viewer { unreadAnnouncements unreadMessages
  student { ...S } children { ...S } classes { ...C }
  groups { id name teachers { id } } absenceNotices { totalCount nodes { id state } }
  substitutions { id members { person { id } lesson { id topic marks { id } } } } }
  students(first: 5) { totalCount pageInfo { hasNextPage endCursor } nodes { ...S } }
  people(first: 7) { totalCount pageInfo { hasNextPage endCursor } nodes { id displayName email } }
  classes(first: 100) { totalCount nodes { ...C } } school { curricula { totalCount nodes { id } } }
  announcements(first: 3) { totalCount pageInfo { hasNextPage endCursor } nodes { id title isRead } }
  archived: announcements(archived: true, first: 3) { totalCount nodes { id } } banners { id }
  conversations(first: 3) { totalCount pageInfo { hasNextPage } nodes { id unreadCount participants { id }
    messages(first: 2) { totalCount pageInfo { hasNextPage } nodes { id body } } } }
  students_: messageRecipients(category: STUDENTS, first: 4) { totalCount pageInfo { hasNextPage } nodes { id } }
  guardians_: messageRecipients(category: GUARDIANS, first: 4) { totalCount pageInfo { hasNextPage } nodes { id } }
  teachers_: messageRecipients(category: TEACHERS, first: 4) { totalCount nodes { id } }
  office_: messageRecipients(category: ADMINISTRATION, first: 4) { totalCount nodes { id } } }
fragment C on Class { id members { id displayName } parents { id } classTeacher { id } teachers { teacher { id } }
  students(first: 3) { nodes { id } totalCount pageInfo { hasNextPage } } timetable { days { lessons { id } } } }
fragment S on Student { id birthDate email guardians { person { id } relation validTo hasDataAccess }
  diary { acknowledgement { acknowledgedAt by { id } } days { lessons { ...L } } }
  homework(first: 5) { totalCount pageInfo { hasNextPage } nodes { id status submission { id state } } }
  comments(first: 2) { totalCount pageInfo { hasNextPage } nodes { id text lesson { id } } }
  attendance(first: 3) { totalCount edges { cursor } nodes { id reason lesson { id } } }
  attendanceSummary { present absent late excused lessons }
  missedLessons(first: 3) { totalCount pageInfo { hasNextPage } nodes { id } }
  marks(first: 5) { totalCount pageInfo { hasNextPage }
    nodes { id value comment history { oldValue newValue } work { id } } }
  performance { subject { id } average classAverage markCount weekly { average } finalGrade { id } }
  finalGrades { id value } plannedControlWorks { id title }
  portfolio { rating { score classAverage areas { name score } } sections { count share }
    achievements(first: 3) { totalCount pageInfo { hasNextPage } nodes { id title status } } }
  remarks(first: 2) { totalCount pageInfo { hasNextPage } nodes { id text } }
  absenceNotices(first: 2) { totalCount nodes { id reason lessons { id } } }
  disclosures(first: 3) { totalCount pageInfo { hasNextPage } nodes { day person { id } role kinds count } }
  attestationDebts { id state } tests { id title attemptsLeft attempts { id score } }
  moduleCourses { id freePlaces choice { chosenAt } } timetable { days { lessons { id } } } }
fragment L on Lesson { id topic homework { id } classwork { id } marks { id } attendance { id status }
  comments { id text } remarks { id text } }
"""
"""Asks for every list there is, as far as the role may."""

_BY_ID: Final = "query ById(%s) {%s}"
_ERRORS: Final = (
    "{ remarks { id } viewer { role } }",
    "{ viewer { role remark tests childs } student(id: 1) { remark } }",
    "{ __schema { types { name fields { name } } } }",
    '{ __type(name: "Remark") { name fields { name } } viewer { role } }',
    '{ __type(name: "Student") { fields { name args { name } } } }',
    "query ($x: Role) { viewer { role } }",
    "mutation { addRemark { id } }",
    "{",
)
"""Documents that are refused, and what introspection says: both follow the schema of the role."""


def by_ids(count: int = 12) -> Question:
    """Some nodes by their ids."""
    names = {f"v{i}": ("Query.node.id", "ID!") for i in range(count)}
    head = ", ".join(f"${name}: ID!" for name in names)
    shown = "{ __typename id ... on Student { marks(first: 1) { totalCount } } ... on Person { displayName }"
    shown += " ... on Announcement { title } ... on Message { body } ... on Conversation { unreadCount } }"
    return Question(_BY_ID % (head, " ".join(f"n{name}: node(id: ${name}) {shown}" for name in names)), names)


def students_by_id() -> Question:
    """One student with everything, and searches by ids and names."""
    text = """query OfStudent($s: ID!, $c: ID!, $g: ID!, $word: String, $after: String, $subject: ID) {
      student(id: $s) { ...S } class(id: $c) { id name members { id } parents { id } }
      inClass: students(classId: $c, first: 2) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
      inGroup: students(groupId: $g) { totalCount nodes { id } }
      people(search: $word, first: 3, after: $after) { totalCount nodes { id displayName } edges { cursor } } }
      fragment S on Student { id marks(subjectId: $subject, first: 4) { totalCount nodes { id } edges { cursor } }
        performance(subjectId: $subject) { classAverage average } comments { totalCount nodes { id text } }
        attendance(subjectId: $subject) { totalCount nodes { id } } remarks { totalCount nodes { id } }
        tests { id } portfolio { rating { classAverage } achievements { totalCount nodes { id } } } }"""
    names = {
        "s": ("Query.student.id", "ID!"),
        "c": ("Query.class.id", "ID!"),
        "g": ("groupId", "ID!"),
        "word": ("search", "String"),
        "after": ("after", "String"),
        "subject": ("subjectId", "ID"),
    }
    return Question(text, names)


@cache
def of_clients(role: str) -> Sequence[Question]:
    """The documents of the client programs and of the pages, for a role."""
    files = sorted((ROOT / "tests" / "clients" / "operations").glob("*.graphql"))
    texts = [path.read_text() for path in files if path.stem.upper() == role]
    texts += [example.text for example in EXAMPLES if example.role == role]
    return [question for text in texts if (question := _as_it_stands(text)) is not None]


def _as_it_stands(text: str) -> Question | None:
    [operation, *more] = [
        one for one in parse(text, no_location=True).definitions if isinstance(one, OperationDefinitionNode)
    ]
    if more:
        return None
    of_variables = {
        one.variable.name.value: (one.variable.name.value, print_ast(one.type))
        for one in operation.variable_definitions or ()
    }
    return Question(text, of_variables, is_mutation=operation.operation.value == "mutation")


def corpus(role: str, random: Random, *, size: int = 60, hypotheses: int = 12, tours: bool = True) -> list[Question]:
    """All documents that a campaign asks in a role; the first four ask for everything."""
    fixed = [Question(LISTS), by_ids(), students_by_id(), by_ids(1), *(Question(text) for text in _ERRORS)]
    built = of_hypothesis(role, random.getrandbits(32), hypotheses) if hypotheses else []
    return [*fixed, *of_clients(role), *grown(role, random, size), *built, *(tour(role, random) if tours else ())]
