"""Analysis of change: settings and scores in, a category for each client out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.change_methods import rules
from openalliance.core.course.change_methods.cutoffs import (
    Crossings,
    Cutoff,
    crossings,
    cutoff_value,
    true_score_crossings,
    true_sd,
)
from openalliance.core.course.change_methods.groups import Share, shares
from openalliance.core.course.change_methods.hierarchical import LongScores, Slopes, client_slopes
from openalliance.core.course.change_methods.indices import Indices, Measure, Sample, indices
from openalliance.core.course.change_methods.notes import cautions, left_out
from openalliance.core.course.change_methods.selection import PrePost
from openalliance.core.course.change_methods.settings import ChangeSettings
from openalliance.core.course.change_methods.words import (
    ChangeApproach,
    ChangeMethod,
    CutoffType,
)
from openalliance.core.course.probability import normal_cdf
from openalliance.core.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLevel:
    """Shares of clients estimated from the distribution of true scores (Hageman & Arrindell)."""

    changed: float
    functional: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAnalysis:
    """What each client's change is.

    Parameters
    ----------
    settings
        What was asked.
    clients
        Codes of the clients analysed, ascending; the arrays below have their order.
    pre, post
        Scores.
    codes
        Categories as numbers (`Category.code`); `UNDEFINED` where the rule gives no answer.
    index
        Index of change; ``None`` where the approach has none.
    error
        What changes were divided by; ``None`` where there is no single one.
    critical_value
        ``None`` where nothing is tested.
    cutoff, crossed
        Border and who crossed it; ``None`` where the approach has none.
    percent_change
        Change over the size of the pre score; ``None`` but in the percentage approach.
    difference_reliability, group_level
        Hageman & Arrindell's; ``None`` elsewhere.
    slopes
        The hierarchical model's; ``None`` elsewhere.
    notes
        Cautions in plain language.
    """

    settings: ChangeSettings
    clients: NDArray[np.int64]
    pre: Floats
    post: Floats
    codes: NDArray[np.int8]
    sample: Sample
    index: Floats | None = None
    error: float | None = None
    critical_value: float | None = None
    cutoff: Cutoff | None = None
    crossed: Crossings | None = None
    percent_change: Floats | None = None
    difference_reliability: float | None = None
    group_level: GroupLevel | None = None
    slopes: Slopes | None = None
    notes: tuple[str, ...] = ()

    @property
    def change(self) -> Floats:
        """Post minus pre."""
        return self.post - self.pre

    @property
    def summary(self) -> tuple[Share, ...]:
        """Number and proportion of clients in each category."""
        return shares(self.codes, self.settings.categories)


def analyse_change(
    pairs: PrePost, settings: ChangeSettings, *, long: LongScores | None = None
) -> ChangeAnalysis:
    """Classify each client who has both scores.

    Parameters
    ----------
    pairs
        Pre and post scores by client code; clients without both are left out and counted in
        ``notes``.
    settings
        Method, approach and what they need.
    long
        All scores over time; the hierarchical method needs them, and takes the first and last of
        each client with three or more instead of ``pairs``.

    Raises
    ------
    InputError
        No client has both scores, or an SD that is needed is 0 or unknown.

    Examples
    --------
    >>> import numpy as np
    >>> scores = PrePost(pre=np.array([30.0, 22.0, 27.0]), post=np.array([8.0, 21.0, 36.0]))
    >>> found = analyse_change(scores, ChangeSettings(reliability=0.85, sd=7.0))
    >>> [f"{share.category}: {share.n}" for share in found.summary]
    ['recovered: 1', 'improved: 0', 'unchanged: 1', 'deteriorated: 1', 'harmed: 0']
    """
    slopes = None
    if settings.uses_slopes:
        if long is None:
            raise InputError("the hierarchical method needs all scores over time", where="method")
        slopes = client_slopes(long)
        clients, pre, post = slopes.clients, slopes.pairs.pre, slopes.pairs.post
    else:
        clients, pre, post = pairs.of_complete()
    sample = Sample.of(pre, post)
    found = ChangeAnalysis(
        settings=settings, clients=clients, pre=pre, post=post, sample=sample, slopes=slopes,
        codes=np.zeros(pre.size, dtype=np.int8), notes=left_out(pairs, slopes, pre.size),
    )  # fmt: skip
    if settings.uses_index:
        found = _by_index(found)
    if settings.approach is ChangeApproach.PERCENTAGE:
        found = _by_share(found)
    if settings.uses_anchor:
        found = _by_anchor(found)
    if settings.uses_cutoff:
        found = _by_cutoff(found)
    return replace(found, notes=(*found.notes, *cautions(found)))


def _measure(found: ChangeAnalysis) -> Measure:
    settings, sd = found.settings, found.settings.sd
    if sd is None:
        sd = found.sample.pre_sd
        if not sd > 0.0:
            raise InputError(
                "the pre scores do not vary, or there is only one; give the SD of the score",
                where="sd",
            )
    reliability = settings.reliability if settings.reliability is not None else math.nan
    later = settings.reliability_post
    return Measure(
        sd=sd,
        reliability=reliability,
        reliability_post=reliability if later is None else later,
    )


def _by_index(found: ChangeAnalysis) -> ChangeAnalysis:
    settings = found.settings
    if found.slopes is not None:
        index = Indices(values=found.slopes.index, error=math.nan)
    else:
        index = indices(settings.method, found.pre, found.post, _measure(found), found.sample)
    r_dd = index.difference_reliability
    changed = math.nan
    if not math.isnan(r_dd):
        mean = found.sample.post_mean - found.sample.pre_mean
        spread = _difference_sd(found.sample) * math.sqrt(r_dd)
        changed = normal_cdf(settings.sign * mean / spread)
    return replace(
        found,
        index=index.values,
        error=None if math.isnan(index.error) else index.error,
        critical_value=settings.critical_value,
        codes=rules.by_index(index.values, settings.critical_value, settings.sign),
        difference_reliability=None if math.isnan(r_dd) else r_dd,
        group_level=None if math.isnan(changed) else GroupLevel(changed=changed, functional=None),
    )


def _by_share(found: ChangeAnalysis) -> ChangeAnalysis:
    settings = found.settings
    improvement = settings.percent_improvement or math.nan
    deterioration = settings.percent_deterioration or improvement
    percent, codes = rules.by_share(
        found.pre, found.change, improvement, deterioration, settings.sign
    )
    return replace(found, percent_change=percent, codes=codes)


def _by_anchor(found: ChangeAnalysis) -> ChangeAnalysis:
    settings = found.settings
    improvement = settings.mid_improvement or math.nan
    deterioration = settings.mid_deterioration or improvement
    codes = rules.by_points(found.change, improvement, deterioration, settings.sign)
    return replace(found, codes=codes)


def _by_cutoff(found: ChangeAnalysis) -> ChangeAnalysis:
    settings = found.settings
    if settings.method is ChangeMethod.HAGEMAN_ARRINDELL:
        found = _true_score_cutoff(found)
    else:
        value = cutoff_value(
            settings.cutoff_type,
            clinical=(found.sample.pre_mean, _clinical_sd(found)),
            functional=_functional(settings),
            sign=settings.sign,
        )
        cutoff = Cutoff(type=settings.cutoff_type, value=value)
        crossed = crossings(found.pre, found.post, value, settings.sign)
        found = replace(found, cutoff=cutoff, crossed=crossed)
    if found.crossed is None:
        return found
    joined = settings.approach is ChangeApproach.COMBINED
    codes = (
        rules.combined(found.codes, found.crossed) if joined else rules.by_crossing(found.crossed)
    )
    return replace(found, codes=codes)


def _true_score_cutoff(found: ChangeAnalysis) -> ChangeAnalysis:
    settings, sample = found.settings, found.sample
    sem = _measure(found).sem
    functional = None if settings.cutoff_type is CutoffType.A else _functional(settings)
    value = cutoff_value(
        settings.cutoff_type,
        clinical=(sample.pre_mean, true_sd(sample.pre_sd, sem, of="pre")),
        functional=functional and (functional[0], true_sd(functional[1], sem, of="functional")),
        sign=settings.sign,
    )
    crossed = true_score_crossings(
        found.pre, found.post, value,
        post_moments=(sample.post_mean, sample.post_sd), sem=sem, sign=settings.sign,
        critical_value=settings.critical_value,
    )  # fmt: skip
    spread = true_sd(sample.post_sd, sem, of="post")
    functional_share = normal_cdf(settings.sign * (sample.post_mean - value) / spread)
    level = found.group_level
    return replace(
        found,
        cutoff=Cutoff(type=settings.cutoff_type, value=value, true_scores=True),
        crossed=crossed,
        critical_value=settings.critical_value,
        group_level=GroupLevel(
            changed=level.changed if level else math.nan, functional=functional_share
        ),
    )


def _functional(settings: ChangeSettings) -> tuple[float, float] | None:
    if settings.functional_mean is None or settings.functional_sd is None:
        return None
    return settings.functional_mean, settings.functional_sd


def _clinical_sd(found: ChangeAnalysis) -> float:
    sd = found.sample.pre_sd
    if math.isnan(sd) and found.settings.cutoff_type is not CutoffType.B:
        raise InputError(
            "this cut-off needs the spread of the pre scores, and there is one client only",
            where="cutoff",
        )
    return sd


def _difference_sd(sample: Sample) -> float:
    return math.sqrt(sample.pre_sd**2 + sample.post_sd**2 - 2.0 * sample.covariance)
