"""A meta-analysis that somebody took in for their practice."""

from __future__ import annotations

from django.db import models

from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.fields import EncryptedJSONField, EncryptedTextField
from openalliance.site.records.trust.models import Row


class MetaAnalysis(Row):
    """A file of effects and what is asked of it (`evidence.asked.Asked`).

    The file should hold nothing about clients; it is sealed all the same. While ``is_fitted`` is
    not set its columns are not confirmed, and only its owner sees it.
    """

    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    title = EncryptedTextField()
    data = EncryptedTextField()
    asked = EncryptedJSONField(default=dict)
    is_fitted = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["practice", "made_at"]),)

    def __str__(self) -> str:
        return f"meta-analysis {self.pk}"
