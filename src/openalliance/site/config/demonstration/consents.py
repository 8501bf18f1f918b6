"""What the demonstration's clients agreed to: most use these pages, some lend their numbers."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.utils import translation

from openalliance.site.config.demonstration.rows import Rows
from openalliance.site.records.care.models import Client
from openalliance.site.records.rights.consent import VERSIONS, ConsentKind, question
from openalliance.site.records.rights.models import ConsentAnswer
from openalliance.site.records.trust.actors import ActorKind

_ANSWERS = {
    ConsentKind.USE: (("yes", 92), ("not yet", 8)),
    ConsentKind.RESEARCH: (("yes", 54), ("no", 18), ("withdrawn", 4), ("not yet", 24)),
}


def answer(client: Client, chance: random.Random, rows: Rows, *, now: datetime) -> None:
    """Let a client answer the questions for consent, soon after they came in."""
    for kind, shares in _ANSWERS.items():
        ((said, _share),) = chance.choices(shares, weights=[share for _said, share in shares])
        at = client.added_at + timedelta(days=chance.randint(0, 12), minutes=chance.randint(1, 900))
        if said == "not yet" or at > now:
            continue
        rows.add(_row(client, kind, given=said != "no", at=at))
        later = at + timedelta(days=chance.randint(20, 90))
        if said == "withdrawn" and later < now:
            rows.add(_row(client, kind, given=False, at=later))


def _row(client: Client, kind: ConsentKind, *, given: bool, at: datetime) -> ConsentAnswer:
    with translation.override(client.language):
        title, paragraphs = question(kind)
    return ConsentAnswer(
        practice_id=client.practice_id,
        client=client,
        kind=kind,
        version=VERSIONS[kind],
        language=client.language,
        words="\n".join((title, *paragraphs)),
        given=given,
        at=at,
        by_kind=ActorKind.CLIENT,
        by_id=client.pk,
    )
