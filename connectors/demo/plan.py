"""The plan of one school before anything happens in it: years, classes, teachers, weeks and groups."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from connectors.demo.bells import Day
from connectors.demo.calendar import SchoolYear
from connectors.demo.chance import chance
from connectors.demo.disciplines import PRIMARY_LEVELS, SENIOR_LEVEL, UNMARKED_LEVEL, Discipline
from connectors.demo.names import Name
from connectors.demo.periods import Periods
from connectors.demo.topics import MIDDLE, PRIMARY, SENIOR
from connectors.directory import SchoolKind
from connectors.vocabulary import ClassId, Days, GroupId, PersonId, SchoolId, SubjectId, mint

ZONE: Final = ZoneInfo("Asia/Yekaterinburg")

SIBLINGS: Final = (0, 1)
"""The places in the register of a class whose students have a sibling in another class of the school."""
SPLIT, STAFF_CHILD, DIVORCED, ENDED, BARRED, MID_YEAR, NEWCOMER, MOVED = 2, 3, 4, 5, 6, 7, 8, 9
"""Places in the register of the story's class that are taken by the families worth telling of."""

Slot = tuple[int, int, int]
"""The shift, weekday (0 is Monday) and number of a lesson."""


@dataclass(slots=True, eq=False)
class Teacher:
    number: int
    person_id: PersonId
    name: Name
    department: str
    room: str
    hours: int = 0
    busy: set[Slot] = field(default_factory=set)
    leads: ClassId | None = None
    is_parent: bool = False


@dataclass(slots=True, eq=False)
class Load:
    """The weekly lessons of one class in one discipline; with two teachers and two groups where the class is halved."""

    discipline: Discipline
    subject_id: SubjectId
    hours: int
    teachers: list[Teacher]
    groups: tuple[GroupId | None, ...] = (None,)
    lessons: int = 0  # in the year, by the timetable


class Entry(NamedTuple):
    """The place of a load on a weekday; *parity* is None where it is held every week."""

    number: int
    load: Load
    parity: int | None


@dataclass(frozen=True, slots=True, eq=False)
class SharedGroup:
    """A group of students of several classes (trap T14)."""

    group_id: GroupId
    name: str
    load: Load
    classes: tuple[int, ...]
    slots: tuple[tuple[int, int], ...]  # weekday, number
    share: float  # of the classes' students
    is_extended: bool


@dataclass(slots=True, eq=False)
class ClassPlan:
    index: int
    class_id: ClassId
    name: str
    sort_name: str
    level: int
    speciality: str | None
    shift: int
    days: int
    size: int
    since: str
    is_story: bool = False
    siblings: int | None = None  # the class where the brothers and sisters are
    leader: Teacher = field(init=False)
    loads: list[Load] = field(default_factory=list)
    week: list[list[Entry]] = field(default_factory=list)  # by weekday
    reserve: list[Teacher] = field(default_factory=list)  # who may substitute in this class, and in no other
    shared_groups: list[SharedGroup] = field(default_factory=list)
    parallel: list[ClassId] = field(default_factory=list)  # the classes with the same plan, itself among them

    @property
    def is_marked(self) -> bool:
        """Whether the students of the class get marks."""
        return self.speciality is not None or self.level != UNMARKED_LEVEL

    @property
    def is_primary(self) -> bool:
        """Whether the class is in one of the first four grades."""
        return self.speciality is None and self.level in PRIMARY_LEVELS

    @property
    def stage(self) -> str:
        """The stage of school by which its topics are chosen."""
        if self.is_primary:
            return PRIMARY
        return SENIOR if self.speciality is not None or self.level >= SENIOR_LEVEL else MIDDLE

    @property
    def halves(self) -> tuple[GroupId, ...]:
        """The two groups of a foreign language, where there are two."""
        return next((tuple(filter(None, load.groups)) for load in self.loads if load.discipline.in_halves), ())


class Move(NamedTuple):
    """A student's move to another class, in which they are from the day *on*."""

    place: int
    old: int
    new: int
    on: date


@dataclass(kw_only=True)
class SchoolPlan:
    seed: int
    index: int
    schools: int
    kind: SchoolKind
    school_id: SchoolId
    number: int
    today: date
    now: datetime
    issuer: str
    files: str  # what the addresses of attachments begin with
    year: SchoolYear
    last_year: SchoolYear
    days: list[Day]  # the study days from September to the end of the window
    window: Days
    subjects: dict[str, SubjectId]
    disciplines: dict[str, Discipline]
    periods: Periods
    teachers: list[Teacher] = field(default_factory=list)
    classes: list[ClassPlan] = field(default_factory=list)
    shared_groups: list[SharedGroup] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)

    @cached_property
    def space(self) -> str:
        """The key that keeps the ids of this school apart from those of other schools and seeds."""
        return f"demo\x1f{self.seed}\x1f{self.index}"

    @cached_property
    def today_iso(self) -> str:
        """Today as an ISO string."""
        return self.today.isoformat()

    @property
    def story_class(self) -> ClassPlan:
        """The class whose families the demo shows."""
        return next(one for one in self.classes if one.is_story)

    def mint(self, kind: str, *key: object) -> str:
        """The id of this school's object of that *kind* with that *key*."""
        return mint(kind, self.space, *key)

    def chance(self, *key: object) -> Random:
        """The random generator of *key* in this school."""
        return chance(self.seed, self.index, *key)
