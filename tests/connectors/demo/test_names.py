from random import Random

import pytest

from connectors.demo.names import Sex, adult, child, family_name, for_sex, patronymic


@pytest.mark.parametrize(
    ("father", "son", "daughter"),
    [
        ("Иван", "Иванович", "Ивановна"),
        ("Сергей", "Сергеевич", "Сергеевна"),
        ("Игорь", "Игоревич", "Игоревна"),
        ("Юрий", "Юрьевич", "Юрьевна"),
        ("Дмитрий", "Дмитриевич", "Дмитриевна"),
        ("Илья", "Ильич", "Ильинична"),
        ("Пётр", "Петрович", "Петровна"),
        ("Михаил", "Михайлович", "Михайловна"),
        ("Артём", "Артёмович", "Артёмовна"),
    ],
)
def test_patronymics_follow_the_name_of_the_father(father: str, son: str, daughter: str) -> None:
    assert (patronymic(father, Sex.MALE), patronymic(father, Sex.FEMALE)) == (son, daughter)


@pytest.mark.parametrize(
    ("family", "feminine"),
    [
        ("Королёв", "Королёва"),
        ("Шилов-Завадский", "Шилова-Завадская"),
        ("Толстой", "Толстая"),
        ("Заболотный", "Заболотная"),
        ("Шевченко", "Шевченко"),
        ("Черных", "Черных"),
    ],
)
def test_family_names_agree_with_the_sex(family: str, feminine: str) -> None:
    assert for_sex(family, Sex.FEMALE) == feminine
    assert for_sex(family, Sex.MALE) == family


def test_some_family_names_are_hyphenated() -> None:
    rng = Random(1)
    assert any("-" in family_name(rng) for _ in range(200))


def test_children_bear_the_name_of_their_father() -> None:
    father = adult(Random(2), Sex.MALE, "Соловьёв")
    daughter = child(Random(3), Sex.FEMALE, "Соловьёв", father.given_name)

    assert daughter.family == "Соловьёва"
    assert daughter.patronymic == patronymic(father.given_name, Sex.FEMALE)
