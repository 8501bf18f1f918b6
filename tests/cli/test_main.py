"""The program itself: help, exit statuses, and how it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from openalliance.cli import main as program
from openalliance.cli.main import COMMANDS, main
from openalliance.core.errors import InputError


def _all_commands() -> Iterator[tuple[str, ...]]:
    def below(path: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
        yield path
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                yield from below((*path, name), inner)

    yield ()
    for name, command in COMMANDS.items():
        yield from below((name,), command.load())


@pytest.mark.parametrize("path", list(_all_commands()), ids=" ".join)
def test_help_on_every_level_has_an_example(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, "--help"]) == 0
    shown = capsys.readouterr().out
    assert " ".join(("Usage: openalliance", *path)) in shown
    assert "Example" in shown
    assert " ".join(("openalliance", *path)) in shown.split("Example", 1)[1]


def test_a_mistyped_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dmeo"]) == 2
    assert "No such command" in capsys.readouterr().err


def _replace(monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    @click.command()
    def failing() -> None:
        raise fault

    monkeypatch.setattr(program.Command, "load", lambda self: failing)


def test_what_cannot_be_done_is_said_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(monkeypatch, InputError("this column is missing", where="records.csv"))
    assert main(["demo"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "openalliance: records.csv: this column is missing\n"


def test_stopping_it_from_the_keyboard_is_calm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(monkeypatch, KeyboardInterrupt())
    assert main(["demo"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from openalliance.cli.main import main; main(['--help']);"
        "print(sorted({'django', 'numpy', 'scipy', 'polars', 'vl_convert'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openalliance", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("openalliance, version ")
