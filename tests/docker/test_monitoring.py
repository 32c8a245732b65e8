"""The alert rules do what they say, and rules and dashboard ask for nothing that nobody measures."""

import importlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from prometheus_client import REGISTRY

from connectors.metrics import BUCKETS
from tests.requiring import lacking

ROOT: Final = Path(__file__).parents[2]
HERE: Final = ROOT / "docker" / "monitoring"
METRIC: Final = re.compile(r"\bgateway_[a-z_]+")


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        lacking("promtool is not installed (apt-get install prometheus)")
    return subprocess.run([program, *arguments], cwd=HERE, capture_output=True, text=True, check=False)


def measured() -> set[str]:
    """The names of all samples that a gateway can have."""
    for module in ("connectors.metrics", "gateway.observability.metrics", "gateway.http.metrics"):
        importlib.import_module(module)
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "gauge": [""]}
    return {family.name + suffix for family in REGISTRY.collect() for suffix in suffixes.get(family.type, [""])}


def expressions() -> Iterator[tuple[str, str]]:
    dashboard: dict[str, Any] = orjson.loads((HERE / "grafana.json").read_bytes())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):  # a row has none
            yield panel["title"], target["expr"]


def test_the_rules_alert_when_they_should_and_only_then() -> None:
    said = promtool("test", "rules", "alerts.test.yml")
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_configuration_is_valid_when_prometheus_reads_it() -> None:
    said = promtool("check", "config", "prometheus.yml")
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_rule_asks_for_what_is_measured_when_it_names_a_metric() -> None:
    named = set(METRIC.findall((HERE / "alerts.yml").read_text()))
    assert named
    assert named <= measured()


def test_operators_are_told_what_to_do_when_a_rule_alerts() -> None:
    named = re.findall(r"- alert: (\w+)", (HERE / "alerts.yml").read_text())
    rows = re.findall(r"^\| (`Gateway[^|]*) \|", (ROOT / "docs" / "operators.md").read_text(), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(named)


def test_a_bucket_of_the_lag_of_changes_is_there_when_rules_and_panels_count_by_it() -> None:
    texts = [(HERE / "alerts.yml").read_text(), *(expression for _, expression in expressions())]
    named = {float(limit) for text in texts for limit in re.findall(r'lag_seconds_bucket\{le="([\d.]+)"', text)}
    assert named
    assert named <= set(BUCKETS)


@pytest.mark.parametrize(("title", "expression"), list(expressions()))
def test_every_panel_asks_for_what_is_measured_when_it_is_drawn(title: str, expression: str) -> None:
    named = set(METRIC.findall(expression))
    assert named, title
    assert named <= measured()


def test_no_two_panels_lie_over_each_other_when_the_dashboard_is_opened() -> None:
    dashboard = orjson.loads((HERE / "grafana.json").read_bytes())
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(places) == len(set(places))


def test_every_panel_stands_in_a_row_is_described_and_follows_the_filter_when_it_is_read() -> None:
    panels: list[dict[str, Any]] = orjson.loads((HERE / "grafana.json").read_bytes())["panels"]
    assert panels[0]["type"] == "row"
    assert all(panel["description"].endswith(".") for panel in panels if panel["type"] != "row")
    for title, expression in expressions():
        assert expression.count('instance=~"$instance"') == len(METRIC.findall(expression)), title


def test_what_a_container_mounts_is_there_when_compose_starts_it() -> None:
    compose = (ROOT / "docker" / "compose.yaml").read_text()
    mounted = re.findall(r"- \./(monitoring/\S+?):", compose)
    assert len(mounted) == 5
    assert all((ROOT / "docker" / one).is_file() for one in mounted)
