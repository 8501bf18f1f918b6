"""The tutorial's own blocks of code do what it says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from openalliance.cli.meta.command import meta

DOCS = Path(__file__).parents[2] / "docs" / "tutorials"
TEXT = (DOCS / "meta-analysis.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(DOCS / "medication-adherence.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_ten_lines_of_python_lead_from_file_to_figure(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = _blocks("python")
    assert len([line for line in block.splitlines() if line.strip()]) <= 10
    exec(compile(block, "meta-analysis.md", "exec"), {})
    assert "16 effects from 16 studies" in capsys.readouterr().out
    for name in ("forest.svg", "funnel.svg"):
        assert (here / name).read_text(encoding="utf-8").startswith("<svg")


def test_the_lines_of_the_shell_run_as_they_stand(here: Path) -> None:
    lines = _blocks("sh")[0].splitlines()
    assert lines[0] == "cd docs/tutorials"
    assert len(lines) <= 10
    for line in lines[1:]:
        command, what, *words = shlex.split(line)
        assert (command, what) == ("openalliance", "meta")
        done = CliRunner().invoke(meta, words)
        assert done.exit_code == 0, (line, done.output)
    made = {"forest.svg", "funnel.svg", "bubble.svg", "result.json"}
    assert made <= {path.name for path in here.iterdir()}


def test_what_the_tutorial_prints_is_what_comes(here: Path) -> None:
    (shown,) = _blocks("console")
    asked, said = shown.split("\n", 1)
    done = CliRunner().invoke(meta, shlex.split(asked)[3:])
    printed = " ".join(done.output.split())
    for line in said.strip().splitlines():
        assert " ".join(line.split()) in printed
