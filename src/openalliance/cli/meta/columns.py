"""The options that name the columns of effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from openalliance.files.effect_columns import SETS

COLUMNS: Sequence[tuple[str, str]] = (
    ("--effect", "The effect size."),
    ("--variance", "Its sampling variance."),
    ("--se", "Its standard error, instead of the variance."),
    ("--r", "A correlation, instead of an effect."),
    ("--n", "How many persons it is from."),
    ("--mean1", "Mean of the first group; with the next five gives Hedges’ g."),
    ("--sd1", "Its standard deviation."),
    ("--n1", "Persons in the first group."),
    ("--mean2", "Mean of the second group."),
    ("--sd2", "Its standard deviation."),
    ("--n2", "Persons in the second group."),
    ("--events1", "Persons of the first group with the event; gives log odds ratios."),
    ("--others1", "Persons of the first group without it, instead of --n1."),
    ("--events2", "Persons of the second group with the event."),
    ("--others2", "Persons of the second group without it, instead of --n2."),
)


def how_to_name() -> str:
    """Return the options that say where effects are."""
    return (
        "Name them: --effect with --variance or --se; or --r with --n; or --mean1 --sd1 --n1"
        " --mean2 --sd2 --n2; or --events1 --n1 --events2 --n2 (or --others1, --others2 for those"
        " without the event)"
    )


def named(asked: dict[str, Any]) -> dict[str, str]:
    """Return the columns of effects that were named, if they belong together.

    Raises
    ------
    click.UsageError
        They do not.
    """
    given = {flag[2:]: asked[flag[2:]] for flag, _ in COLUMNS if asked.get(flag[2:]) is not None}
    if not given or any(set(given) == set(wanted) for wanted in SETS):
        return given
    nearest = max(SETS, key=lambda wanted: (len(set(given) & set(wanted)), -len(wanted)))
    lacking = sorted(set(nearest) - set(given))
    extra = sorted(set(given) - set(nearest))
    if extra and not lacking:
        said = " ".join(f"--{name}" for name in extra)
        raise click.UsageError(
            f"{_options(nearest)} leave no room for {said}; give one kind of effect"
        )
    missing = " ".join(f"--{name}" for name in lacking)
    raise click.UsageError(f"effects come from {_options(nearest)}: {missing} is missing")


def _options(names: Sequence[str]) -> str:
    return (" with " if len(names) == 2 else " ").join(f"--{name}" for name in names)
