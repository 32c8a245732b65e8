"""Letters and conversations: who may write to whom, who reads what, and the numbers of each mailbox.

Today is Wednesday 18 November 2026. Ivan and Petr learn in 7А, which Kuznetsova leads and Smirnov teaches; Olga and
Igor are Ivan's parents, Pavel is Petr's.
"""

import asyncio
import random
from typing import Any, Final

import pytest

from auth.viewer import Role
from tests.gateway.building import Builder
from tests.gateway.writing.acting import Acting, codes_of, limits_of
from tests.gateway.writing.uploading import uploaded
from tests.scans import scans_of

SIDES: Final = {Role.STUDENT: "STUDENT", Role.PARENT: "PARENT"}
ROLES: Final = {
    **dict.fromkeys(("ivan", "petr", "anna", "fedor", "vera", "maria"), Role.STUDENT),
    **dict.fromkeys(("olga", "igor", "pavel", "granny", "aunt", "banned", "barred", "iodkin"), Role.PARENT),
    **dict.fromkeys(("smirnov", "rusova", "anglin", "zamenin", "ushla"), Role.TEACHER),
    "kuznetsova": Role.CLASS_TEACHER,
    "admin": Role.ADMINISTRATOR,
}
SENT: Final = "message { id } conversations { id } viewer { unreadMessages }"
MAILBOX: Final = (
    "{ conversations(first: 50%s) { totalCount nodes { id title unreadCount } } viewer { unreadMessages } }"
)


def recipient(acts: Acting, who: str) -> str:
    return f"{acts.id('Person', who)}.{SIDES.get(ROLES[who], 'STAFF')}"


def recipients(acts: Acting, *people: str) -> dict[str, Any]:
    return {"recipientIds": [recipient(acts, who) for who in people]}


async def send(acts: Acting, who: str, to: dict[str, Any], text: str = "Привет", **more: Any) -> dict[str, Any]:
    return await act(acts, who, "sendMessage", {"to": to, "text": text, **more}, SENT)


async def act(acts: Acting, who: str, name: str, values: dict[str, Any], fields: str = "") -> dict[str, Any]:
    key = f"{random.random()}"
    return await acts.act(who, ROLES[who], name, values, fields, Idempotency_Key=key)


async def query(acts: Acting, who: str, text: str) -> Any:
    answer = await acts.answer(who, ROLES[who], text)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def texts(acts: Acting, who: str, conversation: str) -> list[str | None] | None:
    """The texts that somebody reads in a conversation, the first first; None where they find none."""
    fields = "... on Conversation { messages(first: 100) { nodes { body } } }"
    answer = await acts.answer(who, ROLES[who], f'{{ node(id: "{conversation}") {{ {fields} }} }}')
    if answer["data"]["node"] is None:
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        return None
    return [one["body"] for one in reversed(answer["data"]["node"]["messages"]["nodes"])]


async def group(acts: Acting, who: str, *people: str) -> str:
    values = {"title": "Поход", **recipients(acts, *people)}
    payload = await act(acts, who, "createConversation", values, "conversation { id }")
    assert payload["userErrors"] == []
    return str(payload["conversation"]["id"])


async def check_numbers(acts: Acting) -> None:
    """Numbers have no gap, and what is unread equals a recount of the messages themselves."""
    messages = await acts.found("messages.messages")
    for one in await acts.found("messages.conversations"):
        numbers = sorted(message["seq"] for message in messages if message["conversation_id"] == one["_id"])
        assert numbers == list(range(1, one["seq"] + 1))
        for row in await acts.found("messages.participants", conversation_id=one["_id"], left_seq=None):
            unread = [number for number in numbers if row["read_seq"] < number <= row["last_seq"]]
            assert (row["last_seq"], row["unread"]) == (one["seq"], len(unread))


# ── who may write to whom ──


@pytest.mark.parametrize(
    ("who", "may", "may_not"),
    [
        (
            "ivan",
            "smirnov rusova anglin kuznetsova admin petr fedor olga igor",
            "anna vera pavel zamenin ushla granny banned",
        ),
        ("olga", "smirnov kuznetsova admin ivan anna igor pavel", "petr fedor granny banned barred zamenin ushla"),
        ("granny", "", "ivan olga smirnov admin"),
        ("banned", "", "ivan olga smirnov admin"),
        ("smirnov", "ivan petr anna olga igor pavel rusova kuznetsova admin zamenin", "granny banned barred ushla"),
        ("rusova", "ivan petr olga pavel smirnov admin", "anna vera granny"),
        ("kuznetsova", "ivan petr olga igor pavel smirnov admin", "anna vera granny banned"),
        ("admin", "ivan anna petr olga pavel smirnov kuznetsova", "ushla"),
    ],
)
async def test_who_may_write_to_whom(acts: Acting, who: str, may: str, may_not: str) -> None:
    for other in may.split():
        payload = await send(acts, who, recipients(acts, other))
        assert (other, payload["userErrors"]) == (other, [])
    expected = [("RECIPIENT_NOT_ALLOWED", ["to", "recipientIds", "0"])]
    for other in [*may_not.split(), who]:
        assert (other, codes_of(await send(acts, who, recipients(acts, other)))) == (other, expected)
    nobody = await send(acts, who, {"recipientIds": ["per_nobody.STAFF"]})
    assert codes_of(nobody) == expected


async def test_a_problem_names_the_place_in_the_list_that_was_sent(acts: Acting) -> None:
    teacher = recipient(acts, "smirnov")
    payload = await send(acts, "olga", {"recipientIds": [teacher, teacher, "per_nobody.STAFF"]})
    assert codes_of(payload) == [("RECIPIENT_NOT_ALLOWED", ["to", "recipientIds", "2"])]


async def test_recipients_are_offered_as_they_are_allowed(acts: Acting) -> None:
    page = "nodes { id side person { familyName } }"

    async def offered(who: str, category: str, search: str = "") -> list[str]:
        text = f"{{ messageRecipients(category: {category}{search}, first: 50) {{ totalCount {page} }} }}"
        return [one["id"] for one in (await query(acts, who, text))["messageRecipients"]["nodes"]]

    for who in ("ivan", "olga", "smirnov", "kuznetsova", "admin"):
        every = [one for c in ("STUDENTS", "GUARDIANS", "TEACHERS", "ADMINISTRATION") for one in await offered(who, c)]
        payload = await send(acts, who, {"recipientIds": every})
        assert payload["userErrors"] == []
    assert await offered("olga", "TEACHERS", ', search: "смир"') == [recipient(acts, "smirnov")]
    assert await offered("granny", "TEACHERS") == []


async def test_families_write_to_each_other_where_the_school_lets_them(acts: Acting) -> None:
    for who, other in (("olga", "petr"), ("petr", "olga")):
        assert codes_of(await send(acts, who, recipients(acts, other))) != []
    mixed = {"$set": {"families_write_to_each_other": True}}
    await acts.change("directory.schools", {"_id": acts.id("School", "perm")}, mixed)
    for who, other in (("olga", "petr"), ("petr", "olga")):
        payload = await send(acts, who, recipients(acts, other))
        assert payload["userErrors"] == [], who


@pytest.mark.parametrize("mixes", [False, True])
async def test_staff_reach_the_families_of_their_own_students_alone(acts: Acting, mixes: bool) -> None:  # noqa: FBT001
    built, seventh = Builder(acts.prefix), acts.id("Class", "7a")
    built.guardianship("aunt", "fedor", "тётя")
    built.guardianship("iodkin", "vera", "дед")
    built.guardianship("granny", "maria", "бабушка", school="moscow")
    await acts.put(built)
    # Her assignment names the class beside its group, in which are Ivan and Petr, and Fedor is not.
    of_anglin = {"person_id": acts.id("Person", "anglin")}
    await acts.change("directory.staff_assignments", of_anglin, {"$set": {"class_id": seventh}})
    mixed = {"$set": {"families_write_to_each_other": mixes}}
    await acts.change("directory.schools", {"_id": acts.id("School", "perm")}, mixed)
    reached = {
        "anglin": ("ivan petr olga igor pavel", "fedor aunt vera iodkin"),
        "rusova": ("ivan fedor olga aunt", "vera iodkin"),
        "kuznetsova": ("ivan fedor olga aunt", "vera iodkin"),
        "smirnov": ("ivan fedor aunt vera iodkin", "maria granny"),
        "admin": ("ivan fedor aunt vera iodkin", "maria granny"),
    }
    for who, (may, may_not) in reached.items():
        for other in may.split():
            assert (who, other, (await send(acts, who, recipients(acts, other)))["userErrors"]) == (who, other, [])
        for other in may_not.split():
            codes = codes_of(await send(acts, who, recipients(acts, other)))
            assert (who, other, codes) == (who, other, [("RECIPIENT_NOT_ALLOWED", ["to", "recipientIds", "0"])])


async def test_a_letter_to_families_goes_to_students_or_guardians_or_both(acts: Acting) -> None:
    for to, expected in ((["STUDENTS"], 6), (["GUARDIANS"], 3), (["STUDENTS", "GUARDIANS"], 9)):
        audience = {"audience": {"classIds": [acts.id("Class", "7a")], "to": to}}
        payload = await send(acts, "kuznetsova", audience, "Завтра контрольная")
        assert (payload["userErrors"], payload["message"]) == ([], None)
        assert len(payload["conversations"]) == expected
    for who in ("ivan", "olga", "rusova"):
        audience = {"audience": {"classIds": [acts.id("Class", "7b")], "to": ["STUDENTS"]}}
        assert codes_of(await send(acts, who, audience)) == [("RECIPIENT_NOT_ALLOWED", ["to", "audience"])]
    wrong = {"audience": {"classIds": [acts.id("Class", "7a")], "to": ["TEACHERS"]}}
    assert codes_of(await send(acts, "kuznetsova", wrong)) == [("INVALID_INPUT", ["to", "audience", "to", "0"])]
    empty = {"audience": {"classIds": [acts.id("Class", "7a")], "to": []}}
    assert codes_of(await send(acts, "kuznetsova", empty)) == [("REQUIRED", ["to", "audience", "to"])]


async def test_a_right_that_ended_ends_writing_and_leaves_what_was_read(acts: Acting) -> None:
    [own] = (await send(acts, "igor", recipients(acts, "smirnov"), "Можно прийти?"))["conversations"]
    guardianship = {"person_id": acts.id("Person", "igor"), "student_id": acts.id("Student", "ivan")}
    await acts.change("directory.guardianships", guardianship, {"$set": {"valid_to": "2026-11-17"}})
    refused = [("RECIPIENT_NOT_ALLOWED", ["to", "conversationId"])]
    for who in ("igor", "smirnov"):
        assert codes_of(await send(acts, who, {"conversationId": own["id"]})) == refused
        assert await texts(acts, who, own["id"]) == ["Можно прийти?"]


# ── letters and conversations ──


async def test_letters_to_several_are_apart_and_a_dialogue_is_taken_up_again(acts: Acting) -> None:
    payload = await send(acts, "smirnov", recipients(acts, "petr", "fedor", "olga"), "Всем привет")
    ids = [one["id"] for one in payload["conversations"]]
    assert len(set(ids)) == 3
    assert acts.id("Conversation", "olga smirnov") in ids
    for who in ("petr", "fedor"):
        found = [await texts(acts, who, own) for own in ids]
        assert found.count(None) == 2
    assert (await texts(acts, "olga", acts.id("Conversation", "olga smirnov")) or [])[-1] == "Всем привет"
    again = await send(acts, "petr", recipients(acts, "smirnov"), "Здравствуйте")
    assert again["conversations"][0]["id"] in ids
    await check_numbers(acts)


async def test_letters_are_found_and_sent_by_indexes(acts: Acting) -> None:
    async with scans_of(acts.client, acts.prefix) as scans:
        await send(acts, "ivan", recipients(acts, "smirnov"))
        about = {"homework": {"homeworkId": acts.own("Homework", "today", "ivan")}}
        await send(acts, "ivan", about)
        text = f'{{ node(id: "{about["homework"]["homeworkId"]}") {{ ... on Homework {{ conversations {{ id }} }} }} }}'
        assert len((await query(acts, "ivan", text))["node"]["conversations"]) == 1
    assert scans == []


async def test_all_problems_come_at_once(acts: Acting) -> None:
    values = {"to": {"recipientIds": []}, "text": " ", "attachmentIds": ["fil_nothing"]}
    payload = await act(acts, "olga", "sendMessage", values)
    assert codes_of(payload) == [
        ("REQUIRED", ["to", "recipientIds"]),
        ("REQUIRED", ["text"]),
        ("NOT_FOUND", ["attachmentIds", "0"]),
    ]
    many = {"recipientIds": [f"per_{number}.STAFF" for number in range(151)]}
    payload = await send(acts, "olga", many, "т" * 5001)
    assert limits_of(payload) == [("TOO_MANY", ["to", "recipientIds"], "150"), ("TOO_LONG", ["text"], "5000")]
    assert await acts.found("messages.facts") == []


async def test_a_repeated_key_sends_once(acts: Acting) -> None:
    values = {"to": recipients(acts, "smirnov"), "text": "Один раз"}
    sent = [await acts.act("igor", Role.PARENT, "sendMessage", values, SENT, Idempotency_Key="once") for _ in range(2)]
    assert sent[0]["message"] == sent[1]["message"]
    assert len(await acts.found("messages.messages", text="Один раз")) == 1


async def test_two_who_begin_a_dialogue_at_once_have_one(acts: Acting) -> None:
    await asyncio.gather(
        *(send(acts, who, recipients(acts, other)) for who, other in (("igor", "rusova"), ("rusova", "igor")) * 4)
    )
    pairs = [one["pair"] for one in await acts.found("messages.conversations", kind="LETTER")]
    assert len(pairs) == len(set(pairs))
    await check_numbers(acts)


async def test_who_joins_sees_nothing_earlier_unless_let_in_and_who_leaves_nothing_later(acts: Acting) -> None:
    own = await group(acts, "kuznetsova", "olga", "igor")
    await send(acts, "kuznetsova", {"conversationId": own}, "раз")
    change: dict[str, Any] = {"conversationId": own, "version": None, "addRecipientIds": [recipient(acts, "pavel")]}
    assert codes_of(await act(acts, "kuznetsova", "editConversation", change)) == []
    change = {**change, "addRecipientIds": [recipient(acts, "smirnov")], "withHistory": True}
    assert codes_of(await act(acts, "kuznetsova", "editConversation", change)) == []
    await send(acts, "pavel", {"conversationId": own}, "два")
    removal = {"conversationId": own, "version": None, "removePersonIds": [acts.id("Person", "igor")]}
    assert codes_of(await act(acts, "kuznetsova", "editConversation", removal)) == []
    assert codes_of(await act(acts, "pavel", "leaveConversation", {"conversationId": own})) == []
    await send(acts, "olga", {"conversationId": own}, "три")
    assert await texts(acts, "kuznetsova", own) == ["раз", "два", "три"]
    assert await texts(acts, "smirnov", own) == ["раз", "два", "три"]
    assert await texts(acts, "igor", own) == ["раз", "два"]
    assert await texts(acts, "pavel", own) == ["два"]
    for who in ("admin", "petr", "rusova"):
        assert await texts(acts, who, own) is None
    for who in ("igor", "pavel"):
        payload = await send(acts, who, {"conversationId": own})
        assert codes_of(payload) == [("NOT_ALLOWED", ["to", "conversationId"])]
    await check_numbers(acts)


async def test_only_its_administrators_change_a_group(acts: Acting) -> None:
    own = acts.id("Conversation", "parents")
    values = {"conversationId": own, "version": 1, "title": "Родители"}
    assert codes_of(await act(acts, "olga", "editConversation", values)) == [("NOT_ALLOWED", ["conversationId"])]
    letter = {**values, "conversationId": acts.id("Conversation", "olga smirnov")}
    assert codes_of(await act(acts, "olga", "editConversation", letter)) == [("NOT_ALLOWED", ["conversationId"])]
    leaving = {"conversationId": acts.id("Conversation", "olga smirnov")}
    assert codes_of(await act(acts, "olga", "leaveConversation", leaving)) == [("NOT_ALLOWED", ["conversationId"])]
    stale = {**values, "version": 7}
    payload = await act(acts, "kuznetsova", "editConversation", stale, "conversation { title }")
    assert codes_of(payload) == [("CONFLICT", ["version"])]
    assert payload["conversation"] == {"title": "Родители 7А"}
    fields = "conversation { title version admins { id } }"
    admins = acts.school.ids("Person", ["kuznetsova", "olga"])
    payload = await act(acts, "kuznetsova", "editConversation", {**values, "adminIds": admins}, fields)
    assert payload["conversation"] == {"title": "Родители", "version": 2, "admins": [{"id": one} for one in admins]}
    assert codes_of(await act(acts, "olga", "editConversation", {**values, "version": 2, "title": "Класс"})) == []
    wrong = {"conversationId": own, "version": None, "adminIds": [], "removePersonIds": ["per_nobody"]}
    assert codes_of(await act(acts, "olga", "editConversation", wrong)) == [
        ("NOT_FOUND", ["removePersonIds", "0"]),
        ("REQUIRED", ["adminIds"]),
    ]


async def test_a_group_is_run_by_another_when_its_administrator_leaves(acts: Acting) -> None:
    own = await group(acts, "olga", "igor", "pavel")
    assert codes_of(await act(acts, "olga", "leaveConversation", {"conversationId": own})) == []
    change = {"conversationId": own, "version": None, "title": "Без Ольги"}
    assert codes_of(await act(acts, "igor", "editConversation", change)) == []


async def test_a_member_who_is_no_longer_near_leaves_with_the_next_message_of_an_administrator(acts: Acting) -> None:
    own = acts.id("Conversation", "parents")
    guardianship = {"person_id": acts.id("Person", "pavel"), "student_id": acts.id("Student", "petr")}
    await acts.change("directory.guardianships", guardianship, {"$set": {"valid_to": "2026-11-17"}})
    refused = [("RECIPIENT_NOT_ALLOWED", ["to", "conversationId"])]
    assert codes_of(await send(acts, "pavel", {"conversationId": own})) == refused
    await send(acts, "kuznetsova", {"conversationId": own}, "Без Павла")
    assert (await texts(acts, "pavel", own) or [])[-1] == "Жду всех"
    assert (await texts(acts, "olga", own) or [])[-1] == "Без Павла"
    await check_numbers(acts)


async def test_who_belongs_to_a_group_depends_not_on_who_writes(acts: Acting) -> None:
    # Boris comes to the class of Olga's Maria, at a college where families write to each other.
    moscow, boris = acts.id("School", "moscow"), acts.id("Person", "boris")
    place = {"class_id": acts.id("Class", "i21"), "starts_on": "2026-09-01", "ends_on": None}
    moved = {"school_id": moscow, "school_ids": [moscow], "enrolments": [place]}
    await acts.change("directory.people", {"_id": boris}, {"$set": moved})
    await acts.change("directory.schools", {"_id": moscow}, {"$set": {"families_write_to_each_other": True}})
    invited = [*recipients(acts, "igor", "pavel")["recipientIds"], f"{boris}.STUDENT"]
    values = {"title": "Поход", "recipientIds": invited}
    own = (await act(acts, "olga", "createConversation", values, "conversation { id }"))["conversation"]["id"]
    for writer in ("olga", "igor"):  # Igor has nothing to do with the college
        assert (await send(acts, writer, {"conversationId": own}))["userErrors"] == []
    [row] = await acts.found("messages.participants", conversation_id=own, person_id=boris)
    assert (row["left_seq"], row["unread"]) == (None, 2)


async def end(acts: Acting, right: str) -> None:
    """End the right of one member of the group of 7А as of yesterday."""
    ended: dict[str, Any]
    petr = acts.id("Student", "petr")
    match right:
        case "guardianship":
            whose = {"person_id": acts.id("Person", "pavel"), "student_id": petr}
            await acts.change("directory.guardianships", whose, {"$set": {"valid_to": "2026-11-17"}})
        case "access":
            whose = {"person_id": acts.id("Person", "pavel"), "student_id": petr}
            await acts.change("directory.guardianships", whose, {"$set": {"data_access": False}})
        case "post":
            post = {"role": "TEACHER", "school_id": acts.id("School", "perm"), "starts_on": None}
            ended = {"$set": {"posts": [{**post, "ends_on": "2026-11-17"}]}}
            await acts.change("directory.people", {"_id": acts.id("Person", "smirnov")}, ended)
        case _:
            ended = {"$set": {"enrolments.$[].ends_on": "2026-11-17", "memberships.$[].ends_on": "2026-11-17"}}
            await acts.change("directory.people", {"student_id": petr}, ended)


@pytest.mark.parametrize(
    ("right", "who"),
    [
        ("guardianship", "pavel"),
        ("access", "pavel"),
        ("post", "smirnov"),
        ("enrolment", "petr"),
        ("enrolment", "pavel"),
    ],
)
async def test_a_member_whose_right_ended_reads_nothing_that_anybody_writes_later(
    acts: Acting, right: str, who: str
) -> None:
    own = await group(acts, "kuznetsova", "olga", "igor", "pavel", "petr", "smirnov")
    await send(acts, who, {"conversationId": own}, "Раньше")
    last = (await send(acts, who, {"conversationId": own}, "Ещё раньше"))["message"]["id"]
    await end(acts, right)
    if right != "post":  # whose post ended signs in no longer
        refused = await send(acts, who, {"conversationId": own}, "Позже")
        assert codes_of(refused) == [("RECIPIENT_NOT_ALLOWED", ["to", "conversationId"])]
        edit = {"messageId": last, "version": None, "text": "Позже"}
        assert codes_of(await act(acts, who, "editMessage", edit)) == [("RECIPIENT_NOT_ALLOWED", ["messageId"])]
    for writer in ("olga", "kuznetsova", "igor"):
        assert (await send(acts, writer, {"conversationId": own}, "Без них"))["userErrors"] == []
    [row] = await acts.found("messages.participants", conversation_id=own, owner=recipient(acts, who))
    assert (row["left_seq"], row["last_seq"], row["unread"]) == (2, 2, 0)
    assert acts.id("Person", "olga") not in row["sender_ids"]
    [other] = await acts.found("messages.participants", conversation_id=own, owner=recipient(acts, "igor"))
    assert acts.id("Person", who) not in other["member_ids"]
    assert await texts(acts, "igor", own) == ["Раньше", "Ещё раньше", "Без них", "Без них", "Без них"]
    if right != "post":
        assert await texts(acts, who, own) == ["Раньше", "Ещё раньше"]
        mailbox = MAILBOX % ', search: "без"'
        assert (await query(acts, who, mailbox))["conversations"]["totalCount"] == 0
    await check_numbers(acts)


@pytest.mark.parametrize(("right", "who"), [("guardianship", "pavel"), ("access", "pavel"), ("enrolment", "petr")])
async def test_whose_right_ended_has_left_before_anybody_writes(acts: Acting, right: str, who: str) -> None:
    own = await group(acts, "kuznetsova", "olga", "igor", "pavel", "petr", "smirnov")
    fields = "hasLeft admins { familyName } participants { givenName familyName }"
    text = (
        f'{{ node(id: "{own}") {{ ... on Conversation {{ {fields} }} }} conversations(first: 1) {{ nodes {{ id }} }} }}'
    )
    whole = (await query(acts, "igor", text))["node"]
    assert (whole["hasLeft"], len(whole["participants"])) == (False, 6)
    await end(acts, right)
    gone = ["Петров"] if right != "enrolment" else ["Петров", "Петров"]  # without Petr Pavel has no child there
    seen: dict[str, Any] = {}
    for reader in ("igor", "smirnov"):
        seen = (await query(acts, reader, text))["node"]
        remaining = [one["familyName"] for one in seen["participants"]]
        assert (seen["hasLeft"], len(remaining)) == (False, 6 - len(gone))
        assert remaining.count("Петров") == 2 - len(gone)
    left = (await query(acts, who, text))["node"]
    assert left == {**whole, "hasLeft": True}
    await send(acts, "olga", {"conversationId": own})
    assert (await query(acts, who, text))["node"] == left
    assert (await query(acts, "igor", text))["node"] == seen


async def test_a_group_whose_administrator_belongs_nowhere_is_run_by_its_first_participant(acts: Acting) -> None:
    own = await group(acts, "pavel", "olga", "igor")
    await end(acts, "guardianship")
    text = (
        f'{{ node(id: "{own}") {{ ... on Conversation {{ admins {{ givenName }} participants {{ givenName }} }} }} }}'
    )
    expected = {"admins": [{"givenName": "Ольга"}], "participants": [{"givenName": "Ольга"}, {"givenName": "Игорь"}]}
    assert (await query(acts, "igor", text))["node"] == expected
    change = {"conversationId": own, "version": None, "title": "Без Павла"}
    assert codes_of(await act(acts, "igor", "editConversation", change)) == [("NOT_ALLOWED", ["conversationId"])]
    assert (await send(acts, "igor", {"conversationId": own}, "Мы остались"))["userErrors"] == []
    assert codes_of(await act(acts, "olga", "editConversation", change)) == []
    assert (await query(acts, "igor", text))["node"] == expected
    assert await texts(acts, "pavel", own) == []
    await check_numbers(acts)


async def test_an_administrator_of_a_group_lets_go_nobody_to_whom_they_alone_could_not_write(acts: Acting) -> None:
    own = await group(acts, "kuznetsova", "olga", "petr")
    admins = acts.school.ids("Person", ["kuznetsova", "olga"])
    change = {"conversationId": own, "version": None, "adminIds": admins}
    assert codes_of(await act(acts, "kuznetsova", "editConversation", change)) == []
    assert codes_of(await send(acts, "olga", recipients(acts, "petr"))) != []
    await send(acts, "olga", {"conversationId": own}, "Всем")
    await act(acts, "olga", "editConversation", {"conversationId": own, "version": None, "title": "Сбор"})
    await send(acts, "kuznetsova", {"conversationId": own}, "Да")
    assert await texts(acts, "petr", own) == ["Всем", "Да"]


@pytest.mark.parametrize("change", [{"valid_to": "2026-11-17"}, {"data_access": False}])
async def test_an_administrator_writes_to_no_guardian_whose_right_ended(acts: Acting, change: dict[str, Any]) -> None:
    page = "{ messageRecipients(category: GUARDIANS, first: 50) { nodes { id } } }"

    async def offered() -> list[str]:
        return [one["id"] for one in (await query(acts, "admin", page))["messageRecipients"]["nodes"]]

    pavel = recipient(acts, "pavel")
    assert pavel in await offered()
    own = (await send(acts, "admin", recipients(acts, "pavel")))["conversations"][0]["id"]
    right = {"person_id": acts.id("Person", "pavel"), "student_id": acts.id("Student", "petr")}
    await acts.change("directory.guardianships", right, {"$set": change})
    assert pavel not in await offered()
    for who in ("granny", "banned", "barred"):
        assert recipient(acts, who) not in await offered()
        refused = await send(acts, "admin", recipients(acts, who))
        assert (who, codes_of(refused)) == (who, [("RECIPIENT_NOT_ALLOWED", ["to", "recipientIds", "0"])])
    for to, path in ((recipients(acts, "pavel"), ["to", "recipientIds", "0"]), ({"conversationId": own}, None)):
        expected = [("RECIPIENT_NOT_ALLOWED", path or ["to", "conversationId"])]
        assert codes_of(await send(acts, "admin", to)) == expected


async def test_who_may_be_written_to_on_one_side_is_not_reached_on_another(acts: Acting) -> None:
    own = (await send(acts, "admin", recipients(acts, "pavel")))["conversations"][0]["id"]
    pavel = acts.id("Person", "pavel")
    await acts.change("directory.guardianships", {"person_id": pavel}, {"$set": {"valid_to": "2026-11-17"}})
    now = {"roles": ["PARENT", "TEACHER"], "school_ids": [acts.id("School", "perm")]}
    await acts.change("directory.people", {"_id": pavel}, {"$set": now})
    assert (await send(acts, "admin", {"recipientIds": [f"{pavel}.STAFF"]}))["userErrors"] == []
    refused = await send(acts, "admin", {"conversationId": own})
    assert codes_of(refused) == [("RECIPIENT_NOT_ALLOWED", ["to", "conversationId"])]


async def test_who_left_sees_no_later_edit(acts: Acting) -> None:
    own = await group(acts, "kuznetsova", "olga", "igor")
    message = (await send(acts, "olga", {"conversationId": own}, "Первое"))["message"]["id"]
    edit = {"messageId": message, "version": None}
    await act(acts, "olga", "editMessage", {**edit, "text": "Второе"})
    assert codes_of(await act(acts, "igor", "leaveConversation", {"conversationId": own})) == []
    await act(acts, "olga", "editMessage", {**edit, "text": "Третье"})
    await act(acts, "olga", "editMessage", {**edit, "text": "Четвёртое"})
    fields = "body version editedAt revisions { text }"
    text = f"""{{ node(id: "{message}") {{ ... on Message {{ {fields} }} }}
        conversations(first: 1) {{ nodes {{ lastMessage {{ {fields} }} messages {{ nodes {{ {fields} }} }} }} }} }}"""
    data = await query(acts, "igor", text)
    [conversation] = data["conversations"]["nodes"]
    assert (data["node"]["body"], data["node"]["version"]) == ("Второе", 2)
    assert data["node"]["revisions"] == [{"text": "Первое"}]
    assert data["node"]["editedAt"] is not None
    assert conversation["lastMessage"] == data["node"]
    assert conversation["messages"]["nodes"] == [data["node"]]
    for who, found in (("igor", 0), ("kuznetsova", 1)):
        searched = 'search: "четвертое", first: 5) { totalCount'
        node = f'node(id: "{own}") {{ ... on Conversation {{ messages({searched} }} }} }}'
        inner = f"{{ {node} conversations({searched} }} }}"
        data = await query(acts, who, inner)
        assert data["node"]["messages"]["totalCount"] == found
        assert data["conversations"]["totalCount"] == found
    await act(acts, "olga", "deleteMessage", {"messageId": message})
    assert await texts(acts, "igor", own) == [None]


def shown(answer: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """What the errors of an answer say, beside the time and the request."""
    return [(one["message"], one["extensions"]["code"], one["path"]) for one in answer["errors"]]


async def test_one_message_is_found_by_its_id_only_within_the_window(acts: Acting) -> None:
    own = await group(acts, "kuznetsova", "olga", "igor")
    ids = [(await send(acts, "olga", {"conversationId": own}, "раз"))["message"]["id"]]
    joining = {"conversationId": own, "version": None, "addRecipientIds": [recipient(acts, "pavel")]}
    assert codes_of(await act(acts, "kuznetsova", "editConversation", joining)) == []
    ids.append((await send(acts, "olga", {"conversationId": own}, "два"))["message"]["id"])
    await act(acts, "igor", "leaveConversation", {"conversationId": own})
    ids.append((await send(acts, "olga", {"conversationId": own}, "три"))["message"]["id"])
    seen = {"igor": [0, 1], "pavel": [1, 2], "admin": [], "ivan": [], "olga": [0, 1, 2]}
    nothing = await acts.answer("admin", Role.ADMINISTRATOR, '{ node(id: "msg_nothing_1") { id } }')
    for who, expected in seen.items():
        for place, message in enumerate(ids):
            text = f'{{ node(id: "{message}") {{ ... on Message {{ id attachments {{ id }} }} }} }}'
            answer = await acts.answer(who, ROLES[who], text)
            assert (who, place, answer["data"]["node"] is not None) == (who, place, place in expected)
            if place not in expected:
                assert shown(answer) == shown(nothing)
                reported = await act(acts, who, "reportMessage", {"messageId": message, "reason": "Спам"})
                assert codes_of(reported) == [("NOT_FOUND", ["messageId"])]


async def test_a_report_goes_to_the_school_that_both_attend(acts: Acting) -> None:
    child = recipient(acts, "maria")
    values = {"to": {"recipientIds": [child]}, "text": "Привет"}
    payload = await act(acts, "olga", "sendMessage", values, SENT)
    assert payload["userErrors"] == []
    [letter] = await acts.found("messages.conversations", _id=payload["conversations"][0]["id"])
    assert letter["school_id"] == acts.id("School", "moscow")
    run = await act(acts, "olga", "createConversation", {"title": "Мы", "recipientIds": [child]}, "conversation { id }")
    [one] = await acts.found("messages.conversations", _id=run["conversation"]["id"])
    assert one["school_id"] == acts.id("School", "moscow")
    report = {"messageId": payload["message"]["id"], "reason": "Спам"}
    assert codes_of(await act(acts, "olga", "reportMessage", report)) == []
    [handed] = await acts.found("messages.reports", message_id=payload["message"]["id"])
    assert handed["school_id"] == acts.id("School", "moscow")


async def test_a_message_reported_twice_at_once_is_handed_over_once(acts: Acting) -> None:
    [message] = await acts.found("messages.messages", text="Собрание в четверг")
    values = {"messageId": message["_id"], "reason": "Спам"}
    payloads = await asyncio.gather(*(act(acts, "olga", "reportMessage", values) for _ in range(4)))
    assert [payload["userErrors"] for payload in payloads] == [[]] * 4
    assert len(await acts.found("messages.reports", message_id=message["_id"])) == 1


# ── messages ──


async def test_an_edited_message_keeps_its_history_and_a_deleted_one_nothing_but_its_place(acts: Acting) -> None:
    own = (await send(acts, "olga", recipients(acts, "igor"), "Купи хлеб"))["message"]["id"]
    fields = "message { body version editedAt isDeleted revisions { text } }"
    payload = await act(acts, "olga", "editMessage", {"messageId": own, "version": 1, "text": "Купи молоко"}, fields)
    edited = payload["message"]
    assert (edited["body"], edited["version"], edited["revisions"]) == ("Купи молоко", 2, [{"text": "Купи хлеб"}])
    assert edited["editedAt"] is not None
    stale = await act(acts, "olga", "editMessage", {"messageId": own, "version": 1, "text": "Нет"}, fields)
    assert codes_of(stale) == [("CONFLICT", ["version"])]
    assert stale["message"]["body"] == "Купи молоко"
    for name, more in (("editMessage", {"version": None, "text": "Нет"}), ("deleteMessage", {})):
        assert codes_of(await act(acts, "igor", name, {"messageId": own, **more})) == [("NOT_ALLOWED", ["messageId"])]
        assert codes_of(await act(acts, "pavel", name, {"messageId": own, **more})) == [("NOT_FOUND", ["messageId"])]
    payload = await act(acts, "olga", "deleteMessage", {"messageId": own}, fields)
    deleted = payload["message"]
    assert (deleted["body"], deleted["isDeleted"], deleted["revisions"]) == (None, True, [])
    assert codes_of(await act(acts, "olga", "deleteMessage", {"messageId": own})) == []
    again = await act(acts, "olga", "editMessage", {"messageId": own, "version": None, "text": "Нет"})
    assert codes_of(again) == [("NOT_ALLOWED", ["messageId"])]
    assert "молоко" not in str(await acts.found("messages.messages"))


async def test_a_message_is_edited_for_a_day(acts: Acting) -> None:
    [message] = await acts.found("messages.messages", text="Принеси тетрадь с ёлкой")  # of 12 November
    values = {"messageId": message["_id"], "version": 1, "text": "Не приноси"}
    payload = await act(acts, "smirnov", "editMessage", values)
    assert limits_of(payload) == [("WINDOW_CLOSED", ["messageId"], "24")]


async def test_files_come_with_a_message_and_go_with_it(acts: Acting) -> None:
    file = await uploaded(acts, "smirnov", Role.TEACHER, b"Text", purpose="MESSAGE")
    to = recipients(acts, "petr", "fedor")
    payload = await send(acts, "smirnov", to, "Задание", attachmentIds=[file])
    assert payload["userErrors"] == []
    mailbox = MAILBOX % ", withAttachments: true"
    for who in ("petr", "fedor", "smirnov"):
        assert (await query(acts, who, mailbox))["conversations"]["totalCount"] == (2 if who == "smirnov" else 1)
    messages = await acts.found("messages.messages", text="Задание")
    for number, message in enumerate(messages):
        assert codes_of(await act(acts, "smirnov", "deleteMessage", {"messageId": message["_id"]})) == []
        [record] = await acts.found("messages.attached_files")
        assert (record["released_at"] is not None) == (number == 1)
    assert (await query(acts, "petr", mailbox))["conversations"]["totalCount"] == 0


async def test_a_reported_message_is_copied_with_its_neighbours_and_nothing_else_is(acts: Acting) -> None:
    own = await group(acts, "kuznetsova", "olga", "igor")
    for text in ("раз", "два", "три", "четыре", "пять", "шесть"):
        await send(acts, "igor", {"conversationId": own}, text)
    messages = await acts.found("messages.messages", conversation_id=own, text="четыре")
    values = {"messageId": messages[0]["_id"], "reason": "Спам"}
    for _ in range(2):
        payload = await act(acts, "olga", "reportMessage", values, "reportedMessageId")
        assert payload == {"reportedMessageId": messages[0]["_id"], "userErrors": []}
    assert codes_of(await act(acts, "pavel", "reportMessage", values)) == [("NOT_FOUND", ["messageId"])]
    await act(acts, "igor", "deleteMessage", {"messageId": messages[0]["_id"]})
    fields = "nodes { reason reportedBy { givenName } messages { text author { givenName } } }"
    [report] = (await query(acts, "admin", f"{{ messageReports(first: 1) {{ {fields} }} }}"))["messageReports"]["nodes"]
    assert (report["reason"], report["reportedBy"]) == ("Спам", {"givenName": "Ольга"})
    assert [one["text"] for one in report["messages"]] == ["два", "три", "четыре", "пять", "шесть"]
    assert await texts(acts, "admin", own) is None
    [fact] = [one for one in await acts.found("messages.facts") if one["action"] == "reportMessage"]
    assert "Спам" not in str(fact)


# ── the mailbox ──


async def test_reading_moves_a_mark_that_never_goes_back(acts: Acting) -> None:
    own = acts.id("Conversation", "parents")
    first, third = (f"msg_{own.removeprefix('cnv_')}_{seq}" for seq in (1, 3))
    fields = "conversation { unreadCount messages { nodes { isRead } } } viewer { unreadMessages }"
    before = (await query(acts, "olga", MAILBOX % ""))["viewer"]["unreadMessages"]
    assert before == 4  # three in the group, one of Smirnov's
    payload: dict[str, Any] = {}
    for up_to, unread in ((first, 2), (third, 0), (first, 0), (None, 0)):
        values = {"conversationId": own, "messageId": up_to}
        payload = await act(acts, "olga", "markConversationRead", values, fields)
        assert payload["conversation"]["unreadCount"] == unread
        assert payload["viewer"]["unreadMessages"] == unread + 1
    assert [one["isRead"] for one in payload["conversation"]["messages"]["nodes"]] == [True] * 3
    for wrong in ("msg_nothing_1", f"msg_{own.removeprefix('cnv_')}_4", "4"):
        payload = await act(acts, "olga", "markConversationRead", {"conversationId": own, "messageId": wrong})
        assert codes_of(payload) == [("NOT_FOUND", ["messageId"])]
    assert await acts.found("messages.facts") == []


async def test_a_conversation_is_marked_as_unread_from_a_message_on(acts: Acting) -> None:
    own = acts.id("Conversation", "parents")  # Kuznetsova, Pavel, Kuznetsova wrote
    second = f"msg_{own.removeprefix('cnv_')}_2"
    fields = "conversation { unreadCount messages { nodes { isRead } } } viewer { unreadMessages }"

    async def mark(who: str, name: str, **more: str) -> list[int]:
        payload = await act(acts, who, name, {"conversationId": own, **more}, fields)
        assert payload["userErrors"] == []
        unread = [one["isRead"] for one in payload["conversation"]["messages"]["nodes"]].count(False)
        assert payload["conversation"]["unreadCount"] == unread
        return [unread, payload["viewer"]["unreadMessages"]]

    assert await mark("olga", "markConversationRead") == [0, 1]  # one of Smirnov's is unread, too
    assert await mark("olga", "markConversationUnread") == [1, 2]
    assert await mark("olga", "markConversationUnread", messageId=second) == [2, 3]
    assert await mark("olga", "markConversationUnread") == [2, 3]
    assert await mark("olga", "markConversationRead", messageId=second) == [1, 2]
    assert await mark("kuznetsova", "markConversationUnread") == [2, 2]  # Pavel's, and her own after it
    mailbox = MAILBOX % ", unreadOnly: true"
    assert (await query(acts, "kuznetsova", mailbox))["conversations"]["totalCount"] == 1
    await send(acts, "kuznetsova", {"conversationId": own})
    assert (await query(acts, "kuznetsova", mailbox))["conversations"]["totalCount"] == 0
    alone = await group(acts, "olga", "igor")
    payload = await act(
        acts, "olga", "markConversationUnread", {"conversationId": alone}, "conversation { unreadCount }"
    )
    assert payload == {"conversation": {"unreadCount": 0}, "userErrors": []}
    for wrong in ("msg_nothing_1", f"msg_{own.removeprefix('cnv_')}_9"):
        payload = await act(acts, "olga", "markConversationUnread", {"conversationId": own, "messageId": wrong})
        assert codes_of(payload) == [("NOT_FOUND", ["messageId"])]
    await check_numbers(acts)


async def test_the_mailbox_is_sifted(acts: Acting) -> None:
    parents, letter = acts.id("Conversation", "parents"), acts.id("Conversation", "olga smirnov")
    by = acts.id("Person", "pavel")

    async def found(who: str, arguments: str) -> list[str]:
        data = await query(acts, who, MAILBOX % arguments)
        ids = [one["id"] for one in data["conversations"]["nodes"]]
        assert data["conversations"]["totalCount"] == len(ids)
        return ids

    assert await found("olga", "") == [letter, parents]
    assert await found("olga", ", sent: true") == [letter]
    assert await found("olga", ", received: true, unreadOnly: true") == [letter, parents]
    assert await found("olga", f', senderId: "{by}"') == [parents]
    assert await found("olga", ', days: {first: "2026-11-16", last: "2026-11-16"}') == [parents]
    assert await found("olga", ', search: "собрания"') == [parents]
    assert await found("olga", ', search: "консул"') == [letter]
    assert await found("olga", ', search: "оценка урок"') == [letter]
    assert await found("olga", ', search: "сменку"') == []
    assert await found("olga", ', search: "!"') == []
    assert await found("ivan", ', search: "елка"') == [acts.id("Conversation", "ivan smirnov")]
    await act(acts, "olga", "hideConversation", {"conversationId": parents})
    assert await found("olga", "") == [letter]
    await send(acts, "kuznetsova", {"conversationId": parents}, "Новое")
    assert await found("olga", "") == [parents, letter]
    assert await texts(acts, "olga", parents) == ["Новое"]
    assert await found("olga", ', search: "собрание"') == []
    assert await found("igor", ', search: "собрание"') == [parents]
    await check_numbers(acts)


async def test_a_deleted_word_is_found_no_longer(acts: Acting) -> None:
    own = (await send(acts, "olga", recipients(acts, "igor"), "Сюрприз на день рождения"))["message"]["id"]
    mailbox = MAILBOX % ', search: "сюрприз"'
    assert (await query(acts, "igor", mailbox))["conversations"]["totalCount"] == 1
    await act(acts, "olga", "deleteMessage", {"messageId": own})
    assert (await query(acts, "igor", mailbox))["conversations"]["totalCount"] == 0


async def test_a_mailbox_of_many_conversations_reads_no_more_than_one_of_few(acts: Acting) -> None:
    database = acts.client[f"{acts.prefix}_messages"]
    [row] = await acts.found("messages.participants", owner=recipient(acts, "igor"))
    of_owner = {"owner": row["owner"], "is_hidden": False}
    latest = {"sort": {"last_at": -1, "conversation_id": -1}, "limit": 21}
    unread, sent = {**of_owner, "unread": {"$gt": 0}}, {**of_owner, "sent_seq": {"$gt": 0}}
    by_sender = {**of_owner, "sender_ids": row["sender_ids"][0]}
    pages: list[dict[str, Any]] = [
        {"find": "participants", "filter": where, **latest} for where in (of_owner, unread, sent, by_sender)
    ]
    summed = [{"$match": unread}, {"$group": {"_id": "$owner", "unread": {"$sum": "$unread"}}}]
    counter: dict[str, Any] = {"aggregate": "participants", "pipeline": summed, "cursor": {}}

    async def examined(command: dict[str, Any]) -> tuple[int, int]:
        explained = await database.command({"explain": command, "verbosity": "executionStats"})
        stages = explained.get("stages", [{"$cursor": explained}])
        stats = explained.get("executionStats") or stages[0]["$cursor"]["executionStats"]
        return stats["totalDocsExamined"], stats["totalKeysExamined"]

    async def figures(count: int) -> tuple[list[tuple[int, int]], list[Any]]:
        """What the database looks at for the pages and the counter of a mailbox, and the commands of its queries."""
        await database.participants.delete_many({"owner": row["owner"]})
        every = [{**row, "_id": f"cnv_{n}:{row['owner']}", "conversation_id": f"cnv_{n}"} for n in range(count)]
        await database.participants.insert_many([{**one, "unread": 3 if n < 30 else 0} for n, one in enumerate(every)])
        looked_at = [await examined(command) for command in (*pages, counter)]
        acts.served.recorder.clear()
        fields = "nodes { title lastMessage { body } messages(first: 5) { nodes { body } } unreadCount }"
        found = await query(acts, "igor", f"{{ conversations(first: 20) {{ {fields} }} viewer {{ unreadMessages }} }}")
        assert found["viewer"]["unreadMessages"] == 90
        return looked_at, sorted(one[:2] for one in acts.served.recorder.commands if "messages" in one[0])

    few, many = await figures(40), await figures(10_000)
    assert few == many
    assert few[0] == [(21, 21), (21, 21), (0, 0), (21, 21), (30, 30)]
    assert len(few[1]) == 4  # the page of the mailbox, the last messages, the pages of messages, the counter


# ── what nobody is to notice ──


async def test_a_student_sees_no_difference_when_parents_and_teachers_write(acts: Acting) -> None:
    text = (
        "{ conversations(first: 50) { totalCount pageInfo { endCursor hasNextPage } nodes { id unreadCount "
        "lastMessage { body } } } viewer { unreadMessages } messageRecipients(category: TEACHERS) { totalCount } }"
    )

    async def seen() -> tuple[Any, ...]:
        acts.served.recorder.clear()
        answer = await acts.answer("ivan", Role.STUDENT, text, X_Cost="1")
        return answer, sorted(one[:2] for one in acts.served.recorder.commands)

    await seen()  # fills the caches
    before = await seen()
    await send(acts, "olga", recipients(acts, "smirnov"), "О поведении Ивана")
    await send(acts, "kuznetsova", {"audience": {"classIds": [acts.id("Class", "7a")], "to": ["GUARDIANS"]}})
    own = await group(acts, "smirnov", "olga", "igor")
    await send(acts, "igor", {"conversationId": own}, "Согласен")
    assert await seen() == before


async def test_facts_and_keys_hold_no_text(acts: Acting) -> None:
    own = (await send(acts, "olga", recipients(acts, "smirnov"), "Тайна первая"))["message"]["id"]
    await act(acts, "olga", "editMessage", {"messageId": own, "version": 1, "text": "Тайна вторая"})
    await act(acts, "olga", "deleteMessage", {"messageId": own})
    await act(acts, "olga", "createConversation", {"title": "Тайна третья", **recipients(acts, "igor")})
    facts = await acts.found("messages.facts")
    actions = [fact["action"] for fact in facts]
    assert actions == ["sendMessage", "editMessage", "deleteMessage", "createConversation"]
    assert "айна" not in str(facts) + str(await acts.found("messages.idempotency"))


# ── many at once ──


async def play(acts: Acting, steps: int, seed: int) -> None:
    """Send, mark, edit and delete at random in two groups, *steps* times, ten at once; *seed* decides what is done."""
    chance = random.Random(seed)
    people = ("kuznetsova", "olga", "igor", "pavel")
    groups = [await group(acts, "kuznetsova", *people[1:]) for _ in range(2)]
    own: dict[str, list[str]] = {who: [] for who in people}

    async def step() -> None:
        who = chance.choice(people)
        conversation = chance.choice(groups)
        match chance.choice(("send", "send", "read", "unread", "edit", "delete")):
            case "read":
                await act(acts, who, "markConversationRead", {"conversationId": conversation})
            case "unread":
                await act(acts, who, "markConversationUnread", {"conversationId": conversation})
            case "edit" if own[who]:
                values = {"messageId": chance.choice(own[who]), "version": None, "text": "Иначе"}
                await act(acts, who, "editMessage", values)
            case "delete" if own[who]:
                await act(acts, who, "deleteMessage", {"messageId": own[who].pop()})
            case _:
                payload = await send(acts, who, {"conversationId": conversation})
                assert payload["userErrors"] == []
                own[who].append(payload["message"]["id"])

    for _ in range(steps // 10):
        await asyncio.gather(*(step() for _ in range(10)))
    await check_numbers(acts)


async def test_numbers_are_right_when_many_write_read_edit_and_delete_at_once(acts: Acting) -> None:
    await play(acts, 120, 18)
