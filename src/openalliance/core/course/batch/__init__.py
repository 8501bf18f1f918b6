"""Very many clients at once: the live steps, compiled, over columns.

Nothing here decides anything: every number comes from the functions that `update` calls for one
observation, so that a batch equals the fold of live updates.
"""

from openalliance.core.course.batch.alliance import (
    NO_SESSION,
    AllianceCourses,
    RatingRows,
    alliance_courses,
)
from openalliance.core.course.batch.clients import Offsets, client_offsets, first_out_of_order
from openalliance.core.course.batch.columns import ValueFaultError
from openalliance.core.course.batch.outcome import (
    NO_VERDICT,
    OutcomeCourses,
    OutcomeRows,
    outcome_courses,
)

__all__ = [
    "NO_SESSION",
    "NO_VERDICT",
    "AllianceCourses",
    "Offsets",
    "OutcomeCourses",
    "OutcomeRows",
    "RatingRows",
    "ValueFaultError",
    "alliance_courses",
    "client_offsets",
    "first_out_of_order",
    "outcome_courses",
]
