"""Addresses of the pages for meta-analyses."""

from __future__ import annotations

from django.urls import path

from openalliance.site.screens.evidence import columns, listed, result

app_name = "evidence"
_one = "<uuid:analysis_id>"
urlpatterns = [
    path("", listed.show, name="list"),
    path(f"{_one}/", result.show, name="result"),
    path(f"{_one}/columns", columns.edit, name="columns"),
    path(f"{_one}/delete", listed.delete, name="delete"),
    path(f"{_one}/effects.csv", result.data, name="data"),
    path(f"{_one}/script.py", result.script, name="script"),
]
