"""``openalliance export`` and ``erase``: taken out whole, brought in again, erased for good."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openalliance.cli import import_records as importing
from openalliance.cli.erase import erase
from openalliance.cli.export import export
from openalliance.core.errors import ConflictError, InputError
from openalliance.core.plan import Goal, Plan
from openalliance.site.config import installation
from openalliance.site.config.erasures import noted_erasures
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Client, Episode, Phase
from openalliance.site.records.care.phases import begin_phase
from openalliance.site.records.checkins.models import Score
from openalliance.site.records.plans import services as plans
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.rights.consent import answer
from openalliance.site.records.trust import keys
from openalliance.site.records.trust.actors import Actor, ActorKind, Role

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def practice(monkeypatch: pytest.MonkeyPatch) -> Practice:
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
    return head.practice


@pytest.fixture
def episodes(practice: Practice) -> list[Episode]:
    """Two clients with four numbers each, two of them on the same day."""
    by = actor_for(Person.objects.get())
    made = []
    for name in ("Amara", "Björn"):
        new = care.NewClient(name=name, email=None, language="en", modality="cbt")
        episode = care.add_client(new, by=by, now=NOW)
        for number in range(4):
            Score.objects.create(
                practice=practice, episode=episode, at=NOW + timedelta(hours=9 * number),
                rater="client", instrument="oa-check-in", version="1", scale="life",
                value=number + 0.1,
            )  # fmt: skip
        made.append(episode)
    return made


def _run(command: Any, *arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments], standalone_mode=False)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_is_taken_out(episodes: list[Episode], tmp_path: Path) -> None:
    done = _run(export, tmp_path / "out")
    assert done.exception is None
    assert "2 records, 8 rows, 0 requests written" in done.stdout
    for episode in episodes:
        path = tmp_path / "out" / "clients" / f"{episode.client.code}.json"
        assert json.loads(path.read_text())["about"]["name"] == episode.client.name
        assert path.stat().st_mode & 0o077 == 0
    rows = _rows(tmp_path / "out" / "numbers.csv")
    assert len(rows) == 8
    assert {row["client"] for row in rows} == {one.client.code for one in episodes}


def test_plans_are_taken_out_as_fhir(episodes: list[Episode], tmp_path: Path) -> None:
    by = actor_for(Person.objects.get())
    plan = Plan(goals=(Goal(id="g", words="Swim again"),))
    plans.propose(episodes[0].pk, plan, by=by, now=NOW)
    assert _run(export, tmp_path / "out").exception is None
    folder = tmp_path / "out" / "clients"
    (path,) = folder.glob("*.plan.json")
    assert path.name == f"{episodes[0].client.code}.plan.json"
    kinds = [one["resource"]["resourceType"] for one in json.loads(path.read_text())["entry"]]
    assert kinds == ["CarePlan", "Goal"]
    assert "Amara" not in path.read_text()


def test_numbers_that_were_taken_out_can_be_brought_in_again(
    episodes: list[Episode], practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_practice", lambda *_: practice)
    begin_phase(
        episodes[0].pk, modality="psychodynamic", since=NOW + timedelta(hours=12),
        by=actor_for(Person.objects.get()), now=NOW + timedelta(days=3),
    )  # fmt: skip
    _run(export, tmp_path / "out")
    held = sorted(Score.objects.values_list("at", "scale", "value"))
    for model in (Score, Phase, Episode):
        model.objects.all().delete()
    keys.DataKey.objects.all().delete()
    Client.objects.all().delete()
    folder = tmp_path / "out"
    done = _run(
        importing.import_records, folder / "numbers.csv",
        "--mapping", folder / "numbers.mapping.json", "--apply", "--data-dir", tmp_path,
    )  # fmt: skip
    assert done.exception is None, done.output
    assert done.return_value == 0, done.output
    assert sorted(Score.objects.values_list("at", "scale", "value")) == held
    assert sorted(Phase.objects.values_list("number", "modality")) == [
        (1, "cbt"), (1, "cbt"), (2, "psychodynamic"),
    ]  # fmt: skip


def test_no_cell_of_the_numbers_is_a_formula_and_they_still_come_back(
    episodes: list[Episode], practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_practice", lambda *_: practice)
    Person.objects.update(email="=ada@harbour.example")
    Client.objects.filter(pk=episodes[0].client_id).update(external_ref="=HYPERLINK(A1)")
    Score.objects.update(value=-1.5)
    _run(export, tmp_path / "out")
    table = tmp_path / "out" / "numbers.csv"
    rows = _rows(table)
    assert {row["therapist"] for row in rows} == {"'=ada@harbour.example"}
    assert "'=HYPERLINK(A1)" in {row["client"] for row in rows}
    assert {row["value"] for row in rows} == {"-1.5"}
    mapping = table.with_name("numbers.mapping.json")
    table.write_text(table.read_text().replace("-1.5", "1.5"))
    done = _run(
        importing.import_records, table, "--mapping", mapping, "--json", "--data-dir", tmp_path
    )
    told = json.loads(done.stdout)
    assert (told["new"]["clients"], told["refused"]) == (1, [])


def test_one_record_and_what_is_wrong(episodes: list[Episode], tmp_path: Path) -> None:
    code = episodes[0].client.code
    assert _run(export, tmp_path / "one", "--client", code).exception is None
    written = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert [path.name for path in written] == [f"{code}.json"]
    assert isinstance(_run(export, tmp_path / "one").exception, InputError)
    unknown = _run(export, tmp_path / "two", "--client", "NOBODY")
    assert "NOBODY" in str(unknown.exception)
    both = _run(export, tmp_path / "three", "--client", code, "--research")
    assert "Choose one" in str(both.exception)
    assert "there are: “Harbour”" in str(_run(export, tmp_path / "4", "--practice", "x").exception)


def test_research_gets_those_who_agreed(episodes: list[Episode], tmp_path: Path) -> None:
    _run(export, tmp_path / "none", "--research")
    assert _rows(tmp_path / "none" / "research.csv") == []
    client = Actor(
        kind=ActorKind.CLIENT, id=episodes[0].client_id, practice_id=episodes[0].practice_id
    )
    answer("research", True, by=client, now=NOW)
    _run(export, tmp_path / "some", "--research")
    rows = _rows(tmp_path / "some" / "research.csv")
    assert len(rows) == 4
    assert {row["day"] for row in rows} == {"0", "1"}
    assert [path.name for path in (tmp_path / "some").iterdir()] == ["research.csv"]


def test_records_are_listed_and_erased_when_their_time_is_over(
    episodes: list[Episode], tmp_path: Path
) -> None:
    old, running = episodes
    Episode.objects.filter(pk=old.pk).update(ended_at=NOW - timedelta(days=366 * 30))
    listed = _run(erase, "--data-dir", tmp_path).stdout
    assert f"{old.client.code:<24}may be erased" in listed
    assert f"{running.client.code:<24}therapy is running" in listed
    done = _run(erase, "--due", "--yes", "--data-dir", tmp_path)
    assert "1 records were erased" in done.stdout
    keys.forget()
    assert str(Client.objects.get(pk=old.client_id).name) == "erased"
    assert Client.objects.get(pk=running.client_id).name == "Björn"
    assert set(noted_erasures(tmp_path)) == {old.client_id}


def test_what_must_be_kept_is_refused(episodes: list[Episode], tmp_path: Path) -> None:
    code = episodes[0].client.code
    refused = _run(erase, code, "--yes", "--data-dir", tmp_path)
    assert isinstance(refused.exception, ConflictError)
    Episode.objects.update(ended_at=NOW)
    refused = _run(erase, code, "--yes", "--data-dir", tmp_path)
    assert "must be kept until 2036-03-02" in str(refused.exception)
    assert isinstance(_run(erase, "NOBODY", "--yes").exception, InputError)
    done = _run(erase, code, "--yes", "--despite-retention", "--data-dir", tmp_path, "--json")
    assert json.loads(done.stdout) == {"erased": [code]}
