"""The words on charts, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openalliance.charts.picture import Attendance
from openalliance.core.instruments import Better


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseWording:
    """All words of the course's picture and table. Times and numbers follow `language`."""

    language: str
    title: str
    description: str
    outcome: str
    outcome_help: Mapping[Better, str]
    expected_help: str
    clearly_better: str
    clearly_worse: str
    alliance: str
    alliance_help: str
    sessions: str
    sessions_help: str
    missed_help: str
    now: str
    expected: str
    client: str
    therapist: str
    date: str
    session: str
    noted: str
    rupture: str
    repair: str
    check_in_missed: str
    attendance: Mapping[Attendance, str]
    decimal: str = "."
    time_locale: Mapping[str, Any] | None = None
    short_date: str = "%-d %b"
    long_date: str = "%b %Y"
    months: tuple[str, ...] = field(default=())

    def number(self, value: float) -> str:
        """Return a value with one decimal place, as the language writes it."""
        return f"{value:.1f}".replace(".", self.decimal)


_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_MESES = (
    "ene",
    "feb",
    "mar",
    "abr",
    "may",
    "jun",
    "jul",
    "ago",
    "sep",
    "oct",
    "nov",
    "dic",
)

ENGLISH = CourseWording(
    language="en",
    title="The whole course in one picture",
    description=(
        "Over time: how life has been with the expected course, the alliance as client and "
        "therapist rated it, the sessions, and the goals. The table below says the same."
    ),
    outcome="How life has been",
    outcome_help={
        Better.HIGHER: "Higher is better. Thin lines on each point: how exact it is.",
        Better.LOWER: "Lower is better. Thin lines on each point: how exact it is.",
    },
    expected_help="Shaded: what may be expected after such a start.",
    clearly_better="clearly better",
    clearly_worse="clearly worse",
    alliance="How we work together",
    alliance_help="Points: each rating. Lines: the level behind them, shaded by how sure it is.",
    sessions="Sessions",
    sessions_help="Filled: attended. Ring: cancelled. Cross: no-show.",
    missed_help="Triangle below: check-in missed.",
    now="now",
    expected="expected",
    client="Client",
    therapist="Therapist",
    date="Date",
    session="Session",
    noted="Noted",
    rupture="▼ rupture",
    repair="▲ repair",
    check_in_missed="check-in missed",
    attendance={
        Attendance.ATTENDED: "attended",
        Attendance.CANCELLED: "cancelled",
        Attendance.NO_SHOW: "no-show",
    },
    months=_MONTHS,
)

SPANISH = CourseWording(
    language="es",
    title="Todo el recorrido en una imagen",
    description=(
        "A lo largo del tiempo: cómo ha ido la vida y lo que cabía esperar, la alianza según "
        "cliente y terapeuta, las sesiones y los objetivos. La tabla de abajo dice lo mismo."
    ),
    outcome="Cómo ha ido la vida",
    outcome_help={
        Better.HIGHER: "Más alto es mejor. Líneas finas en cada punto: su precisión.",
        Better.LOWER: "Más bajo es mejor. Líneas finas en cada punto: su precisión.",
    },
    expected_help="Sombreado: lo que cabe esperar después de un comienzo así.",
    clearly_better="claramente mejor",
    clearly_worse="claramente peor",
    alliance="Cómo trabajamos juntos",
    alliance_help="Puntos: cada valoración. Líneas: el nivel de fondo, con su margen sombreado.",
    sessions="Sesiones",
    sessions_help="Punto lleno: asistió. Anillo: cancelada. Cruz: no acudió.",
    missed_help="Triángulo debajo: sin cuestionario previo.",
    now="ahora",
    expected="esperado",
    client="Cliente",
    therapist="Terapeuta",
    date="Fecha",
    session="Sesión",
    noted="Anotado",
    rupture="▼ ruptura",
    repair="▲ reparación",
    check_in_missed="sin cuestionario previo",
    attendance={
        Attendance.ATTENDED: "asistió",
        Attendance.CANCELLED: "cancelada",
        Attendance.NO_SHOW: "no acudió",
    },
    decimal=",",
    months=_MESES,
    time_locale={
        "dateTime": "%A, %e de %B de %Y, %X",
        "date": "%d/%m/%Y",
        "time": "%H:%M:%S",
        "periods": ["AM", "PM"],
        "days": [
            "domingo",
            "lunes",
            "martes",
            "miércoles",
            "jueves",
            "viernes",
            "sábado",
        ],
        "shortDays": ["dom", "lun", "mar", "mié", "jue", "vie", "sáb"],
        "months": [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        "shortMonths": list(_MESES),
    },
)

_WORDINGS: Mapping[str, CourseWording] = {"en": ENGLISH, "es": SPANISH}


def course_wording(language: str) -> CourseWording:
    """Return the words in a language (``"es"``, ``"es-mx"`` …); English when it has none."""
    return _WORDINGS.get(language.split("-", maxsplit=1)[0].lower(), ENGLISH)
