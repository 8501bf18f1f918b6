"""A cohort in other shapes: long records as practices exchange them, and course observations."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from openalliance.core.course import Observation, ObservationKind
from openalliance.core.instruments import Rater
from openalliance.core.simulation.calibration import FOLLOW_UP_MONTHS
from openalliance.core.simulation.cohort import (
    CHECK_IN_ITEMS,
    CHECK_OUT_ITEMS,
    LIFE_ITEMS,
    Attendance,
    Cohort,
    Floats,
)

DAYS_PER_MONTH = 30.4375
RECORD_COLUMNS = (
    "client", "therapist", "episode", "session", "date", "rater", "instrument", "item", "value",
)  # fmt: skip
TRUTH_COLUMNS = (
    "client", "session", "alliance_client", "alliance_therapist", "outcome",
    "rupture_began", "rupture_open", "repaired", "rupture_depth", "gain",
)  # fmt: skip

Columns = dict[str, NDArray[np.generic]]


def client_names(cohort: Cohort) -> NDArray[np.str_]:
    """Identifiers ``C0001`` … of the clients, in order."""
    return np.array([f"C{number:04d}" for number in range(1, cohort.clients + 1)])


def long_records(cohort: Cohort, begin: date) -> Columns:
    """One row per answered item, columns `RECORD_COLUMNS`, ordered by client and time.

    ``session`` is -1 for follow-ups, which belong to no session. ``begin`` is day 0.
    """
    parts = [
        _rows(cohort, cohort.check_in, "oa-check-in", "client", CHECK_IN_ITEMS),
        _rows(cohort, cohort.check_out_client, "oa-check-out-client", "client", CHECK_OUT_ITEMS),
        _rows(
            cohort, cohort.check_out_therapist, "oa-check-out-therapist", "therapist",
            CHECK_OUT_ITEMS,
        ),
        _follow_up_rows(cohort),
    ]  # fmt: skip
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["day"], columns["number"]))
    columns = {name: values[order] for name, values in columns.items()}
    names = client_names(cohort)[columns["number"]]
    therapists = np.array([f"T{i:02d}" for i in range(1, int(cohort.therapist.max()) + 2)])
    return {
        "client": names,
        "therapist": therapists[cohort.therapist[columns["number"]]],
        "episode": np.char.add(names, "-1"),
        "session": columns["session"],
        "date": np.datetime64(begin, "D") + columns["day"].astype("timedelta64[D]"),
        "rater": columns["rater"],
        "instrument": columns["instrument"],
        "item": columns["item"],
        "value": columns["value"],
    }


def truth_records(cohort: Cohort) -> Columns:
    """The truth, one row per client and session due, columns `TRUTH_COLUMNS`."""
    number, session = np.nonzero(cohort.attendance != Attendance.NONE)
    columns: Columns = {"client": client_names(cohort)[number], "session": session + 1}
    for name in TRUTH_COLUMNS[2:]:
        columns[name] = getattr(cohort.truth, name)[number, session]
    return columns


def observations(cohort: Cohort, number: int, begin: date) -> list[Observation]:
    """What the course of client ``number`` (from 0) is made of.

    The check-in is done an hour before noon of the session's day, the check-outs after it.
    """
    life, (client, therapist) = cohort.life()[number], cohort.alliance()
    made: list[Observation] = []
    for index in range(int(cohort.held[number])):
        noon = datetime.combine(begin, time(12), UTC) + timedelta(
            days=int(cohort.day[number, index])
        )
        before, session = noon - timedelta(hours=1), index + 1
        if np.isnan(life[index]):
            made.append(
                Observation(at=before, session=session, kind=ObservationKind.CHECK_IN_MISSED)
            )
        else:
            tasks, safety = cohort.check_in[number, index, 5:]
            made += [
                Observation(at=before, session=session, kind=kind, value=float(value))
                for kind, value in (
                    (ObservationKind.CHECK_IN_DONE, 0.0),
                    (ObservationKind.OUTCOME, life[index]),
                    (ObservationKind.ADHERENCE, tasks),
                    (ObservationKind.SAFETY, safety),
                )
            ]
        for rater, ratings, minutes in (
            (Rater.CLIENT, client, 60),
            (Rater.THERAPIST, therapist, 90),
        ):
            if not np.isnan(ratings[number, index]):
                made.append(
                    Observation(
                        at=noon + timedelta(minutes=minutes),
                        session=session,
                        kind=ObservationKind.ALLIANCE,
                        rater=rater,
                        value=float(ratings[number, index]),
                    )
                )
    return made


def _rows(
    cohort: Cohort, responses: Floats, instrument: str, rater: str, items: tuple[str, ...]
) -> Columns:
    number, session, item = np.nonzero(~np.isnan(responses))
    return {
        "number": number,
        "session": session + 1,
        "day": cohort.day[number, session],
        "rater": np.full(number.size, rater),
        "instrument": np.full(number.size, instrument),
        "item": np.array(items)[item],
        "value": responses[number, session, item],
    }


def _follow_up_rows(cohort: Cohort) -> Columns:
    number, wave, item = np.nonzero(~np.isnan(cohort.follow_up))
    last = cohort.day[np.arange(cohort.clients), cohort.held - 1]
    days = np.rint(np.array(FOLLOW_UP_MONTHS) * DAYS_PER_MONTH).astype(np.int64)
    return {
        "number": number,
        "session": np.full(number.size, -1),
        "day": last[number] + days[wave],
        "rater": np.full(number.size, "client"),
        "instrument": np.full(number.size, "oa-follow-up"),
        "item": np.array(LIFE_ITEMS)[item],
        "value": cohort.follow_up[number, wave, item],
    }
