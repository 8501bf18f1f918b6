"""Individual change by every method in use: indices, cut-offs, approaches, groups."""

from openalliance.core.course.change_methods.analysis import (
    ChangeAnalysis,
    GroupLevel,
    analyse_change,
)
from openalliance.core.course.change_methods.band import Band, Line, unchanged_band
from openalliance.core.course.change_methods.cutoffs import (
    Crossings,
    Cutoff,
    crossings,
    cutoff_value,
    true_score_crossings,
    true_sd,
)
from openalliance.core.course.change_methods.effects import (
    Effect,
    GroupEffect,
    Threshold,
    between,
    grade,
    within,
)
from openalliance.core.course.change_methods.groups import Share, group_shares, shares
from openalliance.core.course.change_methods.hierarchical import (
    LongScores,
    Slopes,
    client_slopes,
)
from openalliance.core.course.change_methods.indices import (
    Indices,
    Measure,
    Sample,
    edwards_nunnally,
    gulliksen_lord_novick,
    hageman_arrindell,
    hsu_linn_lord,
    indices,
    jacobson_truax,
    nunnally_kotsch,
)
from openalliance.core.course.change_methods.selection import PrePost, select
from openalliance.core.course.change_methods.settings import ChangeSettings
from openalliance.core.course.change_methods.words import (
    BY_CODE,
    UNDEFINED,
    Category,
    ChangeApproach,
    ChangeMethod,
    CutoffType,
)

__all__ = [
    "BY_CODE",
    "UNDEFINED",
    "Band",
    "Category",
    "ChangeAnalysis",
    "ChangeApproach",
    "ChangeMethod",
    "ChangeSettings",
    "Crossings",
    "Cutoff",
    "CutoffType",
    "Effect",
    "GroupEffect",
    "GroupLevel",
    "Indices",
    "Line",
    "LongScores",
    "Measure",
    "PrePost",
    "Sample",
    "Share",
    "Slopes",
    "Threshold",
    "analyse_change",
    "between",
    "client_slopes",
    "crossings",
    "cutoff_value",
    "edwards_nunnally",
    "grade",
    "group_shares",
    "gulliksen_lord_novick",
    "hageman_arrindell",
    "hsu_linn_lord",
    "indices",
    "jacobson_truax",
    "nunnally_kotsch",
    "select",
    "shares",
    "true_score_crossings",
    "true_sd",
    "unchanged_band",
    "within",
]
