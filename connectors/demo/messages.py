"""The conversations of the demo: of the parents and the students of each class, and letters of class teachers."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from connectors.demo.families import Student
from connectors.demo.plan import ClassPlan, SchoolPlan
from connectors.demo.register import Register
from connectors.messages import (
    Conversation,
    ConversationKind,
    MailboxSettings,
    Message,
    OfficeHours,
    Participant,
    ParticipantSide,
    Weekday,
    message_id,
    owner_of,
    participant_id,
    terms_of,
)
from connectors.vocabulary import ConversationId, PersonId

_STUDENT, _PARENT, _STAFF = ParticipantSide.STUDENT, ParticipantSide.PARENT, ParticipantSide.STAFF
Who = tuple[PersonId, ParticipantSide]

OF_PARENTS: Final = (
    (0, "Здравствуйте! Собрание переносится на четверг, 18:30, кабинет класса."),
    (1, "Спасибо, буду."),
    (2, "А можно подключиться по видео? Работаю до семи."),
    (0, "Да, пришлю ссылку накануне."),
)
"""The writer's place among the members, and the text."""
OF_STUDENTS: Final = (
    (0, "Ребята, в пятницу сдаём учебники. Проверьте, у кого долги в библиотеке."),
    (1, "А сборник задач тоже сдавать?"),
    (0, "Сборник оставьте до конца четверти."),
    (2, "Кто завтра дежурит?"),
    (3, "Мы с соседом по парте :)"),
)
WITH_PARENT: Final = (
    (1, "Добрый день! Когда можно прийти на консультацию?"),
    (0, "Здравствуйте! В среду после шестого урока, до 15:30."),
    (1, "Спасибо, придём вдвоём."),
)
WITH_STUDENT: Final = (
    (0, "Не забудь принести тетрадь с проверочной работой."),
    (1, "Хорошо, принесу завтра."),
    (0, "И учебник за ёлку поставь на место :)"),
)
LETTERS: Final = 6
"""Families of each class that have written to its teacher."""
_MOST: Final = 30
"""Parents, and students, in the conversation of a class."""
_HOURS: Final = OfficeHours(weekdays=list(Weekday)[:5], starts_at="08:00", ends_at="19:00")


class Talk(NamedTuple):
    """A conversation of the demo: who takes part, the texts with their writers' places, how many days ago it ended."""

    key: str
    members: Sequence[Who]
    texts: Sequence[tuple[int, str]]
    ago: int
    title: str | None = None
    signature: str | None = None
    """The signature of its first member."""


def of_class(register: Register) -> dict[str, Iterable[object]]:
    """The conversations of one class."""
    conversations = [_documents(register.plan, talk) for talk in _talks(register)]
    return {
        "conversations": [conversation for conversation, _, _ in conversations],
        "participants": [row for _, rows, _ in conversations for row in rows],
        "messages": [message for _, _, messages in conversations for message in messages],
        "mailbox_settings": [_settings(register)],
    }


def _talks(register: Register) -> Iterable[Talk]:
    one = register.one
    leader: Who = (one.leader.person_id, _STAFF)
    adults = [adult for student in register.own if (adult := _adult(student, register.plan)) is not None]
    others = [person for person in dict.fromkeys(adults) if person != one.leader.person_id]
    parents: list[Who] = [(person, _PARENT) for person in others[:_MOST]]
    if len(parents) > 1:
        yield Talk(f"{one.name} parents", [leader, *parents], OF_PARENTS, 1, f"Родители {one.name}")
    students: list[Who] = [(student.person_id, _STUDENT) for student in register.own[:_MOST]]
    if len(students) > 2:  # noqa: PLR2004 - as many write
        yield Talk(f"{one.name} students", [leader, *students], OF_STUDENTS, 1, f"Класс {one.name}")
    written = {one.leader.person_id}
    for student in register.own[:LETTERS]:
        adult = _adult(student, register.plan)
        if adult is not None and adult not in written:
            written.add(adult)
            people: list[Who] = [leader, (adult, _PARENT)]
            yield Talk(
                f"{student.student_id} parent", people, WITH_PARENT, 2 + student.place, signature=_signature(one)
            )
        pair: list[Who] = [leader, (student.person_id, _STUDENT)]
        yield Talk(f"{student.student_id} student", pair, WITH_STUDENT, student.place, signature=_signature(one))


def _signature(one: ClassPlan) -> str:
    """The signature of the teacher who leads a class."""
    return f"С уважением,\nклассный руководитель {one.name}"


def _settings(register: Register) -> MailboxSettings:
    """The settings of the mailbox of the teacher who leads the class."""
    person = register.one.leader.person_id
    return MailboxSettings(
        _id=owner_of(person, _STAFF),
        school_id=register.plan.school_id,
        person_id=person,
        signature=_signature(register.one),
        office_hours=[_HOURS],
        version=1,
    )


def _adult(student: Student, plan: SchoolPlan) -> PersonId | None:
    """The first guardian of a student who may read the student's data, where this class writes the family."""
    today = plan.today_iso
    known = (own for own in student.family.guardians if own.may_see_on(today))
    return next((own.person_id for own in known), None) if student.family.is_first else None


def _documents(plan: SchoolPlan, talk: Talk) -> tuple[Conversation, list[Participant], list[Message]]:
    own = ConversationId(plan.mint("Conversation", talk.key))
    kind = ConversationKind.LETTER if talk.title is None else ConversationKind.GROUP
    owners = [owner_of(*member) for member in talk.members]
    first = plan.now - timedelta(days=talk.ago, hours=len(talk.texts))
    moments = [first + timedelta(minutes=20 * number) for number in range(len(talk.texts))]
    conversation = Conversation(
        _id=own,
        school_id=plan.school_id,
        kind=kind,
        title=talk.title,
        created_by_id=talk.members[0][0],
        created_at=first,
        seq=len(talk.texts),
        version=1,
    )
    if talk.title is None:
        conversation["pair"] = " ".join(sorted(owners))
    texts = [(place % len(owners), text) for place, text in talk.texts]
    messages = [
        _message(conversation, seq, (talk.members[place][0], owners[place]), text, moments[seq - 1])
        for seq, (place, text) in enumerate(texts, start=1)
    ]
    for message in messages:
        if talk.signature is not None and message["author_owner"] == owners[0]:
            message["signature"] = talk.signature
    rows = [
        _row(conversation, talk, place, owner, [writer for writer, _ in texts], moments[-1])
        for place, owner in enumerate(owners)
    ]
    return conversation, rows, messages


def _message(
    conversation: Conversation, seq: int, author: tuple[PersonId, str], text: str, moment: datetime
) -> Message:
    own = message_id(conversation["_id"], seq)
    return Message(
        _id=own,
        school_id=conversation["school_id"],
        conversation_id=conversation["_id"],
        seq=seq,
        author_id=author[0],
        author_owner=author[1],
        sent_at=moment,
        text=text,
        terms=terms_of(text),
        attachments=[],
        attached_as=own,
        edited_at=None,
        revisions=[],
        is_deleted=False,
    )


def _row(
    conversation: Conversation, talk: Talk, place: int, owner: str, writers: Sequence[int], moment: datetime
) -> Participant:
    person, side = talk.members[place]
    sent = max((seq for seq, writer in enumerate(writers, start=1) if writer == place), default=0)
    received = max((seq for seq, writer in enumerate(writers, start=1) if writer != place), default=0)
    return Participant(
        _id=participant_id(conversation["_id"], owner),
        school_id=conversation["school_id"],
        conversation_id=conversation["_id"],
        owner=owner,
        person_id=person,
        side=side,
        kind=conversation["kind"],
        title=talk.title,
        version=1,
        member_ids=list(dict.fromkeys(member for member, _ in talk.members)),
        admin_ids=[talk.members[0][0]] if talk.title is not None else [],
        joined_seq=0,
        left_seq=None,
        hidden_seq=0,
        last_at=moment,
        is_hidden=False,
        sent_seq=sent,
        received_seq=received,
        files_seq=0,
        sender_ids=sorted({talk.members[writer][0] for writer in writers}),
        read_seq=sent,
        last_seq=len(writers),
        unread=len(writers) - sent,
    )
