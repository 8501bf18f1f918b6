"""The finer parts of the demonstration's plans: steps of goals, ways of working, what was rated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from openalliance.core.plan import RANGES, Aspect, Goal, Plan, Preference, Way, parts_of

_STEPS = {
    "Sleep through most nights": (
        "Awake most of the night, every night", "One or two good nights a week",
        "Four or five good nights a week", "Six good nights a week",
        "I do not think about sleep any more",
    ),
    "Take the bus to work again": (
        "I do not leave the house", "I walk to the bus stop", "I take the bus with somebody",
        "I take the bus alone on quiet days", "I take the bus whenever I like",
    ),
    "See friends twice a month": (
        "I answer nobody", "I write to one friend", "I see somebody twice a month",
        "I see somebody every week", "I invite people home",
    ),
    "Be less harsh with myself": (
        "The harsh voice never stops", "I notice it afterwards", "I notice it and can answer it",
        "I answer it most of the time", "It has become a quiet voice",
    ),
    "Volver a salir sola": (
        "No salgo de casa", "Llego hasta la esquina", "Voy a la tienda sola",
        "Voy al centro sola de día", "Salgo cuando quiero",
    ),
    "Dormir bien casi todas las noches": (
        "No duermo casi nunca", "Una o dos noches buenas a la semana", "Cuatro o cinco",
        "Seis noches buenas a la semana", "Ya no pienso en dormir",
    ),
}  # fmt: skip

_OWN_WORDS: dict[str, dict[Way, tuple[str, ...]]] = {
    "en": {
        Way.DIRECTIVENESS: ("Tell me when I go round in circles.", "I need to find it myself."),
        Way.EMOTION: ("I am allowed to cry here.", "Not too deep on a working day, please."),
        Way.TIME: ("My grandmother belongs in this.", "Enough about my childhood."),
        Way.CHALLENGE: ("Push me a little.", "I get enough pushing elsewhere."),
        Way.HUMOUR: ("Laughing keeps me here.", "Please no jokes about the accident."),
    },
    "es": {
        Way.DIRECTIVENESS: ("Dime cuándo me voy por las ramas.", "Tengo que encontrarlo yo."),
        Way.EMOTION: ("Aquí puedo llorar.", "En días de trabajo, no muy hondo."),
        Way.TIME: ("Mi abuela forma parte de esto.", "Quiero mirar hacia delante."),
        Way.CHALLENGE: ("Empújame un poco.", "Ya me empujan bastante fuera."),
        Way.HUMOUR: ("Reírme me ayuda.", "Sin bromas sobre el accidente, por favor."),
    },
}
"""What somebody says who leans to the first pole, and to the second."""

_TOO_FAST = {
    "en": ("I cannot sleep after a session", "I go quiet and nod", "I think of not coming"),
    "es": ("No duermo después de la sesión", "Me callo y digo a todo que sí"),
}
_TOO_SLOW = {
    "en": ("I tell the same week again", "I look at the clock"),
    "es": ("Cuento otra vez la misma semana",),
}


def enriched(plan: Plan, language: str, chance: random.Random) -> Plan:
    """Return a plan with steps where somebody described them, and ways of working."""
    goals = tuple(_with_steps(goal, chance) for goal in plan.goals)
    pace = plan.pace
    if chance.random() < 0.4:
        pace = replace(
            pace,
            too_fast=chance.choice(_TOO_FAST[language]),
            too_slow=chance.choice(_TOO_SLOW[language]) if chance.random() < 0.5 else "",
        )
    ways = chance.sample(list(Way), k=chance.choice((0, 2, 3, 3, 5)))
    preferences = tuple(_preference(way, language, chance) for way in Way if way in ways)
    return replace(plan, goals=goals, pace=pace, preferences=preferences)


def looks(
    plan: Plan, times: list[datetime], chance: random.Random
) -> Iterator[tuple[Aspect, str, str, int, datetime]]:
    """Yield what both sides rated when they looked at the plan again: aspect, part, rater, value.

    Most see it alike; now and then they do not, and some questions are left out.
    """
    level: dict[tuple[Aspect, str], float] = {}
    for at in times:
        for aspect, part in parts_of(plan):
            if aspect is Aspect.PROGRESS:
                continue
            low, high = RANGES[aspect]
            usual = level.setdefault((aspect, part), _usual(aspect, plan, part, chance))
            level[aspect, part] = usual + (0.4 if aspect is Aspect.ATTAINMENT else 0.0)
            for rater in ("client", "therapist"):
                if chance.random() < 0.2:
                    continue
                away = chance.gauss(0.6 if rater == "therapist" else 0.0, (high - low) / 9)
                yield aspect, part, rater, round(min(high, max(low, usual + away))), at


def _preference(way: Way, language: str, chance: random.Random) -> Preference:
    value = chance.choice((-3, -2, -1, 0, 1, 2, 2, 3))
    said = value != 0 and chance.random() < 0.5
    words = _OWN_WORDS[language][way][value > 0] if said else ""
    return Preference(way=way, value=value, words=words)


def _usual(aspect: Aspect, plan: Plan, part: str, chance: random.Random) -> float:
    if aspect is Aspect.DELIVERED:
        wanted = next(one.value for one in plan.preferences if one.way == part)
        return wanted + chance.gauss(0, 1.2)
    return {
        Aspect.AGREEMENT: chance.gauss(8, 1.2),
        Aspect.USEFULNESS: chance.gauss(6.5, 1.8),
        Aspect.ATTAINMENT: chance.gauss(-0.8, 0.7),
        Aspect.PACE: chance.gauss(0.2, 0.8),
    }[aspect]


def _with_steps(goal: Goal, chance: random.Random) -> Goal:
    importance = chance.choice((1, 1, 2, 3))
    return replace(goal, levels=_STEPS.get(goal.words, ()), importance=importance)
