"""Invitation codes (F16, F21, F22): administrators issue them, parents add children by them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from auth.viewer import Role
from connectors.directory.invitation_codes import ALPHABET, hash_of, new_code
from gateway.write_rules import WriteRules
from tests.gateway.writing.acting import Acting, codes_of, limits_of, mutation
from tests.gateway.writing.registrations import invitation

ADMIN: Final = ("admin", Role.ADMINISTRATOR)
OLGA: Final = ("olga", Role.PARENT)
CODE: Final = "7K3QX-9TM2A"
OTHER: Final = "00000-ZZZZZ"
CHILDREN: Final = "{ viewer { children { displayName } } }"


async def invited(acts: Acting, *students: tuple[str, str], **changes: Any) -> None:
    place = acts.client[f"{acts.prefix}_directory"].invitations
    await place.insert_many([invitation(acts, student, code, **changes) for student, code in students])


async def names(acts: Acting, who: str) -> list[str]:
    answer = await acts.answer(who, Role.PARENT, CHILDREN)
    return [child["displayName"] for child in answer["data"]["viewer"]["children"]]


async def test_a_code_is_issued_and_used_once(acts: Acting) -> None:
    values = {"studentIds": acts.school.ids("Student", ["petr", "alyona"]), "relation": "мать"}
    fields = "codes { student { displayName } code }"
    issued = await acts.act(*ADMIN, "issueInvitationCodes", values, fields)
    assert issued["userErrors"] == []
    assert [one["student"]["displayName"] for one in issued["codes"]] == [
        "Петров Пётр Павлович",
        "Сёмина Алёна Олеговна",
    ]
    codes = [one["code"] for one in issued["codes"]]
    assert all(re.fullmatch(rf"[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}", code) for code in codes)
    stored = await acts.found("directory.invitations")
    for secret in codes:
        assert secret not in str(stored)
        assert secret.replace("-", "") not in str(await acts.found("directory.facts"))
    assert len(await names(acts, "igor")) == 1
    written = {"codes": [codes[0].lower().replace("-", " "), codes[1]]}
    added = await acts.act("igor", Role.PARENT, "addChildByCode", written, "children { displayName }")
    assert added == {
        "children": [{"displayName": "Петров Пётр Павлович"}, {"displayName": "Сёмина Алёна Олеговна"}],
        "userErrors": [],
    }
    # The next request has them, though viewers are kept for a minute.
    assert await names(acts, "igor") == ["Иванов Иван Игоревич", "Петров Пётр Павлович", "Сёмина Алёна Олеговна"]
    again = await acts.codes(*OLGA, "addChildByCode", written)
    assert again == [("NOT_FOUND", ["codes", "0"]), ("NOT_FOUND", ["codes", "1"])]
    [right] = await acts.found("directory.guardianships", student_id=values["studentIds"][1])
    assert (right["relation"], right["is_legal_representative"], right["data_access"]) == ("мать", True, True)
    assert (right["valid_from"], right["valid_to"], right.get("source")) == ("2026-11-18", None, None)
    facts = [(fact["action"], fact["student_id"]) for fact in await acts.found("directory.facts")]
    assert facts == [
        *(("issueInvitationCodes", student) for student in values["studentIds"]),
        *(("addChildByCode", student) for student in values["studentIds"]),
    ]


async def test_a_code_that_was_issued_again_is_worth_nothing(acts: Acting) -> None:
    values = {"studentIds": acts.school.ids("Student", ["petr"])}
    codes = []
    for _ in range(2):
        issued = await acts.act(*ADMIN, "issueInvitationCodes", values, "codes { code }")
        codes.append(issued["codes"][0]["code"])
    assert await acts.codes(*OLGA, "addChildByCode", {"codes": codes[:1]}) == [("NOT_FOUND", ["codes", "0"])]
    assert await acts.codes(*OLGA, "addChildByCode", {"codes": codes[1:]}) == []


async def test_a_student_and_a_parent_get_codes_of_their_own(acts: Acting) -> None:
    values = {"studentIds": acts.school.ids("Student", ["petr"])}
    codes = {}
    for audience in ("STUDENT", "PARENT"):
        sent = {**values, "audience": audience}
        issued = await acts.act(*ADMIN, "issueInvitationCodes", sent, "codes { code audience }")
        [one] = issued["codes"]
        assert one["audience"] == audience
        codes[audience] = one["code"]
    assert len(await acts.found("directory.invitations")) == 2
    assert await acts.codes(*OLGA, "addChildByCode", {"codes": [codes["STUDENT"]]}) == [("NOT_FOUND", ["codes", "0"])]
    assert await acts.codes(*OLGA, "addChildByCode", {"codes": [codes["PARENT"]]}) == []
    facts = await acts.found("directory.facts", action="issueInvitationCodes")
    assert [{one["field"]: one["after"] for one in fact["changes"]} for fact in facts] == [
        {"audience": "STUDENT"},
        {"audience": "PARENT", "is_legal_representative": True},
    ]


async def test_a_code_for_a_student_names_no_relation(acts: Acting) -> None:
    values = {"studentIds": acts.school.ids("Student", ["petr"]), "audience": "STUDENT", "relation": "мать"}
    assert await acts.codes(*ADMIN, "issueInvitationCodes", values) == [("INVALID_INPUT", ["relation"])]
    assert await acts.found("directory.invitations") == []


async def test_a_repeated_request_does_not_show_the_code_again(acts: Acting) -> None:
    values = {"studentIds": acts.school.ids("Student", ["petr"])}
    document = mutation("issueInvitationCodes", "codes { code }")
    first, second = [await acts.answer(*ADMIN, document, {"input": values}, Idempotency_Key="k") for _ in range(2)]
    code = first["data"]["issueInvitationCodes"]["codes"][0]["code"]
    assert second["data"]["issueInvitationCodes"] == {"codes": None, "userErrors": []}
    assert "errors" not in second
    assert code not in str(await acts.found("directory.idempotency"))
    assert await acts.codes(*OLGA, "addChildByCode", {"codes": [code]}) == [], "and it is still the code"


@pytest.mark.parametrize(
    ("students", "relation", "problems"),
    [
        ([], None, [("REQUIRED", ["studentIds"], None)]),
        (["nobody"], None, [("NOT_FOUND", ["studentIds", "0"], None)]),
        (["ivan", "maria"], None, [("NOT_FOUND", ["studentIds", "1"], None)]),  # of another school
        (["ivan", "ivan"], None, [("INVALID_INPUT", ["studentIds", "1"], None)]),
        (["ivan"] * 101, None, [("TOO_MANY", ["studentIds"], "100")]),
        (["nobody"], "м" * 101, [("NOT_FOUND", ["studentIds", "0"], None), ("TOO_LONG", ["relation"], "100")]),
    ],
)
async def test_codes_are_issued_for_all_students_or_for_none(
    acts: Acting, students: list[str], relation: str | None, problems: list[Any]
) -> None:
    values = {"studentIds": acts.school.ids("Student", students), "relation": relation}
    payload = await acts.act(*ADMIN, "issueInvitationCodes", values, "codes { code }")
    assert limits_of(payload) == problems
    assert payload["codes"] is None
    assert await acts.found("directory.invitations") == await acts.found("directory.facts") == []


@pytest.mark.parametrize(
    ("codes", "problems"),
    [
        ([], [("REQUIRED", ["codes"])]),
        ([CODE] * 21, [("TOO_MANY", ["codes"])]),
        ([CODE, CODE], [("INVALID_INPUT", ["codes", "1"])]),
        ([CODE, OTHER], [("NOT_FOUND", ["codes", "1"])]),
        (["", "7K3QX", "ЖЖЖЖЖ-ЖЖЖЖЖ"], [("NOT_FOUND", ["codes", str(place)]) for place in range(3)]),
    ],
)
async def test_children_are_added_by_all_codes_or_by_none(acts: Acting, codes: list[str], problems: list[Any]) -> None:
    await invited(acts, ("petr", CODE))
    assert await acts.codes(*OLGA, "addChildByCode", {"codes": codes}) == problems
    assert len(await acts.found("directory.invitations")) == 1
    assert await acts.found("directory.facts") == []


@pytest.mark.parametrize(
    ("who", "student", "problem"),
    [
        ("olga", "ivan", "TAKEN"),
        ("banned", "ivan", "NOT_ALLOWED"),  # a code does not undo what the school has decided
        ("barred", "ivan", "NOT_ALLOWED"),
        ("granny", "ivan", None),  # her right has ended, and begins again
        ("pavel", "maria", None),  # at another school
        ("olga", "ivan-twice", "NOT_FOUND"),  # merged since the code was issued
    ],
)
async def test_a_right_that_there_is_decides_what_a_code_gives(
    acts: Acting, who: str, student: str, problem: str | None
) -> None:
    await invited(acts, (student, CODE), school="moscow" if student == "maria" else "perm")
    codes = await acts.codes(who, Role.PARENT, "addChildByCode", {"codes": [CODE]})
    assert codes == ([] if problem is None else [(problem, ["codes", "0"])])
    assert len(await acts.found("directory.invitations")) == (problem is not None)


async def test_a_code_that_is_too_old_is_none(acts: Acting) -> None:
    await invited(acts, ("petr", CODE), expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await acts.codes(*OLGA, "addChildByCode", {"codes": [CODE]}) == [("NOT_FOUND", ["codes", "0"])]


async def test_of_two_parents_who_use_one_code_at_once_one_gets_the_child(acts: Acting) -> None:
    await invited(acts, ("alyona", CODE))
    answers = await asyncio.gather(
        *(acts.codes(who, Role.PARENT, "addChildByCode", {"codes": [CODE]}) for who in ("olga", "igor", "pavel"))
    )
    assert sorted(map(len, answers)) == [0, 1, 1]
    assert len(await acts.found("directory.guardianships", student_id=acts.id("Student", "alyona"))) == 1


async def test_nobody_finds_a_code_by_trying(acts: Acting) -> None:
    most = WriteRules().attempts_a_day
    await invited(acts, ("petr", CODE))
    tried = await acts.act(*OLGA, "addChildByCode", {"codes": [new_code() for _ in range(most)]})
    assert len(tried["userErrors"]) == most  # each code is an attempt
    stopped = await acts.act(*OLGA, "addChildByCode", {"codes": [CODE]})
    assert limits_of(stopped) == [("TOO_MANY", None, str(most))]
    assert codes_of(await acts.act("igor", Role.PARENT, "addChildByCode", {"codes": [CODE]})) == []


def test_a_code_is_read_however_it_is_written() -> None:
    assert hash_of("o1l0i-abcde") == hash_of("01101ABCDE") == hash_of(" O1L0I abcde ")
    assert hash_of("U1234-56789") is None  # there is no U
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(hash_of(code) for code in codes)


async def test_the_commands_do_not_depend_on_how_many_codes_there_are(acts: Acting) -> None:
    recorder = acts.served.recorder
    counts = []
    for students in (["petr"], ["petr", "fedor", "yakov", "vera"]):
        values = {"studentIds": acts.school.ids("Student", students)}
        recorder.clear()
        issued = await acts.act(*ADMIN, "issueInvitationCodes", values, "codes { code student { displayName } }")
        counts.append((len(recorder.commands), len(recorder.writes)))
        assert len(issued["codes"]) == len(students)
    assert counts[0] == counts[1]
