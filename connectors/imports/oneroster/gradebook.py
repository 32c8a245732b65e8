"""Line items as works, their results as marks. Results are read one after the other and never held all at once."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import groupby
from typing import Any, Final, NamedTuple

from connectors import grades
from connectors.grades import Number
from connectors.imports import values as numbers
from connectors.imports.errors import Unusable
from connectors.imports.oneroster import values
from connectors.imports.oneroster.staged import origin_of
from connectors.imports.oneroster.survey import Survey
from connectors.imports.oneroster.values import need
from connectors.imports.roster.roster import Roster
from connectors.imports.runs import ImportRun, Names, Part, Write
from connectors.imports.staging import StagedRow, Staging
from connectors.imports.withdrawals import DAYS, Withdrawals
from connectors.vocabulary import Day, GradeScaleId, MarkId, SubjectId, WorkId, WorkKindId

_UNMARKED: Final = frozenset({"exempt", "not submitted", "submitted"})
"""States of a result that has no mark yet."""

_CONTROL: Final = ("контрольн", "test", "exam")
"""A work whose kind or title has one of these is a control work."""


_GREATEST_WEIGHT: Final = 5
"""The greatest weight that a kind of work may have in an average."""


class _Item(NamedTuple):
    """A line item, as its results need it."""

    school: str
    subject: str
    kind: str | None
    due_on: Day | None
    is_control_work: bool
    scale: tuple[Number, Number]


class _Category(NamedTuple):
    """A category, as its line items and their results need it."""

    title: str
    weight: int
    counts: bool


class YearCoverage:
    """Says what the files speak of: the school years whose sessions they name, and the students whom they name."""

    def __init__(self, roster: Roster) -> None:
        years = roster.years.values()
        self._years = [(roster.ids.school(year.school), year.starts_on, year.ends_on) for year in years]
        self._students = {roster.ids.student(key) for key, person in roster.people.items() if person.is_student}

    def note(self, name: str, document: Mapping[str, Any]) -> None:
        """Nothing follows from the documents themselves."""

    def covers(self, name: str, document: Mapping[str, Any]) -> bool:
        """Whether a mark or work is of one of these years, and a mark of one of these students."""
        day, student = document[DAYS[name]], document.get("student_id")
        is_of_year = day is not None and any(
            document["school_id"] == school and first <= day <= last for school, first, last in self._years
        )
        return is_of_year and (student is None or student in self._students)


class Gradebook:
    """The sessions, works and marks of one source."""

    def __init__(self, staging: Staging, survey: Survey) -> None:
        self._staging = staging
        self._survey = survey
        self._roster = survey.roster
        self._categories: dict[str, _Category] = {}
        self._lightest: Number | None = None
        """The least weight of a category that has one."""
        self._items: dict[str, _Item] = {}

    async def write(self, run: ImportRun | Withdrawals) -> None:
        """Write sessions, kinds of work, scales, works and marks."""
        await self._survey.sessions.write(run)
        weights = [weight for row in self._staging.rows("categories") if (weight := _weight_if_number(row.values))]
        self._lightest = min(weights, default=None)
        for row in self._staging.rows("categories"):
            await run.account(*origin_of(row), self._category(row))
        for row in self._staging.rows("lineItems"):
            await run.account(*origin_of(row), self._work(row))
        for scale in sorted({(item.school, *item.scale) for item in self._items.values()}):
            await run.put(self._scale(*scale))
        pair = ("lineItemSourcedId", "studentSourcedId")
        results = self._staging.rows("results", by=[*pair, "key"])
        for _, same in groupby(results, key=lambda row: [row.values.get(column) for column in pair]):
            for number, row in enumerate(same):
                await run.account(*origin_of(row), self._mark(row, is_first=number == 0))

    def _category(self, row: StagedRow) -> Iterator[Write]:
        weight = _weight(row.values)
        category = _Category(need(row.values, "title"), self._times_lightest(weight), weight != 0)
        self._categories[row.key] = category
        for school in sorted(self._roster.schools):
            document = grades.WorkKind(
                _id=self._kind_id(school, row.key),
                school_id=self._roster.ids.school(school),
                name=category.title,
                abbreviation=None,
                weight=category.weight,
                counts_towards_average=category.counts,
            )
            yield Write("grades", "work_kinds", document)

    def _times_lightest(self, weight: Number | None) -> int:
        """How many times as much as the lightest category one weighs, 1 to 5: the weights that the graph has."""
        if not weight or not self._lightest:
            return 1
        times = Fraction(str(weight)) / Fraction(str(self._lightest))  # 0.3 is 1.5 times 0.2, and not a little less
        return min(_GREATEST_WEIGHT, int(times + Fraction(1, 2)))

    def _work(self, row: StagedRow) -> Iterator[Write]:
        own = row.values
        place, title = need(own, "classSourcedId"), need(own, "title")
        group = self._roster.groups.get(place)
        if group is None or group.subject is None:
            raise Unusable(f"unknown class {place!r}, or one without a subject")
        kind = own.get("categorySourcedId")
        category = self._categories.get(kind or "")
        kind = kind if category else None
        words = f"{category.title if category else ''} {title}".casefold()
        scale = _bound(own.get("resultValueMin"), 0), _bound(own.get("resultValueMax"), 100)
        if scale[0] >= scale[1]:
            raise Unusable("resultValueMin is not below resultValueMax")
        due_on = values.day(own, "dueDate") or values.day(own, "assignDate")
        item = _Item(group.school, group.subject, kind, due_on, any(word in words for word in _CONTROL), scale)
        self._items[row.key] = item
        document = grades.Work(
            _id=self._work_id(row.key),
            school_id=self._roster.ids.school(group.school),
            class_ids=[self._roster.ids.school_class(one) for one in sorted(group.classes)],
            group_id=self._roster.ids.group(place),
            subject_id=SubjectId(self._roster.ids.subject(group.subject)),
            title=title,
            kind_id=self._kind_id(group.school, kind) if kind else None,
            planned_on=due_on,
            is_control_work=item.is_control_work,
            max_score=scale[1],
            scale_id=self._scale_id(group.school, *scale),
        )
        yield Write("grades", "works", document)

    def _mark(self, row: StagedRow, *, is_first: bool) -> Iterator[Write | Part | Names]:
        own = row.values
        item, student = self._items.get(need(own, "lineItemSourcedId")), need(own, "studentSourcedId")
        if item is None:
            raise Unusable(f"unknown line item {own['lineItemSourcedId']!r}")
        self._roster.student(student)
        if not is_first:
            raise Unusable("another result of the student for this line item stands already")
        if own.get("scoreStatus", "").casefold() in _UNMARKED:
            raise Unusable("not graded yet")
        mark_id = MarkId(self._roster.ids.of("Mark", own["lineItemSourcedId"], student))
        yield Names("grades", "marks", mark_id)
        number = numbers.number(own["score"], "score") if "score" in own else None
        if number is not None and not item.scale[0] <= number <= item.scale[1]:
            raise Unusable(f"score {number} is not within {item.scale[0]} to {item.scale[1]}")
        given_on = values.day(own, "scoreDate") or item.due_on
        if given_on is None:
            raise Unusable("without scoreDate, and its line item without dueDate")
        in_class = self._roster.class_on(student, given_on)
        category = self._categories.get(item.kind or "")
        document = grades.Mark(
            _id=mark_id,
            school_id=self._roster.ids.school(item.school),
            student_id=self._roster.ids.student(student),
            class_id=self._roster.ids.school_class(in_class) if in_class else None,
            subject_id=SubjectId(self._roster.ids.subject(item.subject)),
            work_id=self._work_id(own["lineItemSourcedId"]),
            kind_id=self._kind_id(item.school, item.kind) if item.kind else None,
            lesson_id=None,
            value=own.get("textScore") or (str(number) if number is not None else need(own, "score")),
            numeric_value=number,
            scale_id=self._scale_id(item.school, *item.scale),
            weight=category.weight if category else 1,
            is_point=False,
            point_valid_until=None,
            counts_towards_average=number is not None and (category is None or category.counts),
            is_exam=False,
            comment=own.get("comment"),
            given_on=given_on,
            given_by_id=None,
            history=[],
        )
        yield Write("grades", "marks", document)

    def _scale(self, school: str, lowest: Number, highest: Number) -> Write:
        document = grades.GradeScale(
            _id=self._scale_id(school, lowest, highest),
            school_id=self._roster.ids.school(school),
            name=f"{lowest} to {highest}",
            min_value=lowest,
            max_value=highest,
            values=[],
        )
        return Write("grades", "grade_scales", document)

    def _work_id(self, key: str) -> WorkId:
        return WorkId(self._roster.ids.of("Work", key))

    def _kind_id(self, school: str, category: str) -> WorkKindId:
        return WorkKindId(self._roster.ids.of("WorkKind", school, category))

    def _scale_id(self, school: str, lowest: Number, highest: Number) -> GradeScaleId:
        return GradeScaleId(self._roster.ids.of("GradeScale", school, lowest, highest))


def _weight(own: Mapping[str, str]) -> Number | None:
    """The weight of a category (OneRoster 1.2); None where it has none."""
    if "weight" not in own:
        return None
    weight = numbers.number(own["weight"], "weight")
    if weight < 0:
        raise Unusable(f"weight {weight} is below 0")
    return weight


def _weight_if_number(own: Mapping[str, str]) -> Number | None:
    try:
        return _weight(own)
    except Unusable:
        return None


def _bound(text: str | None, otherwise: int) -> Number:
    return otherwise if text is None else numbers.number(text, "resultValue")
