"""The sentences of findings: what is wrong, and what to do (F133, F134)."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from auth.viewer import Role
from connectors.directory import MandatoryField
from connectors.integrity import IntegrityFinding, IntegrityRule
from gateway.context import Info
from gateway.languages import Language, Text, in_language


class MessageLanguage(StrEnum):
    """The languages of messages."""

    RU = "RU"
    """Russian."""

    EN = "EN"
    """English."""


_LANGUAGES: Final = {MessageLanguage.RU: Language.RUSSIAN, MessageLanguage.EN: Language.ENGLISH}

_FIELDS: Final[Mapping[str, Text]] = {
    MandatoryField.BIRTH_DATE: Text("birth date", "дата рождения"),
    MandatoryField.EMAIL: Text("e-mail address", "адрес электронной почты"),
    MandatoryField.PHONE: Text("telephone number", "номер телефона"),
}

SENTENCES: Final[Mapping[IntegrityRule, Text]] = {
    IntegrityRule.ACCOUNT_SHARED: Text(
        "An account of {issuer} is linked to several people, so that nobody can sign in by it. Merge the records if "
        "they are one person (mergeAccounts), else remove the wrong account where it was entered.",
        "Учётная запись {issuer} привязана к нескольким людям, и войти по ней нельзя. Если это один человек, "
        "объедините записи (mergeAccounts), иначе удалите лишнюю привязку там, где её внесли.",
    ),
    IntegrityRule.CLASS_WITHOUT_TEACHER: Text(
        "The class {name} has students and no class teacher today. Enter who leads it.",
        "В классе {name} есть ученики, но сегодня нет классного руководителя. Назначьте его.",
    ),
    IntegrityRule.DATES_REVERSED: Text(
        "This begins on {first} and ends on {last}, before it begins, and is never in force. Correct the dates.",
        "Начинается {first}, а заканчивается раньше, {last}, и потому никогда не действует. Исправьте даты.",
    ),
    IntegrityRule.EMAIL_SHARED: Text(
        "The student has the e-mail address of another student or of a parent. Ask the family for an address of the "
        "student's own.",
        "Адрес электронной почты ученика совпадает с адресом другого ученика или родителя. Попросите у семьи "
        "собственный адрес ученика.",
    ),
    IntegrityRule.ENROLMENTS_OVERLAP: Text(
        "From {day} on the student is in two main classes. End the earlier enrolment, or mark one as not the main one.",
        "С {day} ученик числится в двух основных классах. Завершите прежнее зачисление или снимите отметку «основной».",
    ),
    IntegrityRule.FIELD_MISSING: Text(
        "A mandatory field is empty: {field}. Have it entered.", "Не заполнено обязательное поле: {field}. Внесите его."
    ),
    IntegrityRule.MARK_OUTSIDE_ENROLMENT: Text(
        "The mark is of {day}, when the student was in no class. Correct the day of the mark or the dates of the "
        "enrolment.",
        "Отметка стоит за {day}, когда ученик не числился ни в одном классе. Исправьте дату отметки или даты "
        "зачисления.",
    ),
    IntegrityRule.MARK_OUT_OF_SCALE: Text(
        "The mark {value} is not on its scale. Compare it with the paper journal and change it.",
        "Отметки {value} нет на её шкале. Сверьте с бумажным журналом и исправьте.",
    ),
    IntegrityRule.MARK_REPEATED: Text(
        "On {day} the student has {count} marks of one kind for one lesson. Remove those that were entered twice.",
        "За {day} у ученика отметок одного вида за один урок: {count}. Удалите внесённые дважды.",
    ),
    IntegrityRule.PARENT_WITHOUT_CHILD: Text(
        "No child is linked to this parent today. Enter the guardianship again, or end the role.",
        "К этому родителю сегодня не привязан ни один ребёнок. Восстановите связь с ребёнком или завершите роль.",
    ),
    IntegrityRule.PERSON_TWICE: Text(
        "There is another record of this person: {other}. Merge them (mergeAccounts), or accept this if they are two.",
        "Этот человек записан дважды, вторая запись: {other}. Объедините записи (mergeAccounts) или примите как есть, "
        "если это разные люди.",
    ),
    IntegrityRule.REFERENCE_LOST: Text(
        "{place} names something that does not exist, in {example} for example. Run the import again, or correct it.",
        "{place} ссылается на то, чего нет, например в {example}. Повторите импорт или исправьте запись.",
    ),
    IntegrityRule.STUDENT_WITHOUT_CLASS: Text(
        "The student was never enrolled in a class. Enter the enrolment.",
        "Ученик ни разу не был зачислен в класс. Внесите зачисление.",
    ),
    IntegrityRule.STUDENT_WITHOUT_GUARDIAN: Text(
        "Nobody is responsible today for the student, who is not of age or whose birth date is not known. Issue an "
        "invitation code for the family (issueInvitationCodes).",
        "Сегодня у ученика нет ни одного представителя, а он несовершеннолетний или дата его рождения неизвестна. "
        "Выдайте семье код приглашения (issueInvitationCodes).",
    ),
}
"""The sentence of each rule; `details` of a finding are its parameters."""


def sentences(
    findings: Sequence[IntegrityFinding], info: Info, language: MessageLanguage = MessageLanguage.RU
) -> list[str]:
    """The sentence of each finding."""
    return [in_language(_sentence(own), _LANGUAGES[language]) for own in findings]


def _sentence(finding: IntegrityFinding) -> Text:
    details: dict[str, object] = dict(finding["details"])
    if "field" in details:
        details["field"] = _FIELDS[finding["details"]["field"]]
    return SENTENCES[IntegrityRule(finding["rule"])].format(**details)


def responsible(finding: Mapping[str, Any]) -> Role:
    """Who can correct a finding: parents enter their own contacts, teachers change marks, the school does the rest."""
    return _RESPONSIBLE.get(finding["rule"], _by_the_school)(finding)


def _by_the_school(_: Mapping[str, Any]) -> Role:
    return Role.ADMINISTRATOR


def _by_the_teacher(_: Mapping[str, Any]) -> Role:
    return Role.TEACHER


def _of_field(finding: Mapping[str, Any]) -> Role:
    return Role.ADMINISTRATOR if finding["details"]["field"] == MandatoryField.BIRTH_DATE else Role.PARENT


_RESPONSIBLE: Final[Mapping[str, Callable[[Mapping[str, Any]], Role]]] = {
    IntegrityRule.FIELD_MISSING: _of_field,
    IntegrityRule.MARK_OUT_OF_SCALE: _by_the_teacher,
    IntegrityRule.MARK_REPEATED: _by_the_teacher,
}
