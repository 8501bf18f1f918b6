"""Who wrote to the demonstration's practice, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from openalliance.core.plan import Preference, Way
from openalliance.site.records.intake import services
from openalliance.site.records.intake.services import NewRequest, ask_for_contact
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person


def knock(administrator: Person, therapists: tuple[Person, ...], *, now: datetime) -> None:
    """Let six people write: two wait for an answer, two on the list, two have theirs."""
    amara, jonas, _lucia = (person.pk for person in therapists)
    by = actor_for(administrator)

    def asked(new: NewRequest, **ago: int) -> tuple[UUID, datetime]:
        at = now - timedelta(**ago)
        return ask_for_contact(administrator.practice, new, now=at).pk, at

    yusuf, at = asked(_YUSUF, days=41)
    services.put_on_waiting_list(yusuf, by=by, now=at + timedelta(days=2))
    services.pass_on(yusuf, jonas, by=by, now=at + timedelta(days=2))
    hedda, at = asked(_HEDDA, days=27)
    services.put_on_waiting_list(hedda, by=by, now=at + timedelta(days=1))
    unnamed, at = asked(_UNNAMED, days=14)
    services.decline(unnamed, "", by=by, now=at + timedelta(days=2))
    aroha, at = asked(_aroha(amara), days=6)
    services.close(aroha, by=by, now=at + timedelta(days=1))
    asked(_robin(jonas), days=1, hours=4)
    asked(_CAMILA, hours=7)


def _robin(therapist_id: UUID) -> NewRequest:
    return NewRequest(
        name="Robin Achterberg",
        reach_by="mail",
        reach_me="robin@post.example",
        safely="Only this address. My family reads the other one.",
        message="I have had therapy before and left without saying why. I would like to meet"
        " somebody who does not mind that. Evenings are best.",
        languages=("English", "Deutsch"),
        preferences=(
            Preference(way=Way.DIRECTIVENESS, value=1),
            Preference(way=Way.TIME, value=-2, words="it is not only about this year"),
            Preference(way=Way.HUMOUR, value=-1, words="a little, please"),
        ),
        therapist_id=therapist_id,
    )


def _aroha(therapist_id: UUID) -> NewRequest:
    return NewRequest(
        name="Aroha", reach_by="phone", reach_me="555 0188", safely="After six.",
        message="Do you work with couples? (No need to write back if not.)",
        languages=("English",), therapist_id=therapist_id,
    )  # fmt: skip


_CAMILA = NewRequest(
    name="Camila",
    reach_by="text",
    reach_me="555 0142",
    safely="Por mensaje, nunca de noche.",
    message="¿Tienen a alguien que hable español? Llevo meses sin dormir bien y ya no sé si es el"
    " trabajo o soy yo.",
    accessibility="Voy con mi bebé.",
    languages=("Español",),
    preferences=(
        Preference(way=Way.DIRECTIVENESS, value=-2, words="que me digan por dónde empezar"),
        Preference(way=Way.CHALLENGE, value=3, words="despacio"),
    ),
    language="es",
)
_YUSUF = NewRequest(
    name="Yusuf D.",
    reach_by="phone",
    reach_me="555 0107",
    safely="Say it is the library.",
    message="My father died in spring. I do not cry, and people have begun to worry. I could wait"
    " until after the harvest.",
    languages=("Deutsch",),
    preferences=(Preference(way=Way.EMOTION, value=-1), Preference(way=Way.TIME, value=-1)),
)
_HEDDA = NewRequest(
    name="Hedda",
    reach_by="mail",
    reach_me="hedda@post.example",
    message="Jag skriver hellre på svenska.",
    accessibility="I use a wheelchair; the lift must be at least 80 cm wide.",
    languages=("Svenska",),
)
_UNNAMED = NewRequest(
    name="M.",
    reach_by="phone",
    reach_me="555 0170",
    message="I need somebody who can write a report for the court.",
)
