"""The closed vocabularies of instruments, and texts in several languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from openalliance.core.errors import InstrumentError

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Rater(StrEnum):
    """Who answers."""

    CLIENT = "client"
    THERAPIST = "therapist"
    OBSERVER = "observer"


class Better(StrEnum):
    """Which direction of a scale is the wished one."""

    HIGHER = "higher"
    LOWER = "lower"


class Moment(StrEnum):
    """When an instrument is meant to be asked."""

    CHECK_IN = "check-in"
    CHECK_OUT = "check-out"
    FOLLOW_UP = "follow-up"
    EXIT = "exit"
    OTHER = "other"


class ItemKind(StrEnum):
    """How an item is answered."""

    RATING = "rating"
    """A whole step between two anchors."""
    VISUAL_ANALOGUE = "visual-analogue"
    """A mark on a line; any value between the ends, ``step`` is what the line resolves."""
    CHOICE = "choice"
    """One of the options."""


class ItemPurpose(StrEnum):
    """What an item is for. A safety item may be scored as well: scales name their items."""

    SCORED = "scored"
    SAFETY = "safety"
    ADHERENCE = "adherence"
    OTHER = "other"


class ScoringMethod(StrEnum):
    """How the answers of a scale become one number, before the multiplier."""

    SUM = "sum"
    """Sum of the answers; every item must be answered."""
    MEAN = "mean"
    """Mean of the answered items."""
    PRORATED_SUM = "prorated-sum"
    """Mean of the answered items times the number of items."""


class Texts(Mapping[str, str]):
    """The same words in several languages: an immutable, hashable mapping of language to text.

    Parameters
    ----------
    texts
        Language tag (``"en"``, ``"es"``, ``"pt-BR"``) to text. No text may be blank.

    Examples
    --------
    >>> Texts({"en": "Goals", "es": "Metas"})["es"]
    'Metas'
    """

    __slots__ = ("_texts",)

    def __init__(self, texts: Mapping[str, str]) -> None:
        for language, text in texts.items():
            if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
                raise InstrumentError(f"{language!r} is not a language tag such as “en”")
            if not isinstance(text, str) or not text.strip():
                raise InstrumentError("must be text that is not blank", path=f"$.{language}")
        self._texts = tuple(sorted(texts.items()))

    def __getitem__(self, language: str) -> str:
        for known, text in self._texts:
            if known == language:
                return text
        raise KeyError(language)

    def __iter__(self) -> Iterator[str]:
        return (language for language, _ in self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __hash__(self) -> int:
        return hash(self._texts)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Texts):
            return self._texts == other._texts
        return isinstance(other, Mapping) and dict(self) == dict(other)

    def __repr__(self) -> str:
        return f"Texts({dict(self._texts)!r})"


NO_TEXT = Texts({})
