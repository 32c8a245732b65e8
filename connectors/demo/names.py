"""Generates Russian names: family names agree with the sex, patronymics come from the father's given name."""

from enum import StrEnum
from random import Random
from typing import Final, NamedTuple

BOYS: Final = tuple(
    """Александр Алексей Андрей Артём Артур Богдан Вадим Глеб Данил Даниил Денис Дмитрий Егор Захар Иван Илья Кирилл
    Константин Лев Макар Максим Марк Матвей Мирон Михаил Никита Николай Олег Павел Пётр Платон Роман Савелий Семён
    Сергей Степан Тимофей Тимур Фёдор Юрий Ярослав Амир Ринат""".split()
)
GIRLS: Final = tuple(
    """Александра Алёна Алина Алиса Анастасия Ангелина Анна Арина Валерия Варвара Василиса Вера Вероника Виктория
    Дарья Диана Ева Евгения Екатерина Елизавета Злата Камилла Кира Ксения Маргарита Мария Милана Мирослава Надежда
    Ольга Полина Пелагея Рената София Софья Таисия Ульяна Юлия Яна Ярослава Амина Алсу""".split()
)
MEN: Final = tuple(
    """Александр Алексей Анатолий Андрей Антон Артём Борис Вадим Валерий Василий Виктор Виталий Владимир Вячеслав
    Геннадий Георгий Григорий Денис Дмитрий Евгений Иван Игорь Илья Константин Леонид Лев Максим Марат Михаил Никита
    Николай Олег Павел Пётр Ринат Роман Руслан Семён Сергей Станислав Степан Фёдор Юрий Ярослав""".split()
)
WOMEN: Final = tuple(
    """Александра Алёна Алла Анастасия Анна Валентина Валерия Вера Вероника Виктория Галина Гульнара Дарья Евгения
    Екатерина Елена Жанна Ирина Ксения Лариса Любовь Людмила Маргарита Марина Мария Надежда Наталья Нина Оксана Ольга
    Полина Светлана Татьяна Юлия Яна""".split()
)
FAMILIES: Final = tuple(
    """Агафонов Азанов Алексеев Андреев Антипин Ахметов Бабушкин Балуев Беляев Березин Боталов Бояршинов Ваганов
    Васильев Веденский Власов Волков Воробьёв Галимов Голдобин Горбачёв Горбунов Григорьев Гуляев Денисов
    Дьяков Егоров Ермаков Ершов Жданов Журавлёв Зайцев Заболотный Зеленин Зотов Зуев Иванов Игошев Исаев Казаринов
    Калашников Катаев Киселёв Ковалёв Козлов Колегов Колчанов Конев Королёв Корчагин Костарев Кривощёков Кузнецов
    Кылосов Лебедев Логинов Ложкин Лузин Макаров Мальцев Медведев Мелехин Меркушев Михайлов Мокрушин Морозов Москвин
    Накаряков Некрасов Никитин Новиков Носков Овчинников Окулов Орлов Осипов Павлов Патокин Пепеляев Пермяков Петров
    Петухов Плотников Политов Полыгалов Попов Пьянков Радостев Рожков Романов Русаков Рычков Савельев Селиванов
    Семёнов Сергеев Сибирский Ситников Смирнов Соболев Соколов Соловьёв Старков Степанов Субботин Сухих Сырчиков
    Тарасов Титов Тиунов Ткачук Томилов Третьяков Трошин Углев Ушаков Фёдоров Федосеев Филимонов Хакимов Худяков
    Чагин Черных Чернов Четвериков Чугаев Швецов Шевченко Шилов Широков Шистеров Щербаков Щукин Юдин Южаков Яковлев
    Якушев Ярушин Толстой Луговской Завадский Ширинкин Утробин Чудинов""".split()
)

_IRREGULAR: Final = {
    "Георгий": ("Георгиевич", "Георгиевна"),
    "Дмитрий": ("Дмитриевич", "Дмитриевна"),
    "Илья": ("Ильич", "Ильинична"),
    "Лев": ("Львович", "Львовна"),
    "Михаил": ("Михайлович", "Михайловна"),
    "Никита": ("Никитич", "Никитична"),
    "Павел": ("Павлович", "Павловна"),
    "Пётр": ("Петрович", "Петровна"),
}
_HYPHENATED_SHARE: Final = 0.03


class Sex(StrEnum):
    MALE = "м"
    FEMALE = "ж"


class Name(NamedTuple):
    family: str
    given_name: str
    patronymic: str | None
    sex: Sex
    root: str  # the family name in its masculine form

    @property
    def display(self) -> str:
        """The full name with the family name first, as in a class register."""
        return " ".join(part for part in self[:3] if part)


def family_name(rng: Random) -> str:
    """A random family name in its masculine form, sometimes a double one."""
    name = rng.choice(FAMILIES)
    if rng.random() < _HYPHENATED_SHARE:
        second = rng.choice(FAMILIES)
        return name if second == name else f"{name}-{second}"
    return name


def for_sex(family: str, sex: Sex) -> str:
    """The form of the masculine *family* name for a person of that *sex*."""
    if sex is Sex.MALE:
        return family
    return "-".join(map(_feminine, family.split("-")))


def patronymic(father: str, sex: Sex) -> str:
    """The patronymic of a child of that *sex* whose father has the given name *father*."""
    if father in _IRREGULAR:
        return _IRREGULAR[father][sex is Sex.FEMALE]
    if father.endswith("ий"):
        stem, joint = father[:-2], "ье"
    elif father.endswith(("й", "ь")):
        stem, joint = father[:-1], "е"
    else:
        stem, joint = father, "о"
    return stem + joint + ("вна" if sex is Sex.FEMALE else "вич")


def adult(rng: Random, sex: Sex, family: str | None = None) -> Name:
    """The name of an adult; *family* is a masculine form."""
    given_name = rng.choice(MEN if sex is Sex.MALE else WOMEN)
    root = family or family_name(rng)
    return Name(for_sex(root, sex), given_name, patronymic(rng.choice(MEN), sex), sex, root)


def child(rng: Random, sex: Sex, family: str, father: str) -> Name:
    """The name of a child of a *father* with that given name; *family* is a masculine form."""
    given_name = rng.choice(BOYS if sex is Sex.MALE else GIRLS)
    return Name(for_sex(family, sex), given_name, patronymic(father, sex), sex, family)


def _feminine(family: str) -> str:
    if family.endswith(("ский", "цкий", "ной", "той", "ской", "ый")):
        return family[:-2] + "ая"
    return family + "а" if family.endswith(("ов", "ев", "ёв", "ин", "ын")) else family
