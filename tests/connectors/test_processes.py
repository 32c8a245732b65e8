"""Processes that read foreign contents know nothing that is not theirs."""

from pathlib import Path

import pytest

from connectors.processes import run_module


async def test_a_process_does_not_know_the_secrets_of_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "GATEWAY_FILES__S3__SECRET": "s3",
        "GATEWAY_MONGO__URI": "mongodb://a:b@db",
        "AWS_SECRET_ACCESS_KEY": "c",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TZ", "Asia/Yekaterinburg")
    names = tmp_path / "names"
    statement = f"import os; open({str(names)!r}, 'w').write(' '.join(os.environ))"
    await run_module("timeit", "--number=1", "--repeat=1", statement)
    known = set(names.read_text().split())
    assert known.isdisjoint(secrets)
    assert {"PATH", "TZ"} <= known


async def test_a_process_that_fails_is_an_error() -> None:
    with pytest.raises(ChildProcessError, match="exit status"):
        await run_module("timeit", "--number=1", "raise SystemExit(3)")
