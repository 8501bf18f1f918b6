"""What is asked of a file of effects, carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from openalliance.cli.meta.columns import how_to_name
from openalliance.cli.meta.cumulative import came_in
from openalliance.cli.meta.diagnostics import diagnose
from openalliance.core.errors import InputError, TableError
from openalliance.core.evidence.bias import (
    Corrected,
    FailSafe,
    Predictor,
    SmallStudies,
    TrimFill,
    fail_safe,
    pet_peese,
    small_studies,
    trim_and_fill,
)
from openalliance.core.evidence.meta.chosen import fit_chosen
from openalliance.core.evidence.meta.heterogeneity import q_profile
from openalliance.core.evidence.meta.inference import Prediction, predict
from openalliance.core.evidence.meta.robust import Correction, Robust, robust
from openalliance.core.evidence.meta.selection import Selection, Side, fit_selection
from openalliance.core.evidence.meta.two_level import explained, fit_fixed, fit_random
from openalliance.core.evidence.meta.values import (
    MetaData,
    MetaFit,
    Method,
    Model,
    Test,
    meta_data,
)
from openalliance.core.evidence.views.profile import Profile, profiles
from openalliance.files.design import design_of
from openalliance.files.effect_columns import guess, outer_cluster, what_is_missing
from openalliance.files.effects import Read, Scale, read_effects

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openalliance.core.evidence.meta.influence import Influence
    from openalliance.core.evidence.meta.without import Refits
    from openalliance.files.frame import Frame, Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """What small studies may have done; ``refused`` says why a part is missing."""

    egger: SmallStudies | None
    peese: SmallStudies | None
    corrected: Corrected | None
    random: tuple[SmallStudies, SmallStudies] | None
    trim_fill: TrimFill | None
    fail_safe: FailSafe
    selection: Selection | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that an analysis came to.

    ``rows`` are the rows of the file that were used, in the order of the fit's effects.
    """

    frame: Frame
    columns: Mapping[str, str]
    asked: Mapping[str, Any]
    rows: NDArray[np.int64]
    labels: Labels | None
    scale: Scale
    fit: MetaFit
    tau2_ci: tuple[float, float] | None
    r2: float
    prediction: Prediction | None
    robust: Robust | None
    bias: Bias | None
    influence: Influence | None
    cumulative: Refits | None
    profiles: tuple[Profile, ...] | None
    notes: tuple[str, ...]

    @property
    def study(self) -> str | None:
        """The column of studies."""
        return self.columns.get("study")


def analyse(frame: Frame, columns: Mapping[str, str], asked: Mapping[str, Any]) -> Found:
    """Read, fit and look at what was asked for.

    Raises
    ------
    InputError
        A column, a cell or the model cannot be used.
    """
    notes: list[str] = []
    if not columns:
        guessed = guess(frame)
        columns = guessed.columns
        if not columns:
            said = f"{what_is_missing(frame)}. {how_to_name()}"
            raise TableError(said, file=frame.file)
        if asked["study"] is not None:
            columns = {**columns, "study": asked["study"]}
        else:
            notes += guessed.notes
        taken = ", ".join(
            f"--{option.replace('_', '-')} {name}" for option, name in columns.items()
        )
        notes.insert(0, f"Columns were taken by their names: {taken}.")
    if asked["study"] is not None:
        columns = {**columns, "study": asked["study"]}
    read = read_effects(frame, columns, transform=asked["transform"], measure=asked["measure"])
    labels = _labels(frame, columns.get("study"), asked["id"])
    there = np.isfinite(read.y) & np.isfinite(read.v)
    chosen = _chosen(frame, asked["where"])
    missing = int((chosen & ~there).sum())
    there &= chosen
    if not there.any():
        raise TableError("no row has an effect with its error", file=frame.file, column=read.column)
    design = design_of(frame, asked["moderators"] or "1", rows=there)
    rows = np.flatnonzero(design.kept)
    codes = None if labels is None else labels.codes[rows]
    data = meta_data(read.y[rows], read.v[rows], x=design.matrix, terms=design.terms, studies=codes)
    notes += _left_out(missing, int(there.sum() - design.kept.sum()))
    _refuse_mirrored(frame, read, there, labels)
    outer = outer_cluster(frame, columns.get("study"))
    if outer is not None and outer != asked["cluster"]:
        notes.append(
            f"Column “{outer}” looks as if it held several studies each, which are then not"
            f" independent; it is not used. --study {outer} takes it as the outer level."
        )
    fit = fit_chosen(
        data,
        None if asked["model"] is None else Model(asked["model"]),
        method=Method(asked["method"]),
        test=Test(asked["test"]),
        rho=asked["rho"] or 0.0,
        level=asked["level"] / 100.0,
    )
    notes += _about_model(fit, asked)
    notes += fit.notes
    sure = _robust(frame, fit, rows, asked)
    random = fit.model is Model.RANDOM
    plain = data.p == 1 and data.intercept is not None
    return Found(
        frame=frame,
        columns=columns,
        asked=asked,
        rows=rows,
        labels=labels,
        scale=read.scale,
        fit=fit,
        tau2_ci=q_profile(fit) if random and data.k > data.p else None,
        r2=explained(fit),
        prediction=predict(fit) if plain else None,
        robust=sure,
        bias=_bias(fit, read.scale) if asked["bias"] else None,
        influence=diagnose(fit) if asked["diagnostics"] else None,
        cumulative=came_in(frame, asked["cumulative"], rows, fit) if asked["cumulative"] else None,
        profiles=profiles(fit) if asked["profile"] or asked["plot_kind"] == "profile" else None,
        notes=tuple(notes) + (() if sure is None else sure.notes),
    )


def _labels(frame: Frame, study: str | None, identity: str | None) -> Labels | None:
    if identity is not None:
        frame.refuse_duplicates(*([study] if study else []), identity)
    return frame.labels(study) if study is not None else None


def _robust(
    frame: Frame, fit: MetaFit, rows: NDArray[np.int64], asked: Mapping[str, Any]
) -> Robust | None:
    if not asked["robust"]:
        return None
    outside = asked["cluster"]
    clusters = None if outside is None else frame.labels(outside).codes[rows]
    return robust(fit, Correction(asked["robust"]), clusters=clusters)


def _chosen(frame: Frame, wanted: Sequence[str]) -> NDArray[np.bool_]:
    """Return the rows that have the values asked for."""
    found = np.ones(frame.rows, dtype=bool)
    for one in wanted:
        name, equals, value = one.partition("=")
        if not equals:
            raise InputError(f"“{one}” is not COL=VALUE", where="where")
        found &= np.array(frame.texts(name)) == value
        if not found.any():
            raise TableError(f"no row has “{value}” here", file=frame.file, column=name)
    return found


def _refuse_mirrored(
    frame: Frame, read: Read, there: NDArray[np.bool_], labels: Labels | None
) -> None:
    """Refuse a file that has every comparison in both directions: its average is 0 by design."""
    rows = np.flatnonzero(there & (read.y != 0.0)).tolist()
    study = np.zeros(frame.rows, dtype=np.int64) if labels is None else labels.codes
    seen = {(int(study[row]), float(read.y[row]), float(read.v[row])) for row in rows}
    twins = [
        row for row in rows if (int(study[row]), -float(read.y[row]), float(read.v[row])) in seen
    ]
    if len(rows) >= 10 and len(twins) > 0.8 * len(rows):
        raise TableError(
            "nearly every effect is there with both signs, as if each comparison was listed in both"
            " directions; keep one of them, such as with --where",
            file=frame.file,
            column=read.column,
            row=twins[0] + 1,
        )


def _left_out(*gone: int) -> list[str]:
    return [
        f"{number} {'row is' if number == 1 else 'rows are'} left out for want of {what}."
        for number, what in zip(gone, ("an effect or its error", "a moderator"), strict=True)
        if number
    ]


def _about_model(fit: MetaFit, asked: Mapping[str, Any]) -> list[str]:
    said = []
    if fit.data.n_studies < fit.data.k and fit.model is not Model.THREE_LEVEL:
        hint = "" if asked["robust"] else ", and the errors are too small: use --robust CR2"
        said.append(
            f"{fit.data.k} effects come from {fit.data.n_studies} studies, but this model takes"
            f" them for independent{hint}."
        )
    if fit.model is Model.THREE_LEVEL and asked["model"] is None:
        said.append(
            "Studies have several effects, so a three-level model was fitted (--model random for"
            " two levels)."
        )
    if asked["rho"] and fit.model is not Model.THREE_LEVEL:
        said.append("--rho was not used: no study has two effects.")
    return said


def _bias(fit: MetaFit, scale: Scale) -> Bias:
    data = meta_data(fit.data.y, fit.data.v, studies=fit.data.studies)
    nested = fit.model is Model.THREE_LEVEL
    notes = []
    if fit.data.p > 1:
        notes.append("Bias is looked at without the moderators.")
    if data.k < 10:
        notes.append(f"With {data.k} effects, bias can hardly be told from chance.")
    if scale in (Scale.R, Scale.G):
        notes.append(
            f"The error of a {scale.value} depends on its size, which alone can tilt a funnel."
        )
    model = Model.THREE_LEVEL if nested else Model.FIXED
    level = fit.level
    egger = peese = corrected = mixed = None
    try:
        egger = small_studies(data, model=model, level=level)
        peese = small_studies(data, Predictor.VARIANCE, model=model, level=level)
        average = fit_random(data, method=Method.DL)
        corrected = pet_peese(egger, peese, expected=float(average.estimate[0]))
        if not nested:
            mixed = (
                small_studies(data, model=Model.RANDOM, level=level),
                small_studies(data, Predictor.VARIANCE, model=Model.RANDOM, level=level),
            )
    except InputError as fault:
        notes.append(f"No regression on errors: {fault.what}.")
    filled = None
    try:
        filled = trim_and_fill(_two_levels(fit, data))
        if nested:
            notes.append("Trim-and-fill takes effects of one study for independent.")
        if not filled.settled:
            notes.append("Trim-and-fill did not settle; its last round is shown.")
    except InputError as fault:
        notes.append(f"No trim-and-fill: {fault.what}.")
    selection = None
    try:
        rising = float(fit_random(data, method=Method.DL).estimate[0]) >= 0.0
        side = Side.GREATER if rising else Side.LESS
        selection = fit_selection(data, side=side, level=level)
        notes += [f"Selection model: {note}" for note in selection.notes]
    except InputError as fault:
        notes.append(f"No selection model: {fault.what}.")
    return Bias(
        egger=egger, peese=peese, corrected=corrected, random=mixed, trim_fill=filled,
        fail_safe=fail_safe(data), selection=selection, notes=tuple(notes),
    )  # fmt: skip


def _two_levels(fit: MetaFit, data: MetaData) -> MetaFit:
    if fit.model is Model.FIXED:
        return fit_fixed(data, level=fit.level)
    return fit_random(data, method=fit.method, level=fit.level)
