"""Which picture of a meta-analysis is drawn, and from what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.charts.meta.baujat import baujat_chart
from openalliance.charts.meta.bubble import bubble_chart
from openalliance.charts.meta.forest import Forest, Group, forest_chart
from openalliance.charts.meta.funnel import funnel_chart
from openalliance.charts.meta.profile import profile_chart
from openalliance.cli.meta.diagnostics import names_of
from openalliance.core.errors import TableError
from openalliance.core.evidence.bias import Side
from openalliance.core.evidence.meta.two_level import fit_random
from openalliance.core.evidence.meta.values import Model, meta_data
from openalliance.core.evidence.views.baujat import baujat
from openalliance.core.evidence.views.bubble import bubble
from openalliance.core.evidence.views.forest import (
    effect_lines,
    group_summary,
    study_lines,
    summary,
)
from openalliance.files.effects import Scale

if TYPE_CHECKING:
    from openalliance.cli.meta.analysis import Found
    from openalliance.core.evidence.views.forest import Summary


def picture(found: Found) -> dict[str, Any]:
    """Return the specification of the picture that was asked for."""
    kinds: dict[str, Callable[[Found], dict[str, Any]]] = {
        "forest": _forest, "funnel": _funnel, "profile": _profile, "baujat": _baujat,
        "bubble": _bubble,
    }  # fmt: skip
    return kinds[found.asked["plot_kind"]](found)


def _forest(found: Found) -> dict[str, Any]:
    fit = found.fit
    nested = fit.model is Model.THREE_LEVEL and found.asked["label"] is None
    lines = study_lines(fit) if nested else effect_lines(fit)
    called = _studies(found) if nested else names_of(found)
    overall = None if found.prediction is None else _true(found, summary(fit))
    groups = _groups(found, nested=nested, names=called)
    shape = f"{fit.data.k:,} effects of {fit.data.n_studies:,} studies"
    if fit.data.n_studies == fit.data.k:
        shape = f"{fit.data.k:,} studies" if found.study else f"{fit.data.k:,} effects"
    subtitle = [f"{_model(found)} Squares: larger weighs more; lines: {_level(found)} intervals."]
    if nested:
        subtitle.append(
            "One line for each study: the average of its effects (how many in brackets)."
        )
    back = found.scale.back if found.asked["back_transform"] else None
    log = back is not None and found.scale in (Scale.LOG_OR, Scale.LOG_RR)
    return forest_chart(
        Forest(
            lines=lines, names=called, groups=groups, overall=overall, title=shape,
            subtitle=subtitle, axis=_axis(found), level=fit.level,
        ),
        back=back,
        log=log,
    )  # fmt: skip


def _groups(found: Found, *, nested: bool, names: list[str]) -> list[Group]:
    fit, column = found.fit, found.asked["subgroup"]
    if column is None:
        return [Group(heading="", order=range(len(names)), summary=None)]
    labels = found.frame.labels(column)
    codes = labels.codes[found.rows]
    made = []
    for code in np.unique(codes).tolist():
        chosen = codes == code
        inside = np.unique(fit.data.studies[chosen]) if nested else np.flatnonzero(chosen)
        made.append(
            Group(
                heading=f"{column}: {labels.names[code]}",
                order=inside.tolist(),
                summary=_true(found, group_summary(fit, chosen)),
            )
        )
    if nested and sum(len(group.order) for group in made) > len(names):
        raise TableError(
            "some studies have effects in several groups; give --label to draw single effects",
            file=found.frame.file,
            column=column,
        )
    return made


def _studies(found: Found) -> list[str]:
    data = found.fit.data
    texts = found.frame.texts(found.study or "")
    called = [""] * data.n_studies
    for at, row in enumerate(found.rows.tolist()):
        called[int(data.studies[at])] = texts[row]
    sizes = np.bincount(data.studies)
    return [
        f"{name} ({size})" if size > 1 else name
        for name, size in zip(called, sizes.tolist(), strict=True)
    ]


def _true(found: Found, one: Summary) -> Summary:
    """Return a summary; without differing true effects there is no range of them to draw."""
    if found.fit.model is not Model.FIXED:
        return one
    return replace(one, true_low=float("nan"), true_high=float("nan"))


def _funnel(found: Found) -> dict[str, Any]:
    fit = found.fit
    average = fit if found.prediction is not None else fit_random(meta_data(fit.data.y, fit.data.v))
    subtitle = ["Solid: the average; dashed: where 95 % would lie if true effects were equal."]
    filled = line = None
    if found.bias is not None:
        if found.bias.egger is not None:
            line = (found.bias.egger.intercept.estimate, found.bias.egger.slope.estimate)
            subtitle.append("Dotted: effect by standard error (Egger).")
        trimmed = found.bias.trim_fill
        if trimmed is not None and trimmed.missing:
            filled = (trimmed.filled_y, trimmed.filled_v)
            side = "left" if trimmed.side is Side.LEFT else "right"
            subtitle.append(f"Rings: {trimmed.missing} effects that may be missing on the {side}.")
    return funnel_chart(
        fit.data.y, fit.data.v, average=float(average.estimate[0]),
        axis=_capital(found.scale.value),
        filled=filled, line=line, subtitle=subtitle,
    )  # fmt: skip


def _profile(found: Found) -> dict[str, Any]:
    return profile_chart(found.profiles or (), level=found.fit.level)


def _baujat(found: Found) -> dict[str, Any]:
    return baujat_chart(baujat(found.fit.data), names_of(found))


def _bubble(found: Found) -> dict[str, Any]:
    fit = found.fit
    terms = [fit.data.terms[at] for at in fit.data.moderators]
    numeric = [term for term in terms if "[" not in term and ":" not in term]
    if not numeric:
        raise TableError(
            "a bubble plot needs a moderator that is a number; these are categories: "
            + ", ".join(f"“{term}”" for term in terms),
            file=found.frame.file,
        )
    return bubble_chart(
        bubble(fit, numeric[0]),
        axis=_axis(found),
        level=fit.level,
        others=len(terms) > 1,
        back=found.scale.back if found.asked["back_transform"] else None,
    )


def _axis(found: Found) -> str:
    turned = found.asked["back_transform"]
    name = found.scale.read_as if turned else found.scale.value
    return _capital(name)


def _capital(name: str) -> str:
    return name if name == "r" else name[0].upper() + name[1:]


def _level(found: Found) -> str:
    return f"{100 * found.fit.level:g} %"


def _model(found: Found) -> str:
    words = {Model.FIXED: "Fixed-effect", Model.RANDOM: "Random-effects"}
    name = words.get(found.fit.model, "Three-level")
    by = "" if found.fit.model is Model.FIXED else f" ({found.fit.method.value})"
    return f"{name} model{by}."
