"""``openalliance check``: is an installation fit for real clients, and what is to be done."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from click.testing import CliRunner
from django.db import transaction

from openalliance.cli.check import check
from openalliance.site.config import fitness
from openalliance.site.config.fitness import Finding, Verdict
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.services import (
    NewPractice,
    change_practice,
    set_up_practice,
)
from openalliance.site.records.trust.keys_masters import current_master
from openalliance.site.records.trust.keys_rotation import note_sheet
from openalliance.site.records.trust.models import MasterKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice(settings: Any) -> Any:
    administrator = set_up_practice(
        NewPractice(
            name="Harbour", time_zone="Europe/Madrid", language="en", crisis_information="Call 112"
        ),
        administrator_email="ada@harbour.example",
        administrator_name="Ada",
        password=None,
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    TOTP.activate(administrator, "JBSWY3DPEHPK3PXP")
    return administrator.practice


@pytest.fixture
def fit(settings: Any, practice: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an installation that is fit in every respect but what a test spoils."""
    durable = Finding(about="Database", verdict=Verdict.FIT, found="as in a practice")
    monkeypatch.setattr(fitness, "_durability", lambda *_: durable)
    settings.HTTPS = True
    settings.ALLOWED_HOSTS = ["harbour.example"]
    settings.MAIL_IS_SET_UP = True
    settings.DEMONSTRATION = False
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    for name in ("secrets.json", "practice.sqlite3"):
        (folder / name).touch(mode=0o600)
    note = {"at": (datetime.now(UTC) - timedelta(hours=9)).isoformat()}
    (folder / "last-backup.json").write_text(json.dumps(note), encoding="utf-8")
    with transaction.atomic():
        note_sheet((current_master().pk,), now=datetime.now(UTC))
    return folder


def test_a_key_without_a_recovery_sheet_is_told(fit: Path) -> None:
    MasterKey.objects.update(sheet_made_at=None)
    finding = about(fit)["Recovery sheet"]
    assert finding.verdict is Verdict.UNFIT
    assert "openalliance keys sheet" in finding.do


def test_a_key_that_is_not_at_hand_is_told(fit: Path) -> None:
    MasterKey.objects.create(pk="k7", proof="none")
    finding = about(fit)["Recovery sheet"]
    assert finding.verdict is Verdict.UNFIT
    assert "k7" in finding.found


def about(folder: Path) -> dict[str, Finding]:
    return {finding.about: finding for finding in fitness._all(folder)}


def test_a_fit_installation_is_called_fit(fit: Path) -> None:
    unfit = [one for one in about(fit).values() if one.verdict is Verdict.UNFIT]
    assert unfit == []


@pytest.mark.parametrize(
    ("setting", "value", "spoiled"),
    [
        ("DEMONSTRATION", True, "Demonstration"),
        ("HTTPS", False, "HTTPS"),
        ("ALLOWED_HOSTS", ["*"], "Host names"),
        ("ALLOWED_HOSTS", ["localhost", "127.0.0.1"], "Host names"),
    ],
)
def test_a_setting_that_would_endanger_clients_is_found(
    fit: Path, settings: Any, setting: str, value: object, spoiled: str
) -> None:
    setattr(settings, setting, value)
    assert about(fit)[spoiled].verdict is Verdict.UNFIT
    assert about(fit)[spoiled].do


class Answers:
    """A database that answers questions about itself."""

    def __init__(self, **settings: str) -> None:
        self.settings = settings
        self.asked = ""

    def execute(self, question: str) -> None:
        self.asked = question.rsplit(maxsplit=1)[-1]

    def fetchone(self) -> tuple[str]:
        return (self.settings[self.asked],)


@pytest.mark.parametrize(
    ("vendor", "answers", "verdict"),
    [
        ("sqlite", {"journal_mode": "wal", "synchronous": "2"}, Verdict.FIT),
        ("sqlite", {"journal_mode": "wal", "synchronous": "1"}, Verdict.UNFIT),
        ("sqlite", {"journal_mode": "delete", "synchronous": "2"}, Verdict.UNFIT),
        ("postgresql", {"fsync": "on", "synchronous_commit": "on"}, Verdict.FIT),
        ("postgresql", {"fsync": "off", "synchronous_commit": "on"}, Verdict.UNFIT),
        ("postgresql", {"fsync": "on", "synchronous_commit": "off"}, Verdict.UNFIT),
    ],
)
def test_a_database_must_survive_a_power_cut(
    vendor: str, answers: dict[str, str], verdict: Verdict
) -> None:
    assert fitness._durability(vendor, Answers(**answers)).verdict is verdict


def test_without_mail_it_works_but_could_be_better(fit: Path, settings: Any) -> None:
    settings.MAIL_IS_SET_UP = False
    assert about(fit)["Mail"].verdict is Verdict.ADVICE


@pytest.mark.parametrize("name", [".", "secrets.json", "practice.sqlite3"])
def test_what_others_can_read_is_found(fit: Path, name: str) -> None:
    (fit / name).chmod(0o755)
    finding = about(fit)["Keys"]
    assert finding.verdict is Verdict.UNFIT
    assert name in finding.found


@pytest.mark.parametrize(
    ("field", "value", "spoiled", "verdict"),
    [
        ("crisis_information", "Talk to us", "Crisis information", Verdict.UNFIT),
        ("time_zone", "UTC", "Time zone", Verdict.ADVICE),
    ],
)
def test_what_the_practice_says_is_looked_at(
    fit: Path, practice: Any, field: str, value: str, spoiled: str, verdict: Verdict
) -> None:
    change_practice({field: value}, by=actor_for(practice.people.get()), now=datetime.now(UTC))
    assert about(fit)[spoiled].verdict is verdict


def test_a_demonstration_is_not_for_clients(fit: Path, practice: Any) -> None:
    practice.is_demonstration = True
    practice.save()
    assert about(fit)["Practice"].verdict is Verdict.UNFIT


def test_an_administrator_with_a_password_alone_is_found(fit: Path, practice: Any) -> None:
    practice.people.get().authenticator_set.all().delete()
    assert about(fit)["Administrator"].verdict is Verdict.UNFIT


def test_a_practice_that_is_not_set_up_is_found(fit: Path, practice: Any) -> None:
    from openalliance.site.records.practice.models import Practice, RoleGrant

    RoleGrant.objects.all().delete()
    practice.people.all().delete()
    Practice.objects.all().delete()
    assert about(fit)["Practice"].found == "not set up"


def test_the_status_and_the_document_say_the_same(
    fit: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "openalliance.site.config.fitness.examine", lambda _: tuple(about(fit).values())
    )
    done = CliRunner().invoke(check, ["--json"], standalone_mode=False)
    assert (done.return_value, json.loads(done.output)["fit"]) == (0, True)
    settings.HTTPS = False
    done = CliRunner().invoke(check, ["--json"], standalone_mode=False)
    document = json.loads(done.output)
    assert (done.return_value, document["fit"]) == (1, False)
    https = next(one for one in document["findings"] if one["about"] == "HTTPS")
    assert https["verdict"] == "unfit"
    assert https["do"]
    plain = CliRunner().invoke(check, [], standalone_mode=False).output
    assert "[ NO ] HTTPS" in plain
    assert "Not fit for real clients yet." in plain


@pytest.mark.slow
def test_a_folder_without_a_practice_is_said_plainly(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "openalliance", "check", "--data-dir", str(tmp_path / "none")],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no practice here yet" in done.stderr
    assert not (tmp_path / "none").exists()


def test_help_has_an_example() -> None:
    assert "openalliance check --data-dir" in CliRunner().invoke(check, ["--help"]).output


@pytest.mark.parametrize(
    ("days", "verdict"),
    [(0, Verdict.FIT), (1, Verdict.FIT), (3, Verdict.UNFIT), (None, Verdict.UNFIT)],
)
def test_a_backup_that_is_old_or_missing_is_complained_of(
    fit: Path, days: int | None, verdict: Verdict
) -> None:
    note = fit / "last-backup.json"
    if days is None:
        note.unlink()
    else:
        at = datetime.now(UTC) - timedelta(days=days)
        note.write_text(json.dumps({"at": at.isoformat()}), encoding="utf-8")
    found = about(fit)["Backup"]
    assert found.verdict is verdict
    assert verdict is Verdict.FIT or "openalliance backup" in found.do
