"""Model fields that are encrypted in the database and plain in Python.

A value is opened only when it is looked at, so a list of rows costs nothing until it shows names.
Lookups and ``update()`` on these fields are refused: they would put plain text into the database
or compare it with ciphertext.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from openalliance.site.records.trust import cipher


class Ciphertext(str):
    """Text as it lies in the database."""

    __slots__ = ()


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
            value = field.loads(cipher.decrypt(value, place=field.place(instance)))
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Free text, sealed to its table, column and row. The row's id must be set before saving."""

    descriptor_class = _OpenOnRead

    def place(self, instance: models.Model) -> str:
        return f"{instance._meta.db_table}.{self.column}.{instance.pk}"

    def dumps(self, value: Any) -> str:
        return str(value)

    def loads(self, text: str) -> Any:
        return text

    def from_db_value(self, value: str | None, *_: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__[self.attname]
        if value is None or isinstance(value, Ciphertext):
            return value
        return Ciphertext(cipher.encrypt(self.dumps(value), place=self.place(model_instance)))

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
