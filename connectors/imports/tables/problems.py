"""Problems of a table's cells: the column, the value, the rule that is broken, and what to do, in both languages."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from connectors.imports.errors import Unusable


class Rule(StrEnum):
    """A rule that a cell or a row breaks."""

    REQUIRED = "REQUIRED"
    DATE = "DATE"
    TIME = "TIME"
    SPAN = "SPAN"
    NAME = "NAME"
    CLASS_NAME = "CLASS_NAME"
    SNILS = "SNILS"
    NUMBER = "NUMBER"
    MARK = "MARK"
    CHOICE = "CHOICE"
    UNKNOWN = "UNKNOWN"
    AMBIGUOUS = "AMBIGUOUS"
    NOT_OF_NAME = "NOT_OF_NAME"
    TAKEN = "TAKEN"
    TWICE = "TWICE"
    LESSON = "LESSON"
    LONG = "LONG"
    CELLS = "CELLS"


class _Sentences(NamedTuple):
    en: str
    ru: str


_SENTENCES: Final[Mapping[Rule, _Sentences]] = {
    Rule.REQUIRED: _Sentences("is empty: fill it in", "пусто: заполните"),
    Rule.DATE: _Sentences("is not a date: write it as 01.09.2026", "не дата: напишите как 01.09.2026"),
    Rule.TIME: _Sentences("is not a time of day: write it as 08:30", "не время: напишите как 08:30"),
    Rule.SPAN: _Sentences("the last day is before the first: correct one of them", "конец раньше начала: исправьте"),
    Rule.NAME: _Sentences(
        "a full name has a family name and a first name: write both", "в ФИО нужны фамилия и имя: напишите полностью"
    ),
    Rule.CLASS_NAME: _Sentences("is not a class: write it as 7А", "не класс: напишите как 7А"),
    Rule.SNILS: _Sentences(
        "is not a СНИЛС: its eleven digits do not fit together; compare it with the document",
        "СНИЛС неверен: цифры не сходятся; сверьте с документом",
    ),
    Rule.NUMBER: _Sentences("is not a number of a lesson: write 1, 2, 3 …", "не номер урока: напишите 1, 2, 3 …"),
    Rule.MARK: _Sentences(
        "is not a mark from 1 to 5: absences do not belong here", "не отметка от 1 до 5: пропуски сюда не входят"
    ),
    Rule.CHOICE: _Sentences("is none of the words that stand in the template", "такого слова нет в образце"),
    Rule.UNKNOWN: _Sentences(
        "nobody and nothing has this name: correct it, or add it to its own table",
        "с таким именем никого и ничего нет: исправьте или добавьте в свою таблицу",
    ),
    Rule.AMBIGUOUS: _Sentences(
        "several people have this name: add class, birth date or code",
        "таких несколько: добавьте класс, дату рождения или код",
    ),
    Rule.NOT_OF_NAME: _Sentences(
        "nobody of the name in this row has it: correct it, or the name",
        "у человека с ФИО из этой строки этого нет: исправьте это или ФИО",
    ),
    Rule.TAKEN: _Sentences(
        "it is another person's, too: correct it or the name; a code never passes to somebody else",
        "это уже принадлежит другому человеку: исправьте это или ФИО; код не переходит к другому",
    ),
    Rule.TWICE: _Sentences("the row stands here twice: delete one", "строка повторяется: удалите одну"),
    Rule.LESSON: _Sentences(
        "this class has another lesson of this subject with this number on this day: name the group of each",
        "у класса в этот день уже стоит другой такой урок с этим номером: укажите группу каждого",
    ),
    Rule.LONG: _Sentences("has more than a thousand characters: shorten it", "длиннее тысячи знаков: сократите"),
    Rule.CELLS: _Sentences(
        "the row has more cells than the heading: a value holds a delimiter; put it in quotation marks",
        "ячеек больше, чем заголовков: в значении стоит разделитель; возьмите его в кавычки",
    ),
}


class CellProblem(Unusable):
    """A cell that breaks a rule; the text is in Russian and English, for those who mend the table."""

    def __init__(self, rule: Rule, column: str, value: str = "") -> None:
        sentences = _SENTENCES[rule]
        named = f"«{column}»" + (f" = {value[:_SHOWN]!r}" if value else "")
        super().__init__(f"{named}: {sentences.ru} / {sentences.en} [{rule}]")
        self.rule = rule
        self.column = column
        self.value = value


_SHOWN: Final = 60
"""How many characters of a value are shown: enough to find it."""
