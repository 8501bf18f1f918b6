"""Commands that are imported when they are called, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Where a command lives and what it does, in one line."""

    module: str
    name: str
    does: str

    def load(self) -> click.Command:
        found = getattr(importlib.import_module(self.module), self.name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{self.module}:{self.name} is not a command")
        return found


class LazyGroup(click.Group):
    """A group that knows its commands from a table and imports only the one that is called."""

    table: Mapping[str, Command] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = self.table.get(cmd_name)
        return None if command is None else command.load()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.does) for name, command in self.table.items()])


def group_of(table: Mapping[str, Command]) -> type[LazyGroup]:
    """Return the kind of group that has the commands of this table."""
    return type("LazyGroupOf", (LazyGroup,), {"table": table})
