"""The words of letters about notifications: what kinds of things happened, without any value, text or name.

A letter passes through many hands; what it is about is read in the diary, with the rights of then.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from connectors.mail import Letter
from connectors.notifications import DigestDays, NotificationKind
from gateway.jobs.notifications.digests import ChildDigest
from gateway.languages import Language, Text, in_language

_SUBJECT: Final = Text("School diary: new ({count})", "Школьный дневник: новое ({count})")
_TEXT: Final = Text(
    "There is something new in the school diary:\n\n{lines}\n\nOpen the diary to see it.\n\n"
    "This letter was sent automatically. In the diary you choose of what you are told by letter.\n",
    "В школьном дневнике есть новое:\n\n{lines}\n\nПодробности — в дневнике.\n\n"
    "Это письмо отправлено автоматически. О чём сообщать письмом, выбирают в настройках дневника.\n",
)
_STOP: Final = Text("\nNo more letters: {address}\n", "\nБольше не отправлять писем: {address}\n")

_DIGEST_SUBJECT: Final = Text("School diary: digest of {days}", "Школьный дневник: сводка за {days}")
_DIGEST_TEXT: Final = Text(
    "In the school diary of {days}:\n\n{children}\n\nOpen the diary to see it.\n\n"
    "This letter was sent automatically. In the diary you choose when you get it.\n",
    "В школьном дневнике за {days}:\n\n{children}\n\nПодробности — в дневнике.\n\n"
    "Это письмо отправлено автоматически. Когда его получать, выбирают в настройках дневника.\n",
)
_TOPICS: Final = Text("topics of lessons", "темы уроков")
_CLASS: Final = Text("Class {name}", "Класс {name}")
_NO_CLASS: Final = Text("Without a class", "Без класса")

WORDS: Final[Mapping[NotificationKind, Text]] = {
    NotificationKind.MARK: Text("marks", "оценки"),
    NotificationKind.FINAL_GRADE: Text("final grades", "итоговые отметки"),
    NotificationKind.ATTENDANCE: Text("absences and latenesses", "пропуски и опоздания"),
    NotificationKind.COMMENT: Text("words of teachers", "записи учителей"),
    NotificationKind.HOMEWORK: Text("homework and other work", "задания"),
    NotificationKind.LESSON_CHANGE: Text("changes of the timetable", "изменения в расписании"),
    NotificationKind.ANNOUNCEMENT: Text("announcements", "объявления"),
    NotificationKind.ABSENCE_NOTICE: Text("answers to notices of absence", "ответы на уведомления об отсутствии"),
    NotificationKind.CONTROL_WORK: Text("control works that are near", "скорые контрольные работы"),
    NotificationKind.ABSENCES: Text("warnings of many absences", "предупреждения о частых пропусках"),
}


def letter_about(
    own: str, to: str, kinds: Mapping[NotificationKind, int], language: Language, stop: str | None
) -> Letter:
    """The letter with this id to an address, about so many notifications of each kind; at *stop* one stops letters."""
    count = sum(kinds.values())
    lines = "\n".join(f"— {in_language(WORDS[kind], language)}: {kinds[kind]}" for kind in WORDS if kinds.get(kind))
    return Letter(
        id=own.replace("_", "-"),
        to=to,
        subject=in_language(_SUBJECT.format(count=count), language),
        text=in_language(_TEXT.format(lines=lines), language) + how_to_stop(stop, language),
        unsubscribe=stop,
    )


def digest_letter(
    own: str, to: str, children: Sequence[ChildDigest], days: DigestDays, language: Language, stop: str | None
) -> Letter:
    """The digest with this id to an address; students without anything new are left out."""
    first, last = (f"{date.fromisoformat(day):%d.%m.%Y}" for day in (days["first"], days["last"]))
    when = first if first == last else f"{first} – {last}"
    texts = [_of_child(child, language, is_named=len(children) > 1) for child in children if not child.is_empty]
    return Letter(
        id=own.replace("_", "-"),
        to=to,
        subject=in_language(_DIGEST_SUBJECT.format(days=when), language),
        text=in_language(_DIGEST_TEXT.format(children="\n\n".join(texts), days=when), language)
        + how_to_stop(stop, language),
        unsubscribe=stop,
    )


def _of_child(child: ChildDigest, language: Language, *, is_named: bool) -> str:
    """The lines about one student; where there are several, after the name of the class."""
    counts = {
        WORDS[NotificationKind.MARK]: child.marks,
        WORDS[NotificationKind.ATTENDANCE]: child.absences,
        _TOPICS: child.topics,
        WORDS[NotificationKind.HOMEWORK]: child.homework,
        WORDS[NotificationKind.COMMENT]: child.entries,
    }
    lines = [f"— {in_language(what, language)}: {count}" for what, count in counts.items() if count]
    name = in_language(_CLASS.format(name=child.class_name) if child.class_name else _NO_CLASS, language)
    return "\n".join([f"{name}:", *lines] if is_named else lines)


def how_to_stop(address: str | None, language: Language) -> str:
    """The lines that say where one stops letters; nothing where there is no such address."""
    return "" if address is None else str(in_language(_STOP.format(address=address), language))
