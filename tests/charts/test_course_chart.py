"""The one picture of a course: what is in it, for every width and language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.charts.course import CoursePicture, ValuePoint, course_chart, course_wording
from openalliance.charts.layers import spread
from openalliance.charts.render import to_svg
from openalliance.charts.theme import Theme
from openalliance.core.instruments import Better

ENGLISH, SPANISH = course_wording("en"), course_wording("es-MX")


def parts(specification: Any) -> Iterator[dict[str, Any]]:
    if isinstance(specification, dict):
        yield specification
        for value in specification.values():
            yield from parts(value)
    if isinstance(specification, list):
        for value in specification:
            yield from parts(value)


def titles(specification: dict[str, Any]) -> list[str]:
    return [" ".join(panel["title"]["text"]) for panel in specification["vconcat"]]


def labels(specification: dict[str, Any]) -> list[str]:
    return [part["words"] for part in parts(specification) if "words" in part and "value" in part]


def marks(specification: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    return [
        part
        for part in parts(specification)
        if isinstance(part.get("mark"), dict) and wanted.items() <= part["mark"].items()
    ]


def limits_named(specification: dict[str, Any]) -> dict[float, str]:
    return {
        row["value"]: row["words"]
        for part in parts(specification)
        for row in part.get("data", {}).get("values", ())
        if row.get("words", "").startswith("clearly")
    }


def test_outcome_alliance_sessions_and_goals_stand_under_one_another(
    picture: CoursePicture,
) -> None:
    assert titles(course_chart(picture, ENGLISH)) == [
        "How life has been",
        "How we work together",
        "Sessions",
        "Walk to the sea",
    ]


def test_every_panel_shares_the_same_days(picture: CoursePicture) -> None:
    panels = course_chart(picture, ENGLISH)["vconcat"]
    domains = {json.dumps(panel["encoding"]["x"]["scale"]) for panel in panels}
    assert len(domains) == 1


def test_the_picture_ends_soon_after_what_was_seen_not_with_the_expected_course(
    picture: CoursePicture,
) -> None:
    scale = course_chart(picture, ENGLISH)["vconcat"][0]["encoding"]["x"]["scale"]
    assert "2026-03-16" < scale["domain"][1] < "2026-03-29"


def test_lines_are_labelled_directly(picture: CoursePicture) -> None:
    shown = labels(course_chart(picture, ENGLISH))
    assert {"now 6.5", "Client 7.0", "Therapist 7.0"} <= set(shown)


def test_in_spanish_words_months_and_decimals_are_spanish(picture: CoursePicture) -> None:
    chart = course_chart(picture, SPANISH)
    assert "ahora 6,5" in labels(chart)
    assert chart["usermeta"]["timeFormatLocale"]["shortMonths"][0] == "ene"


def test_client_and_therapist_differ_in_shape_and_dash_not_only_in_colour(
    picture: CoursePicture,
) -> None:
    chart = course_chart(picture, ENGLISH)
    assert marks(chart, type="point", shape="diamond")
    assert marks(chart, type="line", strokeDash=[6, 4])


def test_ruptures_point_down_and_repairs_up(picture: CoursePicture) -> None:
    chart = course_chart(picture, ENGLISH)
    (rupture,) = marks(chart, shape="triangle-down", filled=True)
    (repair,) = marks(chart, shape="triangle-up")
    assert rupture["data"]["values"] == [{"at": "2026-03-09T16:30:00Z", "value": 4.0}]
    assert repair["data"]["values"][0]["value"] == 7.0


def test_a_change_beyond_error_is_marked_on_both_sides_of_the_first_value(
    picture: CoursePicture,
) -> None:
    assert limits_named(course_chart(picture, ENGLISH)) == {
        2.6: "clearly worse",
        5.4: "clearly better",
    }


def test_a_wall_clock_is_drawn_as_it_stands_whatever_the_machine(picture: CoursePicture) -> None:
    panel = course_chart(picture, ENGLISH)["vconcat"][0]
    assert panel["encoding"]["x"]["scale"]["type"] == "utc"


@pytest.mark.parametrize("width", [280, 304, 600, 960, 1600])
def test_plot_and_margins_make_the_width(picture: CoursePicture, width: int) -> None:
    chart = course_chart(picture, ENGLISH, width=width)
    assert chart["config"]["view"]["continuousWidth"] + chart["usermeta"]["margins"] == width


def test_on_a_page_the_style_sheet_decides_the_colours(picture: CoursePicture) -> None:
    text = json.dumps(course_chart(picture, ENGLISH, theme=Theme.PAGE))
    assert "#1f54a5" not in text
    assert "var(--chart-client)" in text


def test_an_empty_course_is_still_a_picture() -> None:
    chart = course_chart(CoursePicture(), ENGLISH)
    assert titles(chart) == ["How life has been"]


def test_only_what_is_there_gets_a_panel(picture: CoursePicture) -> None:
    alone = replace(picture, client=(), therapist=(), sessions=(), goals=())
    assert titles(course_chart(alone, ENGLISH)) == ["How life has been"]


@given(wanted=st.lists(st.floats(0, 10), min_size=1, max_size=6), gap=st.floats(0.1, 1.5))
def test_labels_never_overlap_and_keep_their_order(wanted: list[float], gap: float) -> None:
    placed = spread(wanted, gap, (0.0, 10.0))
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    steps = [placed[b] - placed[a] for a, b in pairwise(order)]
    assert all(step >= gap - 1e-9 for step in steps)
    assert max(placed) <= 10.0 + 1e-9


@pytest.mark.parametrize(
    ("better", "above", "below", "said"),
    [
        (Better.HIGHER, "clearly better", "clearly worse", "Higher is better"),
        (Better.LOWER, "clearly worse", "clearly better", "Lower is better"),
    ],
)
def test_the_direction_is_said_and_the_limits_are_named(
    better: Better, above: str, below: str, said: str
) -> None:
    picture = CoursePicture(
        outcome=(ValuePoint(at=datetime.fromisoformat("2026-01-05T10:00"), value=25.0),),
        outcome_title="BDI",
        outcome_range=(0.0, 63.0),
        better=better,
        reliable_change=7.5,
    )
    panel = course_chart(picture, ENGLISH)["vconcat"][0]
    assert panel["title"]["text"] == ["BDI"]
    assert said in " ".join(panel["title"]["subtitle"])
    assert limits_named(panel) == {32.5: above, 17.5: below}
    assert {">32</text>", ">63</text>"} <= set(
        re.findall(r">\d+</text>", to_svg(course_chart(picture, ENGLISH)))
    )
