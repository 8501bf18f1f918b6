"""The pieces pages are built of: right roles and names, escaped words, no JavaScript needed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.utils import translation

from openalliance.charts.sparkline import sparkline
from openalliance.site.ui.templatetags.ui import callable_numbers, holds, same_number


def shown(component: str, **context: Any) -> str:
    return render_to_string(f"ui/components/{component}.html", context)


def test_a_rating_offers_every_step_once_and_no_step_is_chosen_before_the_client_does() -> None:
    page = shown("rating", name="safe", legend="I felt safe")
    assert re.findall(r'type="radio" name="safe" value="(\d+)"', page) == [
        str(step) for step in range(11)
    ]
    assert " checked" not in page


@pytest.mark.parametrize("value", [7, 7.0, "7", "7.0"])
def test_a_rating_given_before_is_chosen_again(value: object) -> None:
    page = shown("rating", name="safe", legend="I felt safe", value=value)
    assert re.findall(r'value="(\d+)"[^>]* checked', page) == ["7"]


def test_the_ends_of_a_rating_are_said_in_words_with_their_numbers() -> None:
    page = shown("rating", name="safe", legend="I felt safe", low="Not at all", high="Fully")
    assert 'aria-label="0, Not at all"' in page
    assert 'aria-label="10, Fully"' in page


def test_numbers_in_attributes_do_not_follow_the_language() -> None:
    signal = {"kind": "rupture", "kind_label": "x", "sure": "x", "probability": 0.96}
    with translation.override("es"):
        assert 'value="0.96"' in shown("signal_card", signal=signal)
        assert 'points="4.0,28.0 116.0,4.0"' in shown(
            "sparkline", spark=sparkline([0, 10]), label="x"
        )


def test_words_are_escaped() -> None:
    words = "<script>alert(1)</script>"
    for page in (
        shown("rating", name="a", legend=words, low=words, error=words),
        shown("choice", name="a", legend=words, options=[(words, words)]),
        shown("crisis", words=words),
        shown("signal_card", signal={"kind": "gap", "seen": words, "talk_about": words}),
        shown("table", caption=words, headings=[words], rows=[[words]]),
    ):
        assert "<script>" not in page


def test_a_choice_keeps_what_was_chosen() -> None:
    page = shown("choice", name="who", legend="Who?", options=[("a", "A"), ("b", "B")], value="b")
    assert re.findall(r'value="(\w)"[^>]* checked', page) == ["b"]


class Contact(forms.Form):
    name = forms.CharField(label="Your name", help_text="A first name is enough.")
    mail = forms.EmailField(label="E-mail", required=False)
    way = forms.ChoiceField(label="Way", choices=[("x", "X")], widget=forms.RadioSelect)


def test_a_field_is_tied_to_its_label_help_and_error() -> None:
    page = shown("field", field=Contact({})["name"])
    assert '<label class="field__label" for="id_name">' in page
    assert 'aria-describedby="id_name-help id_name-error"' in page
    assert 'id="id_name-help"' in page
    assert 'id="id_name-error"' in page
    assert 'aria-invalid="true"' in page


def test_a_field_one_may_leave_out_says_so() -> None:
    assert "(optional)" in shown("field", field=Contact()["mail"])


def test_errors_at_the_top_lead_to_their_fields() -> None:
    page = shown("form_errors", form=Contact({}))
    assert 'role="alert"' in page
    assert re.findall(r'href="#([\w-]+)"', page) == ["id_name", "way"]


def test_progress_is_words_and_an_element_without_style() -> None:
    page = shown("progress", step=2, steps=7)
    assert "2 of 7" in page
    assert '<progress max="7" value="2"' in page


def test_the_stages_say_which_is_now() -> None:
    steps = [("Seen", "2 March", "done"), ("Talked about", "", "now"), ("Changed", "", "")]
    page = shown("stage", steps=steps)
    assert page.count('aria-current="step"') == 1
    assert "(done)" in page


def test_pages_of_a_long_list_lead_on_and_back() -> None:
    page = shown("pager", page=Paginator(range(30), 10).page(2))
    assert 'rel="prev"' in page
    assert 'rel="next"' in page
    assert "Page 2 of 3" in page


def test_a_short_list_has_no_pager() -> None:
    assert not shown("pager", page=Paginator(range(3), 10).page(1)).strip()


def test_telephone_numbers_of_a_crisis_text_can_be_called() -> None:
    text = callable_numbers("Emergency: 112\nLine: 0800 111 0 111, or +49 (30) 555-01.23")
    assert re.findall(r'href="tel:([^"]+)"', text) == ["112", "08001110111", "+49305550123"]


@pytest.mark.parametrize("text", ["weekdays 9–17", "since 2019", "open 08:30", "room 12"])
def test_other_numbers_of_a_crisis_text_are_left_alone(text: str) -> None:
    assert "tel:" not in callable_numbers(text)


def test_an_answer_that_is_none_is_no_step() -> None:
    assert not same_number(None, 0)
    assert not same_number("", 0)
    assert not holds(None, "None")
