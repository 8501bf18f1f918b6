"""Indices of change: what a client's change is in units of its error.

All take scores of shape ``(clients,)`` without missing values and return indices of that shape,
positive where the score rose. They differ in what they take for "no change": the pre score itself,
or the pre score after the regression to the mean that its unreliability makes us expect.

References
----------
Jacobson, N. S., & Truax, P. (1991). Clinical significance. *Journal of Consulting and Clinical
Psychology, 59*(1), 12-19.

Gulliksen, H. (1950). *Theory of mental tests*. Lord, F. M., & Novick, M. R. (1968). *Statistical
theories of mental test scores*. Hsu, L. M. (1989). Reliable changes in psychotherapy: Taking into
account regression toward the mean. *Behavioral Assessment, 11*, 459-467.

Speer, D. C. (1992). Clinically significant change: Jacobson and Truax (1991) revisited. *Journal
of Consulting and Clinical Psychology, 60*(3), 402-408 (Edwards & Nunnally's interval).

Nunnally, J. C., & Kotsch, W. E. (1983). Studies of individual subjects: Logic and methods of
analysis. *British Journal of Clinical Psychology, 22*(2), 83-93.

Hageman, W. J. J. M., & Arrindell, W. A. (1999). Establishing clinically significant change.
*Behaviour Research and Therapy, 37*(12), 1169-1193.

Atkins, D. C., Bedics, J. D., McGlinchey, J. B., & Beauchaine, T. P. (2005). Assessing clinical
significance: Does it matter which method we use? *Journal of Consulting and Clinical Psychology,
73*(5), 982-989 (the first five side by side).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course.change import (
    reliable_change_index,
    standard_error_of_measurement,
)
from openalliance.core.course.change_methods.words import ChangeMethod
from openalliance.core.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Means and SDs (n - 1) of the clients' scores, and the covariance of pre and post."""

    n: int
    pre_mean: float
    pre_sd: float
    post_mean: float
    post_sd: float
    covariance: float

    @classmethod
    def of(cls, pre: Floats, post: Floats) -> Sample:
        """Describe scores without missing values."""
        n = pre.size
        if not n:
            raise InputError("no client has both scores")
        before, after = float(pre.mean()), float(post.mean())
        if n == 1:
            return cls(n=1, pre_mean=before, pre_sd=math.nan, post_mean=after, post_sd=math.nan,
                       covariance=math.nan)  # fmt: skip
        from_pre, from_post = pre - before, post - after
        return cls(
            n=n,
            pre_mean=before,
            pre_sd=math.sqrt(float(from_pre @ from_pre) / (n - 1)),
            post_mean=after,
            post_sd=math.sqrt(float(from_post @ from_post) / (n - 1)),
            covariance=float(from_pre @ from_post) / (n - 1),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The score's precision.

    Parameters
    ----------
    sd
        SD that the reliability belongs to.
    reliability, reliability_post
        Reliability of the pre and of the post scores.
    """

    sd: float
    reliability: float
    reliability_post: float

    @property
    def sem(self) -> float:
        """Standard error of measurement."""
        return standard_error_of_measurement(self.sd, self.reliability)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indices:
    """Each client's index, and the error it was divided by.

    ``difference_reliability`` is Hageman & Arrindell's; ``nan`` elsewhere.
    """

    values: Floats
    error: float
    difference_reliability: float = math.nan


def jacobson_truax(pre: Floats, post: Floats, measure: Measure) -> Indices:
    """(post - pre)/S_diff, S_diff = √2·SEM (Jacobson & Truax 1991, p. 14)."""
    sem = measure.sem
    return Indices(values=reliable_change_index(pre, post, sem), error=math.sqrt(2.0) * sem)


def gulliksen_lord_novick(
    pre: Floats, post: Floats, measure: Measure, *, pre_mean: float
) -> Indices:
    """Post score against its prediction from the pre score; error of prediction SD·√(1 - r²)."""
    return _predicted(pre - pre_mean, post - pre_mean, measure)


def hsu_linn_lord(
    pre: Floats, post: Floats, measure: Measure, *, pre_mean: float, post_mean: float
) -> Indices:
    """As Gulliksen-Lord-Novick, each score from its own time's mean.

    What all clients gained alike is thereby taken out: a client "deteriorates" who gained reliably
    less than the others.
    """
    return _predicted(pre - pre_mean, post - post_mean, measure)


def edwards_nunnally(pre: Floats, post: Floats, measure: Measure, *, pre_mean: float) -> Indices:
    """Post score against an interval around the estimated true pre score, of ± z·SEM."""
    return _from_true(pre, post, measure, pre_mean=pre_mean, error=measure.sem)


def nunnally_kotsch(pre: Floats, post: Floats, measure: Measure, *, pre_mean: float) -> Indices:
    """As Edwards-Nunnally, with the error of the estimate and that of the post score.

    √(r²·SD²·(1 - r) + SD²·(1 - r_post)); the spread of the post scores is taken to be that of the
    pre scores.
    """
    r, r_post = measure.reliability, measure.reliability_post
    error = measure.sd * math.sqrt(r * r * (1.0 - r) + (1.0 - r_post))
    return _from_true(pre, post, measure, pre_mean=pre_mean, error=error)


def hageman_arrindell(pre: Floats, post: Floats, measure: Measure, sample: Sample) -> Indices:
    """Estimated true change in units of its error.

    RC = ((post - pre)·r_DD + (M_post - M_pre)·(1 - r_DD))/(√r_DD·√2·SEM), where r_DD is the
    reliability of the difference in these clients. All indices are ``nan`` where r_DD is not above
    0: then the clients' changes do not differ by more than their error.
    """
    error = math.sqrt(2.0) * measure.sem
    variance = sample.pre_sd**2 + sample.post_sd**2 - 2.0 * sample.covariance
    if not variance > error * error:
        nothing = np.full(pre.shape, np.nan)
        return Indices(values=nothing, error=math.nan)
    r_dd = (variance - error * error) / variance
    mean_change = sample.post_mean - sample.pre_mean
    values = ((post - pre) * r_dd + mean_change * (1.0 - r_dd)) / (math.sqrt(r_dd) * error)
    return Indices(values=values, error=math.sqrt(r_dd) * error, difference_reliability=r_dd)


def indices(
    method: ChangeMethod, pre: Floats, post: Floats, measure: Measure, sample: Sample
) -> Indices:
    """Index of change by method, for all but the hierarchical one."""
    match method:
        case ChangeMethod.GULLIKSEN_LORD_NOVICK:
            return gulliksen_lord_novick(pre, post, measure, pre_mean=sample.pre_mean)
        case ChangeMethod.HSU_LINN_LORD:
            means = {"pre_mean": sample.pre_mean, "post_mean": sample.post_mean}
            return hsu_linn_lord(pre, post, measure, **means)
        case ChangeMethod.EDWARDS_NUNNALLY:
            return edwards_nunnally(pre, post, measure, pre_mean=sample.pre_mean)
        case ChangeMethod.NUNNALLY_KOTSCH:
            return nunnally_kotsch(pre, post, measure, pre_mean=sample.pre_mean)
        case ChangeMethod.HAGEMAN_ARRINDELL:
            return hageman_arrindell(pre, post, measure, sample)
        case _:
            return jacobson_truax(pre, post, measure)


def _predicted(pre: Floats, post: Floats, measure: Measure) -> Indices:
    r = measure.reliability
    sem = measure.sem  # also refuses an impossible SD or reliability
    error = sem * math.sqrt(1.0 + r)
    return Indices(values=(post - r * pre) / error, error=error)


def _from_true(
    pre: Floats, post: Floats, measure: Measure, *, pre_mean: float, error: float
) -> Indices:
    true = pre_mean + measure.reliability * (pre - pre_mean)
    return Indices(values=(post - true) / error, error=error)
