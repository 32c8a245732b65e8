"""Analytics over HTTP: who sees what, exactly and as published, and what is refused."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import Any, Final

import pytest

from auth.viewer import Role
from connectors.analytics import COORDINATES, Build, Cells, Question, Statistic
from connectors.analytics.reads import MANY_TABLES
from connectors.metrics import OVERLAPS
from connectors.vocabulary import PersonId
from gateway.resolvers.analytics import measures
from tests.gateway.generated import Generated

HALF_UP: Final = Decimal("0.01")


async def figures(school: Generated, role: Role, fields: str) -> Any:
    return (await school.served.data(school.own(role), f"{{ analytics {{ {fields} }} }}"))["analytics"]


async def refusal(school: Generated, role: Role, fields: str) -> Mapping[str, Any]:
    answer = await school.served.ask(school.own(role), f"{{ analytics {{ {fields} }} }}")
    [error] = answer["errors"]
    return {**error["extensions"], "path": error["path"]}


async def marks_of(school: Generated) -> list[dict[str, Any]]:
    """The marks of the administrator's school that are counted, with what the graph calls things."""
    own = school.student["school_id"]
    subjects = {s["_id"]: s["name"] for s in await school.find("directory.subjects", school_id=own)}
    five = {s["_id"] for s in await school.find("grades.grade_scales", school_id=own) if s["max_value"] == 5}
    found = await school.find("grades.marks", school_id=own, is_point=False, journal={"$ne": "EXTENDED"})
    return [
        {
            **mark,
            "subject": subjects[mark["subject_id"]],
            "counts": mark["counts_towards_average"] and mark["scale_id"] in five,
        }
        for mark in found
        if "2026-09-01" <= mark["given_on"] <= "2026-11-18"
    ]


async def test_an_administrator_reads_exact_figures_of_their_own_school(school: Generated) -> None:
    own = await figures(
        school,
        Role.ADMINISTRATOR,
        "marks(groupBy: [SUBJECT], first: 100) { nodes { school { id } subject { name } subjectName isExact "
        "students marks average quality success degreeOfLearning } }",
    )
    by_subject = defaultdict(list)
    for mark in await marks_of(school):
        by_subject[mark["subject"]].append(mark)
    assert {cell["subjectName"] for cell in own["marks"]["nodes"]} == by_subject.keys()
    for cell in own["marks"]["nodes"]:
        every = by_subject[cell["subjectName"]]
        numbers = [Decimal(mark["numeric_value"]) for mark in every if mark["counts"] and mark["numeric_value"]]
        assert cell["subject"] == {"name": cell["subjectName"]}
        assert cell["school"] == {"id": school.student["school_id"]}
        assert cell["isExact"]
        assert cell["marks"] == len(every)
        assert cell["students"] == len({mark["student_id"] for mark in every})
        if numbers:
            weights = {5: Decimal(1), 4: Decimal("0.64"), 3: Decimal("0.36"), 2: Decimal("0.16"), 1: Decimal("0.07")}
            assert cell["average"] == _rounded(sum(numbers, Decimal(0)) / len(numbers))
            assert cell["quality"] == _rounded(Decimal(sum(n >= 4 for n in numbers)) / len(numbers))
            assert cell["success"] == _rounded(Decimal(sum(n >= 3 for n in numbers)) / len(numbers))
            assert cell["degreeOfLearning"] == _rounded(
                sum((weights[int(n)] for n in numbers), Decimal(0)) / len(numbers)
            )
        else:
            assert cell["average"] is cell["quality"] is None


def _rounded(number: Decimal) -> str:
    return str(number.quantize(HALF_UP, ROUND_HALF_UP))


async def test_days_are_free_when_an_administrator_asks_for_their_own_school(school: Generated) -> None:
    own = await figures(
        school,
        Role.ADMINISTRATOR,
        'marks(groupBy: [SCHOOL], days: {first: "2026-11-16", last: "2026-11-17"}) { nodes { marks } }',
    )
    expected = [mark for mark in await marks_of(school) if mark["given_on"] in {"2026-11-16", "2026-11-17"}]
    assert [cell["marks"] for cell in own["marks"]["nodes"]] == [len(expected)]


async def test_an_analyst_reads_published_cells_that_are_near_the_truth(school: Generated) -> None:
    published = await figures(
        school,
        Role.ANALYST,
        "marks(groupBy: [SCHOOL]) { nodes { schoolName isExact students marks average } totalCount }",
    )
    cells = {cell["schoolName"]: cell for cell in published["marks"]["nodes"]}
    assert published["marks"]["totalCount"] == 2
    [own] = [s for s in await school.find("directory.schools") if s["_id"] == school.student["school_id"]]
    cell = cells[own["short_name"]]
    every = await marks_of(school)
    assert not cell["isExact"]
    assert abs(cell["students"] - len({mark["student_id"] for mark in every})) <= 2
    assert abs(cell["marks"] - len(every)) < 0.1 * len(every)


async def test_hidden_cells_say_why_and_have_no_numbers(school: Generated) -> None:
    fields = "isSuppressed suppression suppressionNote students marks average distribution { count }"
    paging = "pageInfo { endCursor hasNextPage }"
    cells = []
    after = ""
    for _ in range(20):
        page = await figures(
            school,
            Role.ANALYST,
            f"marks(groupBy: [CLASS, SUBJECT, MONTH], first: 100{after}) {{ nodes {{ {fields} }} {paging} }}",
        )
        cells += page["marks"]["nodes"]
        after = f', after: "{page["marks"]["pageInfo"]["endCursor"]}"'
        if not page["marks"]["pageInfo"]["hasNextPage"]:
            break
    hidden = [cell for cell in cells if cell["isSuppressed"]]
    few = [cell for cell in hidden if cell["suppression"] == "FEW_STUDENTS"]
    assert few
    assert {cell["suppressionNote"] for cell in few} == {"скрыто: меньше 5"}
    for cell in hidden:
        assert cell["students"] is cell["marks"] is cell["average"] is cell["distribution"] is None
    assert len(hidden) < len(cells)


async def test_an_analyst_learns_nothing_when_a_school_is_not_theirs(school: Generated) -> None:
    exact = await figures(school, Role.ANALYST, "marks(groupBy: [SCHOOL], scope: OWN_SCHOOLS) { nodes { isExact } }")
    assert {cell["isExact"] for cell in exact["marks"]["nodes"]} == {False}


async def test_an_administrator_reads_others_as_published(school: Generated) -> None:
    both = "marks(groupBy: [SCHOOL], scope: EVERYONE) { nodes { schoolName isExact students marks average } }"
    of_administrator = await figures(school, Role.ADMINISTRATOR, both)
    assert of_administrator == await figures(school, Role.ANALYST, both)
    assert {cell["isExact"] for cell in of_administrator["marks"]["nodes"]} == {False}


async def test_a_combination_is_refused_when_it_is_not_published(school: Generated) -> None:
    error = await refusal(school, Role.ANALYST, "marks(groupBy: [SUBJECT, WORK_KIND]) { nodes { marks } }")
    assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["groupBy"])


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ("families(groupBy: [SCHOOL], orderBy: AVERAGE_ASC)", "orderBy"),
        ("attendance(groupBy: [SCHOOL], orderBy: MISSED_GROWTH_DESC)", "orderBy"),
        ('marks(groupBy: [SCHOOL], academicYear: "year")', "academicYear"),
        ('marks(groupBy: [SCHOOL], after: "WyJhIl0")', "after"),
        ('marks(groupBy: [SCHOOL], schoolId: "cls_a")', "schoolId"),
    ],
)
async def test_an_argument_is_refused_when_it_has_no_meaning(school: Generated, field: str, argument: str) -> None:
    error = await refusal(school, Role.ANALYST, f"{field} {{ nodes {{ students }} }}")
    assert (error["code"], error["argument"]) == ("INVALID_INPUT", [argument])


async def test_no_cell_is_found_when_names_are_of_nothing(school: Generated) -> None:
    for narrowed in ('municipality: "\' OR 1=1 --"', 'subject: "x"', "gradeLevel: 99", 'academicYear: "1999/00"'):
        found = await figures(
            school, Role.ANALYST, f"marks(groupBy: [], {narrowed}) {{ totalCount nodes {{ marks }} }}"
        )
        assert found["marks"] == {"totalCount": 0, "nodes": []}


async def test_days_are_refused_when_published_cells_are_of_a_year(school: Generated) -> None:
    days = 'days: {first: "2026-11-16", last: "2026-11-17"}'
    error = await refusal(school, Role.ANALYST, f"marks(groupBy: [SCHOOL], {days}) {{ nodes {{ marks }} }}")
    assert (error["code"], error["argument"]) == ("INVALID_INPUT", ["days"])
    weeks = await figures(school, Role.ANALYST, f"marks(groupBy: [WEEK], {days}) {{ nodes {{ weekStartsOn }} }}")
    assert weeks["marks"]["nodes"] == []
    whole = 'days: {first: "2026-11-09", last: "2026-11-15"}'
    weeks = await figures(school, Role.ANALYST, f"marks(groupBy: [WEEK], {whole}) {{ nodes {{ weekStartsOn }} }}")
    assert {cell["weekStartsOn"] for cell in weeks["marks"]["nodes"]} == {"2026-11-09"}


async def test_a_class_is_compared_with_its_parallel_and_its_municipality(school: Generated) -> None:
    own = await figures(
        school,
        Role.ADMINISTRATOR,
        "marks(groupBy: [CLASS], first: 100) { nodes { className gradeLevel marks isExact "
        "parallel: comparedTo(level: PARALLEL) { marks isExact gradeLevel className } "
        "municipality: comparedTo(level: MUNICIPALITY) { isExact gradeLevel schoolName } } }",
    )
    by_grade: dict[int, int] = defaultdict(int)
    for cell in own["marks"]["nodes"]:
        by_grade[cell["gradeLevel"]] += cell["marks"]
    for cell in own["marks"]["nodes"]:
        grade = cell["gradeLevel"]
        assert cell["parallel"] == {"marks": by_grade[grade], "isExact": True, "gradeLevel": grade, "className": None}
        assert cell["municipality"] == {"isExact": False, "gradeLevel": grade, "schoolName": None}


async def test_a_month_is_compared_with_the_one_before(school: Generated) -> None:
    own = await figures(
        school,
        Role.ADMINISTRATOR,
        "marks(groupBy: [MONTH], first: 100) { nodes { month term { ordinal } marks previous { month marks } } }",
    )
    cells = own["marks"]["nodes"]
    seen = 0
    for cell in cells:
        if cell["previous"]:
            seen += 1
            assert cell["previous"]["month"] < cell["month"]
    assert seen


@pytest.mark.parametrize("times", ["groupBy: [CLASS, WEEK]", "groupBy: [CLASS, MONTH], period: CURRENT_TERM"])
async def test_where_absences_grow_most_comes_first_when_that_order_is_chosen(school: Generated, times: str) -> None:
    own = await figures(
        school,
        Role.ADMINISTRATOR,
        f"attendance({times}, orderBy: MISSED_GROWTH_DESC, first: 100) {{ nodes {{ absent excused students "
        "previous { absent excused students } } }",
    )

    def missed(cell: Any) -> float:
        return float((cell["absent"] + cell["excused"]) / cell["students"])

    grown = [missed(cell) - missed(cell["previous"]) for cell in own["attendance"]["nodes"] if cell["previous"]]
    assert len(grown) > 1
    assert grown == sorted(grown, reverse=True)


async def test_the_lowest_average_comes_first_when_that_order_is_chosen(school: Generated) -> None:
    own = await figures(
        school, Role.ADMINISTRATOR, "marks(groupBy: [SUBJECT], orderBy: AVERAGE_ASC, first: 100) { nodes { average } }"
    )
    averages = [Decimal(cell["average"]) for cell in own["marks"]["nodes"] if cell["average"]]
    assert averages == sorted(averages)
    assert len(averages) > 3


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ANALYST])
async def test_commands_do_not_grow_with_the_cells(school: Generated, role: Role) -> None:
    counts = []
    for first in (10, 25):
        cells = await figures(
            school,
            role,
            f"marks(groupBy: [CLASS, SUBJECT], first: {first}) {{ nodes {{ school {{ name }} class {{ name }} "
            "subject { name } comparedTo(level: SCHOOL) { marks } } }",
        )
        assert len(cells["marks"]["nodes"]) == first
        counts.append((len(school.served.recorder.commands), len(school.served.recorder.writes)))
    assert counts[0] == counts[1]
    assert sum(counts[0]) <= 8


async def test_a_question_is_logged_when_it_is_for_published_cells(school: Generated) -> None:
    await figures(school, Role.ANALYST, "attendance(groupBy: [MUNICIPALITY]) { nodes { lessons } }")
    [*_, last] = sorted(await school.find("analytics.questions"), key=lambda own: own["asked_at"])
    assert (last["person_id"], last["statistic"], last["by"]) == (
        school.around[Role.ANALYST],
        "attendance",
        ["municipality", "year"],
    )


async def test_statistics_say_how_fresh_they_are(school: Generated) -> None:
    fresh = await figures(school, Role.ANALYST, "builtAt asOf")
    assert fresh["asOf"] == "2026-11-18"
    assert fresh["builtAt"] > "2026"


def cell(
    *counts: int, exact: bool = False, students: int = 20, statistic: Statistic = Statistic.MARKS
) -> dict[str, Any]:
    return {"counts": counts, "is_exact": exact, "students": students, "statistic": statistic}


ALL_FIVES: Final = (40, 0, 0, 0, 0, 0, 0, 0)


def test_shares_have_bounds_when_all_marks_are_alike() -> None:
    five, four, *_ = measures.distribution(cell(*ALL_FIVES)) or []
    assert (five["count"], five["share"], five["bound"]) == (38, "0.95", "AT_LEAST")
    assert (four["count"], four["share"], four["bound"]) == (2, "0.05", "AT_MOST")
    assert measures.quality(cell(*ALL_FIVES)) == "0.95"
    assert measures.average(cell(*ALL_FIVES)) == "5.0"
    assert measures.average(cell(*(8, 0, 0, 0, 0, 0, 0, 0))) == "4.9"


def test_a_bound_never_means_all_when_there_are_few_marks() -> None:
    five, four, *_ = measures.distribution(cell(8, 0, 0, 0, 0, 0, 0, 0)) or []
    assert (five["count"], five["bound"]) == (7, "AT_LEAST")
    assert (four["count"], four["bound"]) == (1, "AT_MOST")


def test_bounds_are_narrower_when_there_are_many_students() -> None:
    counts = (9_800, 150, 50, 0, 0, 0, 0, 0)
    five, four, three, two, *_ = measures.distribution(cell(*counts, students=1_000)) or []
    assert [own["bound"] for own in (five, four, three, two)] == [None, None, "AT_MOST", "AT_MOST"]
    assert (four["share"], two["share"], two["count"]) == ("0.02", "0.01", 50)


def test_shares_are_exact_when_the_school_is_the_viewers_own() -> None:
    five, four, *_ = measures.distribution(cell(*ALL_FIVES, exact=True)) or []
    assert (five["count"], five["share"], five["bound"], four["count"]) == (40, "1.00", None, 0)
    assert measures.average(cell(*ALL_FIVES, exact=True)) == "5.00"


@pytest.mark.parametrize("measure", [measures.average, measures.quality, measures.success, measures.degree_of_learning])
def test_a_measure_is_null_when_no_mark_is_on_the_five_point_scale(measure: Any) -> None:
    assert measure(cell(0, 0, 0, 0, 0, 7, 1, 0)) is None
    assert measure(cell(0, 0, 0, 0, 0, 7, 1, 0, exact=True)) is None


async def test_an_alert_is_raised_when_a_person_asks_for_many_tables_in_a_day(school: Generated) -> None:
    build = Build("a build", "2026-11-18T00:00:00+00:00", "2026-11-18", {}, {}, {}, {})
    analytics, now = school.connectors.analytics, datetime(2026, 11, 18, tzinfo=UTC)
    before = OVERLAPS._value.get()
    dimensions = [*COORDINATES, "more"]
    tables = [frozenset(pair) for pair in combinations(dimensions, 2)]
    for number, by in enumerate(tables[: MANY_TABLES + 2]):
        question = Question(Statistic.MARKS, by)
        answer = Cells([], 0, build)
        await analytics.note(
            question, answer, person=PersonId("per_curious"), role=Role.ANALYST, now=now + timedelta(minutes=number)
        )
    assert OVERLAPS._value.get() - before == 2
