"""Who leaves early, and when: hazard of dropping out, validated by client."""

from openalliance.core.course.dropout.baseline import (
    Baseline,
    Shape,
    baseline_for,
    varies_only_with_period,
)
from openalliance.core.course.dropout.hazard import (
    Competing,
    Design,
    HazardFit,
    Term,
    design_for,
    fit_hazard,
)
from openalliance.core.course.dropout.lifetable import Period, life_table
from openalliance.core.course.dropout.model import (
    Contribution,
    DropOutModel,
    NoRisk,
    Reliability,
    Risk,
    minimum_events,
    model_of,
    refusal,
    row_risks,
)
from openalliance.core.course.dropout.periods import (
    Ending,
    PersonPeriods,
    after_ending,
    after_gap,
    last_rows,
    repeated,
)
from openalliance.core.course.dropout.validation import (
    IMPLAUSIBLE_AUC,
    Performance,
    Validation,
    client_folds,
    performance,
    validate,
)

__all__ = [
    "IMPLAUSIBLE_AUC",
    "Baseline",
    "Competing",
    "Contribution",
    "Design",
    "DropOutModel",
    "Ending",
    "HazardFit",
    "NoRisk",
    "Performance",
    "Period",
    "PersonPeriods",
    "Reliability",
    "Risk",
    "Shape",
    "Term",
    "Validation",
    "after_ending",
    "after_gap",
    "baseline_for",
    "client_folds",
    "design_for",
    "fit_hazard",
    "last_rows",
    "life_table",
    "minimum_events",
    "model_of",
    "performance",
    "refusal",
    "repeated",
    "row_risks",
    "validate",
    "varies_only_with_period",
]
