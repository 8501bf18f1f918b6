"""The table says what the picture shows."""

from __future__ import annotations

from openalliance.charts.course import CoursePicture, course_table, course_wording

ENGLISH = course_wording("en")


def test_one_row_per_day_oldest_first(picture: CoursePicture) -> None:
    table = course_table(picture, ENGLISH)
    assert [row[0] for row in table.rows] == ["2 Mar 2026", "9 Mar 2026", "16 Mar 2026"]


def test_each_cell_stands_under_its_heading(picture: CoursePicture) -> None:
    table = course_table(picture, ENGLISH)
    second = dict(zip(table.headings, table.rows[1], strict=True))
    assert second == {
        "Date": "9 Mar 2026",
        "Session": "2, attended",
        "How life has been": "6.5 (5.5–7.5)",
        "Expected": "4.9 (2.0–7.0)",
        "How we work together: Client": "4.0",
        "How we work together: Therapist": "7.0",
        "Walk to the sea": "3.0",
        "Noted": "rupture (Client); repair (Therapist)",
    }


def test_what_did_not_happen_is_said_too(picture: CoursePicture) -> None:
    last = course_table(picture, ENGLISH).rows[-1]
    assert last[1] == "no-show"
    assert last[-1] == "check-in missed"


def test_an_empty_course_has_headings_and_no_rows() -> None:
    table = course_table(CoursePicture(), course_wording("es"))
    assert table.rows == ()
    assert table.headings[0] == "Fecha"
