"""What was hard to say: written once, seen by whom the client wants, and taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client as Browser

from openalliance.site.records.care.models import Episode
from openalliance.site.records.care.services import transfer
from openalliance.site.records.checkins.access import hard_to_say_of
from openalliance.site.records.checkins.hard_to_say import LONGEST_TEXT, say
from openalliance.site.records.checkins.models import HardToSay
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor

WORDS = "I nod, but أنا لا أفهم دائمًا 🙈"


def typed(**changed: str) -> dict[str, str]:
    return {
        "about": "pace",
        "words": WORDS,
        "visibility": "only-me",
        "submission": str(uuid4()),
        **changed,
    }


def test_it_is_kept_and_shown_as_it_was_written(own: Browser, url: str) -> None:
    kept = own.post(f"{url}hard-to-say/new", typed(), follow=True)
    page = kept.content.decode()
    assert WORDS in page
    assert '<blockquote dir="auto">' in page
    assert "Only you can see this" in page
    assert WORDS in own.get(f"{url}hard-to-say").content.decode()


def test_the_title_of_the_page_tells_nothing_to_who_looks_at_open_pages(
    own: Browser, url: str
) -> None:
    kept = own.post(f"{url}hard-to-say/new", typed(about="not-safe"), follow=True)
    title = kept.content.decode().partition("</title>")[0]
    assert "Something I wrote" in title
    assert "safe" not in title


def test_pressing_the_button_twice_says_it_once(own: Browser, url: str) -> None:
    same = typed()
    for _press in range(2):
        assert own.post(f"{url}hard-to-say/new", same).status_code == 302
    assert HardToSay.objects.count() == 1


def test_the_key_stays_until_the_words_are_sent(own: Browser, url: str) -> None:
    first = own.get(f"{url}hard-to-say/new").context["form"].submission
    assert own.get(f"{url}hard-to-say/new").context["form"].submission == first
    own.post(f"{url}hard-to-say/new", typed(submission=first))
    assert own.get(f"{url}hard-to-say/new").context["form"].submission != first


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("words", "   "),
        ("words", "x" * (LONGEST_TEXT + 1)),
        ("about", "nonsense"),
        ("about", ""),
        ("visibility", ""),
        ("visibility", "everyone"),
    ],
)
def test_what_is_missing_is_said_beside_it_and_nothing_typed_is_lost(
    own: Browser, url: str, field: str, value: str
) -> None:
    refused = own.post(f"{url}hard-to-say/new", typed(**{field: value}))
    assert refused.status_code == 422
    page = refused.content.decode()
    assert f'id="{field}-error"' in page
    if field != "words":
        assert WORDS in page
    assert not HardToSay.objects.exists()


@pytest.mark.parametrize(
    ("visibility", "seen"), [("now", True), ("later", False), ("only-me", False)]
)
def test_the_therapist_sees_what_the_client_wants_them_to(
    own: Browser, url: str, episode: Episode, therapist: Person, now: datetime,
    visibility: str, seen: bool,
) -> None:  # fmt: skip
    own.post(f"{url}hard-to-say/new", typed(visibility=visibility))
    later = datetime.now(now.tzinfo)
    assert bool(hard_to_say_of(actor_for(therapist), episode, now=later)) is seen


def test_who_may_see_it_can_be_changed_later(own: Browser, url: str, said: HardToSay) -> None:
    page = f"{url}hard-to-say/{said.pk}"
    changed = own.post(page, {"visibility": "now"}, follow=True)
    assert "Your therapist can see this since" in changed.content.decode()
    said.refresh_from_db()
    assert said.shown_at is not None
    assert own.post(page, {"visibility": "everyone"}).status_code == 422


def test_taking_it_back_asks_first_and_then_hides_it(
    own: Browser, url: str, said: HardToSay
) -> None:
    page = f"{url}hard-to-say/{said.pk}/withdraw"
    assert "Take it back?" in own.get(page).content.decode()
    said.refresh_from_db()
    assert said.withdrawn_at is None
    own.post(page)
    assert said.words not in own.get(f"{url}hard-to-say").content.decode()
    assert own.get(page).status_code == 404
    assert own.post(f"{url}hard-to-say/{said.pk}", {"visibility": "now"}).status_code == 404


def test_not_feeling_safe_shows_where_to_turn(own: Browser, url: str) -> None:
    kept = own.post(f"{url}hard-to-say/new", typed(about="not-safe"), follow=True)
    page = kept.content.decode()
    assert "crisis--now" in page
    assert "024" in page


def test_nobody_elses_words_open(
    own: Browser, url: str, other_client: Episode, other_actor: Actor, now: datetime
) -> None:
    theirs = say(
        other_client.pk, session=None, about="pace", words="not yours", visibility="now",
        submission=uuid4(), by=other_actor, now=now,
    )  # fmt: skip
    for path in (f"{theirs.pk}", f"{theirs.pk}/withdraw", f"{uuid4()}"):
        assert own.get(f"{url}hard-to-say/{path}").status_code == 404
        assert own.post(f"{url}hard-to-say/{path}", {"visibility": "now"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None


def test_another_clients_submission_neither_opens_theirs_nor_breaks(
    own: Browser, url: str, other_client: Episode, other_actor: Actor, now: datetime
) -> None:
    theirs = say(
        other_client.pk, session=None, about="pace", words="not yours", visibility="now",
        submission=uuid4(), by=other_actor, now=now,
    )  # fmt: skip
    answer = own.post(f"{url}hard-to-say/new", typed(submission=str(theirs.submission)))
    assert answer.status_code == 409
    assert "not yours" not in answer.content.decode()
    assert HardToSay.objects.count() == 1


def test_ten_megabytes_are_too_much_and_nothing_is_kept(own: Browser, url: str) -> None:
    assert own.post(f"{url}hard-to-say/new", typed(words="x" * 10_000_000)).status_code == 413
    assert not HardToSay.objects.exists()


def test_what_was_said_to_an_earlier_therapist_stays_ones_own(
    own: Browser, url: str, said: HardToSay, therapist: Person, colleague: Person, now: datetime
) -> None:
    transfer(said.episode_id, colleague.pk, by=actor_for(therapist), now=now)
    assert said.words in own.get(f"{url}hard-to-say").content.decode()
    own.post(f"{url}hard-to-say/{said.pk}/withdraw")
    said.refresh_from_db()
    assert said.withdrawn_at is not None
