"""Keys are changed while the practice is in use; a change that was interrupted goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection

from openalliance.core.errors import ConflictError, InputError
from openalliance.site.config import secrets
from openalliance.site.config.secrets import MasterKeys
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Client, Episode
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust import cipher, keys, keys_rotation
from openalliance.site.records.trust.fields import sealed_models
from openalliance.site.records.trust.keys_boxes import seal
from openalliance.site.records.trust.keys_masters import master
from openalliance.site.records.trust.models import DataKey, MasterKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A secrets file of this test's own, as keys are added to it."""
    secrets.load_or_create(tmp_path)
    settings.MASTER_KEYS = MasterKeys(tmp_path)
    keys.forget()
    yield tmp_path
    keys.forget()


def _add(therapist: Person, name: str, now: datetime) -> Client:
    new = care.NewClient(name=name, email=f"{name}@post.example", language="en", modality="cbt")
    return care.add_client(new, by=actor_for(therapist), now=now).client


def _heads() -> set[str]:
    found = set()
    for model, fields in sealed_models():
        for row in model._base_manager.values_list(*(field.attname for field in fields)):
            found |= {cipher.head_of(value).key_id for value in row if value is not None}
    return found


def _rotated() -> str:
    name = keys_rotation.next_master()
    keys_rotation.rewrap()
    keys_rotation.reseal()
    return name


def test_after_a_rotation_everything_lies_under_the_new_key_and_opens(
    therapist: Person, now: datetime
) -> None:
    for name in ("Amara", "Björn", "Chiyo"):
        _add(therapist, name, now)
    wrapped = set(DataKey.objects.values_list("wrapped", flat=True))
    assert _rotated() == "k2"
    keys.forget()
    assert {row.master_id for row in DataKey.objects.all()} == {"k2"}
    assert not wrapped & set(DataKey.objects.values_list("wrapped", flat=True))
    assert {one.name for one in Client.objects.all()} == {"Amara", "Björn", "Chiyo"}
    assert [one.pk for one in MasterKey.objects.filter(is_current=True)] == ["k2"]


def test_a_rotation_that_was_interrupted_goes_on(
    therapist: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_rotation, "_AT_ONCE", 2)
    for number in range(5):
        _add(therapist, f"c{number}", now)

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    keys_rotation.next_master()
    with pytest.raises(KeyboardInterrupt):
        keys_rotation.rewrap(stop)
    under = [row.master_id for row in DataKey.objects.all()]
    assert (under.count("k1"), under.count("k2")) == (3, 2)
    keys.forget()
    assert len({one.name for one in Client.objects.all()}) == 5
    assert keys_rotation.waiting_data_keys() == 3
    assert keys_rotation.rewrap() == 3
    assert keys_rotation.waiting_data_keys() == 0


def test_what_the_first_version_sealed_is_moved_to_the_clients_key(episode: Episode) -> None:
    client = episode.client
    old = seal(master("k1"), b"Noor of old", about=f"care_client.name.{client.pk}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE care_client SET name = %s", [f"k1.{old}"])
    keys_rotation.next_master()
    keys_rotation.rewrap()
    with pytest.raises(ConflictError, match="still sealed with k1"):
        keys_rotation.retire_master("k1", now=datetime.now(UTC))
    assert keys_rotation.reseal() == 1
    keys_rotation.retire_master("k1", now=datetime.now(UTC))
    keys.forget()
    assert Client.objects.get().name == "Noor of old"


def test_a_retired_key_is_gone_from_the_file_and_nothing_misses_it(
    therapist: Person, now: datetime, own_keys: Path
) -> None:
    _add(therapist, "Amara", now)
    with pytest.raises(ConflictError, match="current"):
        keys_rotation.retire_master("k1", now=now)
    with pytest.raises(InputError, match="k9"):
        keys_rotation.retire_master("k9", now=now)
    _rotated()
    keys_rotation.retire_master("k1", now=now)
    assert set(secrets.read(own_keys)["field_keys"]["keys"]) == {"k2"}
    keys.forget()
    assert Client.objects.get().name == "Amara"
    _add(therapist, "Björn", now)
    assert _rotated() == "k3"


def test_data_keys_are_replaced_and_the_old_ones_go_once_nobody_can_hold_them(
    therapist: Person, now: datetime
) -> None:
    _add(therapist, "Amara", now)
    before = _heads()
    held = Client.objects.get()
    assert keys_rotation.replace_data_keys() == 1
    assert Client.objects.get().name == "Amara"  # also before the fields are sealed anew
    assert keys_rotation.reseal() == 2
    assert not before & _heads()
    held.save()  # somebody who had read it before
    keys.forget()
    at = datetime.now(UTC)
    assert keys_rotation.retire_replaced(now=at) == 0
    keys_rotation.reseal()
    assert keys_rotation.retire_replaced(now=at + timedelta(hours=2)) == 1
    assert DataKey.objects.get(pk=before.pop()).wrapped == ""
    assert Client.objects.get().name == "Amara"


def test_a_replaced_key_that_something_still_needs_is_kept(
    therapist: Person, now: datetime
) -> None:
    _add(therapist, "Amara", now)
    keys_rotation.replace_data_keys()
    assert keys_rotation.retire_replaced(now=datetime.now(UTC) + timedelta(days=1)) == 0
    keys.forget()
    assert Client.objects.get().name == "Amara"


def test_what_was_erased_stays_erased(therapist: Person, now: datetime) -> None:
    gone, stays = _add(therapist, "Amara", now), _add(therapist, "Björn", now)
    keys.destroy_keys(gone.pk, now=now)
    keys_rotation.next_master()
    keys_rotation.rewrap()
    keys_rotation.replace_data_keys()
    keys_rotation.reseal()
    keys.forget()
    assert str(Client.objects.get(pk=gone.pk).name) == "erased"
    assert Client.objects.get(pk=stays.pk).name == "Björn"
    assert keys.is_destroyed(gone.pk)


def test_a_row_that_somebody_changes_meanwhile_keeps_their_words(
    therapist: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _add(therapist, "Amara", now)
    keys_rotation.replace_data_keys()
    is_stale = cipher.is_stale

    def changed_between(sealed: str) -> bool:
        monkeypatch.setattr(cipher, "is_stale", is_stale)
        row = Client.objects.get(pk=client.pk)
        row.name = "Amara Okafor"
        row.save(update_fields=["name"])
        return is_stale(sealed)

    monkeypatch.setattr(cipher, "is_stale", changed_between)
    keys_rotation.reseal()
    assert Client.objects.get(pk=client.pk).name == "Amara Okafor"


@pytest.mark.django_db(transaction=True)
def test_clients_who_are_added_during_a_rotation_are_not_overlooked(
    therapist: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys_rotation, "_AT_ONCE", 1)
    for number in range(5):
        _add(therapist, f"before{number}", now)
    enough, faults = Event(), []

    def add_more() -> None:
        number = 0
        try:
            while not enough.is_set() and number < 200:
                _add(therapist, f"during{number}", now)
                number += 1
        except Exception as fault:  # handed over to the test
            faults.append(fault)
        finally:
            connection.close()

    other = Thread(target=add_more)
    other.start()
    for _round in range(3):
        _rotated()
    enough.set()
    other.join(20)
    assert faults == []
    keys_rotation.rewrap()
    keys.forget()
    assert {row.master_id for row in DataKey.objects.all()} == {"k4"}
    names = {one.name for one in Client.objects.all()}
    assert len(names) == Client.objects.count() > 5


def test_with_keys_from_the_environment_the_first_one_is_taken(
    therapist: Person, now: datetime, own_keys: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add(therapist, "Amara", now)
    first = secrets.read(own_keys)["field_keys"]["keys"]["k1"]
    second = "A" * 43 + "="
    monkeypatch.setenv(secrets.VARIABLE, f"k1:{first}")
    settings.MASTER_KEYS = MasterKeys(own_keys)
    with pytest.raises(ConflictError, match="openalliance keys new"):
        keys_rotation.next_master()
    monkeypatch.setenv(secrets.VARIABLE, f"k2:{second},k1:{first}")
    settings.MASTER_KEYS = MasterKeys(own_keys)
    assert _rotated() == "k2"
    keys.forget()
    assert Client.objects.get().name == "Amara"
    assert set(secrets.read(own_keys)["field_keys"]["keys"]) == {"k1"}
