"""Personal links and their codes: made, used, chosen anew and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import F

from openalliance.core.errors import InputError, NotFoundError, RefusedError
from openalliance.site.records.care.access import link_by
from openalliance.site.records.care.models import CalendarFeed, Episode, LinkUse, PersonalLink
from openalliance.site.records.trust import tokens
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.services import Action, log

LINK_LASTS = timedelta(days=365)
"""From when a link was given, and again from each time it was used with its code."""

WRONG_CODES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
LOCKED_AT_MOST = timedelta(days=1)
CODE_DIGITS = 6


@transaction.atomic
def issue_link(episode: Episode, *, by: Actor, now: datetime) -> tuple[PersonalLink, str, str]:
    """Give a client a new link and code, shown once; older links stop working."""
    revoke_links(episode, by=by, now=now)
    token, code = tokens.new_token(), tokens.new_code()
    link = PersonalLink.objects.create(
        practice_id=by.practice_id,
        client_id=episode.client_id,
        token_hash=tokens.digest(token),
        code_hash=tokens.digest(code, salt=token),
        issued_at=now,
        expires_at=now + LINK_LASTS,
    )
    log(Action.ADDED, "personal link", link.pk, by=by, now=now, client_id=episode.client_id)
    return link, token, code


@transaction.atomic
def revoke_links(episode: Episode, *, by: Actor, now: datetime) -> None:
    """Make every link of a client useless, and the address of their calendar with it.

    Whoever came in by a link that was not theirs may have made themselves such an address.
    """
    CalendarFeed.objects.filter(
        practice_id=by.practice_id, client_id=episode.client_id, revoked_at=None
    ).update(revoked_at=now)
    changed = PersonalLink.objects.filter(
        practice_id=by.practice_id, client_id=episode.client_id, revoked_at=None
    ).update(revoked_at=now)
    if changed:
        log(
            Action.CHANGED, "personal link", episode.pk, by=by, now=now,
            client_id=episode.client_id,
        )  # fmt: skip


def enter_code(token: str, code: str, *, now: datetime, device: str = "") -> PersonalLink:
    """Return the link when the code is right, and note when and on what kind of device.

    Wrong codes are counted in a transaction of their own, before the comparison is told, so that
    guesses at the same moment cannot slip past the limit.

    Raises
    ------
    NotFoundError
        The link is unknown, expired or revoked.
    RefusedError
        The code is wrong, or there were too many wrong ones.
    """
    link = link_by(token, now=now)
    if link is None:
        raise NotFoundError("no such link")
    with transaction.atomic():
        link = PersonalLink.objects.select_for_update().get(pk=link.pk)
        if link.locked_until is not None and link.locked_until > now:
            raise TooManyCodesError("too many wrong codes")
        if tokens.same(tokens.digest(code, salt=token), link.code_hash):
            link.wrong_codes, link.locked_until, link.last_used_at = 0, None, now
            link.expires_at = max(link.expires_at, now + LINK_LASTS)
            link.save(update_fields=["wrong_codes", "locked_until", "last_used_at", "expires_at"])
            LinkUse.objects.create(
                practice_id=link.practice_id, link=link, at=now, device=device[:60]
            )
            return link
        wrong = link.wrong_codes + 1
        PersonalLink.objects.filter(pk=link.pk).update(
            wrong_codes=F("wrong_codes") + 1, locked_until=_locked_until(wrong, now)
        )
    raise WrongCodeError("the code does not fit this link")


def require_good_code(code: str) -> None:
    """Refuse a code that is none, or that is guessed first.

    Raises
    ------
    InputError
        It has not six digits, fewer than three different ones, or counts up or down.
    """
    if not (len(code) == CODE_DIGITS and code.isascii() and code.isdigit()):
        raise InputError(f"a code has {CODE_DIGITS} digits", where="code")
    steps = {int(b) - int(a) for a, b in pairwise(code)}
    if len(set(code)) < 3 or steps in ({1}, {-1}):
        raise InputError("this code is guessed too easily", where="code")


@transaction.atomic
def choose_code(token: str, code: str, *, by: Actor, now: datetime) -> PersonalLink:
    """Put a code of the client's own in the place of the one they were given.

    The caller has just seen the present code (`enter_code`), so that nobody who only found an open
    page takes it over.

    Raises
    ------
    InputError
        It is no code of six digits, or one that is guessed first.
    NotFoundError
        The link is not the actor's.
    """
    require_good_code(code)
    link = link_by(token, now=now)
    if link is None or not by.is_client or link.client_id != by.id:
        raise NotFoundError("no such link")
    link.code_hash, link.code_chosen_at = tokens.digest(code, salt=token), now
    link.save(update_fields=["code_hash", "code_chosen_at"])
    log(Action.CHANGED, "personal link", link.pk, by=by, now=now, client_id=by.id)
    return link


def _locked_until(wrong: int, now: datetime) -> datetime | None:
    """Return until when a link rests; each rest is twice as long as the one before, up to a day.

    So whoever holds a link without its code gets some 1,900 of a million codes in a year.
    """
    rests, tries = divmod(wrong, WRONG_CODES_ALLOWED)
    if tries:
        return None
    doubled: int = 2 ** min(rests - 1, 10)
    return now + min(LOCKED_AT_MOST, LOCKED_FOR * doubled)


class WrongCodeError(RefusedError):
    """The code does not fit the link."""


class TooManyCodesError(RefusedError):
    """Too many wrong codes; the link rests for a while."""
