"""A fitted meta-analysis: what it says, in words and in tidy tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from openalliance.core.errors import InputError
from openalliance.core.evidence.meta.heterogeneity import profile_interval, q_profile
from openalliance.core.evidence.meta.inference import predict
from openalliance.core.evidence.meta.influence import influence, leverages, standardised
from openalliance.core.evidence.meta.predictions import study_deviations, true_effects
from openalliance.core.evidence.meta.robust import Correction, Robust, robust
from openalliance.core.evidence.meta.selection import Selection, Side, fit_selection
from openalliance.core.evidence.meta.three_level import LEVELS, variance_interval
from openalliance.core.evidence.meta.values import MetaFit, Model
from openalliance.core.evidence.meta.without import By, cumulative
from openalliance.evidence.words import summary

if TYPE_CHECKING:
    import polars as pl

    from openalliance.evidence.plot import Plot
    from openalliance.files.design import Design
    from openalliance.files.effects import Scale

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A fitted meta-analysis.

    Parameters
    ----------
    fit
        All that the engine found.
    robust
        Cluster-robust tests, if they were asked for; tables and summary show them then.
    names
        Names of the studies, by code.
    rows
        Rows of the table that were used.
    design
        How moderators became columns.
    scale
        What an effect is.
    notes
        Plain-language cautions.
    """

    fit: MetaFit
    robust: Robust | None
    names: tuple[str | int, ...]
    rows: NDArray[np.int64] = field(repr=False)
    design: Design = field(repr=False)
    scale: Scale
    notes: tuple[str, ...]

    @property
    def k(self) -> int:
        """Number of effects."""
        return self.fit.data.k

    @property
    def studies(self) -> int:
        """Number of studies."""
        return self.fit.data.n_studies

    @property
    def estimate(self) -> float:
        """The average effect; with moderators, the first coefficient."""
        return float(self.fit.estimate[0])

    @property
    def measure(self) -> str:
        """What an effect is, in words."""
        return self.scale.value[0].upper() + self.scale.value[1:]

    def __str__(self) -> str:
        return self.summary()

    def summary(self) -> str:
        """Return the result in lines to read."""
        return summary(self.fit, self.robust, self.notes)

    def frame(self) -> pl.DataFrame:
        """Return coefficients, one row each, with tests and intervals."""
        import polars as pl

        shown = self.fit if self.robust is None else self.robust
        return pl.DataFrame(
            {"term": self.fit.data.terms}
            | {
                name: _cells(getattr(shown, name))
                for name in ("estimate", "se", "statistic", "df", "p", "ci_low", "ci_high")
            }
        )

    def model_frame(self) -> pl.DataFrame:
        """Return one row about the whole model: variances, I², Q, likelihood."""
        import polars as pl

        fit, heterogeneity = self.fit, self.fit.heterogeneity
        row: dict[str, Any] = {
            "model": fit.model.value,
            "method": None if fit.model is Model.FIXED else fit.method.value,
            "test": fit.test.value,
            "k": self.k,
            "studies": self.studies,
            "tau2": fit.tau2,
            "sigma2_between": fit.sigma2[0] if fit.sigma2.size else math.nan,
            "sigma2_within": fit.sigma2[1] if fit.sigma2.size else math.nan,
            "i2": heterogeneity.i2,
            "h2": heterogeneity.h2,
            "q": heterogeneity.q,
            "q_df": heterogeneity.q_df,
            "q_p": heterogeneity.q_p,
            "loglik": fit.loglik,
            "aic": fit.aic,
            "bic": fit.bic,
            "boundary": fit.boundary,
            "converged": fit.converged,
        }
        return pl.DataFrame({name: [_cell(value)] for name, value in row.items()})

    def effects_frame(self) -> pl.DataFrame:
        """Return each effect with its predicted true effect, leverage and residual."""
        import polars as pl

        data, true = self.fit.data, true_effects(self.fit)
        return pl.DataFrame(
            {
                "row": self.rows + 1,
                "study": [self.names[code] for code in data.studies.tolist()],
                "effect": data.y,
                "se": np.sqrt(data.v),
                "true_effect": true.estimate,
                "true_low": true.low,
                "true_high": true.high,
                "hat": leverages(self.fit),
                "residual": standardised(self.fit),
            }
        )

    def studies_frame(self) -> pl.DataFrame:
        """Return how far each study lies from what is expected of it (three levels only)."""
        import polars as pl

        found = study_deviations(self.fit)
        return pl.DataFrame(
            {
                "study": self.names,
                "effects": np.bincount(self.fit.data.studies),
                "deviation": found.estimate,
                "se": found.se,
                "low": found.low,
                "high": found.high,
            }
        )

    def variance_frame(self, *, by: Literal["profile", "Q"] = "profile") -> pl.DataFrame:
        """Return the variances of true effects with their intervals.

        Parameters
        ----------
        by
            From the profile of the likelihood, or from Cochran's Q (two levels only).
        """
        import polars as pl

        if self.fit.model is Model.THREE_LEVEL:
            ends = [variance_interval(self.fit, which) for which in (0, 1)]
            names, values = list(LEVELS), self.fit.sigma2.tolist()
        else:
            ends = [profile_interval(self.fit) if by == "profile" else q_profile(self.fit)]
            names, values = ["of true effects"], [self.fit.tau2]
        return pl.DataFrame(
            {
                "variance": names,
                "estimate": values,
                "low": [low for low, _ in ends],
                "high": [high for _, high in ends],
            }
        )

    def predict(
        self, *, wider: bool = False, **moderators: float | str | Sequence[float] | Sequence[str]
    ) -> pl.DataFrame:
        """Return expected effects with intervals for the average and for a further true effect.

        Parameters
        ----------
        wider
            Whether the interval of a further true effect allows for the variance being estimated.
        moderators
            A value, or several equally long, for each column that the formula uses.

        Raises
        ------
        InputError
            One is missing or unknown, or a category that the data have not.
        """
        import polars as pl

        given = self._settings(moderators)
        length = max([len(column) for column in given.values()], default=1)
        x = np.ones((1, 1))
        if self.design.rule is not None:
            first = np.full(length, self.rows[0])
            x = self.design.like(first, given)
        found = predict(self.fit, x, wider=wider)
        return pl.DataFrame(
            {name: column.tolist() for name, column in given.items()}
            | {
                name: getattr(found, name)
                for name in ("estimate", "se", "low", "high", "true_low", "true_high")
            }
        )

    def influence(self, *, by: Literal["effect", "study"] = "effect") -> pl.DataFrame:
        """Return what leaving out each effect or study changes."""
        import polars as pl

        found = influence(self.fit, by=By(by))
        left_out = found.refits.codes if by == "study" else self.fit.data.studies
        columns: dict[str, Any] = {"study": [self.names[code] for code in left_out.tolist()]}
        if by == "effect":
            columns = {"row": self.rows + 1} | columns | {"studentised": _cells(found.studentised)}
        columns |= {"cook": _cells(found.cook), "covariance_ratio": _cells(found.covariance_ratio)}
        for name, values in (
            ("dfbetas", found.dfbetas),
            ("estimate", found.refits.values("estimate")),
        ):
            for at, term in enumerate(self.fit.data.terms):
                columns[f"{name} {term}"] = _cells(values[:, at])
        for name in ("tau2", "i2", "q"):
            columns[name] = _cells(found.refits.values(name))
        return pl.DataFrame(columns)

    def cumulative(
        self, order: Sequence[float] | None = None, *, by: Literal["effect", "study"] = "effect"
    ) -> pl.DataFrame:
        """Return the first coefficient as effects or studies came in.

        Parameters
        ----------
        order
            One number for each row of the table, such as the year; default: as they are there.
        by
            What comes in at once.
        """
        import polars as pl

        times = None if order is None else np.asarray(order, dtype=np.float64)[self.rows]
        found = cumulative(self.fit, order=times, by=By(by))
        came = found.codes if by == "study" else self.fit.data.studies[found.codes]
        return pl.DataFrame(
            {"study": [self.names[code] for code in came.tolist()]}
            | {name: _first(found.values(name)) for name in ("estimate", "se", "ci_low", "ci_high")}
            | {"i2": _cells(found.values("i2"))}
        )

    def selection(
        self,
        steps: Sequence[float] = (0.025,),
        *,
        side: Literal["greater", "less"] = "greater",
    ) -> Selection:
        """Fit the same effects as if p values in some steps were published more often."""
        return fit_selection(self.fit.data, steps=steps, side=Side(side), level=self.fit.level)

    def robustly(self, correction: Literal["CR0", "CR1", "CR2"] = "CR2") -> Robust:
        """Test the coefficients whatever the dependence within studies."""
        return robust(self.fit, Correction(correction))

    def plot(
        self,
        kind: Literal["forest", "funnel", "profile", "baujat", "bubble"] = "forest",
        *,
        term: str | None = None,
        back_transform: bool = False,
    ) -> Plot:
        """Draw the result; the picture shows itself in a notebook, and has ``save(file)``.

        Parameters
        ----------
        kind
            Of picture.
        term
            Moderator of a bubble plot; default: the first.
        back_transform
            Whether Fisher's z is drawn as r.

        Raises
        ------
        InputError
            The fit has not what the picture shows.
        """
        from openalliance.evidence.plot import plot

        return plot(self, kind, term=term, back_transform=back_transform)

    def _settings(self, moderators: Mapping[str, Any]) -> dict[str, Array]:
        needed, given = self.design.columns, {}
        for name in [*needed, *moderators]:
            if name not in moderators or name not in needed:
                there = ", ".join(needed) or "none"
                raise InputError(f"give a value for each of: {there}", where=name)
        for name, value in moderators.items():
            column = np.atleast_1d(np.asarray(value))
            if needed[name].dtype.kind != "f":
                known = np.unique(needed[name][self.rows])
                if not np.isin(column, known).all():
                    raise InputError(f"is one of: {', '.join(known.tolist())}", where=name)
            given[name] = column if column.dtype.kind in "US" else column.astype(np.float64)
        length = max([column.size for column in given.values()], default=1)
        for name, column in given.items():
            if column.size not in (1, length):
                raise InputError("one value, or as many as the others", where=name)
            given[name] = np.broadcast_to(column, length)
        return given


def _cell(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _cells(values: Array) -> list[float | None]:
    return [_cell(value) for value in values.tolist()]


def _first(values: Array) -> list[float | None]:
    return _cells(values[:, 0] if values.ndim > 1 else values)
