"""A whole instrument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from openalliance.core.errors import InstrumentError
from openalliance.core.instruments import checks
from openalliance.core.instruments.items import Code, Item
from openalliance.core.instruments.scales import Scale
from openalliance.core.instruments.words import NO_TEXT, Moment, Rater, ScoringMethod

_ROUNDING = 1e-9
"""Relative tolerance when a stated score range is compared with the one that follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What is asked and how the answers become scores.

    Parameters
    ----------
    key, version
        Together they name one exact wording and scoring.
    title
        Its name by language.
    moment
        When it is meant to be asked.
    raters
        Who may answer it.
    languages
        Those in which every item, option and anchor has words; none in a skeleton.
    items, scales
        What is asked, in order, and how it is scored; the first scale is the main one.
    licence, source
        What one may do with it, and where it is from.
    validated
        Whether its measurement has been studied and published.
    text_required
        A skeleton: structure and scoring without words, usable once a practice adds the text
        it may use.
    codes
        Public codes of the whole instrument.
    """

    key: str
    version: str
    title: Mapping[str, str]
    moment: Moment
    raters: tuple[Rater, ...]
    languages: tuple[str, ...]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    licence: str
    source: str
    validated: bool
    text_required: bool
    codes: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        checks.identifier(self.key, "key")
        for field in ("version", "licence", "source"):
            checks.filled(getattr(self, field), field)
        object.__setattr__(self, "title", checks.texts(self.title, "title"))
        if not self.title:
            raise InstrumentError("needs at least one language", path="$.title")
        if not self.raters:
            raise InstrumentError("at least one rater must be named", path="$.raters")
        if not self.items:
            raise InstrumentError("an instrument needs at least one item", path="$.items")
        checks.unique(self.raters, "raters")
        checks.unique(self.languages, "languages")
        checks.unique((item.id for item in self.items), "items", ".id")
        checks.unique((scale.key for scale in self.scales), "scales", ".key")
        for position, scale in enumerate(self.scales):
            self._check_scale(scale, f"$.scales[{position}]")
        self._check_languages()

    def _check_scale(self, scale: Scale, path: str) -> None:
        known = {item.id: item for item in self.items}
        for position, item_id in enumerate(scale.items):
            if item_id not in known:
                raise InstrumentError(
                    f"“{item_id}” is not an item of this instrument",
                    path=f"{path}.items[{position}]",
                )
        items = [known[item_id] for item_id in scale.items]
        if scale.maximum_missing and len({(item.minimum, item.maximum) for item in items}) > 1:
            raise InstrumentError(
                "must be 0 where the items have different ranges", path=f"{path}.maximum_missing"
            )
        share = len(items) if scale.method is ScoringMethod.MEAN else 1
        for field in ("minimum", "maximum"):
            follows = sum(getattr(item, field) for item in items) * scale.multiplier / share
            if abs(getattr(scale, field) - follows) > _ROUNDING * max(1.0, abs(follows)):
                raise InstrumentError(
                    f"must be {follows:g}, which is what items, method and multiplier yield",
                    path=f"{path}.{field}",
                )

    def _check_languages(self) -> None:
        if self.text_required:
            if self.languages:
                raise InstrumentError("must be empty while text is required", path="$.languages")
            for position, item in enumerate(self.items):
                if item.has_text:
                    raise InstrumentError(
                        "must have no text while text is required", path=f"$.items[{position}]"
                    )
            return
        if not self.languages:
            raise InstrumentError("at least one language is needed", path="$.languages")
        for position, item in enumerate(self.items):
            for language in self.languages:
                self._check_words(item, language, f"$.items[{position}]")

    @staticmethod
    def _check_words(item: Item, language: str, path: str) -> None:
        if language not in item.text:
            raise InstrumentError(f"is missing in “{language}”", path=f"{path}.text")
        for field in ("low_anchor", "high_anchor"):
            anchor = getattr(item, field)
            if anchor and language not in anchor:
                raise InstrumentError(f"is missing in “{language}”", path=f"{path}.{field}")
        for position, option in enumerate(item.options):
            if language not in option.label:
                raise InstrumentError(
                    f"is missing in “{language}”", path=f"{path}.options[{position}].label"
                )

    def usable_in(self, language: str) -> bool:
        """Return whether every item can be asked in ``language``."""
        return language in self.languages

    def item(self, item_id: str) -> Item:
        """Return the item with that id.

        Raises
        ------
        InstrumentError
            There is none.
        """
        for item in self.items:
            if item.id == item_id:
                return item
        raise InstrumentError(f"“{self.key}” has no such item", path=f"$.{item_id}")

    def scale(self, key: str) -> Scale:
        """Return the scale with that key.

        Raises
        ------
        InstrumentError
            There is none.
        """
        for scale in self.scales:
            if scale.key == key:
                return scale
        raise InstrumentError(f"“{self.key}” has no such scale", path=f"$.{key}")

    @property
    def main_scale(self) -> Scale:
        """Return the first scale.

        Raises
        ------
        InstrumentError
            The instrument has answers but no score, such as a question about reasons.
        """
        if not self.scales:
            raise InstrumentError(f"“{self.key}” has no score", path="$.scales")
        return self.scales[0]


def without_text(instrument: Instrument) -> Instrument:
    """Return the skeleton of an instrument: the same structure and scoring, no words.

    Titles stay. Item text, option labels and anchors go in every language.
    """
    return replace(
        instrument,
        languages=(),
        text_required=True,
        items=tuple(
            replace(
                item,
                text=NO_TEXT,
                low_anchor=NO_TEXT,
                high_anchor=NO_TEXT,
                options=tuple(replace(option, label=NO_TEXT) for option in item.options),
            )
            for item in instrument.items
        ),
    )
