"""Idempotency keys: sent twice, done once.

The nine cases of Zulip's page on idempotency (docs/subsystems/idempotency.md of zulip/zulip) are named in the
docstrings of the tests that hold them. Two answers differ from Zulip's on purpose: no failure is kept, so that a
corrected input may have the key of the wrong one, and requests at the same time wait for each other instead of being
refused.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from auth.viewer import Role
from gateway.settings import MongoSettings
from gateway.write_rules import WriteRules
from tests.gateway.writing.acting import Acting, acting, codes_of, mutation
from tests.gateway.writing.cutting import Cutting, Lost, cutting

SENT = "submitAbsenceNotice(input: $input)"


def input_of_days(acts: Acting, *days: str, student: str = "ivan") -> dict[str, Any]:
    return {"studentId": acts.id("Student", student), "absence": {"days": list(days)}, "reason": "Болеет"}


async def submitted(acts: Acting, key: str, *days: str, who: str = "olga", student: str = "ivan") -> dict[str, Any]:
    query = mutation("submitAbsenceNotice", "notice { id state }", key)
    return await acts.answer(who, Role.PARENT, query, {"input": input_of_days(acts, *days, student=student)})


async def change_counts(acts: Acting) -> int:
    """How many notices were sent by mutations; each has its fact and its key."""
    sent = len(await acts.found("diary.absence_notices", version={"$exists": True}))
    assert len(await acts.found("diary.facts", action="submitAbsenceNotice")) == sent
    assert len(await acts.found("diary.idempotency")) == sent
    return sent


async def test_a_change_sent_again_with_its_key_is_made_once_and_answered_alike(acts: Acting) -> None:
    """Zulip's case 1: a successful request, and its duplicate."""
    first, again = await submitted(acts, "k", "2026-12-01"), await submitted(acts, "k", "2026-12-01")
    assert first["data"] == again["data"]
    assert "extensions" not in first
    assert again["extensions"]["replayed"] == [["submitAbsenceNotice"]]
    assert await change_counts(acts) == 1


async def test_two_keys_are_two_changes(acts: Acting) -> None:
    await submitted(acts, "k1", "2026-12-01")
    assert "extensions" not in await submitted(acts, "k2", "2026-12-02")
    assert await change_counts(acts) == 2


async def test_a_key_with_another_input_is_refused(acts: Acting) -> None:
    """Zulip's case 5: different requests with the same key."""
    await submitted(acts, "k", "2026-12-01")
    answer = await submitted(acts, "k", "2026-12-02")
    assert answer["data"] == {"submitAbsenceNotice": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert await change_counts(acts) == 1


async def test_another_selection_is_no_other_input(acts: Acting) -> None:
    first = await submitted(acts, "k", "2026-12-01")
    query = mutation("submitAbsenceNotice", "notice { id reason } student { id }", "k")
    again = await acts.answer("olga", Role.PARENT, query, {"input": input_of_days(acts, "2026-12-01")})
    payload = again["data"]["submitAbsenceNotice"]
    assert payload["notice"] == {"id": first["data"]["submitAbsenceNotice"]["notice"]["id"], "reason": "Болеет"}
    assert payload["student"] == {"id": acts.id("Student", "ivan")}


async def test_the_key_of_one_person_is_not_that_of_another(acts: Acting) -> None:
    await submitted(acts, "k", "2026-12-01")
    assert "extensions" not in await submitted(acts, "k", "2026-12-02", who="igor")
    assert await change_counts(acts) == 2


async def test_an_input_with_problems_does_not_use_its_key_up(acts: Acting) -> None:
    """Zulip's case 2: an error of validation before the work, and the corrected request."""
    refused = await submitted(acts, "k", "2026-11-01")
    assert [e["code"] for e in refused["data"]["submitAbsenceNotice"]["userErrors"]] == ["OUT_OF_RANGE"]
    corrected = await submitted(acts, "k", "2026-12-01")
    assert corrected["data"]["submitAbsenceNotice"]["userErrors"] == []
    assert await change_counts(acts) == 1


async def test_a_document_that_is_refused_does_not_use_its_key_up(acts: Acting) -> None:
    """Zulip's case 2: an error of validation before the work, where not even the input can be read."""
    query = mutation("submitAbsenceNotice", "notice { id }", "k")
    answer = await acts.answer(
        "olga", Role.PARENT, query, {"input": {**input_of_days(acts, "2026-12-01"), "reason": None}}
    )
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]
    assert await change_counts(acts) == 0
    assert (await submitted(acts, "k", "2026-12-01"))["data"]["submitAbsenceNotice"]["userErrors"] == []
    assert await change_counts(acts) == 1


async def test_a_problem_that_the_transaction_finds_does_not_use_its_key_up(acts: Acting) -> None:
    """Zulip's case 3: an error of validation during the work; sent again alike once its cause is gone."""
    in_the_way = await submitted(acts, "first", "2026-12-01")
    refused = await submitted(acts, "k", "2026-12-01")
    assert [e["code"] for e in refused["data"]["submitAbsenceNotice"]["userErrors"]] == ["OVERLAPS"]
    again = await submitted(acts, "k", "2026-12-01")
    assert again["data"] == refused["data"]
    cancelled = {"noticeId": in_the_way["data"]["submitAbsenceNotice"]["notice"]["id"], "version": 1}
    assert await acts.codes("olga", Role.PARENT, "cancelAbsenceNotice", cancelled) == []
    sent = await submitted(acts, "k", "2026-12-01")
    assert sent["data"]["submitAbsenceNotice"]["userErrors"] == []
    assert "extensions" not in sent
    assert await change_counts(acts) == 2


async def test_a_payload_that_cannot_be_read_leaves_a_change_that_is_found_again(
    acts: Acting, mongo_uri: str, redis_uri: str
) -> None:
    """Zulip's case 4: an error after the work is done, here of a source that only the payload asks."""
    nowhere = MongoSettings(
        uri=SecretStr(mongo_uri),
        uris={"grades": SecretStr("mongodb://127.0.0.1:1")},
        prefix=acts.prefix,
        timeout_s=30,
        read_timeout_s=25,
    )
    query = mutation("submitAbsenceNotice", "notice { id } student { marks(first: 1) { totalCount } }", "k")
    async with acting(mongo_uri, redis_uri, acts.prefix, mongo=nowhere) as without_grades:
        await acts.restore()
        first = await without_grades.answer("olga", Role.PARENT, query, {"input": input_of_days(acts, "2026-12-01")})
    assert {error["extensions"]["code"] for error in first["errors"]} == {"SOURCE_UNAVAILABLE"}
    assert first["data"]["submitAbsenceNotice"]["student"] == {"marks": None}
    again = await acts.answer("olga", Role.PARENT, query, {"input": input_of_days(acts, "2026-12-01")})
    assert "errors" not in again
    assert again["extensions"]["replayed"] == [["submitAbsenceNotice"]]
    notices = [answer["data"]["submitAbsenceNotice"]["notice"] for answer in (first, again)]
    assert notices[0] == notices[1]
    assert await change_counts(acts) == 1


async def test_a_request_that_was_not_valid_is_carried_out_when_it_is(acts: Acting) -> None:
    """Zulip's case 6a: the same request with the same key, invalid at first and valid when it is sent again."""
    right = {"person_id": acts.id("Person", "olga"), "student_id": acts.id("Student", "ivan")}
    await acts.change("directory.guardianships", right, {"$set": {"valid_to": "2026-11-17"}})
    refused = await submitted(acts, "k", "2026-12-01")
    assert [e["code"] for e in refused["data"]["submitAbsenceNotice"]["userErrors"]] == ["NOT_FOUND"]
    await acts.change("directory.guardianships", right, {"$set": {"valid_to": None}})
    sent = await submitted(acts, "k", "2026-12-01")
    assert sent["data"]["submitAbsenceNotice"]["userErrors"] == []
    assert await change_counts(acts) == 1


@pytest.fixture
async def far(acts: Acting, mongo_uri: str, redis_uri: str) -> AsyncIterator[tuple[Acting, Cutting]]:
    """The school through a gateway whose diary lies behind a proxy that loses connections."""
    with cutting(mongo_uri) as (through, proxy):
        mongo = MongoSettings(
            uri=SecretStr(mongo_uri),
            uris={"diary": SecretStr(through)},
            prefix=acts.prefix,
            timeout_s=30,
            read_timeout_s=25,
        )
        async with acting(mongo_uri, redis_uri, acts.prefix, mongo=mongo, writing=WriteRules(timeout_s=1)) as one:
            await acts.restore()
            yield one, proxy


async def test_a_change_that_was_not_made_is_made_when_it_is_sent_again(far: tuple[Acting, Cutting]) -> None:
    """Zulip's case 7: the server or the network fails before the work is done."""
    acts, proxy = far
    proxy.cut("insert", Lost.REQUEST, 1_000_000)
    answer = await submitted(acts, "k", "2026-12-01")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["SOURCE_UNAVAILABLE"]
    proxy.cut("", Lost.REQUEST, 0)
    assert await change_counts(acts) == 0
    again = await submitted(acts, "k", "2026-12-01")
    assert "extensions" not in again
    assert await change_counts(acts) == 1


async def test_a_change_whose_answer_is_lost_is_found_when_it_is_sent_again(far: tuple[Acting, Cutting]) -> None:
    """Zulip's case 8: the work is done, and the network fails before anybody hears of it."""
    acts, proxy = far
    proxy.cut("commitTransaction", Lost.ANSWER, 1_000_000)
    answer = await submitted(acts, "k", "2026-12-01")
    assert [error["extensions"]["outcome"] for error in answer["errors"]] == ["UNKNOWN"]
    proxy.cut("", Lost.ANSWER, 0)
    assert await change_counts(acts) == 1
    again = await submitted(acts, "k", "2026-12-01")
    assert again["extensions"]["replayed"] == [["submitAbsenceNotice"]]
    assert await change_counts(acts) == 1


async def test_a_key_is_forgotten_after_seven_days_whether_or_not_its_record_is_there(acts: Acting) -> None:
    first = await submitted(acts, "k", "2026-12-01")
    [record] = await acts.found("diary.idempotency")
    assert timedelta(days=6, hours=23) < record["expires_at"] - datetime.now(UTC) <= timedelta(days=7)
    await acts.change("diary.idempotency", {}, {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}})
    again = await submitted(acts, "k", "2026-12-03")
    assert "extensions" not in again
    ids = [one["data"]["submitAbsenceNotice"]["notice"]["id"] for one in (first, again)]
    assert len(set(ids)) == 2


async def test_a_mutation_without_a_natural_key_is_refused_without_one(acts: Acting) -> None:
    query, sent = mutation("submitAbsenceNotice"), {"input": input_of_days(acts, "2026-12-01")}
    answer = await acts.answer("olga", Role.PARENT, query, sent)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["IDEMPOTENCY_KEY_REQUIRED"]
    for key in ("", "x" * 256):
        answer = await acts.answer("olga", Role.PARENT, query, sent, Idempotency_Key=key)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]
    assert await change_counts(acts) == 0


async def test_the_header_means_what_the_directive_does_for_one_mutation_alone(acts: Acting) -> None:
    query, sent = mutation("submitAbsenceNotice", "notice { id }"), {"input": input_of_days(acts, "2026-12-01")}
    first = await acts.answer("olga", Role.PARENT, query, sent, Idempotency_Key='"k"')
    by_directive = await submitted(acts, "k", "2026-12-01")
    assert by_directive["extensions"]["replayed"] == [["submitAbsenceNotice"]]
    assert (
        by_directive["data"]["submitAbsenceNotice"]["notice"]["id"]
        == first["data"]["submitAbsenceNotice"]["notice"]["id"]
    )
    two = """mutation ($input: SubmitAbsenceNoticeInput!) {
      a: submitAbsenceNotice(input: $input) { notice { id } }
      b: submitAbsenceNotice(input: $input) { notice { id } } }"""
    answer = await acts.answer("olga", Role.PARENT, two, sent, Idempotency_Key="other")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID_INPUT"]
    assert "data" not in answer
    assert await change_counts(acts) == 1


async def test_fifty_at_once_with_one_key_are_one_change(acts: Acting) -> None:
    """Zulip's case 9: requests at the same time."""
    answers = await asyncio.gather(*(submitted(acts, "k", "2026-12-01") for _ in range(50)))
    assert {answer["data"]["submitAbsenceNotice"]["notice"]["id"] for answer in answers} == {
        one["_id"] for one in await acts.found("diary.absence_notices", version=1)
    }
    assert sum("extensions" not in answer for answer in answers) == 1
    assert await change_counts(acts) == 1


async def test_two_at_once_for_one_day_overlap(acts: Acting) -> None:
    answers = await asyncio.gather(*(submitted(acts, f"k{number}", "2026-12-01") for number in range(8)))
    codes = [[e["code"] for e in answer["data"]["submitAbsenceNotice"]["userErrors"]] for answer in answers]
    assert sorted(codes) == [[], *[["OVERLAPS"]] * 7]
    assert await change_counts(acts) == 1


async def test_two_gateways_on_one_database_make_a_change_once(acts: Acting, mongo_uri: str, redis_uri: str) -> None:
    async with acting(mongo_uri, redis_uri, acts.prefix) as other:
        await acts.restore()
        answers = await asyncio.gather(*(submitted(one, "k", "2026-12-01") for _ in range(10) for one in (acts, other)))
    assert len({answer["data"]["submitAbsenceNotice"]["notice"]["id"] for answer in answers}) == 1
    assert await change_counts(acts) == 1


async def test_a_replay_shows_only_what_may_be_read_now(acts: Acting) -> None:
    """Zulip's case 6b: valid at first, and no longer when it is sent again."""
    await submitted(acts, "k", "2026-12-01")
    right = {"person_id": acts.id("Person", "olga"), "student_id": acts.id("Student", "ivan")}
    await acts.change("directory.guardianships", right, {"$set": {"valid_to": "2026-11-17"}})
    again = await submitted(acts, "k", "2026-12-01")
    assert again["data"]["submitAbsenceNotice"]["notice"] is None
    assert [error["extensions"]["code"] for error in again["errors"]] == ["NOT_FOUND"]


async def test_a_right_that_ended_a_moment_ago_makes_no_change(acts: Acting) -> None:
    # The viewer is cached by a query that was answered with the right.
    await acts.answer("olga", Role.PARENT, "{ viewer { children { id } } }")
    right = {"person_id": acts.id("Person", "olga"), "student_id": acts.id("Student", "ivan")}
    await acts.change("directory.guardianships", right, {"$set": {"valid_to": "2026-11-17"}})
    answer = await submitted(acts, "k", "2026-12-01")
    assert codes_of(answer["data"]["submitAbsenceNotice"]) == [("NOT_FOUND", ["studentId"])]
    assert await change_counts(acts) == 0


async def test_the_second_mutation_sees_what_the_first_one_did(acts: Acting) -> None:
    query = """mutation ($one: SubmitAbsenceNoticeInput!, $two: SubmitAbsenceNoticeInput!) {
      one: submitAbsenceNotice(input: $one) @idempotent(key: "1") {
        student { absenceNotices(first: 100) { totalCount } } userErrors { code } }
      two: submitAbsenceNotice(input: $two) @idempotent(key: "2") {
        student { absenceNotices(first: 100) { totalCount } } userErrors { code } }
      three: submitAbsenceNotice(input: $two) @idempotent(key: "3") { userErrors { code } }
    }"""
    sent = {"one": input_of_days(acts, "2026-12-01"), "two": input_of_days(acts, "2026-12-02")}
    answer = await acts.answer("olga", Role.PARENT, query, sent)
    counts = [answer["data"][name]["student"]["absenceNotices"]["totalCount"] for name in ("one", "two")]
    assert counts[1] == counts[0] + 1
    assert answer["data"]["three"]["userErrors"] == [{"code": "OVERLAPS"}]


async def test_the_commands_of_a_change_do_not_depend_on_its_size(acts: Acting) -> None:
    reads, writes = [], []
    for days in (["2026-12-01"], [f"2027-01-{day:02}" for day in range(10, 31)]):
        await acts.answer("olga", Role.PARENT, "{ __typename }")
        acts.served.recorder.clear()
        await submitted(acts, f"{len(days)}", *days)
        reads.append(len(acts.served.recorder.commands))
        writes.append([write[1:] for write in acts.served.recorder.writes])
    assert reads[0] == reads[1]
    assert writes == [
        [
            ("update", "absence_locks"),
            ("insert", "absence_notices"),
            ("insert", "facts"),
            ("insert", "idempotency"),
            ("commitTransaction", 1),
        ]
    ] * len(reads)


@pytest.mark.parametrize(
    "query",
    [
        '{ viewer @idempotent(key: "k") { children { id } } }',
        '{ viewer { children { id @idempotent(key: "k") } } }',
        """mutation ($input: SubmitAbsenceNoticeInput!) {
          submitAbsenceNotice(input: $input) @idempotent(key: "k") { notice @idempotent(key: "l") { id } } }""",
    ],
)
async def test_a_key_on_a_field_that_is_no_mutation_is_refused(acts: Acting, query: str) -> None:
    variables = {"input": input_of_days(acts, "2026-12-01")} if "$input" in query else None
    answer = await acts.answer("olga", Role.PARENT, query, variables)
    [error] = answer["errors"]
    assert error["message"].startswith("Directive '@idempotent' has no effect on field ")
    assert "data" not in answer
    assert await change_counts(acts) == 0


@pytest.mark.parametrize(
    "fields",
    [
        f'{SENT} @idempotent(key: "a") {{ notice {{ id }} }} {SENT} @idempotent(key: "b") {{ notice {{ state }} }}',
        f'{SENT} @idempotent(key: "a") {{ notice {{ id }} }} {SENT} {{ notice {{ state }} }}',
        f'{SENT} {{ notice {{ id }} }} ... {{ {SENT} @idempotent(key: "a") {{ notice {{ state }} }} }}',
        f'...Sent {SENT} @idempotent(key: "b") {{ notice {{ state }} }}',
        f"...Sent {SENT} @idempotent(key: $a) {{ notice {{ state }} }}",
    ],
)
async def test_one_field_selected_twice_with_two_keys_is_refused(acts: Acting, fields: str) -> None:
    query = f"mutation ($input: SubmitAbsenceNoticeInput!{', $a: String!' * ('$a' in fields)}) {{ {fields} }}"
    if "...Sent" in fields:
        query += """ fragment Sent on Mutation {
          submitAbsenceNotice(input: $input) @idempotent(key: "a") { notice { id } } }"""
    answer = await acts.answer("olga", Role.PARENT, query, {"input": input_of_days(acts, "2026-12-01"), "a": "a"})
    [error] = answer["errors"]
    assert error["message"] == (
        "Fields 'submitAbsenceNotice' conflict because their directives '@idempotent' differ. Use aliases."
    )
    assert error["extensions"]["code"] == "INVALID_INPUT"
    assert len(error["locations"]) == 2
    assert "data" not in answer
    assert await change_counts(acts) == 0


async def test_one_field_selected_twice_with_one_key_is_carried_out_once(acts: Acting) -> None:
    query = """mutation ($input: SubmitAbsenceNoticeInput!, $k: String!) {
      submitAbsenceNotice(input: $input) @idempotent(key: $k) { notice { id } }
      submitAbsenceNotice(input: $input) @idempotent(key: $k) { notice { state } } }"""
    answer = await acts.answer("olga", Role.PARENT, query, {"input": input_of_days(acts, "2026-12-01"), "k": "k"})
    assert answer["data"]["submitAbsenceNotice"]["notice"].keys() == {"id", "state"}
    assert await change_counts(acts) == 1
