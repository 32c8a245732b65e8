"""The types to which every subsystem may add fields: a subsystem `diary` adds what its `DiaryOfStudent` declares."""

from importlib import import_module

from connectors import directory as documents
from connectors.assembly import SUBSYSTEMS
from gateway.resolvers import diary, directory
from gateway.schema.caching import NEVER, STEADY
from gateway.schema.fields import view_of
from gateway.schema.node import Node
from gateway.schema.visibility import NOT_ANALYST


def parts(name: str, *, home: str = "directory") -> list[type]:
    """The parts of the type *name*: that of the subsystem *home* first, the others in the order of `Connectors`."""
    subsystems = sorted(SUBSYSTEMS, key=lambda subsystem: subsystem != home)
    modules = [(subsystem, import_module(f"gateway.schema.{subsystem}")) for subsystem in subsystems]
    found = [getattr(module, f"{subsystem.capitalize()}Of{name}", None) for subsystem, module in modules]
    return [part for part in found if part is not None]


@view_of(documents.Person, visible_to=NOT_ANALYST, cache=NEVER, found_by=directory.students)
class Student(*parts("Student"), Node):  # type: ignore[misc] # the parts are found by name
    """A student (ученик, студент) whom the viewer may read."""


@view_of(documents.School, cache=STEADY, found_by=directory.schools)
class School(Node, *parts("School")):  # type: ignore[misc] # likewise
    """A school or a college."""


@view_of(documents.Class, cache=STEADY, found_by=directory.classes)
class Class(Node, *parts("Class")):  # type: ignore[misc] # likewise
    """A class of a school (класс) or a group of a college (группа)."""


@view_of(diary.StudentLesson, visible_to=NOT_ANALYST, found_by=diary.lessons_by_ids)
class Lesson(Node, *parts("Lesson", home="schedule")):  # type: ignore[misc] # likewise
    """A lesson (урок, пара) with what belongs to one student: homework, marks, attendance."""


@view_of(directory.ViewerDocument, cache=NEVER)
class Viewer(*parts("Viewer")):  # type: ignore[misc] # likewise
    """The person who is signed in: their role, and what they can begin with."""
