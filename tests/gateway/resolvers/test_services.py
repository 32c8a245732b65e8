"""Services and payments of a student, for the parents alone (F125)."""

import pytest

from auth.viewer import Role
from tests.gateway.asking import TinySchool


async def test_services_are_those_offered_to_the_class_today(tiny: TinySchool) -> None:
    fields = "services { name price per subscription { subscribedAt } }"
    found = (await tiny.by_mother(fields))["services"]
    assert [service["name"] for service in found] == [f"Услуга {key}" for key in ("chess club", "lunch", "new", "pool")]
    by_name = {service.pop("name"): service for service in found}
    assert by_name["Услуга new"] == {"price": "100", "per": "LESSON", "subscription": None}
    assert by_name["Услуга pool"] == {
        "price": "1500.5",
        "per": "MONTH",
        "subscription": {"subscribedAt": "2026-09-05T12:00:00+05:00"},
    }
    of_anna = (await tiny.by_mother("services { name }", "anna"))["services"]
    assert [service["name"] for service in of_anna] == [
        f"Услуга {key}" for key in ("chess club", "for 7b", "lunch", "pool")
    ]


async def test_payments_are_those_of_the_connected_system(tiny: TinySchool) -> None:
    fields = "payments { account { balance asOf } invoices { totalCount nodes { title amount paid issuedOn state } } }"
    found = (await tiny.by_mother(fields))["payments"]
    assert found["account"] == {"balance": "-1000.5", "asOf": "2026-11-18T06:00:00+05:00"}
    assert found["invoices"]["totalCount"] == 3
    assert found["invoices"]["nodes"][0] == {
        "title": "Услуга lunch",
        "amount": "1500.5",
        "paid": "500",
        "issuedOn": "2026-11-03",
        "state": "OPEN",
    }
    assert (await tiny.by_mother(fields, "anna"))["payments"] == {
        "account": None,
        "invoices": {"totalCount": 0, "nodes": []},
    }


@pytest.mark.parametrize(
    "who", [("ivan", Role.STUDENT), ("kuznetsova", Role.CLASS_TEACHER), ("admin", Role.ADMINISTRATOR)]
)
async def test_nobody_else_reads_them_and_nothing_is_read_for_them(tiny: TinySchool, who: tuple[str, Role]) -> None:
    for field in ("services { id }", "payments { account { balance } }"):
        query = f'{{ student(id: "{tiny.id("Student", "ivan")}") {{ {field} }} }}'
        [error] = await tiny.failing(*who, query)
        assert error["code"] == "UNAUTHORIZED_FIELD_OR_TYPE"
    for collection in ("services", "subscriptions", "invoices", "accounts"):
        assert tiny.served.recorder.touched("services", collection) == 0


async def test_a_service_is_found_by_its_id_for_the_parent_of_its_student(tiny: TinySchool) -> None:
    own = f"{tiny.id('Service', 'pool')}.{tiny.id('Student', 'ivan')}"
    query = f'{{ node(id: "{own}") {{ id }} }}'
    assert (await tiny.data("olga", Role.PARENT, query))["node"] == {"id": own}
    for who in ("pavel", "banned"):
        [error] = await tiny.failing(who, Role.PARENT, query)
        assert error["code"] == "NOT_FOUND"


async def test_services_of_all_children_are_one_command(tiny: TinySchool) -> None:
    await tiny.data("olga", Role.PARENT, "{ viewer { children { services { name subscription { id } } } } }")
    assert tiny.served.recorder.touched("services", "subscriptions") == 1
