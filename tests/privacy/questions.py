"""Documents that a campaign asks, and the values that their variables have for one viewer.

Documents are made at random from the full schema, so that forbidden fields are asked for too, and from that of a role;
hypothesis-graphql makes others, and those of the client programs and of the pages for clients are asked as they stand.
Whatever takes an id takes a variable, so that a document is prepared once and asked with many ids.
"""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
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

from connectors.vocabulary import TYPES, mint
from gateway.engine.prepare.visibility import View
from gateway.schema.query import graphql_schema
from tests.docs.test_examples import EXAMPLES
from tests.privacy.low import Low
from tests.privacy.worlds import Change, Mutation, World

ROOT: Final = Path(__file__).parents[2]
IDS: Final[Mapping[str, str]] = {
    "Query.student.id": "Student",
    "Query.class.id": "Class",
    "studentId": "Student",
    "subjectId": "Subject",
    "periodId": "AttestationPeriod",
    "kindId": "WorkKind",
    "typeId": "AchievementType",
    "classId": "Class",
    "groupId": "Group",
    "homeworkId": "Homework",
    "lessonId": "Lesson",
    "lessonIds": "Lesson",
    "noticeId": "AbsenceNotice",
    "markId": "Mark",
    "workId": "Work",
    "personId": "Person",
    "schoolId": "School",
}
"""Which ids an argument or an input field takes; any where it does not stand here."""

OF_STUDENT: Final = {"Lesson", "Homework", "ModuleCourse", "Test"}
"""The types whose objects are shared, and whose ids name the student too."""

_DEPTH: Final = 5
_FIELDS: Final = 70
"""About so many fields a random document has at most."""


@dataclass(frozen=True, slots=True)
class Question:
    """A document and the arguments that its variables stand for: each one's coordinate and type."""

    text: str
    variables: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    is_mutation: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    """Values that its variables have in any case."""


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

    def mutation(self, name: str) -> Question:
        root = self._schema.mutation_type
        assert root is not None
        body = self._field(root, name, 0)
        return Question(f"mutation M{self._head()} {{ {body} }}", self._variables, is_mutation=True)

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
    found = [_Growing(schema_of(role), random).mutation(name) for name in own for _ in range(6)]
    forbidden = random.sample(sorted(full.fields if full else ()), 4)
    return [*found, *(_Growing(schema_of(None), random).mutation(name) for name in forbidden)]


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


LISTS: Final = """query Everything { viewer { student { ...S } children { ...S } classes { ...C }
  groups { id name teachers { id } } absenceNotices { totalCount nodes { id state } }
  substitutions { id members { person { id } lesson { id topic marks { id } } } } }
  students(first: 5) { totalCount pageInfo { hasNextPage endCursor } nodes { ...S } }
  people(first: 7) { totalCount pageInfo { hasNextPage endCursor } nodes { id displayName email } }
  classes(first: 100) { totalCount nodes { ...C } } school { curricula { totalCount nodes { id } } } }
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
    shown = "{ __typename id ... on Student { marks(first: 1) { totalCount } } ... on Person { displayName } }"
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


def corpus(role: str, random: Random, *, size: int = 60, hypotheses: int = 12) -> list[Question]:
    """All documents that a campaign asks in a role; the first four ask for everything."""
    fixed = [Question(LISTS), by_ids(), students_by_id(), by_ids(1), *(Question(text) for text in _ERRORS)]
    built = of_hypothesis(role, random.getrandbits(32), hypotheses) if hypotheses else []
    return [*fixed, *of_clients(role), *grown(role, random, size), *built]


# ── values ──


_DAYS: Final = (-2, 0, -9, 1, 5, -44, 2)
"""The days that are asked for, counted from today."""


def last_week(today: date) -> str:
    """The Monday of the last week that has ended."""
    return (today - timedelta(days=today.weekday() + 7)).isoformat()


def _moved(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


class Values:
    """The values of variables for one viewer: visible and hidden things alike, and what there is not."""

    def __init__(self, worlds: Iterable[World], low: Low, random: Random, mutations_: Iterable[Mutation] = ()) -> None:
        self._random = random
        self._today = low.today
        self._visible: dict[str, list[str]] = {}
        self._hidden: dict[str, list[str]] = {}
        self.cursors: list[str] = ["W10", "no cursor"]
        self._words = ["", "а", "иванов", "и"]
        self._years: Sequence[str] = sorted(
            {"2025/26", *(one["name"] for one in low.world["directory.academic_years"].values())}
        )
        for world in worlds:
            for place, documents in world.documents.items():
                for own, one in documents.items():
                    self._note(place, own, one, is_seen=low.part(place, one) is not None, low=low)
        self._mine = sorted(low.students)
        self._differing: dict[str, list[str]] = {}
        for change in (change for mutation in mutations_ for change in mutation[:4]):
            self._note_difference(change, low.world)
        for ids in (*self._visible.values(), *self._hidden.values()):
            ids.sort()

    def _note(self, place: str, own: str, one: Mapping[str, Any], *, is_seen: bool, low: Low) -> None:
        kind = TYPES.get(own.partition("_")[0])
        into = self._visible if is_seen else self._hidden
        if kind is not None:
            into.setdefault(kind, []).append(own)
        if place == "directory.people":
            if "student_id" in one:
                mine = one["student_id"] in low.students
                (self._visible if mine else self._hidden).setdefault("Student", []).append(one["student_id"])
            if not is_seen and len(self._words) < 40:
                self._words.append(str(one["family_name"]).lower())

    def _note_difference(self, change: Change, world: World) -> None:
        """Take the id of a document that differs between the worlds, and that of its student."""
        one = change.after or change.before or {}
        kind = TYPES.get(change.id.partition("_")[0], "")
        students = [*(one.get("student_ids") or ()), *filter(None, [one.get("student_id")])]
        if kind in OF_STUDENT and not students:
            classes = {*(one.get("class_ids") or ())}
            people = [person for person in world["directory.people"].values() if "student_id" in person]
            learning = [p["student_id"] for p in people if any(e["class_id"] in classes for e in p["enrolments"])]
            students += learning
        self._differing.setdefault("Student", []).extend(students[:3])
        if "test_id" in one:
            self._differing.setdefault("Test", []).extend(f"{one['test_id']}.{student}" for student in students)
        own = [f"{change.id}.{student}" for student in students] if kind in OF_STUDENT else [change.id]
        self._differing.setdefault(kind, []).extend(own)

    def of(self, question: Question) -> dict[str, Any]:
        """A value for each variable of a document."""
        found = {name: self._value(coordinate, of) for name, (coordinate, of) in question.variables.items()}
        return {**{name: one for name, one in found.items() if one is not None}, **question.values}

    def _value(self, coordinate: str, of: Any) -> Any:
        if isinstance(of, str):
            return self._named(coordinate, of)
        if isinstance(of, GraphQLNonNull):
            return self._value(coordinate, of.of_type)
        if isinstance(of, GraphQLList):
            return [self._value(coordinate, of.of_type) for _ in range(self._random.choice((1, 1, 2)))]
        if isinstance(of, GraphQLEnumType):
            return self._random.choice(list(of.values))
        if isinstance(of, GraphQLInputObjectType):
            return self._input(of)
        return self._named(coordinate, of.name)

    def _input(self, of: GraphQLInputObjectType) -> dict[str, Any]:
        names = [self._random.choice(list(of.fields))] if of.is_one_of else list(of.fields)
        found = {}
        for name in names:
            one = of.fields[name].type
            if isinstance(one, GraphQLNonNull) or of.is_one_of or self._random.random() < 0.7:
                found[name] = self._value(name, one)
        if of.name == "Days":
            found = dict(zip(("first", "last"), sorted((found.get("first", ""), found.get("last", ""))), strict=True))
        return found

    def _named(self, coordinate: str, name: str) -> Any:
        """A value of a scalar, or of an input that a document names by its name alone."""
        last, scalar = coordinate.rpartition(".")[2], name.strip("[]!")
        if scalar == "ID":
            own = self.id(IDS.get(coordinate) or IDS.get(last))
            return [own] if name.startswith("[") else own
        if scalar == "String":
            return self._string(last)
        if scalar == "Int" and last == "first":
            return self._random.choice((1, 2, 3, 5, 20, 100))
        day = date.fromisoformat(self._today)
        today = {"first": self._today, "last": self._today}
        year = {"first": _moved(day, -78), "last": _moved(day, 13)}
        choices: Mapping[str, Sequence[Any]] = {
            "Int": (0, 1, 1, 2, 7),
            "Date": [_moved(day, days) for days in _DAYS],
            "Days": (year, today),
            "Boolean": (True, True, False),
            "Decimal": ("3", "4.5", "2"),
        }
        return self._random.choice(choices[scalar]) if scalar in choices else None

    def _string(self, name: str) -> str:
        match name:
            case "after":
                return self._random.choice(self.cursors[-20:])
            case "academicYear":
                return self._random.choice(self._years)
            case "search" | "word":
                return self._random.choice(self._words)
            case _:
                return self._random.choice(("болезнь", "врач", "соревнования"))

    def id(self, kind: str | None) -> str:
        """An id of a kind, or of any."""
        random = self._random
        if random.random() < 0.4:
            differing = self._differing if kind is None else {kind: self._differing.get(kind, [])}
            if found := [own for own in differing.values() if own]:
                return random.choice(random.choice(found))
        if kind is None:
            kind = random.choice(sorted(self._visible.keys() | self._hidden.keys()))
        chance = random.random()
        pools = (self._visible, self._hidden) if chance < 0.55 else (self._hidden, self._visible)
        ids = next((pool[kind] for pool in pools if pool.get(kind)), None)
        if ids is None or chance > 0.95:
            return mint(kind, "nothing") if kind in TYPES.values() else "nothing"
        own = random.choice(ids)
        if kind not in OF_STUDENT:
            return own
        students = (
            self._mine if self._mine and random.random() < 0.75 else self._hidden.get("Student") or ["stu_nobody"]
        )
        return f"{own}.{random.choice(students)}"

    def learn(self, answer: Any) -> None:
        """Take the cursors of an answer for later questions."""
        if isinstance(answer, list):
            for one in answer[:20]:
                self.learn(one)
        elif isinstance(answer, dict):
            for key, one in answer.items():
                if key in {"cursor", "endCursor", "startCursor"} and isinstance(one, str):
                    self.cursors.append(one)
                elif isinstance(one, dict | list):
                    self.learn(one)
