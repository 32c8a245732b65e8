"""The root of the graph, and the schema made of all its parts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import strawberry
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryType

from connectors.ids import PublicId, kind_of
from gateway.context import Info
from gateway.errors import NotFound
from gateway.resolvers import assessments as assessments_
from gateway.resolvers import curriculum as curriculum_
from gateway.resolvers import diary as diary_
from gateway.resolvers import directory as directory_
from gateway.resolvers import grades as grades_
from gateway.resolvers import portfolio as portfolio_
from gateway.schema import assessments, curriculum, diary, directory, grades, portfolio
from gateway.schema.caching import OWN
from gateway.schema.connections import Connection
from gateway.schema.fields import batch, describe_fields
from gateway.schema.node import Node
from gateway.schema.people import Person, Subject
from gateway.schema.scalars import SCALARS
from gateway.schema.student import Student
from gateway.schema.visibility import NOT_ANALYST, STAFF

NODES: Final[Mapping[type, Callable[..., Any]]] = {
    Student: directory_.students,
    directory.School: directory_.schools,
    directory.Class: directory_.classes,
    directory.Group: directory_.groups,
    Subject: directory_.known_subjects,
    Person: directory_.known_people,
    diary.Lesson: diary_.lessons_by_ids,
    diary.Homework: diary_.homework_by_ids,
    diary.Remark: diary_.remarks_by_ids,
    diary.TeacherComment: diary_.comments_by_ids,
    diary.AbsenceNotice: diary_.absence_notices_by_ids,
    grades.Mark: grades_.marks_by_ids,
    grades.Work: grades_.works_by_ids,
    grades.FinalGrade: grades_.final_grades_by_ids,
    grades.AttestationPeriod: grades_.periods_by_ids,
    curriculum.Curriculum: curriculum_.curricula_by_ids,
    curriculum.WorkProgramme: curriculum_.work_programmes_by_ids,
    curriculum.ModuleCourse: curriculum_.courses_by_ids,
    portfolio.Achievement: portfolio_.achievements_by_ids,
    assessments.Test: assessments_.tests_by_ids,
}
"""How each type with an id is found by its id, within the viewer's rights."""

_BY_NAME: Final = {node.__name__: (node, find) for node, find in NODES.items()}


async def node(roots: Sequence[object], info: Info, id: PublicId) -> list[Any]:
    """Find any object by its id; an object that the viewer may not read is `NotFound`, like one that does not exist."""
    kind = kind_of(id)
    if kind not in _BY_NAME:
        return [NotFound()] * len(roots)
    of_type, find = _BY_NAME[kind]
    roles = getattr(of_type, "__visible_to__", None)
    if roles is not None and info.viewer.role not in roles:
        return [NotFound()] * len(roots)
    [found] = await find([id], info)
    return [found if isinstance(found, NotFound) else {**found, "__typename": kind}] * len(roots)


@strawberry.type(description="The root of every query.")
@describe_fields
class Query:
    """The root of every query."""

    viewer: directory.Viewer = batch(directory_.viewer)
    """Who is signed in, and in which role: the place to begin."""

    node: Node | None = batch(node)
    """Any object by its id. An object that the viewer may not read is not found, like one that does not exist."""

    student: Student | None = batch(directory_.student)
    """One student by id. A student whom the viewer may not read is not found, like one who does not exist."""

    students: Connection[Student] | None = batch(directory_.students_of_school, visible_to=STAFF)
    """The students whom the viewer may read, by name."""

    school: directory.School | None = batch(directory_.school, cache=OWN)
    """The viewer's school; of a parent whose children are at several schools, the first."""

    school_class: directory.Class | None = batch(directory_.class_by_id, name="class", cache=OWN)
    """One class of the viewer's schools by its id."""

    classes: Connection[directory.Class] | None = batch(directory_.classes_of_school)
    """The classes of the viewer's schools, by grade level and letter."""

    people: Connection[Person] | None = batch(directory_.people_of_viewer, visible_to=NOT_ANALYST)
    """The people whose names the viewer may read, by name."""


class _Names(NameConverter):
    """Names connections after the word that clients know: a `CommentConnection` has `TeacherComment`s."""

    def get_name_from_type(self, type_: StrawberryType | type) -> str:
        name = super().get_name_from_type(type_)
        return {"TeacherComment": "Comment", "AttendanceRecord": "Attendance"}.get(name, name)


def build() -> strawberry.Schema:
    """The whole schema; the engine derives from it what each role sees."""
    schema = strawberry.Schema(
        query=Query,
        types=list(NODES),
        config=StrawberryConfig(name_converter=_Names(), scalar_map=SCALARS),
    )
    for named in schema._schema.type_map.values():
        if isinstance(named, GraphQLObjectType):
            named.is_type_of = None  # documents carry no class; a type is known by the field that returned it
        elif isinstance(named, GraphQLInterfaceType):
            named.resolve_type = lambda document, *_: document["__typename"]
    return schema


def graphql_schema() -> GraphQLSchema:
    """The whole schema as an object of graphql-core."""
    return build()._schema
