"""``openalliance verify``: what is whole is said to be, and what is not is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result

from openalliance.cli.verify import verify
from openalliance.core.errors import InputError
from openalliance.site.config import installation
from openalliance.site.records.intake.models import ContactRequest
from openalliance.site.records.practice.models import Practice
from openalliance.site.records.trust.actors import system
from openalliance.site.records.trust.chain import seal_entries
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.records.trust.services import Action, log

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PLANTED = "planted-words-5b1c"


@pytest.fixture(autouse=True)
def practice(monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A practice with four sealed entries and one encrypted message."""
    monkeypatch.setattr(installation, "open_installation", lambda folder: folder)
    made = Practice.objects.create(name="Harbour", crisis_information="112", created_at=NOW)
    for number in range(4):
        log(
            Action.READ, "course", uuid4(), by=system(made.pk),
            now=NOW + timedelta(hours=number), client_id=uuid4(),
        )  # fmt: skip
    seal_entries(made.pk)
    ContactRequest.objects.create(
        practice=made, name=PLANTED, reach_me=PLANTED, message=PLANTED, at=NOW
    )
    return made.pk


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(verify, [*arguments], standalone_mode=False)


def test_what_is_whole_is_said_to_be() -> None:
    found = _run()
    assert found.return_value == 0
    assert "4 entries follow from each other" in found.stdout
    assert "Encrypted fields of practice_contactrequest: 3 of 3 open" in found.stdout
    assert found.stdout.rstrip().endswith("All is whole.")
    assert PLANTED not in found.stdout


def test_a_changed_entry_is_named(practice: UUID) -> None:
    AccessEntry.objects.filter(practice_id=practice, seq=3).update(subject="plan")
    found = _run("--json")
    assert found.return_value == 1
    document = json.loads(found.stdout)
    assert document["whole"] is False
    (faulty,) = (check for check in document["checks"] if check["faults"])
    assert str(practice) in faulty["about"]
    assert faulty["faults"] == [
        "entry 3 (2026-03-02 11:30 UTC): the entry was changed or put in another's place"
    ]


def test_a_field_that_was_moved_is_named_by_its_place_alone(practice: UUID) -> None:
    moved = ContactRequest.objects.get()
    sealed = ContactRequest.objects.values_list("message", flat=True).get()
    # Raw SQL, as somebody at the database would: the model refuses it.
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE practice_contactrequest SET name = %s", [str(sealed)])
    found = _run()
    assert found.return_value == 1
    assert f"practice_contactrequest.name, row {moved.pk}" in found.stdout
    assert PLANTED not in found.stdout


def test_a_noted_head_is_looked_for(practice: UUID, tmp_path: Path) -> None:
    noted = tmp_path / "noted.txt"
    noted.write_text(_run("--head").stdout, encoding="utf-8")
    assert _run("--anchor", str(noted)).return_value == 0
    words = noted.read_text(encoding="utf-8").replace(" 4 ", " 9 ")
    noted.write_text(words, encoding="utf-8")
    found = _run("--anchor", str(noted))
    assert found.return_value == 1
    assert "the noted head is beyond" in found.stdout


def test_an_anchor_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    noted = tmp_path / "noted.txt"
    noted.write_text("# a note\nnothing of ours\n", encoding="utf-8")
    fault = _run("--anchor", str(noted)).exception
    assert isinstance(fault, InputError)
    assert "line 2" in str(fault)


def test_entries_that_were_never_sealed_are_told(practice: UUID) -> None:
    log(Action.READ, "course", uuid4(), by=system(practice), now=NOW, client_id=None)
    found = _run()
    assert found.return_value == 1
    assert "1 entries were never sealed" in found.stdout


def test_the_head_is_mailed_and_can_be_an_anchor_later(
    practice: UUID, settings: Any, mailoutbox: list[Any], tmp_path: Path
) -> None:
    settings.MAIL_IS_SET_UP = True
    done = _run("--mail-head", "notary@elsewhere.example")
    assert done.return_value == 0
    (letter,) = mailoutbox
    assert letter.to == ["notary@elsewhere.example"]
    assert PLANTED not in letter.body
    kept = tmp_path / "letter.txt"
    kept.write_text("\n".join(one for one in letter.body.splitlines() if "Please" not in one))
    assert _run("--anchor", str(kept)).return_value == 0
    AccessEntry.objects.filter(practice_id=practice).delete()
    assert _run("--anchor", str(kept)).return_value == 1


def test_without_mail_or_with_no_address_nothing_is_sent(
    settings: Any, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAIL_IS_SET_UP = False
    assert "not set up" in str(_run("--mail-head", "a@b.example").exception)
    settings.MAIL_IS_SET_UP = True
    assert "no e-mail address" in str(_run("--mail-head", "nobody").exception)

    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.send_mail", refuse)
    assert "ConnectionRefusedError" in str(_run("--mail-head", "a@b.example").exception)
    assert mailoutbox == []
