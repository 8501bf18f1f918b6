"""Instruments: what is asked, and how answers become scores. Data, not code."""

from openalliance.core.instruments.document import FORMAT, parse, to_document
from openalliance.core.instruments.instrument import Instrument, without_text
from openalliance.core.instruments.items import Code, Item, Option
from openalliance.core.instruments.scales import CutOff, Norm, Reliability, ReliableChange, Scale
from openalliance.core.instruments.scoring import (
    NotScorable,
    ReasonCode,
    Score,
    ScoredTable,
    score,
    score_many,
)
from openalliance.core.instruments.shipped import catalogue
from openalliance.core.instruments.words import (
    Better,
    ItemKind,
    ItemPurpose,
    Moment,
    Rater,
    ScoringMethod,
    Texts,
)

__all__ = [
    "FORMAT",
    "Better",
    "Code",
    "CutOff",
    "Instrument",
    "Item",
    "ItemKind",
    "ItemPurpose",
    "Moment",
    "Norm",
    "NotScorable",
    "Option",
    "Rater",
    "ReasonCode",
    "Reliability",
    "ReliableChange",
    "Scale",
    "Score",
    "ScoredTable",
    "ScoringMethod",
    "Texts",
    "catalogue",
    "parse",
    "score",
    "score_many",
    "to_document",
    "without_text",
]
