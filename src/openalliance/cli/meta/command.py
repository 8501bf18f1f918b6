"""``openalliance meta FILE``: refit a meta-analysis, question it, draw it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from openalliance.cli.delivery import Result, column, delivered, file_argument
from openalliance.cli.meta.columns import COLUMNS
from openalliance.core.errors import InputError, TableError

_EXAMPLES = """\b
Examples:
  openalliance meta trials.csv --effect yi --variance vi
  openalliance meta alliance.csv --r ri --n ni --back-transform --plot forest.svg
  openalliance meta alliance.csv --r ri --n ni --study study --id esid \\
      --model three-level --robust CR2 --moderators "modality + year"
  openalliance meta trials.csv --mean1 m_t --sd1 sd_t --n1 n_t \\
      --mean2 m_c --sd2 sd_c --n2 n_c --bias --plot funnel.pdf --plot-kind funnel
"""


def _of_effects(command: Callable[..., Any]) -> Callable[..., Any]:
    for flag, does in reversed(COLUMNS):
        command = column(flag, required=False, help=does)(command)
    return command


@click.command(epilog=_EXAMPLES)
@file_argument
@_of_effects
@click.option(
    "--transform", type=click.Choice(["zcor", "none"]), default="zcor", show_default=True,
    help="Fisher’s z of correlations, or as they are.",
)  # fmt: skip
@click.option(
    "--measure", type=click.Choice(["OR", "RR"]), default="OR", show_default=True,
    help="What events are turned into: log odds or log risk ratios.",
)  # fmt: skip
@click.option(
    "--where", metavar="COL=VALUE", multiple=True,
    help="Only rows with this value; may be given several times.",
)  # fmt: skip
@column("--study", required=False, help="The study that an effect is from.")
@column("--id", required=False, help="The effect within its study; each once.")
@column("--label", required=False, help="What lines of pictures are called [default: the study].")
@click.option(
    "--model", type=click.Choice(["fixed", "random", "three-level"]),
    help="[default: three-level where studies have several effects, else random]",
)  # fmt: skip
@click.option(
    "--method", type=click.Choice(["REML", "ML", "DL", "PM", "HS", "SJ"]), default="REML",
    show_default=True, help="How the variance of true effects is estimated.",
)  # fmt: skip
@click.option(
    "--test", type=click.Choice(["z", "t", "knha"]), default="z", show_default=True,
    help="Normal, Student’s t, or Knapp and Hartung’s.",
)  # fmt: skip
@click.option(
    "--moderators", metavar="FORMULA",
    help='What effects may depend on, such as "a + b"; C(x) makes a category of numbers.',
)  # fmt: skip
@click.option(
    "--robust", type=click.Choice(["CR0", "CR1", "CR2"]),
    help="Errors that hold whatever the dependence within studies.",
)  # fmt: skip
@column(
    "--cluster", required=False,
    help="What --robust takes for dependent, such as a laboratory [default: the study].",
)  # fmt: skip
@click.option(
    "--rho", type=click.FloatRange(0.0, 1.0, max_open=True),
    help="Correlation of sampling errors within a study [default: 0].",
)  # fmt: skip
@click.option(
    "--level", type=click.FloatRange(50.0, 100.0, max_open=True), default=95.0,
    show_default=True, help="Of all intervals, in per cent.",
)  # fmt: skip
@click.option("--back-transform", is_flag=True, help="Also as r, odds ratio or risk ratio.")
@click.option("--diagnostics", is_flag=True, help="The result without each effect or study.")
@column(
    "--cumulative", required=False,
    help="The result as effects, or studies, came in by this column, such as the year.",
)  # fmt: skip
@click.option("--bias", is_flag=True, help="Small studies, PET-PEESE, trim-and-fill, selection.")
@click.option("--profile", is_flag=True, help="Likelihood over each variance, and its interval.")
@column("--subgroup", required=False, help="Groups that a forest plot shows one by one.")
@click.option(
    "--plot-kind", type=click.Choice(["forest", "funnel", "profile", "baujat", "bubble"]),
    default="forest", show_default=True, help="What --plot draws.",
)  # fmt: skip
@delivered
def meta(file: str, **asked: Any) -> Result:
    """Average effects of many studies, say how much they differ, and what that may depend on.

    FILE has one row for each effect. Rows without an effect or its variance are left out and
    counted. Without options the usual names of columns are tried, such as yi and vi.
    """
    from openalliance.cli.meta.analysis import analyse
    from openalliance.cli.meta.columns import named
    from openalliance.cli.meta.results import result_of
    from openalliance.files.frame import read_frame

    columns = named(asked)
    _refuse_contradictions(asked)
    try:
        return result_of(analyse(read_frame(file), columns, asked))
    except InputError as fault:
        if isinstance(fault, TableError):
            raise
        raise _told(fault, file, asked) from None


def _refuse_contradictions(asked: dict[str, Any]) -> None:
    nested, fixed = asked["model"] == "three-level", asked["model"] == "fixed"
    profile = asked["profile"] or asked["plot_kind"] == "profile"
    moderated = asked["moderators"] is not None
    for wrong, what in (
        (asked["study"] is None and asked["rho"] is not None, "--rho needs --study"),
        (
            asked["study"] is None and asked["cluster"] is None and asked["robust"] is not None,
            "--robust needs --study or --cluster",
        ),
        (
            asked["cluster"] is not None and asked["robust"] is None,
            "--cluster belongs to --robust CR0, CR1 or CR2",
        ),
        (asked["study"] is None and nested, "--model three-level needs --study"),
        (
            asked["rho"] and asked["model"] in {"fixed", "random"},
            "--rho belongs to --model three-level",
        ),
        (
            nested and asked["method"] not in {"REML", "ML"},
            "--model three-level needs --method REML or ML",
        ),
        (nested and asked["test"] == "knha", "--test knha is for two levels; use t"),
        (fixed and profile, "a fixed-effect model has no variance, so no profile"),
        (asked["plot_kind"] == "bubble" and not moderated, "--plot-kind bubble needs --moderators"),
        (
            asked["subgroup"] is not None and moderated,
            "--subgroup and --moderators exclude each other",
        ),
    ):
        if wrong:
            raise click.UsageError(what)


_OPTIONS = {"method", "test", "rho", "level", "where"}


def _told(fault: InputError, file: str, asked: dict[str, Any]) -> Exception:
    """Return a core fault with the option or the column that it is about."""
    if fault.where in _OPTIONS:
        return click.UsageError(f"--{fault.where}: {fault.what}")
    if fault.where == "formula":
        return click.UsageError(f"--moderators: {fault.what}")
    about = {
        "studies": asked["study"],
        "clusters": asked["cluster"],
        "y": asked["effect"] or asked["r"],
    }
    return TableError(fault.what, file=file, column=about.get(fault.where or ""))
