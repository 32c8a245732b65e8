from gateway.cli.settings_docs import PAGE, table, with_table
from gateway.settings import Settings


def test_the_operators_page_holds_the_table_when_it_is_generated_anew() -> None:
    page = PAGE.read_text()
    assert page == with_table(page), "run `python -m gateway.cli.settings_docs` in the virtual environment"


def test_every_setting_has_a_row_with_its_meaning_when_the_table_is_made() -> None:
    rows = [line.strip("| ").split(" | ") for line in table().splitlines()[2:]]
    sections = {name.split("__")[0].removeprefix("`GATEWAY_").rstrip("`").lower() for name, *_ in rows}
    assert sections == set(Settings.model_fields)
    assert all(meaning.endswith(".") for *_, meaning in rows)


def test_a_default_stands_as_its_variable_would_when_it_is_no_string() -> None:
    assert '| `GATEWAY_AUTH__ALGORITHMS` | `["RS256","ES256"]` |' in table()
    assert "| `GATEWAY_ACCESS__MODE` | `filter` |" in table()
