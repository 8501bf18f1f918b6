"""The figures a simulated cohort is calibrated to, and the knobs that were tuned to reach them."""

from __future__ import annotations

from dataclasses import dataclass

from openalliance.core.errors import InputError

FOLLOW_UP_MONTHS = (1, 3, 6, 12, 24, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Published figures; simulated cohorts are tested to come near them."""

    alliance_outcome_r: float = 0.278
    """Flückiger, Del Re, Wampold & Horvath 2018, 295 studies."""
    alliance_drop_out_d: float = 0.55
    """Sharf, Primavera & Diener 2010, 11 studies."""
    drop_out: float = 0.197
    """Swift & Greenberg 2012, 669 studies."""
    therapist_icc: float = 0.05
    """Johns, Barkham, Kellett & Saxon 2019."""
    client_above_therapist_g: float = 0.41
    """40 studies of both perspectives."""
    perspectives_r: float = 0.36
    """Tryon, Blackwell & Hammel 2007."""
    residual_autocorrelation: float = 0.5
    """CAR(1) φ .46 to .54 on the residuals of ENRICHD's session scores."""
    sudden_gain_share: float = 0.37
    """Middle of the 35 to 40 % of clients reported over studies of sudden gains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllianceModel:
    """Latent alliance per rater on 0 to 10: between people, drift, ruptures, items."""

    mean: float = 7.8
    sd: float = 1.2
    gap_sds: float = 0.52
    """Latent gap in SDs; the ceiling, which binds the client's ratings more, makes it g = .41."""
    therapist_share: float = 0.05
    level_sd: float = 0.2
    growth_per_session: float = 0.03
    rupture_hazard: float = 0.05
    rupture_depth: float = 2.0
    rupture_depth_sd: float = 0.8
    rupture_least_depth: float = 1.0
    therapist_sees: float = 0.5
    """Share of a rupture's depth in the therapist's own view."""
    repair_hazard: float = 0.45
    item_sd: float = 1.18
    """Error per item: with whole numbers and six items a SEM of 0.5 for the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeModel:
    """Latent life score on 0 to 10: start, log-time rate, swings, gains, items."""

    start_mean: float = 4.0
    start_sd: float = 1.3
    rate_mean: float = 0.50
    rate_sd: float = 0.5
    start_rate_correlation: float = -0.2
    therapist_weight: float = 0.33
    alliance_weight: float = 0.43
    swing_sd: float = 0.6
    within_alliance_effect: float = 0.15
    """Points of next session's swing per point of alliance above the client's usual."""
    gain_size: float = 1.5
    gain_size_sd: float = 0.4
    gain_reversal: float = 0.3
    item_sd: float = 1.08
    """Error per item: with whole numbers and five items a SEM of 0.5 for the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceModel:
    """Who comes, who answers, who leaves."""

    drop_out_logit: float = -4.0
    drop_out_alliance: float = 0.38
    """Log odds of leaving per SD of alliance below the mean."""
    drop_out_outcome: float = 0.30
    """Log odds of leaving per point of outcome below what was expected."""
    no_show: float = 0.07
    cancelled: float = 0.05
    check_in_missed_logit: float = -2.4
    check_in_missed_sd: float = 1.0
    client_check_out_missed: float = 0.12
    therapist_check_out_missed: float = 0.08
    least_sessions: int = 6
    """Planned episodes last between this and the settings' most sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpModel:
    """After the episode: slow loss of gains, and answers that are few and not random."""

    loss_per_log_month: float = 0.10
    swing_sd: float = 0.9
    response_logit: float = -0.6
    response_per_log_month: float = -0.35
    response_per_point: float = 0.25
    """Log odds of answering per point of outcome: who does well answers more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSettings:
    """Size of a cohort and its models.

    Parameters
    ----------
    clients, therapists
        At least 1 each; clients are spread over therapists at random.
    sessions
        Most sessions of an episode, at least 6.
    """

    clients: int = 60
    therapists: int = 3
    sessions: int = 16
    alliance: AllianceModel = AllianceModel()
    outcome: OutcomeModel = OutcomeModel()
    attendance: AttendanceModel = AttendanceModel()
    follow_up: FollowUpModel = FollowUpModel()
    targets: Targets = Targets()

    def __post_init__(self) -> None:
        if self.clients < 1 or self.therapists < 1:
            raise InputError("a cohort needs a client and a therapist", where="simulation")
        if self.sessions < self.attendance.least_sessions:
            raise InputError("an episode needs at least 6 sessions", where="sessions")
