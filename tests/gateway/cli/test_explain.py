from pathlib import Path

from tests.gateway.cli.running import run


async def test_explain_names_what_is_pruned_and_the_plan_when_nothing_is_run(tmp_path: Path) -> None:
    file = tmp_path / "remarks.graphql"
    file.write_text("{ viewer { student { displayName remarks { totalCount } } } }")
    said = await run("explain", str(file), "--role", "STUDENT", "--source")
    assert said.code == 0, said.err
    assert "viewer.student.remarks  visible to PARENT" in said.out
    assert "display_name" in said.out
    assert "def " in said.out


async def test_explain_says_what_is_wrong_when_the_document_is_invalid(tmp_path: Path) -> None:
    file = tmp_path / "wrong.graphql"
    file.write_text("{ nothing }")
    said = await run("explain", str(file), "--role", "STUDENT")
    assert said.code == 1
    assert "Cannot query field 'nothing'" in said.err
