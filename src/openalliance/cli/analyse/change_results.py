"""An analysis of change as a document, a table, a text and a picture."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from openalliance.cli.delivery import Result
from openalliance.core.course.change_methods import (
    BY_CODE,
    UNDEFINED,
    ChangeAnalysis,
    ChangeApproach,
    ChangeMethod,
    GroupEffect,
    PrePost,
    Share,
    Threshold,
    between,
    group_shares,
    within,
)

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from openalliance.files.frame import Label, Labels

METHOD_NAMES = {
    ChangeMethod.JACOBSON_TRUAX: "Jacobson & Truax",
    ChangeMethod.GULLIKSEN_LORD_NOVICK: "Gulliksen, Lord & Novick",
    ChangeMethod.HSU_LINN_LORD: "Hsu, Linn & Lord",
    ChangeMethod.EDWARDS_NUNNALLY: "Edwards & Nunnally",
    ChangeMethod.NUNNALLY_KOTSCH: "Nunnally & Kotsch",
    ChangeMethod.HAGEMAN_ARRINDELL: "Hageman & Arrindell",
    ChangeMethod.HIERARCHICAL: "hierarchical linear model",
    ChangeMethod.CLAUS_WAGER_BONNET: "Claus, Wager & Bonnet",
}
_CATEGORY = {code: category.value for code, category in BY_CODE.items()} | {int(UNDEFINED): None}


def result_of(
    found: ChangeAnalysis,
    pairs: PrePost,
    names: Sequence[Label],
    groups: Labels | None,
    reference_group: str | None,
    note: str | None,
) -> Result:
    """Put together what the command hands over."""
    of_client = None if groups is None else groups.codes[found.clients]
    clients = _clients(found, names, groups)
    document: dict[str, Any] = {
        "method": found.settings.method.value,
        "approach": found.settings.approach.value,
        "n": int(found.clients.size),
        "critical_value": found.critical_value,
        "cutoff": _cutoff(found),
        "summary": _shares(found.summary),
        "clients": _Documented(clients),
        "settings": _settings(found),
    }
    by_group: tuple[tuple[Share, ...], ...] = ()
    if groups is not None and of_client is not None:
        by_group = group_shares(found.codes, of_client, len(groups), found.settings.categories)
        sizes = np.bincount(of_client, minlength=len(groups))
        document["groups"] = [
            {"group": name, "n": int(sizes[code]), "summary": _shares(part)}
            for code, (name, part) in enumerate(zip(groups.names, by_group, strict=True))
        ]
    effects = _effects(found, pairs, groups, reference_group)
    if effects:
        document["group_effects"] = effects
    if found.group_level is not None:
        document["group_level"] = {
            "changed": found.group_level.changed,
            "functional": found.group_level.functional,
        }
    if found.slopes is not None:
        document["slope"] = {
            "estimate": found.slopes.average,
            "se": found.slopes.average_error,
            "residual_sd": found.slopes.residual_sd,
        }
    notes = (*found.notes, *(() if note is None else (note,)))
    document["notes"] = list(notes)
    return Result(
        title="Change of each client",
        document=document,
        tables={"clients": clients},
        text=functools.partial(_text, found, groups, by_group, effects),
        chart=functools.partial(_chart, found),
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Documented:
    """A table that becomes the document's rows only when a document is written."""

    table: pl.DataFrame

    def tolist(self) -> list[dict[str, Any]]:
        return self.table.to_dicts()


def _clients(found: ChangeAnalysis, names: Sequence[Label], groups: Labels | None) -> pl.DataFrame:
    import polars as pl

    nothing = np.full(found.clients.size, np.nan)
    columns: dict[str, Any] = {
        "client": pl.Series(names).gather(found.clients),
        "pre": found.pre,
        "post": found.post,
        "change": found.change,
        "rci": nothing if found.index is None else found.index,
        "category": pl.Series(found.codes).replace_strict(_CATEGORY, return_dtype=pl.String),
    }
    if groups is not None:
        columns["group"] = pl.Series(groups.names).gather(groups.codes[found.clients])
    if found.percent_change is not None:
        columns["percent_change"] = found.percent_change
    if found.crossed is not None and found.crossed.index is not None:
        columns["cutoff_index"] = found.crossed.index
    if found.slopes is not None:
        slopes = found.slopes
        columns |= {
            "scores": slopes.n,
            "slope": slopes.slope,
            "slope_se": slopes.error,
            "slope_deviation": slopes.deviation,
            "slope_deviation_sd": slopes.deviation_sd,
            "deviation_rci": slopes.deviation_index,
        }
    return pl.DataFrame(columns).fill_nan(None)


def _cutoff(found: ChangeAnalysis) -> dict[str, Any] | None:
    if found.cutoff is None:
        return None
    return {
        "type": found.cutoff.type.value,
        "value": found.cutoff.value,
        "scores": "true" if found.cutoff.true_scores else "observed",
    }


def _shares(parts: Sequence[Share]) -> list[dict[str, Any]]:
    return [
        {"category": part.category.value, "n": part.n, "proportion": part.proportion}
        for part in parts
    ]


def _settings(found: ChangeAnalysis) -> dict[str, Any]:
    asked, sample = found.settings, found.sample
    return {
        "better": asked.better.value,
        "confidence": asked.confidence,
        "reliability": asked.reliability,
        "reliability_post": asked.reliability_post,
        "functional_mean": asked.functional_mean,
        "functional_sd": asked.functional_sd,
        "percent_improvement": asked.percent_improvement,
        "percent_deterioration": asked.percent_deterioration or asked.percent_improvement,
        "mid_improvement": asked.mid_improvement,
        "mid_deterioration": asked.mid_deterioration or asked.mid_improvement,
        "pre_mean": sample.pre_mean,
        "pre_sd": sample.pre_sd,
        "post_mean": sample.post_mean,
        "post_sd": sample.post_sd,
        "error": found.error,
        "smallest_reliable_change": _smallest(found),
        "difference_reliability": found.difference_reliability,
    }


def _smallest(found: ChangeAnalysis) -> float | None:
    """Change that a client must pass; only Jacobson & Truax's is the same for all clients."""
    plain = found.settings.uses_index and found.settings.method is ChangeMethod.JACOBSON_TRUAX
    if not plain or found.error is None or found.critical_value is None:
        return None
    return found.error * found.critical_value


def _effects(
    found: ChangeAnalysis, pairs: PrePost, groups: Labels | None, reference: str | None
) -> dict[str, Any]:
    if found.settings.approach is not ChangeApproach.ANCHOR:
        return {}
    improvement = found.settings.mid_improvement or 0.0
    threshold = Threshold(
        improvement=improvement,
        deterioration=found.settings.mid_deterioration or improvement,
        sign=found.settings.sign,
        confidence=found.settings.confidence,
    )
    whole = within(found.change, threshold)
    effects: dict[str, Any] = {"within": [{"group": None, "n": whole.n[0]} | _effect(whole)]}
    if groups is None:
        return effects
    of_client = groups.codes[found.clients]
    for code, name in enumerate(groups.names):
        part = within(found.change[of_client == code], threshold)
        effects["within"].append({"group": name, "n": part.n[0]} | _effect(part))
    named = [str(name) for name in groups.names]
    if reference is not None and reference not in named:
        raise click.BadParameter("no client is in this group", param_hint="--reference-group")
    base = 0 if reference is None else named.index(reference)
    seen = ~np.isnan(pairs.post)
    belongs = groups.codes[: pairs.post.size]
    posts = [pairs.post[seen & (belongs == code)] for code in range(len(groups))]
    effects["between"] = []
    for code, name in enumerate(groups.names):
        if code != base:
            effect = between(posts[base], posts[code], threshold)
            sizes = {"n_reference": effect.n[0], "n_comparison": effect.n[1]}
            row = {"reference": groups.names[base], "comparison": name} | sizes | _effect(effect)
            effects["between"].append(row)
    return effects


def _effect(effect: GroupEffect) -> dict[str, Any]:
    return {
        "difference": effect.difference,
        "lower": effect.lower,
        "upper": effect.upper,
        "category": None if effect.effect is None else effect.effect.value,
        "for_the_worse": effect.for_the_worse,
    }


def _text(
    found: ChangeAnalysis,
    groups: Labels | None,
    by_group: Sequence[Sequence[Share]],
    effects: dict[str, Any],
    console: Console,
) -> None:
    from rich.table import Table

    parts = [
        f"{part.n} {part.category.value}"
        + (f" ({part.proportion:.0%})" if part.n and part.proportion is not None else "")
        for part in found.summary
    ]
    console.print(f"Of {found.clients.size} clients: {', '.join(parts)}.")
    for sentence in _how(found):
        console.print(sentence)
    table = Table(box=None, pad_edge=False)
    table.add_column("" if groups is None else "group")
    for category in found.settings.categories:
        table.add_column(category.value, justify="right")
    lines = [("all", found.summary)] if groups is None else [("all", found.summary), *zip(
        map(str, groups.names), by_group, strict=True)]  # fmt: skip
    for name, shown in lines:
        table.add_row(name, *(f"{part.n}" for part in shown))
    if groups is not None:
        console.print(table)
    for row in effects.get("within", ()):
        who = "All" if row["group"] is None else row["group"]
        console.print(f"{who}: mean change {_interval(row)}", markup=False)
    for row in effects.get("between", ()):
        console.print(
            f"{row['comparison']} against {row['reference']}: difference {_interval(row)}",
            markup=False,
        )


def _interval(row: dict[str, Any]) -> str:
    if row["category"] is None:
        return f"{row['difference']:.2f}, too few clients for an interval."
    worse = " (for the worse)" if row["for_the_worse"] else ""
    return (
        f"{row['difference']:.2f} [{row['lower']:.2f}, {row['upper']:.2f}]."
        f" {row['category']}{worse}."
    )


def _how(found: ChangeAnalysis) -> list[str]:
    """Say in sentences what decided."""
    asked = found.settings
    said: list[str] = []
    if asked.uses_index:
        name = METHOD_NAMES[asked.method]
        said.append(f"More than error by {name}, index beyond ±{found.critical_value:.2f}.")
        smallest = _smallest(found)
        if smallest is not None:
            said.append(f"A change counts from more than {smallest:.2f} points.")
    if found.percent_change is not None:
        said.append(
            f"Improved from {asked.percent_improvement:.0%} of the pre score, deteriorated from"
            f" {asked.percent_deterioration or asked.percent_improvement:.0%}."
        )
    if asked.uses_anchor:
        worse = asked.mid_deterioration or asked.mid_improvement
        said.append(f"Improved from {asked.mid_improvement:g} points, deteriorated from {worse:g}.")
    if found.cutoff is not None:
        kind = "of true scores " if found.cutoff.true_scores else ""
        said.append(f"Cut-off {found.cutoff.type.value} {kind}at {found.cutoff.value:.2f}.")
    return said


def _chart(found: ChangeAnalysis) -> dict[str, Any]:
    from openalliance.charts.change import change_chart

    return change_chart(found)
