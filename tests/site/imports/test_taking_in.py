"""Taking records in: all or nothing, twice is once, nothing is overwritten."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from openalliance.core.errors import ConflictError, InputError
from openalliance.core.instruments import catalogue
from openalliance.files.mapping import Mapping
from openalliance.files.records import Reading, mapping_for, read_records
from openalliance.files.tables import Table
from openalliance.site.records.care.models import Client, Episode, Session
from openalliance.site.records.care.phases import phases_of, stretches_of
from openalliance.site.records.checkins import imports
from openalliance.site.records.checkins.access import course_for
from openalliance.site.records.checkins.imports import examine, take_in
from openalliance.site.records.checkins.models import CourseState, Score
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.models import AccessEntry

VALUES = (3.0, 3.4, 4.0, 5.2, 6.1)
MAPPING = mapping_for(
    Table(file="x", columns={"client": ()}),
    Mapping.model_validate(
        {
            "source": "old",
            "columns": {"client": "id", "date": "day", "value": "score"},
            "constants": {"rater": "client", "instrument": "oa-check-in", "scale": "life"},
        }
    ),
    therapist="tomas@harbour.example",
)


def reading(values: tuple[float, ...] = VALUES, mapping: Mapping = MAPPING) -> Reading:
    rows = [("7", f"2025-03-{day:02d}", str(value)) for day, value in enumerate(values, start=1)]
    columns = dict(zip(("id", "day", "score"), zip(*rows, strict=True), strict=True))
    table = Table(file="old.csv", columns=columns)
    return read_records(table, mapping, catalogue(), zone=ZoneInfo("UTC"))


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Client, Episode, Session, Score, CourseState))


def test_a_dry_run_writes_nothing(practice: Practice, therapist: Person) -> None:
    found = examine(practice, reading(), MAPPING, catalogue())
    assert (len(found.new), found.clients, found.episodes, found.sessions) == (5, 1, 1, 5)
    assert counts() == (0, 0, 0, 0, 0)


def test_imported_clients_have_courses(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    take_in(practice, reading(), MAPPING, now=now)
    assert counts() == (1, 1, 5, 5, 1)
    episode = Episode.objects.get()
    assert (episode.client.name, episode.client.code) == ("Client 7", "old-7")
    course = course_for(actor_for(therapist), episode)
    assert tuple(point.value for point in course.outcome) == VALUES
    assert [one.number for one in episode.sessions.order_by("starts_at")] == [1, 2, 3, 4, 5]
    assert AccessEntry.objects.filter(client_id=episode.client_id, action="added").count() == 2


def test_the_same_file_twice_changes_nothing(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    take_in(practice, reading(), MAPPING, now=now)
    before = counts()
    again = take_in(practice, reading(), MAPPING, now=now)
    assert (again.new, again.already_there) == ((), 5)
    assert counts() == before


def test_a_longer_file_adds_what_is_new(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    take_in(practice, reading(VALUES[:3]), MAPPING, now=now)
    added = take_in(practice, reading(), MAPPING, now=now)
    assert (len(added.new), added.already_there, added.clients) == (2, 3, 0)
    assert counts() == (1, 1, 5, 5, 1)


def test_a_changed_value_is_refused_and_nothing_is_written(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    take_in(practice, reading(), MAPPING, now=now)
    changed = reading((*VALUES[:2], 9.0, *VALUES[3:], 6.6))
    assert [one.row for one in examine(practice, changed, MAPPING, catalogue()).refused] == [3]
    with pytest.raises(ConflictError):
        take_in(practice, changed, MAPPING, now=now)
    assert counts() == (1, 1, 5, 5, 1)


def test_refused_rows_are_left_out_only_when_chosen(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    chosen = MAPPING.model_copy(update={"skip_refused": True})
    found = take_in(practice, reading((3.0, 99.0, 4.0), chosen), chosen, now=now)
    assert ([one.row for one in found.left_out], found.refused) == ([2], ())
    assert Score.objects.count() == 2


def test_a_therapist_nobody_knows(practice: Practice, colleague: Person) -> None:
    found = examine(practice, reading(), MAPPING, catalogue())
    assert {one.column for one in found.refused} == {"therapist"}
    assert len(found.refused) == 5


def test_an_outcome_without_measurement_error_is_refused(
    practice: Practice, therapist: Person
) -> None:
    mapping = Mapping.model_validate(
        {**MAPPING.model_dump(), "outcome": {"instrument": "oa-check-out-client", "scale": "pace"}}
    )
    with pytest.raises(InputError, match="standard error"):
        examine(practice, reading(), mapping, catalogue())


def test_stopped_half_way_leaves_nothing(
    practice: Practice, therapist: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    before = AccessEntry.objects.count()
    monkeypatch.setattr(imports, "rebuild_course", stopped)
    with pytest.raises(KeyboardInterrupt):
        take_in(practice, reading(), MAPPING, now=now)
    assert counts() == (0, 0, 0, 0, 0)
    assert AccessEntry.objects.count() == before


def test_another_practice_is_not_touched(
    practice: Practice, other_practice: Practice, therapist: Person, now: datetime
) -> None:
    take_in(practice, reading(), MAPPING, now=now)
    assert not Client.objects.filter(practice=other_practice).exists()
    assert {one.column for one in examine(other_practice, reading(), MAPPING, catalogue()).refused}


def test_a_column_of_modalities_becomes_phases(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    columns = MAPPING.columns.model_copy(update={"modality": "way"})
    mapping = MAPPING.model_copy(update={"columns": columns, "modality_name": "Old school"})
    ways = ("cbt", "cbt", "", "psychodynamic", "other")
    rows = [
        ("7", f"2025-03-{day:02d}", str(value), way)
        for day, (value, way) in enumerate(zip(VALUES, ways, strict=True), start=1)
    ]
    names = ("id", "day", "score", "way")
    table = Table(file="old.csv", columns=dict(zip(names, zip(*rows, strict=True), strict=True)))
    read = read_records(table, mapping, catalogue(), zone=ZoneInfo("UTC"))
    take_in(practice, read, mapping, now=now)
    episode = Episode.objects.get()
    told = [(one.modality, one.began.day) for one in stretches_of(phases_of(episode))]
    assert told == [("CBT", 1), ("psychodynamic", 4), ("Old school", 5)]
    assert episode.modality_label == "Old school"


def test_a_modality_that_is_none_refuses_its_row(practice: Practice, therapist: Person) -> None:
    columns = MAPPING.columns.model_copy(update={"modality": "way"})
    mapping = MAPPING.model_copy(update={"columns": columns})
    held = {"id": ("7",), "day": ("2025-03-01",), "score": ("3",), "way": ("magic",)}
    read = read_records(
        Table(file="old.csv", columns=held), mapping, catalogue(), zone=ZoneInfo("UTC")
    )
    assert [(one.column, one.why) for one in read.refused] == [("way", "is no modality")]


def test_without_the_column_all_is_of_the_mappings_modality(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    take_in(practice, reading(), MAPPING, now=now)
    assert [one.modality for one in phases_of(Episode.objects.get())] == ["other"]
