"""``openalliance instruments``: list, show, add."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openalliance.cli.instruments import instruments
from openalliance.core.instruments import catalogue, parse, to_document

SHARED = Path(__file__).resolve().parents[3] / "shared" / "instruments"


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        instruments, [*arguments], env={"OPENALLIANCE_DATA_DIR": str(folder / "data")}
    )


def test_list_names_all(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, "list", "--json").stdout)
    assert {row["key"] for row in document["instruments"]} == set(catalogue())
    text = run(tmp_path, "list").stdout
    assert "not yet validated" in text
    assert "add its text" in text


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_show(tmp_path: Path, key: str) -> None:
    assert run(tmp_path, "show", key).exit_code == 0
    assert parse(json.loads(run(tmp_path, "show", key, "--json").stdout)) == catalogue()[key]


def test_show_unknown(tmp_path: Path) -> None:
    result = run(tmp_path, "show", "weather")
    assert result.exit_code == 1
    assert "no such instrument" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["PHQ9", "GAD7"])
def test_add_a_fhir_file(tmp_path: Path, name: str) -> None:
    file = SHARED / f"Questionnaire-{name}.json"
    if not file.exists():
        pytest.skip(f"{file.name} is not beside the project")
    dry = run(tmp_path, "add", str(file), "--dry-run")
    assert dry.exit_code == 0
    assert not (tmp_path / "data").exists()
    done = json.loads(run(tmp_path, "add", str(file), "--json").stdout)
    assert Path(done["path"]).exists()
    listed = json.loads(run(tmp_path, "list", "--json").stdout)["instruments"]
    added = next(row for row in listed if row["key"] == done["key"])
    assert added["added_by_practice"]
    assert added["languages"] == ["en"]


def test_a_wrong_file_writes_nothing(tmp_path: Path) -> None:
    document = {**to_document(catalogue()["oa-exit"]), "version": 3}
    (tmp_path / "wrong.json").write_text(json.dumps(document), encoding="utf-8")
    result = run(tmp_path, "add", str(tmp_path / "wrong.json"))
    assert result.exit_code == 1
    assert "$.version: must be text" in result.stderr
    assert not (tmp_path / "data").exists()


def test_wrong_usage(tmp_path: Path) -> None:
    assert run(tmp_path, "add").exit_code == 2
    assert run(tmp_path, "list", "--colour").exit_code == 2


@pytest.mark.parametrize("arguments", [[], ["list"], ["show"], ["add"]])
def test_help_has_an_example(tmp_path: Path, arguments: list[str]) -> None:
    result = run(tmp_path, *arguments, "--help")
    assert result.exit_code == 0
    assert "Example:\n" in result.stdout


def test_show_as_fhir_can_be_added_elsewhere(tmp_path: Path) -> None:
    shown = run(tmp_path, "show", "goal-rating", "--fhir")
    assert json.loads(shown.stdout)["resourceType"] == "Questionnaire"
    assert run(tmp_path, "show", "goal-rating", "--fhir", "--json").exit_code == 2
    file = tmp_path / "goal-rating.json"
    file.write_text(shown.stdout, encoding="utf-8")
    assert run(tmp_path, "add", str(file), "--dry-run").exit_code == 0
