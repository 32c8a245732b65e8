"""The staff of a school on a day, as MongoDB finds them."""

import uuid
from typing import Any

import pytest

from connectors.assembly import Clients
from connectors.directory import PeopleFilter
from connectors.vocabulary import ClassId, Paging, SchoolId


@pytest.mark.parametrize(
    ("post", "is_found"),
    [
        ({"starts_on": None, "ends_on": None}, True),
        ({"starts_on": "2026-11-18", "ends_on": None}, True),
        ({"starts_on": "2026-11-19", "ends_on": None}, False),
        ({"starts_on": None, "ends_on": "2026-11-18"}, True),
        ({"starts_on": None, "ends_on": "2026-11-17"}, False),
    ],
)
async def test_a_member_of_staff_is_at_the_school_from_the_first_to_the_last_day_of_the_post(
    mongo_uri: str, post: dict[str, Any], *, is_found: bool
) -> None:
    school, day = SchoolId("sch_a"), "2026-11-18"
    async with Clients(mongo_uri, prefix=f"staff_{uuid.uuid4().hex[:8]}", timeout_s=30) as clients:
        directory = clients.connectors.directory
        people: Any = directory.source.database["people"]
        own = {"_id": "per_a", "school_ids": [school], "sort_name": "a", "name_tokens": ["a"], "roles": ["TEACHER"]}
        await people.insert_one({**own, "posts": [{"role": "TEACHER", "school_id": school, **post}]})
        where = PeopleFilter(on=day, staff_of=((school, day),))
        page = (
            await directory.people_in(
                [where], search=None, paging=Paging(5, None), columns=frozenset({"_id"}), deadline=float("inf")
            )
        )[where]
        assert [person["_id"] for person in page.nodes] == ["per_a"] * is_found
        await people.database.client.drop_database(people.database.name)


@pytest.mark.parametrize(
    ("span", "is_there"),
    [
        ({"starts_on": "2026-11-18", "ends_on": None}, True),
        ({"starts_on": "2026-11-19", "ends_on": None}, False),
        ({"starts_on": "2026-09-01", "ends_on": "2026-11-18"}, True),
        ({"starts_on": "2026-09-01", "ends_on": "2026-11-17"}, False),
    ],
)
async def test_a_student_is_in_a_class_from_the_first_to_the_last_day(
    mongo_uri: str, span: dict[str, Any], *, is_there: bool
) -> None:
    async with Clients(mongo_uri, prefix=f"class_{uuid.uuid4().hex[:8]}", timeout_s=30) as clients:
        directory = clients.connectors.directory
        people: Any = directory.source.database["people"]
        own = {"school_id": "sch_a", "school_ids": ["sch_a"], "sort_name": "a", "name_tokens": ["a"]}
        learning = {"student_id": "stu_a", "enrolments": [{"class_id": "cls_a", **span}]}
        await people.insert_many([{"_id": "per_a", **own, **learning}, {"_id": "per_b", **own, "roles": ["TEACHER"]}])
        of_class = PeopleFilter(on="2026-11-18", classes=(ClassId("cls_a"),))
        of_school = PeopleFilter(on="2026-11-18", schools=(SchoolId("sch_a"),), only_students=True)
        for where, found in ((of_class, ["per_a"] * is_there), (of_school, ["per_a"])):
            pages = await directory.people_in(
                [where], search=None, paging=Paging(5, None), columns=frozenset({"_id"}), deadline=float("inf")
            )
            assert [person["_id"] for person in pages[where].nodes] == found
        await people.database.client.drop_database(people.database.name)
