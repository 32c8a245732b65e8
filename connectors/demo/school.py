"""Generates the data as a stream: class after class goes into the sink, and nothing stays in memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib import import_module
from typing import Any, Final

from connectors.assembly import SUBSYSTEMS
from connectors.demo import directory, schedule
from connectors.demo.absences import Absences
from connectors.demo.displaced import displaced
from connectors.demo.families import students_of
from connectors.demo.files import ELSEWHERE
from connectors.demo.plan import ClassPlan, SchoolPlan
from connectors.demo.planning import plan_school
from connectors.demo.register import Register
from connectors.demo.schedule import Occurrence
from connectors.demo.story import Story, StoryPerson
from connectors.mongo.bulk_write import Sink
from connectors.vocabulary import GroupId

TODAY: Final = date(2026, 11, 18)
ISSUER: Final = "urn:school-gateway:demo"
_BUILDERS: Final[Mapping[str, Any]] = {name: import_module(f"connectors.demo.{name}") for name in SUBSYSTEMS}
"""The generator of each subsystem: `of_school` makes the documents of a school, `of_class` those of a class.

`of_written` makes those that follow from what the others have written of a class."""
_DISPLACED: Final = ("diary", "grades")
"""The subsystems in which the demo moves some records to a lesson of another subject."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The number of generated documents per `subsystem.collection`, and the people whom the demo shows."""

    counts: Mapping[str, int]
    story: tuple[StoryPerson, ...]


async def generate(
    sink: Sink,
    *,
    seed: int = 1,
    schools: int = 2,
    students: int = 600,
    today: date = TODAY,
    weeks_back: int | None = None,
    weeks_ahead: int = 4,
    issuer: str = ISSUER,
    files: str = ELSEWHERE,
    on_progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Fill the *sink* with *schools* that have *students* in all: a school, a college, a school, and so on.

    What happens day by day covers *weeks_back* before *today* (None: from the first of September) to *weeks_ahead*
    after it. *files* is what the addresses of attachments begin with. The same arguments give the same documents.
    *on_progress* hears how many students are done, of how many.
    """
    if not 1 <= schools <= students:
        raise ValueError("Every school needs a student, and there must be a school")
    writer = _Writer(sink)
    story = Story()
    analyst, external_id_of = directory.analyst(seed, schools, issuer)
    story.add_analyst(analyst)
    await writer.write("directory", {"people": [analyst], "external_ids": [external_id_of]})
    each, more = divmod(students, schools)
    done = 0
    for index in range(schools):
        plan = plan_school(
            seed=seed,
            index=index,
            schools=schools,
            students=each + (index < more),
            today=today,
            first=None if weeks_back is None else today - timedelta(weeks=weeks_back),
            last=today + timedelta(weeks=weeks_ahead),
            issuer=issuer,
            files=files,
        )
        school = _School(plan, writer, story if index < len(_STORY_SCHOOLS) else None)
        await school.write_shared()
        for one in plan.classes:
            await school.write_class(one)
            done += one.size
            if on_progress:
                on_progress(done, students)
    await sink.flush()
    return Summary(dict(writer.counts), story.people)


_STORY_SCHOOLS: Final = ("school", "college")
"""The roles that the first schools play in the story; later schools have no people of the story."""


class _Writer:
    """Writes to the sink and counts the documents."""

    def __init__(self, sink: Sink) -> None:
        self.counts: Counter[str] = Counter()
        self._sink = sink

    async def write(self, subsystem: str, collections: Mapping[str, Iterable[Any]]) -> None:
        for collection, documents in collections.items():
            rows = list(documents)
            self.counts[f"{subsystem}.{collection}"] += len(rows)
            await self._sink.put(subsystem, collection, rows)


class _School:
    """Generates one school into the sink."""

    def __init__(self, plan: SchoolPlan, writer: _Writer, story: Story | None) -> None:
        self._plan = plan
        self._writer = writer
        self._story = story
        self._taken: Counter[str] = Counter()  # places in module courses
        self._of_groups: dict[GroupId, list[Occurrence]] = {}

    async def write_shared(self) -> None:
        """Write the documents of the whole school."""
        plan = self._plan
        for subsystem, builder in _BUILDERS.items():
            if hasattr(builder, "of_school"):
                await self._writer.write(subsystem, builder.of_school(plan))
        for group in plan.shared_groups:
            self._of_groups[group.group_id] = schedule.lessons_of_group(plan, group)
        lessons = [occurrence.lesson for occurrences in self._of_groups.values() for occurrence in occurrences]
        await self._writer.write("schedule", {"lessons": lessons})

    async def write_class(self, one: ClassPlan) -> None:
        """Write the written of one class."""
        plan = self._plan
        students = students_of(plan, one)
        lessons = schedule.lessons_of(plan, one)
        occurrences = sorted([*lessons, *self._shared_with(one)], key=lambda one: one.lesson["starts_at"])
        register = Register(plan, one, students, occurrences, Absences(plan, students), self._taken)
        await self._writer.write("schedule", {"lessons": [occurrence.lesson for occurrence in lessons]})
        written: dict[str, dict[str, list[Any]]] = {}
        for subsystem, builder in _BUILDERS.items():
            if hasattr(builder, "of_class"):
                own = builder.of_class(register)
                own = displaced(register, own) if subsystem in _DISPLACED else own
                written[subsystem] = {collection: list(documents) for collection, documents in own.items()}
                await self._writer.write(subsystem, written[subsystem])
        for subsystem, builder in _BUILDERS.items():
            if hasattr(builder, "of_written"):
                await self._writer.write(subsystem, builder.of_written(register, written))
        if self._story:
            self._story.add_class(plan, one, students)
            self._story.add_substitute(plan, one, lessons)

    def _shared_with(self, one: ClassPlan) -> list[Occurrence]:
        """The lessons of groups with students of the class and of others; the first class of a group writes them."""
        return [
            replace(occurrence, is_written_here=group.classes[0] == one.index)
            for group in one.shared_groups
            for occurrence in self._of_groups[group.group_id]
        ]
