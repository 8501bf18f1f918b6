"""Model fields that are encrypted in the database and plain in Python.

A value is opened only when it is looked at, so a list of rows costs nothing until it shows names.
Lookups and ``update()`` on these fields are refused: they would put plain text into the database
or compare it with ciphertext.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext as _

from openalliance.site.records.trust import cipher, keys

_OWNER = "_sealed_for"


class Ciphertext(str):
    """Text as it lies in the database."""

    __slots__ = ()


def erased_words() -> str:
    """Return what stands on a page where words were erased."""
    return _("erased")


class _OpenOnRead(DeferredAttribute):
    """Opens a ciphertext when the attribute is first read."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            super().__get__(instance, owner)
        value = instance.__dict__[name]
        if isinstance(value, Ciphertext):
            field: EncryptedTextField = self.field  # type: ignore[assignment]
            try:
                value = field.opened(instance, value)
            except cipher.ErasedFieldError:
                return (
                    field.erased()
                )  # the ciphertext stays, so that saving the row changes nothing
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Free text, sealed to its table, column and row. The row's id must be set before saving.

    Parameters
    ----------
    of
        Whose it is, so whose key seals it: ``"client"`` for a client's own row, ``"client_id"`` for
        a row that has one, ``"practice"``, or the name of the foreign key that leads to a row with
        ``client_id``.
    erased
        Makes what is read where the key was destroyed.
    """

    descriptor_class = _OpenOnRead

    def __init__(
        self,
        *args: Any,
        of: str = "practice",
        erased: Callable[[], Any] = erased_words,
        **options: Any,
    ) -> None:
        self.of, self.erased = of, erased
        super().__init__(*args, **options)

    def place(self, instance: models.Model) -> str:
        return f"{instance._meta.db_table}.{self.column}.{instance.pk}"

    def owner(self, instance: Any) -> keys.Owner:
        """Return whose key seals this field of a row."""
        known: keys.Owner | None = instance.__dict__.get(_OWNER)
        if known is not None:
            return known
        practice_id = instance.practice_id
        if self.of == "practice":
            return keys.Owner(keys.OwnerKind.PRACTICE, practice_id, practice_id)
        client_id = instance.pk if self.of == "client" else self._client_id(instance)
        return keys.Owner(keys.OwnerKind.CLIENT, client_id, practice_id)

    def _client_id(self, instance: Any) -> UUID:
        if self.of == "client_id":
            own: UUID = instance.client_id
            return own
        relation: Any = instance._meta.get_field(self.of)
        if relation.is_cached(instance):
            found: UUID = getattr(instance, self.of).client_id
            return found
        return _client_of(relation.related_model, getattr(instance, relation.attname))

    def opened(self, instance: Any, sealed: Ciphertext) -> Any:
        """Return what a ciphertext of this row says, and remember whose key opened it."""
        text = cipher.decrypt(sealed, place=self.place(instance))
        head = cipher.head_of(sealed)
        if head.format is cipher.Format.DATA_KEY:
            instance.__dict__[_OWNER] = keys.opening_key(head.key_id).owner
        return self.loads(text)

    def sealed(self, instance: Any, value: Any) -> Ciphertext:
        """Return a value as it is to lie in the database."""
        owner = self.owner(instance)
        text = cipher.encrypt(self.dumps(value), place=self.place(instance), owner=owner)
        return Ciphertext(text)

    def dumps(self, value: Any) -> str:
        return str(value)

    def loads(self, text: str) -> Any:
        return text

    def from_db_value(self, value: str | None, *_: Any) -> Ciphertext | None:
        if value is None:
            return None
        if value.startswith("2."):
            keys.expect(value[2:34])
        return Ciphertext(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__[self.attname]
        if value is None:
            return None
        if isinstance(value, Ciphertext):
            if not cipher.is_stale(value):
                return value
            value = self.opened(model_instance, value)
        return self.sealed(model_instance, value)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Ciphertext):
            raise TypeError(f"{self.name} is encrypted: save the row, don't look it up or update()")
        return str(value)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return value


class EncryptedJSONField(EncryptedTextField):
    """A JSON value, sealed like `EncryptedTextField`."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def dumps(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def loads(self, text: str) -> Any:
        return json.loads(text)


def sealed_models() -> Iterator[tuple[type[models.Model], tuple[EncryptedTextField, ...]]]:
    """Yield every table that has encrypted fields, with those fields."""
    for model in sorted(apps.get_models(), key=lambda one: one._meta.db_table):
        fields = tuple(one for one in model._meta.fields if isinstance(one, EncryptedTextField))
        if fields:
            yield model, fields


@lru_cache(maxsize=10_000)
def _client_of(model: type[models.Model], pk: UUID) -> UUID:
    """Return whose a row is. It never changes, so it may be remembered."""
    found: UUID = model._base_manager.values_list("client_id", flat=True).get(pk=pk)
    return found
