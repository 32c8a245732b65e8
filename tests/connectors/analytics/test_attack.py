"""An attack on the published statistics: what linear programs compute of hidden cells, with each rule and without."""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import duckdb
import pytest

from connectors.analytics import DESIGNS, Question, Rules, Statistic, Store
from connectors.analytics.building import build
from connectors.analytics.questions import statement
from connectors.analytics.statistics import COORDINATES
from connectors.demo.school import TODAY
from tests.connectors.analytics.attacks import Published, intervals, pinned, published
from tests.connectors.analytics.region import KEY, Region

MARKS: Final = DESIGNS[Statistic.MARKS]
_TARGETS: Final = 12
"""Hidden cells whose bounds are computed from all that is published: each takes two large linear programs."""


@pytest.fixture(scope="session")
def protected(region: Region) -> Published:
    return published(region.files / "marks.records.parquet", MARKS)


def test_no_cell_of_few_students_follows_when_all_rules_hold(protected: Published) -> None:
    assert len(protected.unsafe) > 20
    assert len(protected.hidden) < 0.5 * len(protected.cells)
    assert pinned(protected) == {}


def test_cells_of_few_students_follow_when_their_siblings_are_not_hidden(region: Region) -> None:
    world = published(region.files / "marks.records.parquet", MARKS, Rules(siblings=False))
    assert len(pinned(world)) > 20


def test_cells_of_few_students_are_shown_when_one_student_is_enough(region: Region) -> None:
    world = published(region.files / "marks.records.parquet", MARKS, Rules(least_students=1))
    alone = [cell for cell, own in world.cells.items() if own["students"] < 5 and cell not in world.hidden]
    assert len(alone) > 10


ATTENDANCE: Final = DESIGNS[Statistic.ATTENDANCE]


@pytest.fixture(scope="session")
def protected_attendance(region: Region) -> Published:
    return published(region.files / "attendance.records.parquet", ATTENDANCE)


def test_no_attendance_of_few_students_follows_when_all_rules_hold(protected_attendance: Published) -> None:
    world = protected_attendance
    few = {cell for cell, own in world.cells.items() if own["students"] < Rules().least_students_sensitive}
    assert len(few) > 20
    assert few <= world.unsafe
    assert few <= world.hidden.keys()
    assert pinned(world) == {}


def test_attendance_of_few_students_follows_when_its_siblings_are_not_hidden(region: Region) -> None:
    world = published(region.files / "attendance.records.parquet", ATTENDANCE, Rules(siblings=False))
    assert len(pinned(world)) > 10


def test_no_absence_of_a_hidden_cell_follows_when_noise_is_added(protected_attendance: Published) -> None:
    world = protected_attendance
    absent = [cell for cell in sorted(world.unsafe) if any(world.cells[cell][f"v{i}"] for i in range(2, 7))]
    targets = random.Random(1).sample(absent, min(_TARGETS, len(absent)))
    for value in ("v2", "v3"):  # without a reason, and ill
        for cell, (low, high) in zip(targets, intervals(world, value, targets), strict=True):
            assert high - low >= 1, (value, world.cells[cell])


def test_no_mark_of_a_hidden_cell_follows_when_noise_is_added(protected: Published) -> None:
    marked = [cell for cell in sorted(protected.unsafe) if any(protected.cells[cell][f"v{i}"] for i in range(5))]
    targets = random.Random(1).sample(marked, min(_TARGETS, len(marked)))
    for value in ("v0", "v2"):
        for cell, (low, high) in zip(targets, intervals(protected, value, targets), strict=True):
            assert high - low >= 1, (value, protected.cells[cell])


def test_marks_of_hidden_cells_follow_when_there_is_no_noise(protected: Published) -> None:
    """Such as that none of a few students has a certain mark, because none of all who are hidden has it."""
    assert pinned(protected, "v0") or pinned(protected, "v3")


def test_what_is_left_of_a_parent_is_of_enough_students_when_parts_are_taken_away(protected: Published) -> None:
    for parent, children in protected.sums:
        hidden = [child for child in children if child in protected.hidden]
        if hidden and parent not in protected.hidden:
            assert len(hidden) > 1
            assert max(protected.cells[child]["students"] for child in hidden) >= 5


# ── rules one by one, in a parallel made by hand ────────────────────────────────────────────────────────────────────


def written(folder: Path, marks: Iterable[tuple[int, int, int]], **coordinates: int) -> Path:
    """Records of marks: student, class and place of the value, all in one school, subject and month."""
    constant = {"municipality": 1, "school": 1, "grade": 7, "subject": 1, "kind": 1, "year": 2026, "term": 1}
    constant |= {"month": 202610, "week": 2900, **coordinates}
    values = ", ".join(
        f"({student * 7919 + 13}::UBIGINT, {own_class}, {value}::TINYINT, md5_number_lower('{i}') % 4294967296)"
        for i, (student, own_class, value) in enumerate(marks)
    )
    columns = ", ".join(f"{number} AS {name}" for name, number in constant.items())
    file = folder / "marks.records.parquet"
    with duckdb.connect() as work:
        work.execute(
            f"COPY (SELECT student, {columns}, class, DATE '2026-10-05' AS day, value, key FROM (VALUES {values}) "
            f"AS t(student, class, value, key)) TO '{file}'"
        )
    return file


def of_classes(*sizes: int, marks: int = 3) -> list[tuple[int, int, int]]:
    """Marks of all values: of each class the number of students in *sizes*, each with some marks."""
    built = []
    for own_class, size in enumerate(sizes, start=1):
        built += [(own_class * 1000 + i, own_class, (i + n) % 4) for i in range(size) for n in range(marks)]
    return built


CELL: Final[dict[str, int]] = {"municipality": 1, "school": 1, "grade": 7, "subject": 1, "year": 2026}


def test_a_large_class_is_hidden_when_only_two_students_of_the_parallel_are_in_another(tmp_path: Path) -> None:
    world = published(written(tmp_path, of_classes(28, 2)), MARKS)
    assert {world.at(**CELL, class_=1), world.at(**CELL, class_=2)} <= world.hidden.keys()


def test_the_smallest_class_is_hidden_when_one_of_three_is_of_few_students(tmp_path: Path) -> None:
    world = published(written(tmp_path, of_classes(3, 20, 25)), MARKS)
    assert [world.at(**CELL, class_=own) in world.hidden for own in (1, 2, 3)] == [True, True, False]


def test_a_class_is_hidden_when_all_but_two_of_its_parallel_have_been_in_it(tmp_path: Path) -> None:
    moved = [(1000 + i, 2, 1) for i in range(8)]  # have marks in both classes
    marks = [*of_classes(28), *moved, (5001, 2, 1), (5002, 2, 3)]
    file = written(tmp_path, marks)
    open_world = published(file, MARKS, Rules(complements=False))
    assert open_world.at(**CELL, class_=1) not in open_world.hidden  # 30 students of the parallel less 28 are two
    world = published(file, MARKS)
    assert world.at(**CELL, class_=1) in world.hidden


def test_a_cell_is_hidden_when_one_student_has_most_of_its_marks(tmp_path: Path) -> None:
    file = written(tmp_path, [*of_classes(6, 20, 20, marks=1), *((1000, 1, 3) for _ in range(9))])
    open_world = published(file, MARKS, Rules(dominance=False))
    assert open_world.at(**CELL, class_=1) not in open_world.hidden
    world = published(file, MARKS)
    assert world.hidden[world.at(**CELL, class_=1)] == 2


def test_a_difference_of_one_student_rarely_tells_the_marks_when_noise_is_added(tmp_path: Path) -> None:
    """The class with and without one student, as an attacker sees it who waits until a student comes."""

    def is_found(rules: Rules, seed: int) -> bool:
        chance = random.Random(seed)
        students = chance.sample(range(10**6), 25)
        marks = [(student, 1, chance.randrange(4)) for student in students for _ in range(6)]
        more = [(2_000_000 + seed, 1, chance.randrange(4)) for _ in range(6)]
        before, after = (_shown(published(written(tmp_path, own), MARKS, rules)) for own in (marks, [*marks, *more]))
        truth = [sum(value == place for *_, value in more) for place in range(4)]
        return [new - old for old, new in zip(before, after, strict=True)] == truth

    assert all(is_found(Rules(noise=False), seed) for seed in range(2))
    assert sum(is_found(Rules(), seed) for seed in range(8)) <= 2


def _shown(world: Published) -> list[Any]:
    cell = world.shown[world.at(**CELL, class_=1)]
    return [cell[f"v{i}"] for i in range(4)]


# ── repeating, splitting, waiting ───────────────────────────────────────────────────────────────────────────────────


async def test_nothing_changes_when_the_build_is_repeated(region: Region) -> None:
    again = await build(region.databases, region.folder, key=KEY, today=TODAY.isoformat())
    for statistic in Statistic:
        one, other = (
            sorted(_rows(region.folder / name / f"{statistic}.release.parquet"))
            for name in (region.build.name, again.name)
        )
        assert one == other


async def test_the_noise_is_another_when_the_key_is(region: Region, tmp_path: Path) -> None:
    other = await build(region.databases, tmp_path, key=b"another key of the tests, 32 byte", today=TODAY.isoformat())
    rows = _rows(tmp_path / other.name / "marks.release.parquet")
    before = _rows(region.files / "marks.release.parquet")
    assert len(rows) == len(before)
    assert sorted(rows) != sorted(before)


def _rows(file: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect() as work:
        found = work.execute(f"SELECT * FROM '{file}'").fetchall()
    return [tuple(-9 if value is None else value for value in row) for row in found]


# ── somebody who knows a school ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rest", [{"year", "subject", "term"}, {"year", "subject", "term", "grade"}])
async def test_two_schools_stay_hidden_when_somebody_knows_a_third(region: Region, rest: set[str]) -> None:
    store = Store(region.folder, timeout_s=60)
    of_schools = Question(Statistic.MARKS, frozenset({"municipality", "school", *rest}), limit=10**6)
    parts = (await store.rows(*statement(of_schools), 1e12))[1]
    schools = sorted({row["school_id"] for row in parts})
    of_municipalities = Question(Statistic.MARKS, frozenset({"municipality", *rest}), limit=10**6)
    differing = 0
    for school in schools:
        known = of_municipalities._replace(known_schools=(school,))
        for row in (await store.rows(*statement(known), 1e12))[1]:
            own = [part for part in parts if all(part[name] == row[name] for name in COORDINATES if name != "school")]
            unknown = [part for part in own if part["reason"] and part["school_id"] != school]
            if row["reason"]:
                differing += len(unknown) == 1
                assert row["students"] is row["v0"] is None
            else:
                assert len(unknown) != 1
    assert differing > 0
    await store.aclose()
