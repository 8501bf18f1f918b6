"""A plan from a file becomes a proposal in a running therapy, and nothing more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from openalliance.cli.import_plan import import_plan
from openalliance.core.errors import ConflictError, InputError
from openalliance.core.plan import Goal, Plan
from openalliance.site.config import installation
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode
from openalliance.site.records.plans import services as plans
from openalliance.site.records.plans.access import plan_of_episode
from openalliance.site.records.plans.convert import plan_of
from openalliance.site.records.practice import services as practices
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.rights.plan_files import plans_for_practice
from openalliance.site.records.trust.actors import Role
from openalliance.site.records.trust.models import AccessEntry

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PLAN = Plan(goals=(Goal(id="g", words="Swim in the cold lake"),))


@pytest.fixture(autouse=True)
def _open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "open_installation", lambda folder: folder)


@pytest.fixture
def episodes(db: None) -> list[Episode]:
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
    by = actor_for(Person.objects.get())
    return [
        care.add_client(
            care.NewClient(name=name, email=None, language="en", modality="cbt"), by=by, now=NOW
        )
        for name in ("Amara", "Björn")
    ]


@pytest.fixture
def taken(episodes: list[Episode], tmp_path: Path) -> Path:
    """The first client's plan as it is exported."""
    by = actor_for(Person.objects.get())
    plans.propose(episodes[0].pk, PLAN, by=by, now=NOW)
    of = episodes[0]
    found = plans_for_practice(of.client_id, of.practice_id, now=NOW)
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(found))
    return path


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(import_plan, [str(one) for one in arguments])


def test_a_plan_that_was_taken_out_is_proposed_elsewhere(
    episodes: list[Episode], taken: Path
) -> None:
    done = run(taken, "--client", episodes[1].client.code)
    assert done.exception is None
    assert "1 goals" in done.stdout
    assert "Swim" not in done.stdout
    table = plan_of_episode(episodes[1])
    assert table.agreed is None
    assert table.proposed is not None
    assert plan_of(table.proposed).goals == PLAN.goals
    assert AccessEntry.objects.filter(subject="plan", actor_kind="system", action="added").exists()


def test_a_dry_run_writes_nothing(episodes: list[Episode], taken: Path) -> None:
    done = run(taken, "--client", episodes[1].client.code, "--dry-run", "--json")
    assert json.loads(done.stdout) == {
        "goals": 1, "strategies": 0, "ways_of_working": 0, "proposed": False,
    }  # fmt: skip
    assert plan_of_episode(episodes[1]).history == ()


def test_what_waits_for_an_answer_is_not_pushed_aside(episodes: list[Episode], taken: Path) -> None:
    done = run(taken, "--client", episodes[0].client.code)
    assert isinstance(done.exception, ConflictError)
    assert len(plan_of_episode(episodes[0]).history) == 1


def test_after_the_end_there_is_nobody_to_agree(episodes: list[Episode], taken: Path) -> None:
    by = actor_for(Person.objects.get())
    care.end_episode(episodes[1].pk, "planned", by=by, now=NOW)
    done = run(taken, "--client", episodes[1].client.code)
    assert isinstance(done.exception, ConflictError)
    assert "needs two" in str(done.exception)


@pytest.mark.parametrize("text", ["{", "[]", '{"resourceType": "Bundle", "entry": []}', "\xff"])
def test_what_is_no_plan_is_refused_with_the_file_and_the_place(
    episodes: list[Episode], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(text, encoding="latin-1")
    done = run(path, "--client", episodes[1].client.code)
    assert isinstance(done.exception, InputError)
    assert "wrong.json" in str(done.exception)


def test_an_unknown_code_is_refused(episodes: list[Episode], taken: Path) -> None:
    assert isinstance(run(taken, "--client", "NOBODY").exception, InputError)
