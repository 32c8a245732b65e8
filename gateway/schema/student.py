"""The student: one part from each subsystem."""

from connectors import directory as documents
from gateway.schema.assessments import AssessmentsOfStudent
from gateway.schema.caching import NEVER
from gateway.schema.curriculum import CurriculumOfStudent
from gateway.schema.diary import DiaryOfStudent
from gateway.schema.directory import DirectoryOfStudent
from gateway.schema.fields import view_of
from gateway.schema.grades import GradesOfStudent
from gateway.schema.node import Node
from gateway.schema.portfolio import PortfolioOfStudent
from gateway.schema.schedule import ScheduleOfStudent
from gateway.schema.visibility import NOT_ANALYST


@view_of(documents.Person, visible_to=NOT_ANALYST, cache=NEVER)
class Student(
    DirectoryOfStudent,
    DiaryOfStudent,
    GradesOfStudent,
    CurriculumOfStudent,
    ScheduleOfStudent,
    PortfolioOfStudent,
    AssessmentsOfStudent,
    Node,
):
    """A student (ученик, студент) whom the viewer may read."""
