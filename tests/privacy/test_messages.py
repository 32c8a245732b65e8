"""Letters in two worlds: what a family reads depends on no letter of another family, nor a student on the parents'."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.gateway import school
from tests.privacy.gateways import Pair, Request, serving
from tests.privacy.requests import request_for
from tests.privacy.worlds import WRITTEN, Person, World, of_hand

BUILT: Final = school.build("privacy")
SECRET: Final = "Разговор о поведении"
"""The text of every letter that the viewers know nothing of."""
VIEWERS: Final = {
    "ivan": "of Ivan's own parents and teachers",
    "petr": "of another family",
    "pavel": "of another family",
    "anna": "of the parents of a sister",
    "rusova": "of a colleague",
    "admin": "of everybody at the school",
}
"""Viewers, and whose letters they do not notice: all are of Olga, Igor, Smirnov and Kuznetsova."""

_MAILBOX: Final = """query ($search: String) {
  viewer { unreadMessages mailboxSettings { signature version } }
  conversations(first: 20, search: $search) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id title hasLeft unreadCount lastMessageAt participants { id } admins { id } homework { id }
      messages(first: 20) { totalCount nodes { id body signature isRead revisions { text } ownReport { decision } } } }
  }
}"""
_RECIPIENTS: Final = """query ($category: RecipientCategory!) {
  messageRecipients(category: $category, first: 50) { totalCount nodes { id officeHours { startsAt } } } }"""
_NODE: Final = """query ($id: ID!) { node(id: $id) { id ... on Conversation { unreadCount messages { totalCount } }
  ... on Message { body } ... on Homework { status conversations { id } } } }"""
_SEND: Final = """mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  message { id body } conversations { id unreadCount } viewer { unreadMessages }
  userErrors { code message field } } }"""
_READ: Final = """mutation ($input: MarkConversationReadInput!) { markConversationRead(input: $input) {
  conversation { id } userErrors { code message field } } }"""
_REPORT: Final = """mutation ($input: ReportMessageInput!) { reportMessage(input: $input) {
  reportedMessageId userErrors { code message field } } }"""
_GROUP: Final = """mutation ($input: CreateConversationInput!) { createConversation(input: $input) {
  conversation { id } userErrors { code } } }"""
_SET: Final = """mutation ($input: SetMailboxSettingsInput!) { setMailboxSettings(input: $input) {
  userErrors { code } } }"""


def person_of(world: World, key: str) -> Person:
    return next(one for one in world.people if (one.id, one.role) == (BUILT.id("Person", key), WRITTEN[key]))


def recipient(key: str) -> str:
    side = WRITTEN[key] if WRITTEN[key] in {"STUDENT", "PARENT"} else "STAFF"
    return f"{BUILT.id('Person', key)}.{side}"


async def others_write(pair: Pair, world: World) -> tuple[str, str]:
    """Olga, Igor, Smirnov and Kuznetsova write in the second world alone; the ids of a group and of a letter."""
    number = 800

    async def act(who: str, text: str, values: Mapping[str, Any]) -> Any:
        nonlocal number
        number += 1
        request = request_for(pair.bearer(person_of(world, who)), text, {"input": values}, key=f"{number}")
        answer = (await pair.second.ask(request, number)).answer
        [payload] = answer["data"].values()
        assert payload["userErrors"] == [], payload
        return payload

    await act("olga", _SET, {"version": None, "signature": SECRET})
    letter = await act("olga", _SEND, {"to": {"recipientIds": [recipient("smirnov")]}, "text": SECRET})
    await act("smirnov", _SEND, {"to": {"recipientIds": [recipient("olga"), recipient("igor")]}, "text": SECRET})
    task = f"{BUILT.id('Homework', 'today')}.{BUILT.id('Student', 'ivan')}"
    await act("igor", _SEND, {"to": {"homework": {"homeworkId": task}}, "text": SECRET})
    invited = [recipient(one) for one in ("olga", "igor", "smirnov")]
    group = await act("kuznetsova", _GROUP, {"title": SECRET, "recipientIds": invited})
    own = group["conversation"]["id"]
    await act("olga", _SEND, {"to": {"conversationId": own}, "text": SECRET})
    return own, letter["message"]["id"]


@pytest.mark.parametrize("key", VIEWERS)
async def test_nobody_notices_the_letters_of_others(key: str, mongo_uri: str, redis_uris: tuple[str, str]) -> None:
    world = await of_hand()
    person = person_of(world, key)

    def asks(text: str, **values: Any) -> Request:
        return request_for(pair.bearer(person), text, values)

    async with serving(world, mongo_uri, redis_uris) as pair:
        group, letter = await others_write(pair, world)
        await pair.forget()
        for search in (None, "поведение", "разгов"):
            seen = await pair.same_answer(asks(_MAILBOX, search=search), person)
            assert "errors" not in seen.answer
            assert SECRET not in seen.body.decode()
        for category in ("GUARDIANS", "TEACHERS"):  # by themselves, so that no read is shared by chance
            await pair.same_answer(asks(_RECIPIENTS, category=category), person)
        for own in (group, letter):
            hidden = await pair.same_answer(asks(_NODE, id=own), person)
            assert hidden.answer["data"] == {"node": None}
        task = f"{BUILT.id('Homework', 'today')}.{BUILT.id('Student', 'ivan')}"
        await pair.same_answer(asks(_NODE, id=task), person)
        for text, values in (
            (_READ, {"conversationId": group}),
            (_REPORT, {"messageId": letter, "reason": "Спам"}),
            (_SEND, {"to": {"conversationId": group}, "text": "Кто здесь?"}),
            (_SEND, {"to": {"recipientIds": [recipient("kuznetsova")]}, "text": "Добрый день"}),
        ):
            request = request_for(pair.bearer(person), text, {"input": values}, key=f"{text[:20]} {len(str(values))}")
            await pair.same_answer(request, person)
        await pair.same_answer(asks(_MAILBOX, search=None), person)
