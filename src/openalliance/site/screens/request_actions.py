"""What can be done with a request, from the administrator's pages and from a therapist's alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import QueryDict

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.intake import services
from openalliance.site.records.trust.actors import Actor

Deed = Callable[[UUID, QueryDict, Actor, datetime], str]


def act(action: str, request_id: UUID, post: QueryDict, *, by: Actor, now: datetime) -> str:
    """Do what a button of a request's page says; return what happened, in words.

    Raises
    ------
    NotFoundError
        There is no such action.
    """
    deed = _DEEDS.get(action)
    if deed is None:
        raise NotFoundError("no such action")
    return deed(request_id, post, by, now)


def _pass_on(request_id: UUID, post: QueryDict, by: Actor, now: datetime) -> str:
    try:
        therapist_id = UUID(post.get("therapist", ""))
    except ValueError:
        raise InputError("choose a therapist", where="therapist") from None
    services.pass_on(request_id, therapist_id, by=by, now=now)
    return "Passed on. They find it among their requests."


def _wait(request_id: UUID, _post: QueryDict, by: Actor, now: datetime) -> str:
    services.put_on_waiting_list(request_id, by=by, now=now)
    return "They are on the waiting list. Tell them so."


def _earlier(request_id: UUID, _post: QueryDict, by: Actor, now: datetime) -> str:
    services.move_in_list(request_id, earlier=True, by=by, now=now)
    return "Moved one place up."


def _later(request_id: UUID, _post: QueryDict, by: Actor, now: datetime) -> str:
    services.move_in_list(request_id, earlier=False, by=by, now=now)
    return "Moved one place down."


def _decline(request_id: UUID, post: QueryDict, by: Actor, now: datetime) -> str:
    posted = services.decline(request_id, post.get("alternatives", ""), by=by, now=now)
    if posted:
        return "Declined. A letter is on its way, without anything of what they wrote."
    return "Declined. No letter goes by itself: tell them in the way they asked for."


def _close(request_id: UUID, _post: QueryDict, by: Actor, now: datetime) -> str:
    services.close(request_id, by=by, now=now)
    return "Noted as answered."


def _again(request_id: UUID, _post: QueryDict, by: Actor, now: datetime) -> str:
    services.open_again(request_id, by=by, now=now)
    return "It is open again."


def _forget(request_id: UUID, _post: QueryDict, by: Actor, now: datetime) -> str:
    services.forget(request_id, by=by, now=now)
    return "Deleted, with every word in it."


_DEEDS: dict[str, Deed] = {
    "pass-on": _pass_on, "wait": _wait, "earlier": _earlier, "later": _later,
    "decline": _decline, "close": _close, "again": _again, "forget": _forget,
}  # fmt: skip
STAYS = frozenset({"wait", "again"})
"""What leaves one on the request's page; all else leads back to the list."""
