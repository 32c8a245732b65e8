"""What was measured: as a table, as JSON, and as the part of docs/performance.md that keeps the latest."""

import platform
import re
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from tests.bench.answers import Answered
from tests.bench.rounds import Run, Runs, cpu_ratio, ratio, spread
from tests.bench.serve import (
    COMPRESSED,
    EXECUTOR,
    GATEWAY,
    LIMIT,
    LIMIT_COMMANDS,
    PERSISTED,
    SERVED,
    STOCK,
    VIEWERS,
)

RESULTS: Final = Path(__file__).with_name("results") / "latest.json"
GROWTH: Final = RESULTS.with_name("growth.json")
PAGE: Final = Path(__file__).parents[2] / "docs" / "performance.md"

_PACKAGES: Final = ("strawberry-graphql", "graphql-core", "aiohttp", "motor", "pymongo", "orjson", "uvloop")


def machine() -> dict[str, Any]:
    """Where and when."""
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", text)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{cpu_count()} cores, {model.group(1) if model else platform.machine()}",
        "python": f"{platform.python_version()} ({_build()})",
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _build() -> str:
    """How the interpreter was built: with both, as distributions build it, it is 1.03 to 1.25 times as fast."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS") or ""
    profiled = "with" if "--enable-optimizations" in arguments else "without"
    linked = "with" if "--with-lto" in arguments else "without"
    return f"built {profiled} PGO and {linked} LTO"


def as_json(runs: Runs, answers: Mapping[str, Mapping[str, Answered]], peaks: Mapping[str, float]) -> dict[str, Any]:
    """The figures of one driver: by query and way of asking, and the ratios of paired rounds."""
    return {
        "peak_mb": {server: round(peak, 1) for server, peak in peaks.items()},
        "queries": {
            question: {
                "bytes": len(answers[GATEWAY][question].body),
                "servers": {
                    way: _figures(own, answers.get(way, {}).get(question))
                    for (way, question_name), own in runs.items()
                    if question_name == question
                },
                "ratios": {
                    f"{name} {own}/{other}": _three(of(runs, question, own, other))
                    for own, other in _PAIRS
                    if (own, question) in runs and (other, question) in runs
                    for name, of in (("rate", ratio), ("cpu", cpu_ratio))
                },
            }
            for question in dict.fromkeys(question for _, question in runs)
        },
    }


def _figures(runs: Sequence[Run], answered: Answered | None) -> dict[str, Any]:
    return {
        "per_second": _three(run.seen.per_second for run in runs),
        "cpu_ms": _three(run.cpu_ms for run in runs),
        "p50_ms": _three(run.seen.p50_ms for run in runs),
        "p95_ms": _three(run.seen.p95_ms for run in runs),
        "commands": answered.commands if answered else None,
    }


_PAIRS: Final = (
    (GATEWAY, LIMIT),
    (GATEWAY, LIMIT_COMMANDS),
    (GATEWAY, STOCK),
    (GATEWAY, EXECUTOR),
    (SERVED, LIMIT),
    (VIEWERS, LIMIT_COMMANDS),
    (PERSISTED, SERVED),
    (COMPRESSED, SERVED),
)


def _three(values: Iterable[float]) -> list[float]:
    return [round(value, 3) for value in spread(list(values))]


def tables(found: Mapping[str, Any]) -> list[Table]:
    """The figures for the terminal."""
    return [_servers(driver, own) for driver, own in found["drivers"].items()] + [_preparing(found)]


def _servers(driver: str, found: Mapping[str, Any]) -> Table:
    peaks = _peaks(found)
    table = Table(*_HEADS, title=f"{driver}: medians (smallest to largest); peak memory: {peaks}")
    for row in _rows(found):
        table.add_row(*row, end_section=row[1] == PERSISTED)
    return table


def _peaks(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{server} {peak:.0f} MB" for server, peak in found["peak_mb"].items())


_HEADS: Final = ("query", "server", "req/s", "CPU ms", "p50 ms", "p95 ms", "commands", "bytes", "ratio")


def _rows(found: Mapping[str, Any]) -> Iterable[Sequence[str]]:
    for query, own in found["queries"].items():
        for server, figures in own["servers"].items():
            yield (
                query,
                server,
                *(_spread(figures[name]) for name in ("per_second", "cpu_ms", "p50_ms", "p95_ms")),
                "" if figures["commands"] is None else str(figures["commands"]),
                f"{own['bytes']:,}",
                _compared(own["ratios"], server),
            )


def _compared(ratios: Mapping[str, Sequence[float]], server: str) -> str:
    pair = _SHOWN.get(server)
    if pair is None or f"rate {pair}" not in ratios:
        return ""
    return f"{pair} ×{_spread(ratios[f'rate {pair}'])}; by CPU ×{ratios[f'cpu {pair}'][1]:.2f}"


_SHOWN: Final = {
    LIMIT: f"{GATEWAY}/{LIMIT}",
    LIMIT_COMMANDS: f"{GATEWAY}/{LIMIT_COMMANDS}",
    STOCK: f"{GATEWAY}/{STOCK}",
    EXECUTOR: f"{GATEWAY}/{EXECUTOR}",
    SERVED: f"{SERVED}/{LIMIT}",
    VIEWERS: f"{VIEWERS}/{LIMIT_COMMANDS}",
    PERSISTED: f"{PERSISTED}/{SERVED}",
    COMPRESSED: f"{COMPRESSED}/{SERVED}",
}


def _spread(three: Sequence[float]) -> str:
    low, middle, high = (f"{value:.{0 if three[1] >= _LARGE else 1 if three[1] >= _MIDDLE else 2}f}" for value in three)
    return f"{middle} ({low}–{high})"


_LARGE: Final = 100
_MIDDLE: Final = 20


def _preparing(found: Mapping[str, Any]) -> Table:
    table = Table("a document", "ms", title="Before anything is read")
    table.add_row("new, of 100 fields: parse, prune, validate, compile", f"{found['new_document_ms']:.2f}")
    table.add_row("whose plan is there", f"{found['plan_hit_ms']:.3f}")
    return table


def written_page(page: str, found: Mapping[str, Any]) -> str:
    """docs/performance.md with these figures in the place of the last ones."""
    lines = [
        f"{found['date']}; {found['machine']}; Python {found['python']}; "
        + ", ".join(f"{name} {number}" for name, number in found["packages"].items())
        + ".",
        f"{found['students']} students, {found['rounds']} rounds of {found['seconds']} s, {found['clients']} clients.",
        "",
    ]
    for driver, own in found["drivers"].items():
        viewers = ", ".join(f"{query} {count}" for query, count in own.get("viewers", {}).items())
        lines += [
            f"Driver {driver}; peak memory: {_peaks(own)}. Viewers: {viewers}.",
            "",
            *markdown(_HEADS, _rows(own)),
            "",
        ]
    lines += [
        f"A new document of 100 fields: {found['new_document_ms']:.1f} ms.",
        f"One whose plan is there: {found['plan_hit_ms']:.3f} ms before the first read.",
    ]
    return replaced(page, "latest", lines)


def replaced(page: str, name: str, lines: Sequence[str]) -> str:
    """*page* with *lines* between its two comments of that name."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    head, rest = page.split(begin)
    return "\n".join([f"{head}{begin}", "", *lines, "", end]) + rest.split(end)[1]


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    lines = (" | ".join(row) for row in (heads, ["---"] * len(heads), *rows))
    return [f"| {line} |" for line in lines]
