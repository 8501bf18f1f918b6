"""What the public reads of the demonstration's practice and its three therapists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from openalliance.site.config.demonstration.portraits import painted
from openalliance.site.records.intake.profiles import save_page, save_portrait, save_profile
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person

_PAGE = {
    "about": "We share four rooms, one kettle and a supervision group on Thursdays. After each"
    " session we ask how it was to work with us, and we want the honest answer.",
    "place": "Quay 4, second floor. The bell says “Old Harbour”; buses 3 and 11 stop outside.",
    "accessibility": "Two steps at the street door, then a lift. The toilet is wide enough for a"
    " wheelchair, the waiting room is not; tell us and we meet you below. We can dim the light.",
    "availability": "Monday to Friday, 8 to 20 h. We answer within two working days, not at night.",
    "fees": "70 € for fifty minutes. Each of us keeps two places at 25 €; asking is enough.",
    "is_public": True,
    "takes_requests": True,
    "alternatives": "The list of the regional chamber: who has room, by language and by district.\n"
    "The health centre on Calle Real, without cost, Monday mornings.\n"
    "El centro de la mujer, en la plaza, también por la tarde.",
}
_WORDS: Mapping[str, Mapping[str, Any]] = {
    "amara@demonstration.example": {
        "trainings": "Registered nurse (Leeds, 2006). Cognitive behavioural therapy, Madrid, 2016."
        " Since then every year something I was bad at.",
        "cultures": "Yoruba and Igbo family, Yorkshire school, Galician neighbours. I know what it"
        " is to be the only one in the room.",
        "style": "I ask many questions, draw on the whiteboard and send you home with one thing.",
        "humour": "Often. Never about what hurts.",
        "fees": "70 €, or 25 € in one of two reduced places (one is free).",
        "availability": "Monday, Tuesday and Thursday until 20 h; online on Fridays.",
        "taking": "yes",
        "ways": [
            {"way": "directiveness", "value": -2, "words": "I bring a plan, you change it"},
            {"way": "time", "value": 2, "words": ""},
            {"way": "challenge", "value": -1, "words": ""},
            {"way": "humour", "value": -2, "words": ""},
        ],
    },
    "jonas@demonstration.example": {
        "trainings": "Psychology in Lund, psychoanalytic training in Hamburg (ended 2012).",
        "cultures": "A quiet family near Umeå, ten years in Hamburg, a household of two faiths.",
        "style": "I wait longer than most people. What you do not say is welcome, too.",
        "humour": "Dry, and late in the hour.",
        "fees": "70 €. No reduced place free before spring.",
        "availability": "Tuesday to Thursday, 9 to 17 h, in the room only.",
        "taking": "waiting",
        "ways": [
            {"way": "directiveness", "value": 2, "words": "you begin"},
            {"way": "emotion", "value": -2, "words": ""},
            {"way": "time", "value": -3, "words": "it usually began earlier than we think"},
            {"way": "humour", "value": 1, "words": ""},
        ],
    },
    "lucia@demonstration.example": {
        "trainings": "Terapia centrada en la persona, Ciudad de México, 2009. Work with"
        " interpreters and in groups of people who had to leave.",
        "cultures": "Zapotec grandmother, catholic school, fifteen years of papers and queues.",
        "style": "You lead. I listen for what is alive in it and say when I am lost.",
        "humour": "Nos reímos cuando toca.",
        "fees": "70 €, o 25 € si hace falta. Pregunta sin pena.",
        "availability": "Lunes y miércoles por la tarde, viernes por la mañana.",
        "taking": "yes",
        "ways": [
            {"way": "directiveness", "value": 3, "words": "tú marcas el camino"},
            {"way": "emotion", "value": -1, "words": ""},
            {"way": "challenge", "value": 2, "words": ""},
        ],
    },
}
_COLOURS: Mapping[str, tuple[tuple[str, str, str, str], bool]] = {
    "amara@demonstration.example": (("#d9a566", "#2f5d62", "#7a4a2c", "#1f1713"), False),
    "jonas@demonstration.example": (("#8fa6b2", "#3a3f58", "#e3b796", "#b58a4a"), False),
    "lucia@demonstration.example": (("#b7c79a", "#8c3b3b", "#b97f57", "#2a1c18"), True),
}


def publish(administrator: Person, therapists: tuple[Person, ...], *, now: datetime) -> None:
    """Give the practice its page, and each therapist the rest of theirs and a picture."""
    save_page(_PAGE, by=actor_for(administrator), now=now)
    for therapist in therapists:
        by = actor_for(therapist)
        save_profile(_WORDS[therapist.email], by=by, now=now)
        colours, long_hair = _COLOURS[therapist.email]
        save_portrait(painted(*colours, long_hair=long_hair), by=by, now=now)
