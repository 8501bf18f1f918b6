"""Cohorts with a known truth, calibrated to published figures and seeded."""

from openalliance.core.simulation.calibration import (
    FOLLOW_UP_MONTHS,
    AllianceModel,
    AttendanceModel,
    FollowUpModel,
    OutcomeModel,
    SimulationSettings,
    Targets,
)
from openalliance.core.simulation.cohort import (
    CHECK_IN_ITEMS,
    CHECK_OUT_ITEMS,
    LIFE_ITEMS,
    Attendance,
    Cohort,
    EndingKind,
    Truth,
)
from openalliance.core.simulation.long import (
    RECORD_COLUMNS,
    TRUTH_COLUMNS,
    client_names,
    long_records,
    observations,
    truth_records,
)
from openalliance.core.simulation.simulate import simulate

__all__ = [
    "CHECK_IN_ITEMS",
    "CHECK_OUT_ITEMS",
    "FOLLOW_UP_MONTHS",
    "LIFE_ITEMS",
    "RECORD_COLUMNS",
    "TRUTH_COLUMNS",
    "AllianceModel",
    "Attendance",
    "AttendanceModel",
    "Cohort",
    "EndingKind",
    "FollowUpModel",
    "OutcomeModel",
    "SimulationSettings",
    "Targets",
    "Truth",
    "client_names",
    "long_records",
    "observations",
    "simulate",
    "truth_records",
]
