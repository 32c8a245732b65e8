"""The table of all settings in docs/operators.md: `python -m gateway.cli.settings_docs` writes it anew."""

from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_origin

import orjson
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from gateway.settings import Settings

PAGE: Final = Path(__file__).parents[2] / "docs" / "operators.md"
BEGIN: Final = "<!-- settings: written by python -m gateway.cli.settings_docs -->\n"
END: Final = "<!-- end of settings -->\n"
_BOUNDS: Final = (("gt", "more than"), ("ge", "at least"), ("le", "at most"))


def table() -> str:
    """Every setting with its environment variable, default and meaning, as Markdown."""
    rows = ["| Variable | Default | Meaning |", "| --- | --- | --- |"]
    rows += [f"| `GATEWAY_{name}` | {_default(field)} | {_meaning(field)} |" for name, field in _settings(Settings)]
    return "\n".join(rows) + "\n"


def _settings(section: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        path = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _settings(field.annotation, f"{path}__")
        else:
            yield path, field


def unknown(names: Iterable[str]) -> list[str]:
    """The names of environment variables among *names* that look like settings and are none: misspelt ones."""
    fields = dict(_settings(Settings))
    exact = {f"GATEWAY_{name}" for name in fields} | {f"GATEWAY_{name.partition('__')[0]}" for name in fields}
    mappings = tuple(f"GATEWAY_{name}__" for name, field in fields.items() if get_origin(field.annotation) is dict)
    looks = (name for name in names if name.startswith("GATEWAY_"))
    return sorted(name for name in looks if name not in exact and not name.startswith(mappings))


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    return "" if value is None or value == {} else f"`{_written(value)}`"


def _written(value: Any) -> str:
    """The value as an environment variable holds it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Enum):
        return str(value.value)
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _meaning(field: FieldInfo) -> str:
    description = " ".join((field.description or "").split())
    bounds = [
        f"{words} {getattr(bound, name)}" for bound in field.metadata for name, words in _BOUNDS if hasattr(bound, name)
    ]
    return f"{description.rstrip('.')}; {' and '.join(bounds)}." if bounds else description


def with_table(page: str) -> str:
    """*page* with the table of today between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def write() -> None:
    """Write the table into docs/operators.md."""
    PAGE.write_text(with_table(PAGE.read_text()))


if __name__ == "__main__":
    write()
