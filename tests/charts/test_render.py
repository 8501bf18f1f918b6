"""One specification as SVG, PNG, PDF and a page of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from openalliance.charts.bundle import write_bundle
from openalliance.charts.course import CoursePicture, course_chart, course_wording
from openalliance.charts.page import course_on_page
from openalliance.charts.render import content_key, to_html, to_pdf, to_png, to_svg
from openalliance.charts.theme import Theme

ENGLISH = course_wording("en")


def test_the_same_specification_always_gives_the_same_svg(picture: CoursePicture) -> None:
    chart = course_chart(picture, ENGLISH)
    assert to_svg(chart) == to_svg(chart)


def test_svg_is_well_formed_and_carries_no_style_attribute(picture: CoursePicture) -> None:
    svg = to_svg(course_chart(picture, ENGLISH, theme=Theme.PAGE))
    ET.fromstring(svg)
    assert "style=" not in svg
    assert " id=" not in svg, "two drawings on one page must not share ids"
    assert "var(--chart-therapist)" in svg


@pytest.mark.parametrize(("language", "month"), [("en", "Mar"), ("es", "mar")])
def test_months_are_in_the_language(picture: CoursePicture, language: str, month: str) -> None:
    svg = to_svg(course_chart(picture, course_wording(language)))
    assert re.search(rf">\d+ {month}<", svg)


def test_png_and_pdf_are_what_they_say(picture: CoursePicture) -> None:
    chart = course_chart(picture, ENGLISH)
    assert to_png(chart).startswith(b"\x89PNG")
    assert to_pdf(chart).startswith(b"%PDF")


def test_a_page_of_its_own_needs_nothing_else(picture: CoursePicture) -> None:
    page = to_html(course_chart(picture, ENGLISH), title="A <course>")
    assert "<title>A &lt;course&gt;</title>" in page
    assert "vegaEmbed('#chart'" in page
    assert not re.search(r"<(script|link)[^>]*(src|href)=", page)


def test_words_cannot_leave_the_script_of_a_page(picture: CoursePicture) -> None:
    chart = course_chart(picture, ENGLISH) | {"description": "</script><script>alert(1)"}
    assert "</script><script>alert(1)" not in to_html(chart, title="x")


def test_equal_specifications_have_one_key(picture: CoursePicture) -> None:
    wide, again = (course_chart(picture, ENGLISH) for _ in range(2))
    assert content_key(wide) == content_key(again)
    assert content_key(wide) != content_key(course_chart(picture, ENGLISH, width=304))


def test_a_page_gets_two_drawings_and_both_specifications(picture: CoursePicture) -> None:
    drawn = []

    def draw(specification: object) -> str:
        drawn.append(specification)
        return "<svg></svg>"

    chart = course_on_page(picture, ENGLISH, drawn=draw)
    assert chart.specification == {"wide": drawn[0], "narrow": drawn[1]}
    assert chart.wide.__html__() == "<svg></svg>"


def test_the_program_for_browsers_is_written_once_and_whole(tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "generated" / "vega.js")
    assert "window.vegaEmbed" in path.read_text(encoding="utf-8")
    path.write_text("kept", encoding="utf-8")
    assert write_bundle(path).read_text(encoding="utf-8") == "kept"
    assert [one.name for one in path.parent.iterdir()] == ["vega.js"]


def test_importing_charts_does_not_start_the_drawing_engine() -> None:
    code = "import sys, openalliance.charts.page; sys.exit('vl_convert' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
