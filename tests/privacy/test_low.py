"""What `Low` says that a viewer may see, of cases whose answer stands in table 2.3 of the domain."""

from random import Random
from typing import Any

import pytest

from connectors.assembly import SUBSYSTEMS
from tests.gateway import school
from tests.privacy.low import PLACES, Low
from tests.privacy.mutations import Mutations, is_hidden
from tests.privacy.worlds import WRITTEN, Change, World, inverse, of_hand

BUILT = school.build("privacy")
OWN_RECORDS = {"attached_files", "facts", "idempotency", "leases", "snapshots"} | {
    "import_runs",
    "import_state_pieces",
    "import_states",
}


@pytest.fixture(scope="module")
async def world() -> World:
    return await of_hand()


def low_of(world: World, key: str) -> Low:
    own = BUILT.id("Person", key), WRITTEN[key]
    [person] = [one for one in world.people if (one.id, one.role) == own]
    return Low(world, person)


def seen_of(low: Low, place: str) -> dict[str, Any]:
    parts = {own: low.part(place, one) for own, one in low.world[place].items()}
    return {own: part for own, part in parts.items() if part is not None}


def test_every_collection_has_somebody_who_said_who_may_see_it() -> None:
    every = {
        f"{name}.{collection.name}"
        for name, connector in SUBSYSTEMS.items()
        for collection in connector.collections
        if collection.name not in OWN_RECORDS
    }
    assert every - PLACES == set(), "say in low.py who may see it, from table 2.3 alone"


@pytest.mark.parametrize(
    ("place", "kind", "key", "viewers"),
    [
        ("diary.remarks", "Remark", "noise", {"olga", "igor"}),
        ("diary.comments", "TeacherComment", "praise", {"ivan", "olga", "igor", "smirnov", "kuznetsova", "admin"}),
        ("diary.comments", "TeacherComment", "reading", {"ivan", "olga", "igor", "rusova", "kuznetsova", "admin"}),
        ("grades.marks", "Mark", "m1", {"ivan", "olga", "igor", "smirnov", "kuznetsova", "admin"}),
        ("grades.marks", "Mark", "r1", {"ivan", "olga", "igor", "rusova", "kuznetsova", "admin"}),
        ("grades.attestation_debts", "AttestationDebt", "phys debt", {"olga", "igor", "kuznetsova", "admin"}),
        ("diary.absence_notices", "AbsenceNotice", "span", {"olga", "igor", "kuznetsova"}),
        ("assessments.tests", "Test", "open", {"ivan", "petr", "smirnov"}),
        ("assessments.tests", "Test", "not assigned", {"smirnov"}),
        ("portfolio.achievements", "Achievement", "circle", {"ivan", "olga", "igor", "kuznetsova", "admin"}),
        (
            "portfolio.achievements",
            "Achievement",
            "race",
            {"ivan", "olga", "igor", "kuznetsova", "admin", "smirnov", "anglin", "rusova"},
        ),
    ],
)
def test_a_document_is_seen_by_those_of_the_table(
    world: World, place: str, kind: str, key: str, viewers: set[str]
) -> None:
    one = world[place][BUILT.id(kind, key)]
    found = {
        who for who in WRITTEN if (seen := low_of(world, who).part(place, one)) is not None and seen.keys() >= {"_id"}
    }
    assert found == viewers


def test_the_history_of_a_mark_is_hidden_from_families_alone(world: World) -> None:
    one = world["grades.marks"][BUILT.id("Mark", "m2")]
    assert one["history"]
    for who, is_shown in {"ivan": False, "olga": False, "smirnov": True, "kuznetsova": True, "admin": True}.items():
        assert ("history" in low_of(world, who).part("grades.marks", one)) == is_shown


def test_a_guardian_without_a_right_today_sees_no_student(world: World) -> None:
    for who in ("granny", "barred", "analyst"):
        assert not low_of(world, who).students


def test_a_mark_that_moves_an_average_of_five_is_no_hidden_change(world: World) -> None:
    # Five students of 7А have marks in mathematics, four in Russian.
    for key, is_secret in (("petr m", False), ("petr r", True)):
        one = world["grades.marks"][BUILT.id("Mark", key)]
        change = Change("grades.marks", one["_id"], one, {**one, "numeric_value": 2, "value": "2"})
        other = world.copy()
        other.apply([change])
        low = low_of(world, "ivan")
        assert is_hidden((change,), low, low.beside(other)) == is_secret


@pytest.mark.parametrize("who", WRITTEN)
def test_a_second_world_is_the_same_to_its_viewer_and_another_one_to_the_school(world: World, who: str) -> None:
    low = low_of(world, who)
    other, found = Mutations(world, low, Random(who)).some(40)
    assert len(found) > 20
    whole = Low(other, low.viewer)
    assert whole.frame == low.frame
    assert whole.mentioned == low.mentioned
    for place in PLACES:
        assert seen_of(low, place) == seen_of(whole, place), place
    again, same = Mutations(world, low, Random(who)).some(40)
    assert same == found
    assert again.documents == other.documents
    other.apply([change for mutation in inverse(found) for change in mutation])
    assert other.documents == world.documents


@pytest.mark.parametrize(
    "change", [{"data_access": False, "is_legal_representative": True}, {"valid_to": "2026-11-17"}]
)
async def test_who_writes_to_a_guardian_sees_whether_the_right_lasts(world: World, change: dict[str, Any]) -> None:
    whose = {"person_id": BUILT.id("Person", "pavel"), "student_id": BUILT.id("Student", "petr")}
    rights = world["directory.guardianships"]
    [own] = [one["_id"] for one in rights.values() if whose.items() <= one.items()]
    other = world.copy()
    other.apply([Change("directory.guardianships", own, rights[own], {**rights[own], **change})])
    for who, is_seen in (("smirnov", True), ("kuznetsova", True), ("olga", True), ("admin", True), ("ivan", False)):
        before, after = low_of(world, who).frame["guardians"], low_of(other, who).frame["guardians"]
        assert (who, before != after) == (who, is_seen)
