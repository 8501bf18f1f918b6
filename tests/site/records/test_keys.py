"""Every client has a key of their own, wrapped by a master key that lies outside the database."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from openalliance.core.errors import InputError
from openalliance.site.config import secrets
from openalliance.site.config.secrets import MasterKeys
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.intake.models import ContactRequest
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust import cipher, keys
from openalliance.site.records.trust.keys_boxes import seal
from openalliance.site.records.trust.keys_masters import master
from openalliance.site.records.trust.models import DataKey, MasterKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    keys.forget()
    yield
    keys.forget()


def _sealed(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def _add(therapist: Person, name: str, now: datetime) -> Client:
    new = care.NewClient(name=name, email=None, language="en", modality="cbt")
    return care.add_client(new, by=actor_for(therapist), now=now).client


def test_each_client_has_a_key_and_the_practice_its_own(
    episode: Episode, therapist: Person, practice: Practice, now: datetime
) -> None:
    other = _add(therapist, "Second", now)
    ContactRequest.objects.create(practice=practice, at=now, name="A", reach_me="B", message="C")
    owners = {(row.owner_kind, row.owner_id): row.pk.hex for row in DataKey.objects.all()}
    assert set(owners) == {
        ("client", episode.client_id), ("client", other.pk), ("practice", practice.pk),
    }  # fmt: skip
    for pk, name, email in Client.objects.values_list("pk", "name", "email"):
        assert cipher.head_of(name) == (cipher.Format.DATA_KEY, owners["client", pk], 35)
        assert email is None or cipher.head_of(email).key_id == owners["client", pk]
    message = _sealed("practice_contactrequest", "message")[0]
    assert cipher.head_of(message).key_id == owners["practice", practice.pk]


def test_the_master_key_is_not_in_the_database_and_opens_the_data_key(
    episode: Episode, settings: Any
) -> None:
    row = DataKey.objects.get()
    secret = settings.MASTER_KEYS.secret("k1")
    held = keys.opened(row)
    assert len(held) == len(secret) == 32
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            lying = repr(cursor.fetchall())
            for key in (held, secret):
                assert b64encode(key).decode() not in lying
                assert key.hex() not in lying


def test_a_data_key_moved_to_another_client_does_not_open(
    episode: Episode, therapist: Person, now: datetime
) -> None:
    other = _add(therapist, "Second", now)
    mine, theirs = (DataKey.objects.get(owner_id=one) for one in (episode.client_id, other.pk))
    DataKey.objects.filter(pk=theirs.pk).update(wrapped=mine.wrapped)
    keys.forget()
    assert Client.objects.get(pk=episode.client_id).name == "Noor Client"
    with pytest.raises(cipher.UnreadableFieldError, match="altered or moved"):
        _ = Client.objects.get(pk=other.pk).name


def test_what_the_first_version_wrote_still_opens_and_is_sealed_anew_when_saved(
    episode: Episode,
) -> None:
    client = episode.client
    old = seal(master("k1"), b"Noor of old", about=f"care_client.name.{client.pk}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE care_client SET name = %s", [f"k1.{old}"])
    assert Client.objects.get().name == "Noor of old"
    Client.objects.get().save()
    assert _sealed("care_client", "name")[0].startswith("2.")
    assert Client.objects.get().name == "Noor of old"


@pytest.mark.parametrize("text", ["", "plain words", "2.", "2.zz.abc", "9." + "0" * 32 + ".AAAA"])
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(cipher.UnreadableFieldError):
        cipher.decrypt(text, place="care_client.name.1")


def test_a_key_nobody_knows_is_a_clear_fault() -> None:
    with pytest.raises(cipher.UnreadableFieldError, match="not in the database"):
        cipher.decrypt(f"2.{uuid4().hex}.AAAA", place="t.c.1")
    with pytest.raises(cipher.UnreadableFieldError, match="recovery sheet"):
        cipher.decrypt("k77.AAAA", place="t.c.1")


def test_a_hundred_names_ask_for_their_keys_once(therapist: Person, now: datetime) -> None:
    for number in range(100):
        _add(therapist, f"Name {number}", now)
    keys.forget()
    with CaptureQueriesContext(connection) as queries:
        names = {client.name for client in Client.objects.all()}
    assert len(names) == 100
    assert len(queries) == 2


def test_keys_are_not_held_beyond_a_request_nor_for_long(
    episode: Episode, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def queries() -> int:
        person = Client.objects.get()
        with CaptureQueriesContext(connection) as asked:
            _ = person.name
        return len(asked)

    keys.forget()
    assert (queries(), queries()) == (1, 0)
    client.get("/healthz")
    assert (queries(), queries()) == (1, 0)
    later = keys.time.monotonic() + keys.KEPT_SECONDS + 1
    monkeypatch.setattr(keys.time, "monotonic", lambda: later)
    assert queries() == 1


def test_only_so_many_keys_are_held(
    therapist: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MOST_KEPT", 8)
    for number in range(20):
        _add(therapist, f"Name {number}", now)
    assert {client.name for client in Client.objects.all()} == {f"Name {n}" for n in range(20)}
    assert len(keys._held.keys) <= 8
    assert len(keys._held.expected) <= 8


@pytest.mark.django_db(transaction=True)
def test_a_key_of_a_transaction_that_was_undone_seals_nothing(practice: Practice) -> None:
    owner = keys.Owner(keys.OwnerKind.PRACTICE, practice.pk, practice.pk)

    def undone() -> str:
        with transaction.atomic():
            sealed = cipher.encrypt("lost", place="t.c.1", owner=owner)
            assert cipher.decrypt(sealed, place="t.c.1") == "lost"
            transaction.set_rollback(True)
        return sealed

    gone = undone()
    kept = cipher.encrypt("kept", place="t.c.1", owner=owner)
    assert cipher.head_of(kept).key_id != cipher.head_of(gone).key_id
    keys.forget()
    assert cipher.decrypt(kept, place="t.c.1") == "kept"
    with pytest.raises(cipher.UnreadableFieldError):
        cipher.decrypt(gone, place="t.c.1")


def test_an_answer_saved_without_its_episode_costs_no_look_at_whose_it_is(
    session_today: Any,
) -> None:
    from openalliance.site.records.checkins.models import AskedForm

    form = AskedForm.objects.first()
    assert form is not None
    keys.forget()
    form = AskedForm.objects.get(pk=form.pk)
    assert form.answers == {}
    form.answers = {"oa-check-in": {"life": 3}}
    with CaptureQueriesContext(connection) as queries:
        form.save(update_fields=["answers"])
    assert len(queries) == 1


def test_another_secrets_file_is_noticed_before_anything_is_sealed(
    practice: Practice, tmp_path: Path, settings: Any
) -> None:
    cipher.encrypt("words", place="t.c.1")
    secrets.load_or_create(tmp_path)
    settings.MASTER_KEYS = MasterKeys(tmp_path)
    keys.forget()
    with pytest.raises(cipher.UnreadableFieldError, match="not the one this database"):
        cipher.encrypt(
            "words", place="t.c.1",
            owner=keys.Owner(keys.OwnerKind.PRACTICE, practice.pk, practice.pk),
        )  # fmt: skip


def test_master_keys_from_the_environment_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = b64encode(bytes(32)).decode()
    monkeypatch.setenv(secrets.VARIABLE, f"k9:{key}, k8:{key}")
    held = secrets.load_or_create(tmp_path)
    assert held["field_keys"]["keys"] == {}
    found = MasterKeys(tmp_path)
    assert (found.newest, found.ids(), found.from_environment) == ("k9", ("k8", "k9"), True)
    assert found.secret("k9") == bytes(32)


@pytest.mark.parametrize("text", ["k77", "k2:abc", "two:" + "A" * 43 + "=", "k2:" + "A" * 20])
def test_a_mistyped_key_in_the_environment_is_named_without_repeating_it(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(secrets.VARIABLE, text)
    with pytest.raises(InputError, match=secrets.VARIABLE) as fault:
        MasterKeys(tmp_path)
    assert text not in str(fault.value)


def test_a_key_another_process_has_added_is_found(tmp_path: Path) -> None:
    secrets.load_or_create(tmp_path)
    serving, rotating = MasterKeys(tmp_path), MasterKeys(tmp_path)
    rotating.add("k2")
    assert serving.secret("k2") == rotating.secret("k2") is not None
    assert (tmp_path / secrets.FILE).stat().st_mode & 0o077 == 0


def test_no_two_clients_share_a_nonce_or_a_key(therapist: Person, now: datetime) -> None:
    for _number in range(30):
        _add(therapist, "the same name", now)
    boxes = [text.rpartition(".")[2] for text in _sealed("care_client", "name")]
    assert len({b64decode(box)[:12] for box in boxes}) == len(boxes) == 30
    assert len({keys.opened(row) for row in DataKey.objects.all()}) == 30


def test_a_master_key_is_noted_once(episode: Episode) -> None:
    noted = MasterKey.objects.get()
    assert (noted.pk, noted.is_current) == ("k1", True)
    assert isinstance(master("k1"), AESGCM)
    assert json.loads((Path(str(_data_dir())) / secrets.FILE).read_text())["field_keys"]


def _data_dir() -> Path:
    from django.conf import settings

    return Path(settings.DATA_DIR)


def test_many_keys_are_made_at_once(practice: Practice) -> None:
    owners = [keys.Owner(keys.OwnerKind.CLIENT, uuid4(), practice.pk) for _ in range(50)]
    with CaptureQueriesContext(connection) as queries:
        keys.make_keys(owners)
        for owner in owners:
            cipher.encrypt("name", place="t.c.1", owner=owner)
    assert len(queries) < 20
    assert DataKey.objects.count() == 50


def test_two_who_make_the_first_key_at_once_use_the_same(practice: Practice) -> None:
    owner = keys.Owner(keys.OwnerKind.PRACTICE, practice.pk, practice.pk)
    with transaction.atomic():
        first = keys._made_for([owner])[owner.id]
        second = keys._made_for([owner])[owner.id]
    assert first.pk == second.pk
    assert DataKey.objects.count() == 1


Sealing = Callable[[UUID], None]


def test_a_key_that_was_undone_is_forgotten_also_after_another_was_made(
    practice: Practice, therapist: Person, now: datetime
) -> None:
    """Else words would be sealed with a key that is in no database, and lost."""
    owner = keys.Owner(keys.OwnerKind.CLIENT, uuid4(), practice.pk)
    with transaction.atomic():
        undone = keys.sealing_key(owner).id
        transaction.set_rollback(True)
    _add(therapist, "Another", now)
    sealed = cipher.encrypt("kept", place="t.c.1", owner=owner)
    assert cipher.head_of(sealed).key_id != undone
    keys.forget()
    assert cipher.decrypt(sealed, place="t.c.1") == "kept"
