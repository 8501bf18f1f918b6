"""What the pages on meta-analysis show is what the program does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from openalliance.cli.meta.command import meta

PROJECT = Path(__file__).parents[2]
TUTORIAL = PROJECT / "docs/tutorials/meta-analysis.md"
WRITTEN = {"forest.svg", "funnel.svg", "bubble.svg", "result.json"}


def _commands(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("openall")]


def test_the_tutorial_runs_from_file_to_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = _commands(TUTORIAL.read_text(encoding="utf-8"))
    assert len(commands) == 10
    data = TUTORIAL.with_name("medication-adherence.csv")
    (tmp_path / data.name).write_bytes(data.read_bytes())
    monkeypatch.chdir(tmp_path)
    for line in commands:
        words = shlex.split(line.replace("../../tests", str(PROJECT / "tests")))
        done = CliRunner().invoke(meta, words[2:])
        assert done.exit_code == 0, (line, done.output)
    assert {path.name for path in tmp_path.iterdir()} == WRITTEN | {data.name}


def test_the_tutorial_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    shown = re.findall(r"```console\n\$ (openalliance meta .*?)\n(.*?)```", text, re.DOTALL)
    assert shown
    monkeypatch.chdir(TUTORIAL.parent)
    for line, printed in shown:
        done = CliRunner().invoke(meta, shlex.split(line)[2:])
        assert done.stdout.split() == printed.split()


def test_every_option_is_documented() -> None:
    page = (PROJECT / "docs/reference/meta.md").read_text(encoding="utf-8")
    shared = {"json", "out", "plot", "help"}
    for option in meta.params:
        flag = option.opts[0]
        if flag.startswith("--") and flag[2:] not in shared:
            assert flag in page, flag
