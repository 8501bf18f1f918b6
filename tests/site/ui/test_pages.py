"""The base pages and the pages for what went wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.utils import translation

TEMPLATES = Path(__file__).parents[3] / "src/openalliance/site/ui/templates"
FAULTS = sorted(path.name for path in TEMPLATES.glob("*.html"))
PRACTICE = SimpleNamespace(name="Riverside", crisis_information="Call 024, day and night.")


def page(base: str, **context: object) -> str:
    text = f'{{% extends "ui/{base}.html" %}}{{% block main %}}Here.{{% endblock %}}'
    return engines["django"].from_string(text).render(context)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_a_page_that_needs_nothing(name: str) -> None:
    text = render_to_string(name)
    assert text.count("<h1>") == 1
    assert 'href="/"' in text
    assert "emergency number" in text


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_said_in_spanish_too(name: str) -> None:
    english = render_to_string(name)
    with translation.override("es"):
        spanish = render_to_string(name)
    assert 'lang="es"' in spanish
    assert english.split("<h1>")[1] != spanish.split("<h1>")[1]


@pytest.mark.parametrize("base", ["base", "base_client", "base_public"])
def test_every_page_has_a_way_to_its_content_and_one_main(base: str) -> None:
    text = page(base, practice=PRACTICE)
    assert 'class="skip-link" href="#main"' in text
    assert text.count("<main") == 1
    assert 'role="status"' in text


def test_the_client_always_sees_where_to_turn_at_once() -> None:
    text = page("base_client", practice=PRACTICE)
    assert "If you need help now" in text
    assert 'href="tel:024"' in text
    assert "<nav" not in text


def test_staff_see_where_they_are() -> None:
    navigation = [("Caseload", "/therapist/", True), ("Practice", "/administrator/", False)]
    text = page("base", practice=PRACTICE, navigation=navigation)
    assert '<a href="/therapist/" aria-current="page">Caseload</a>' in text
    assert text.count('aria-current="page"') == 1


def test_staff_pages_are_english_and_say_so_whatever_the_browser_asks() -> None:
    with translation.override("es"):
        assert '<html lang="en" dir="ltr">' in page("base", practice=PRACTICE)


def test_a_demonstration_says_so_on_every_page() -> None:
    for base in ("base", "base_client", "base_public"):
        assert "Everyone here is made up." in page(base, is_demonstration=True)
        assert "Everyone here is made up." not in page(base)


def test_the_page_library_may_not_evaluate_style_or_remember_pages() -> None:
    text = page("base")
    for setting in (
        '"includeIndicatorStyles":false',
        '"allowEval":false',
        '"historyCacheSize":0',
        '"selfRequestsOnly":true',
    ):
        assert setting in text
