"""Consent: what was asked, which version, when it was given and when withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from openalliance.core.errors import InputError
from openalliance.site.records.care.models import Client
from openalliance.site.records.practice.access import require_client
from openalliance.site.records.rights.models import ConsentAnswer
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log


class ConsentKind(StrEnum):
    """What is asked. Nothing is given until the client has said yes."""

    USE = "use"
    RESEARCH = "research"


VERSIONS = {ConsentKind.USE: 1, ConsentKind.RESEARCH: 1}
"""Raise a version whenever its words change: an answer to an older one counts no longer as yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Where one consent stands.

    Parameters
    ----------
    given
        Whether it holds now: the newest answer, to the present version, was yes.
    history
        Every answer, newest first.
    """

    kind: ConsentKind
    given: bool
    history: tuple[ConsentAnswer, ...]

    @property
    def answered(self) -> bool:
        """Whether the present version was answered at all."""
        return bool(self.history) and self.history[0].version == VERSIONS[self.kind]


def question(kind: ConsentKind) -> tuple[str, tuple[str, ...]]:
    """Return what is asked, in the present language: a title and paragraphs."""
    if kind is ConsentKind.USE:
        return _("Use of these pages"), (
            _(
                "What you write here helps you and your therapist to see how you work together."
                " It is locked with a key of your own."
            ),
            _(
                "Your therapist can read it. A supervisor may look at how the therapy goes, without"
                " what was hard to say. You can see who has read what."
            ),
            _(
                "Using these pages is up to you. Your therapy goes on if you say no, or change your"
                " mind later."
            ),
        )
    return _("Use of your numbers for research"), (
        _(
            "The practice may use your numbers, with many others, to find out what helps people."
            " Only numbers are used: never your name, and nothing you wrote."
        ),
        _("Your therapy does not change if you say no. You can change your mind at any time."),
    )


def own_consents(by: Actor) -> Sequence[Consent]:
    """Return where each consent of a client stands, for themselves.

    Raises
    ------
    NotFoundError
        The actor is no client.
    """
    require_client(by)
    return consents_of(by.id, practice_id=by.practice_id)


def consents_of(client_id: UUID, *, practice_id: UUID) -> Sequence[Consent]:
    """Return where each consent of a client stands; the caller has let the actor see the client."""
    answers = list(
        ConsentAnswer.objects.filter(client_id=client_id, practice_id=practice_id).order_by(
            "-at", "-pk"
        )
    )
    return tuple(
        _standing(kind, tuple(one for one in answers if one.kind == kind)) for kind in ConsentKind
    )


def consenting(kind: ConsentKind, *, practice_id: UUID) -> frozenset[UUID]:
    """Return the clients whose consent holds now."""
    newest: dict[UUID, ConsentAnswer] = {}
    answers: Iterable[ConsentAnswer] = ConsentAnswer.objects.filter(
        practice_id=practice_id, kind=kind
    ).order_by("at", "pk")
    for answer in answers:
        newest[answer.client_id] = answer
    return frozenset(
        client_id
        for client_id, answer in newest.items()
        if answer.given and answer.version == VERSIONS[kind]
    )


@transaction.atomic
def answer(kind: str, given: bool, *, by: Actor, now: datetime) -> ConsentAnswer:
    """Keep a client's yes or no; earlier answers stay.

    Raises
    ------
    InputError
        There is no such question.
    NotFoundError
        The actor is no client.
    """
    if kind not in set(ConsentKind):
        raise InputError("choose what the answer is about", where="kind")
    require_client(by)
    client = Client.objects.select_for_update().get(pk=by.id, practice_id=by.practice_id)
    title, paragraphs = question(ConsentKind(kind))
    made = ConsentAnswer.objects.create(
        practice_id=by.practice_id,
        client=client,
        kind=kind,
        version=VERSIONS[ConsentKind(kind)],
        language=get_language() or "en",
        words="\n".join((title, *paragraphs)),
        given=given,
        at=now,
        by_kind=by.kind,
        by_id=by.id,
    )
    action = Action.CHANGED if given else Action.WITHDREW
    log(action, "consent", made.pk, by=by, now=now, client_id=client.pk)
    return made


def _standing(kind: ConsentKind, history: tuple[ConsentAnswer, ...]) -> Consent:
    newest = history[0] if history else None
    given = newest is not None and newest.given and newest.version == VERSIONS[kind]
    return Consent(kind=kind, given=given, history=history)
