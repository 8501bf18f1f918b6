"""The course’s words for the client whose course it is: plain, and with nobody at fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from openalliance.charts.picture import Attendance
from openalliance.charts.wording import ENGLISH, SPANISH, CourseWording
from openalliance.core.instruments import Better

_ENGLISH = replace(
    ENGLISH,
    description=(
        "Over time: how life has been and how it often goes, how you work together as you and "
        "your therapist see it, the sessions, and the goals. The table below says the same."
    ),
    outcome_help={
        Better.HIGHER: "Higher is better. Thin lines: how exact an answer can be.",
        Better.LOWER: "Lower is better. Thin lines: how exact an answer can be.",
    },
    expected_help="Shaded: how it often goes after such a start. Everybody is different.",
    clearly_worse="clearly harder",
    alliance_help="Points: what each of you said. Lines: how it has been on the whole.",
    sessions_help="Filled: you met. Ring: called off. Cross: did not take place.",
    missed_help="Triangle: no check-in before it. That is all right.",
    expected="often so",
    client="You",
    rupture="▼ it got difficult",
    repair="▲ you found your way back",
    check_in_missed="no check-in",
    attendance={
        Attendance.ATTENDED: "you met",
        Attendance.CANCELLED: "called off",
        Attendance.NO_SHOW: "did not take place",
    },
)

_SPANISH = replace(
    SPANISH,
    description=(
        "A lo largo del tiempo: cómo ha ido la vida y cómo suele ir, cómo trabajáis juntos según "
        "tú y tu terapeuta, las sesiones y los objetivos. La tabla de abajo dice lo mismo."
    ),
    outcome_help={
        Better.HIGHER: "Más alto es mejor. Líneas finas: lo exacta que puede ser una respuesta.",
        Better.LOWER: "Más bajo es mejor. Líneas finas: lo exacta que puede ser una respuesta.",
    },
    expected_help="Sombreado: cómo suele ir después de un comienzo así. Cada persona es distinta.",
    clearly_worse="claramente más difícil",
    alliance_help="Puntos: lo que dijo cada uno. Líneas: cómo ha ido en conjunto.",
    sessions_help="Punto lleno: os visteis. Anillo: anulada. Cruz: no tuvo lugar.",
    missed_help="Triángulo: sin cuestionario previo. No pasa nada.",
    expected="suele ser",
    client="Tú",
    rupture="▼ se puso difícil",
    repair="▲ os volvisteis a entender",
    check_in_missed="sin cuestionario previo",
    attendance={
        Attendance.ATTENDED: "os visteis",
        Attendance.CANCELLED: "anulada",
        Attendance.NO_SHOW: "no tuvo lugar",
    },
)

_WORDINGS: Mapping[str, CourseWording] = {"en": _ENGLISH, "es": _SPANISH}


def own_course_wording(language: str) -> CourseWording:
    """Return the words for the client in a language; English when it has none."""
    return _WORDINGS.get(language.split("-", maxsplit=1)[0].lower(), _ENGLISH)
