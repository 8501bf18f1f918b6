"""One episode in time: level and error, change, rupture and repair, expectation, signals."""

from openalliance.core.course.change import (
    Change,
    Verdict,
    change_between,
    reliable_change_index,
    standard_error_of_measurement,
    verdicts,
)
from openalliance.core.course.episode import (
    Course,
    Rupture,
    Update,
    fold,
    in_order,
    start,
    update,
)
from openalliance.core.course.gap import (
    NormalGap,
    probability_outside,
    published_normal_gap,
)
from openalliance.core.course.local_level import (
    LevelSeries,
    filter_and_smooth,
    filter_step,
)
from openalliance.core.course.priority import Facts, Priority, Reason, priority
from openalliance.core.course.settings import (
    AllianceMeasure,
    CourseSettings,
    OutcomeMeasure,
    RuptureRules,
)
from openalliance.core.course.states import CourseState, LevelState
from openalliance.core.course.steps import LevelPoint, OutcomePoint
from openalliance.core.course.trajectory import (
    WORKING_TRAJECTORY,
    BandPoint,
    Trajectory,
)
from openalliance.core.course.values import (
    Certainty,
    Method,
    Observation,
    ObservationKind,
    Onset,
    Signal,
    SignalKind,
    TalkAbout,
)

__all__ = [
    "WORKING_TRAJECTORY",
    "AllianceMeasure",
    "BandPoint",
    "Certainty",
    "Change",
    "Course",
    "CourseSettings",
    "CourseState",
    "Facts",
    "LevelPoint",
    "LevelSeries",
    "LevelState",
    "Method",
    "NormalGap",
    "Observation",
    "ObservationKind",
    "Onset",
    "OutcomeMeasure",
    "OutcomePoint",
    "Priority",
    "Reason",
    "Rupture",
    "RuptureRules",
    "Signal",
    "SignalKind",
    "TalkAbout",
    "Trajectory",
    "Update",
    "Verdict",
    "change_between",
    "filter_and_smooth",
    "filter_step",
    "fold",
    "in_order",
    "priority",
    "probability_outside",
    "published_normal_gap",
    "reliable_change_index",
    "standard_error_of_measurement",
    "start",
    "update",
    "verdicts",
]
