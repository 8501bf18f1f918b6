"""A code of the client's own, and when their page was opened."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from client_steps import Link
from django.test import Client as Browser

from openalliance.core.errors import InputError, NotFoundError
from openalliance.site.records.care import links
from openalliance.site.records.care.access import link_uses
from openalliance.site.records.care.calendars import feed_by, make_feed
from openalliance.site.records.care.models import Episode, LinkUse, PersonalLink
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def _typed(link: Link, **changed: str) -> dict[str, str]:
    return {"present": link.code, "new": "730 418", "again": "730418", **changed}


def test_a_code_of_ones_own_holds_from_then_on_and_the_given_one_no_more(
    own: Browser, url: str, client_link: Link, therapist: Person
) -> None:
    assert own.post(f"{url}code/own", _typed(client_link)).status_code == 302
    stranger = Browser()
    assert stranger.post(f"{url}code", {"code": client_link.code}).status_code == 422
    assert stranger.post(f"{url}code", {"code": "730418"}).status_code == 302
    row = PersonalLink.objects.get(revoked_at=None)
    assert row.code_chosen_at is not None
    assert "730418" not in row.code_hash


@pytest.mark.parametrize(
    "changed",
    [
        {"again": "730419"}, {"new": "111111", "again": "111111"}, {"present": "000000"},
        {"new": "123456", "again": "123456"}, {"new": "987654", "again": "987654"},
        {"new": "12345", "again": "12345"}, {"new": "72a418", "again": "72a418"}, {"new": ""},
    ],
)  # fmt: skip
def test_what_does_not_do_is_said_and_the_old_code_stays(
    changed: dict[str, str], own: Browser, url: str, client_link: Link
) -> None:
    assert own.post(f"{url}code/own", _typed(client_link, **changed)).status_code == 422
    assert Browser().post(f"{url}code", {"code": client_link.code}).status_code == 302


def test_guessing_the_present_code_on_an_open_page_rests_the_link(
    own: Browser, url: str, client_link: Link
) -> None:
    wrong = "000001" if client_link.code != "000001" else "000002"
    answers = [
        own.post(f"{url}code/own", _typed(client_link, present=wrong)).status_code
        for _try in range(6)
    ]
    assert answers[-1] == 429
    assert PersonalLink.objects.get(revoked_at=None).code_chosen_at is None


def test_nobody_chooses_a_code_for_others(
    client_link: Link, other_actor: Actor, therapist: Person, now: datetime
) -> None:
    for by in (other_actor, actor_for(therapist)):
        with pytest.raises(NotFoundError):
            links.choose_code(client_link.token, "730418", by=by, now=now)
    with pytest.raises(InputError):
        links.require_good_code("13579")


def test_the_client_sees_when_and_on_what_their_page_was_opened(
    client_link: Link, episode: Episode
) -> None:
    phone = Browser(headers={"User-Agent": PHONE})
    assert phone.post(f"{client_link.url}code", {"code": client_link.code}).status_code == 302
    page = phone.get(f"{client_link.url}readers").content.decode()
    assert "When your page was opened with your code" in page
    assert "Chrome, Android" in page
    assert PHONE not in {use.device for use in LinkUse.objects.all()}


def test_wrong_codes_are_no_use_and_others_are_not_shown(
    own: Browser, url: str, client_actor: Actor, other_actor: Actor, therapist: Person,
    now: datetime,
) -> None:  # fmt: skip
    before = len(link_uses(client_actor))
    Browser().post(f"{url}code", {"code": "000000"})
    assert len(link_uses(client_actor)) == before == 1
    assert link_uses(other_actor) == ()
    with pytest.raises(NotFoundError):
        link_uses(actor_for(therapist))


def test_only_the_newest_are_shown(own: Browser, client_actor: Actor, now: datetime) -> None:
    link = PersonalLink.objects.get(revoked_at=None)
    LinkUse.objects.bulk_create(
        LinkUse(practice_id=link.practice_id, link=link, at=now - timedelta(days=n))
        for n in range(40)
    )
    assert len(link_uses(client_actor)) == 20


def test_a_new_code_sends_every_other_device_away(
    own: Browser, url: str, client_link: Link
) -> None:
    """Whoever reads along on a device of their own is out at once, not in twelve hours."""
    other = Browser()
    assert other.post(f"{url}code", {"code": client_link.code}).status_code == 302
    assert other.get(url).status_code == 200
    assert own.post(f"{url}code/own", _typed(client_link)).status_code == 302
    assert own.get(url).status_code == 200
    assert other.get(url).headers["Location"] == f"{url}code"
    assert other.post(f"{url}code/own", _typed(client_link, present="730418")).status_code == 302
    assert own.get(url).status_code == 200


def test_the_session_from_before_a_code_was_chosen_is_no_way_in(
    own: Browser, url: str, client_link: Link
) -> None:
    before = own.cookies["oa_session"].value
    assert own.post(f"{url}code/own", _typed(client_link)).status_code == 302
    found = Browser()
    found.cookies["oa_session"] = before
    assert found.get(url).status_code == 302


@pytest.mark.parametrize("how", ["new", "revoked"])
def test_with_the_link_the_address_of_the_calendar_is_dead_too(
    how: str, episode: Episode, client_actor: Actor, therapist: Person, now: datetime
) -> None:
    token, by = make_feed(by=client_actor, now=now), actor_for(therapist)
    theirs = make_feed(by=by, now=now)
    assert feed_by(token, now=now) is not None
    if how == "new":
        links.issue_link(episode, by=by, now=now)
    else:
        links.revoke_links(episode, by=by, now=now)
    assert feed_by(token, now=now) is None
    assert feed_by(theirs, now=now) is not None
