"""``openalliance report``: a whole file of the right kind, or none and a plain word why."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from openalliance.cli.report import report
from openalliance.core.errors import InputError
from openalliance.site.config import installation
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.trust.actors import ActorKind, Role
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.reports import document

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def episode(monkeypatch: pytest.MonkeyPatch) -> Episode:
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
    new = care.NewClient(name="Amara", email=None, language="en", modality="cbt")
    made = care.add_client(new, by=actor_for(head), now=NOW)
    for week, value in enumerate((3.0, 4.0, 6.5)):
        Score.objects.create(
            practice=head.practice, episode=made, at=NOW + timedelta(weeks=week), rater="client",
            instrument="oa-check-in", version="1", scale="life", value=value,
        )  # fmt: skip
    return made


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(report, arguments)


@pytest.mark.parametrize("kind", ["client", "ending"])
def test_a_report_is_written_with_the_code_and_noted(
    episode: Episode, kind: str, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    result = _run(kind, episode.client.code, "--out", str(out))
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    assert episode.client.code in text
    assert "Amara" not in text
    assert "+3.5" in text
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    entry = AccessEntry.objects.filter(subject="report").get()
    assert (entry.actor_kind, entry.client_id) == (ActorKind.SYSTEM, episode.client_id)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["therapist", "ADA@harbour.example", "--year", "2026"], "A year of my work"),
        (["practice"], "A year of the practice"),
        (["supervision", "ada@harbour.example"], "For supervision"),
    ],
)
def test_a_year_and_an_hour_of_supervision_name_no_client(
    episode: Episode, arguments: list[str], words: str, tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    result = _run(*arguments, "--out", str(out))
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    assert f"<h1>{words}</h1>" in text
    assert "Amara" not in text
    assert (episode.client.code in text) is (arguments[0] == "supervision")


@pytest.mark.parametrize("kind", ["therapist", "supervision"])
def test_who_is_no_therapist_here_has_no_report(
    episode: Episode, kind: str, tmp_path: Path
) -> None:
    result = _run(kind, "amara@harbour.example", "--out", str(tmp_path / "report.html"))
    assert isinstance(result.exception, InputError)
    assert "is no therapist of this practice" in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_the_name_is_there_when_asked_for(episode: Episode, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    _run("client", episode.client.code, "--name", "--out", str(out))
    assert "Amara" in out.read_text(encoding="utf-8")


def test_a_pdf_is_one(episode: Episode, tmp_path: Path) -> None:
    out = tmp_path / "report.pdf"
    assert _run("client", episode.client.code, "--out", str(out)).exit_code == 0
    assert out.read_bytes().startswith(b"%PDF-")


def test_what_cannot_be_done_is_said_and_writes_nothing(
    episode: Episode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.pdf").write_bytes(b"mine")
    for code, name, words in (
        ("NOBODY", "new.pdf", "no client of this practice has the code NOBODY"),
        (episode.client.code, "new.docx", "ends in .pdf or .html"),
        (episode.client.code, "there.pdf", "is there already"),
        (episode.client.code, "none/new.pdf", "its folder is not there"),
    ):
        result = _run("client", code, "--out", str(tmp_path / name))
        assert isinstance(result.exception, InputError)
        assert words in str(result.exception)

    def broken(_report: object) -> bytes:
        raise RuntimeError

    monkeypatch.setattr(document, "pdf_of", broken)
    assert _run("client", episode.client.code, "--out", str(tmp_path / "new.pdf")).exit_code == 1
    assert [one.name for one in tmp_path.iterdir()] == ["there.pdf"]
    assert (tmp_path / "there.pdf").read_bytes() == b"mine"


def test_without_a_file_it_is_wrong_usage() -> None:
    assert _run("client", "K7RM2P").exit_code == 2
