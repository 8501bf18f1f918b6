"""How answers become a score, and what is published about that score, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import checks
from openalliance.core.instruments.words import NO_TEXT, Better, ScoringMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """A published boundary, in score units. ``label`` says on which side what lies."""

    value: float
    label: str
    source: str

    def __post_init__(self) -> None:
        checks.finite(self.value, "value")
        checks.filled(self.label, "label")
        checks.filled(self.source, "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """Mean, standard deviation and sample size of a population; ``None`` where not published."""

    population: str
    mean: float
    sd: float | None
    n: int | None
    source: str

    def __post_init__(self) -> None:
        checks.filled(self.population, "population")
        checks.finite(self.mean, "mean")
        checks.filled(self.source, "source")
        if self.sd is not None and not 0 < self.sd < float("inf"):
            raise InstrumentError("must be above 0", path="$.sd")
        if self.n is not None and self.n < 1:
            raise InstrumentError("must be at least 1", path="$.n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A reliability coefficient between 0 and 1; ``kind`` says which one and of whom."""

    value: float
    kind: str
    source: str

    def __post_init__(self) -> None:
        if not 0 < self.value < 1:
            raise InstrumentError("must lie between 0 and 1", path="$.value")
        checks.filled(self.kind, "kind")
        checks.filled(self.source, "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliableChange:
    """The smallest change, in score units, that is read as more than measurement error."""

    value: float
    source: str

    def __post_init__(self) -> None:
        if not 0 < self.value < float("inf"):
            raise InstrumentError("must be above 0", path="$.value")
        checks.filled(self.source, "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A score: which items, how they are combined, what is known about the result.

    Parameters
    ----------
    key
        Its name within the instrument.
    title
        Its name for people, by language.
    items
        The ids of its items.
    reversed
        Those of them that count as minimum + maximum − answer.
    method
        How the answers are combined.
    multiplier
        What the combined number is multiplied by.
    maximum_missing
        How many items may be without an answer. With more the scale is not scorable.
        Always 0 for a sum: a missing answer is not a zero.
    missing_source
        Where that rule is from.
    minimum, maximum
        The range of the score; must be what items, method and multiplier yield.
    better
        The wished direction.
    cutoffs, norms, reliability, reliable_change
        What is published, with sources. Empty where nothing valid is.
    sem
        The standard error of measurement to work with, in score units, and where it is from.
    """

    key: str
    title: Mapping[str, str] = NO_TEXT
    items: tuple[str, ...]
    reversed: frozenset[str] = frozenset()
    method: ScoringMethod
    multiplier: float = 1.0
    maximum_missing: int = 0
    missing_source: str = ""
    minimum: float
    maximum: float
    better: Better
    cutoffs: tuple[CutOff, ...] = ()
    norms: tuple[Norm, ...] = ()
    reliability: tuple[Reliability, ...] = ()
    reliable_change: ReliableChange | None = None
    sem: float | None = None
    sem_source: str = ""

    def __post_init__(self) -> None:
        checks.identifier(self.key, "key")
        object.__setattr__(self, "title", checks.texts(self.title, "title"))
        checks.finite(self.minimum, "minimum")
        checks.finite(self.maximum, "maximum")
        if not self.items:
            raise InstrumentError("a scale needs at least one item", path="$.items")
        checks.unique(self.items, "items")
        strangers = sorted(self.reversed - set(self.items))
        if strangers:
            raise InstrumentError(
                f"“{strangers[0]}” is not an item of this scale", path="$.reversed"
            )
        if not 0 < self.multiplier < float("inf"):
            raise InstrumentError("must be above 0", path="$.multiplier")
        self._check_missing()
        self._check_cutoffs()
        self._check_sem()

    def _check_cutoffs(self) -> None:
        for position, cutoff in enumerate(self.cutoffs):
            if not self.minimum <= cutoff.value <= self.maximum:
                raise InstrumentError(
                    "must lie within the range of the score", path=f"$.cutoffs[{position}].value"
                )

    def _check_missing(self) -> None:
        if not 0 <= self.maximum_missing < len(self.items):
            raise InstrumentError(
                "must be at least 0 and below the number of items", path="$.maximum_missing"
            )
        if self.method is ScoringMethod.SUM and self.maximum_missing:
            raise InstrumentError(
                "must be 0 for a sum: a missing answer is not a zero; use “prorated-sum”",
                path="$.maximum_missing",
            )

    def _check_sem(self) -> None:
        if self.sem is None:
            return
        if not 0 < self.sem < float("inf"):
            raise InstrumentError("must be above 0", path="$.sem")
        checks.filled(self.sem_source, "sem_source")
