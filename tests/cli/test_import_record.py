"""``openalliance import-record``: looked at first, then all of the files or none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openalliance.cli.export import export
from openalliance.cli.import_record import import_record
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config import installation
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Client
from openalliance.site.records.intake.models import ContactRequest, Profile
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Role

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADA = ("--therapist", "ada@harbour.example")


@pytest.fixture(autouse=True)
def practice(db: None, monkeypatch: pytest.MonkeyPatch) -> Person:
    monkeypatch.setattr(installation, "open_installation", lambda folder: folder)
    head = practices.set_up_practice(
        practices.NewPractice(
            name="Harbour", time_zone="Europe/Madrid", language="en", crisis_information="112"
        ),
        administrator_email="ada@harbour.example",
        administrator_name="Ada",
        password=None,
        now=NOW,
    )
    practices.grant(head, [Role.ADMINISTRATOR, Role.THERAPIST], now=NOW)
    return Person.objects.get()


def _file(folder: Path, code: str, **more: Any) -> Path:
    path = folder / f"{code}.json"
    episode = {"number": 1, "modality": "CBT", "started_at": "2025-09-01T12:00:00+00:00"}
    document = {
        "format": "openalliance-record/1", "about": {"code": code}, "episodes": [episode], **more,
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def _run(*arguments: Any) -> Result:
    return CliRunner().invoke(import_record, [str(one) for one in arguments])


def test_a_dry_run_says_what_would_come_in_and_writes_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path, "A-1", consents=[{"given": True}], read_by=[{}, {}])
    done = _run(path, *ADA)
    assert done.exception is None
    assert "1 clients, 1 episodes" in done.stdout
    assert "1 consents, 2 log entries" in done.stdout
    assert "Nothing was written" in done.stdout
    assert not Client.objects.exists()


def test_all_files_come_in_or_none(tmp_path: Path) -> None:
    first, second = _file(tmp_path, "A-1"), _file(tmp_path, "A-2")
    plan = tmp_path / "A-1.plan.json"
    plan.write_text(json.dumps({"resourceType": "Bundle", "entry": []}))
    assert _run(first, *ADA, "--apply").exception is None
    refused = _run(second, first, *ADA, "--apply")
    assert isinstance(refused.exception, ConflictError)
    assert Client.objects.get().code == "A-1"
    done = _run(second, plan, *ADA, "--apply", "--json")
    assert json.loads(done.stdout)["applied"] is True
    assert Client.objects.count() == 2


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    path = _file(tmp_path, "A-1")
    assert "--therapist" in str(_run(path, "--therapist", "x@harbour.example").exception)
    assert isinstance(_run(path, path, *ADA).exception, InputError)
    assert isinstance(_run(path, *ADA, "--practice", "Hill").exception, InputError)
    path.write_text("{")
    assert "A-1.json" in str(_run(path, *ADA).exception)
    path.write_text(json.dumps({"resourceType": "Bundle"}))
    assert "none of these files" in str(_run(path, *ADA).exception)


def test_a_client_that_was_taken_out_comes_in_elsewhere(tmp_path: Path, practice: Person) -> None:
    new = care.NewClient(name="Björn", email=None, language="en", modality="cbt")
    episode = care.add_client(new, by=actor_for(practice), now=NOW)
    Profile.objects.create(person=practice, headline="I listen")
    ContactRequest.objects.create(
        practice=practice.practice, at=NOW, name="Wanda", reach_me="555", message="I am lost"
    )
    CliRunner().invoke(export, [str(tmp_path / "out")])
    held = json.loads((tmp_path / "out" / "practice.json").read_text())
    assert [one["headline"] for one in held["profiles"]] == ["I listen"]
    assert [one["message"] for one in held["requests"]] == ["I am lost"]
    code = episode.client.code
    Client.objects.filter(pk=episode.client_id).update(code="gone")
    done = _run(tmp_path / "out" / "clients" / f"{code}.json", *ADA, "--apply")
    assert done.exception is None, done.exception
    assert Client.objects.get(code=code).name == "Björn"
