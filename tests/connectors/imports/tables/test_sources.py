"""Several schools behind one issuer, each with a source of its own."""

import pytest

from connectors.imports.errors import ImportFailed
from tests.connectors.imports.tables.workbooks import ISSUER, Rows, Tables

OTHER: Rows = (("ФИО", "Дата рождения", "Класс", "Логин"), ("Чужой Илья", "01.02.2012", "7А", "ilya"))


async def test_another_school_does_not_take_the_place_of_the_first(tables: Tables) -> None:
    await tables.run()
    before = await tables.everything()
    tables.sheets = {"Ученики": OTHER}
    with pytest.raises(
        ImportFailed, match=r"is the source of «Школа № 7», not of «Школа № 8».*--source.*--rename-school"
    ):
        await tables.run(school="Школа № 8")
    assert await tables.everything() == before


async def test_two_schools_of_one_issuer_stand_beside_each_other(tables: Tables) -> None:
    await tables.run()
    tables.sheets = {"Ученики": OTHER}
    summary = await tables.run(school="Школа № 8", source="urn:test:eight")
    assert not summary.ended
    assert sorted(one["name"] for one in await tables.every("directory.schools")) == ["Школа № 7", "Школа № 8"]
    classes = [one for one in await tables.every("directory.classes") if one["name"] == "7А"]
    assert len({one["school_id"] for one in classes}) == 2
    [account] = [one for one in await tables.every("directory.external_ids") if one["subject"] == "ilya"]
    assert account["issuer"] == ISSUER
    again = await tables.run(school=None, source="urn:test:eight")
    assert not again.inserted
    assert not again.changed


async def test_a_school_may_have_a_new_name(tables: Tables) -> None:
    await tables.run()
    summary = await tables.run(school="Лицей № 7", is_renamed=True)
    assert summary.changed["directory.schools"] == 1
    assert [one["name"] for one in await tables.every("directory.schools")] == ["Лицей № 7"]
