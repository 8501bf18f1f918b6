"""The client reads their course as “you”, and nobody is at fault in it."""

from __future__ import annotations

import json

import pytest

from openalliance.charts.course import CoursePicture, course_chart, course_table
from openalliance.charts.own_wording import own_course_wording
from openalliance.charts.page import course_on_page
from openalliance.charts.render import to_svg

STAFF_ONLY = ("no-show", "rupture", "Client", "missed", "ruptura", "no acudió", "Cliente")


@pytest.mark.parametrize(("language", "you"), [("en", "You"), ("es-MX", "Tú")])
def test_picture_and_table_speak_to_the_client(
    picture: CoursePicture, language: str, you: str
) -> None:
    wording = own_course_wording(language)
    table = course_table(picture, wording)
    said = json.dumps(course_chart(picture, wording), ensure_ascii=False)
    told = " ".join((*table.headings, *(cell for row in table.rows for cell in row)))
    assert you in told
    for word in STAFF_ONLY:
        assert word not in told
        assert f'"{word}' not in said
    assert you in to_svg(course_chart(picture, wording))


def test_another_language_is_told_in_english(picture: CoursePicture) -> None:
    drawn = course_on_page(picture, own_course_wording("fr"), drawn=lambda _chart: "")
    assert "your therapist" in drawn.description


def test_a_session_that_did_not_take_place_is_no_reproach(picture: CoursePicture) -> None:
    last = course_table(picture, own_course_wording("en")).rows[-1]
    assert last[1] == "did not take place"
    assert last[-1] == "no check-in"
