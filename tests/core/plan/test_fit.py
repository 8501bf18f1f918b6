"""Who might suit whom: by stated wishes alone, in an order that can be said in words."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openalliance.core.errors import InputError
from openalliance.core.plan import Preference, Way
from openalliance.core.plan.fit import Fit, Offer, Wish, fit, languages_in, suggestions

_LANGUAGES = st.lists(
    st.sampled_from(["English", "Español", "Deutsch", "Igbo", "LSE"]), unique=True
).map(tuple)
_WAYS = st.dictionaries(st.sampled_from(Way), st.integers(-3, 3)).map(
    lambda held: tuple(Preference(way=way, value=value) for way, value in held.items())
)
WISHES = st.builds(Wish, languages=_LANGUAGES, preferences=_WAYS)
OFFERS = st.builds(
    Offer, id=st.uuids().map(str), languages=_LANGUAGES, preferences=_WAYS, has_room=st.booleans()
)


def likes(way: Way, value: int) -> Preference:
    return Preference(way=way, value=value)


def test_each_wished_way_is_alike_apart_or_unsaid() -> None:
    wish = Wish(preferences=(
        likes(Way.HUMOUR, -2), likes(Way.TIME, 3), likes(Way.EMOTION, 1), likes(Way.CHALLENGE, -1),
        likes(Way.DIRECTIVENESS, 0),
    ))  # fmt: skip
    offer = Offer(id="a", preferences=(
        likes(Way.HUMOUR, -1), likes(Way.TIME, -1), likes(Way.EMOTION, 0),
    ))  # fmt: skip
    found = fit(wish, offer)
    assert found.alike == (Way.HUMOUR, Way.EMOTION)
    assert found.apart == (Way.TIME,)
    assert found.unsaid == (Way.CHALLENGE,)


@pytest.mark.parametrize("written", ["español", "ESPAÑOL", " Espanol", "Español"])
def test_a_language_is_the_same_however_it_is_written(written: str) -> None:
    found = fit(Wish(languages=(written,)), Offer(id="a", languages=("English", "Español")))
    assert found.languages == (written,)
    assert not found.lacks_language


def test_languages_stand_in_a_line_with_commas() -> None:
    assert languages_in("Español, English;  Deutsch,, espanol,") == (
        "Español",
        "English",
        "Deutsch",
    )
    assert languages_in(" , ") == ()


def test_room_goes_before_language_and_language_before_ways() -> None:
    humour = (likes(Way.HUMOUR, -3),)
    wish = Wish(languages=("Igbo",), preferences=humour)
    offers = [
        Offer(id="no room", languages=("Igbo",), preferences=humour, has_room=False),
        Offer(id="no language", preferences=humour),
        Offer(id="other way", languages=("Igbo",), preferences=(likes(Way.HUMOUR, 1),)),
        Offer(id="says nothing", languages=("Igbo",)),
        Offer(id="all", languages=("Igbo",), preferences=humour),
    ]
    found = [one.id for one in suggestions(wish, offers)]
    assert found == ["all", "says nothing", "other way", "no language", "no room"]


def test_who_wishes_nothing_is_shown_everybody_as_they_came() -> None:
    offers = [Offer(id=name, languages=("English",)) for name in "cab"]
    assert [one.id for one in suggestions(Wish(), offers)] == ["c", "a", "b"]


def test_nothing_but_what_was_said_comes_in() -> None:
    """No figure about anybody's clients is among what an offer or a fit holds."""
    names = {one.name for kind in (Wish, Offer, Fit) for one in dataclasses.fields(kind)}
    assert names == {"id", "has_room", "languages", "lacks_language", "preferences", "alike",
                     "apart", "unsaid"}  # fmt: skip


def test_a_way_said_twice_is_refused() -> None:
    twice = (likes(Way.TIME, 1), likes(Way.TIME, 2))
    with pytest.raises(InputError):
        Wish(preferences=twice)
    with pytest.raises(InputError):
        Offer(id="a", preferences=twice)


@given(wish=WISHES, offers=st.lists(OFFERS, max_size=6, unique_by=lambda one: one.id))
def test_everybody_is_suggested_once_and_equals_keep_their_order(
    wish: Wish, offers: list[Offer]
) -> None:
    found = suggestions(wish, offers)
    assert {one.id for one in found} == {one.id for one in offers}
    assert len(found) == len(offers)
    reversed_again = suggestions(wish, offers[::-1])
    key = lambda one: (one.has_room, one.lacks_language, len(one.alike) - len(one.apart))  # noqa: E731
    assert [key(one) for one in found] == [key(one) for one in reversed_again]


@given(wish=WISHES, offer=OFFERS)
def test_every_wished_way_is_told_of_once(wish: Wish, offer: Offer) -> None:
    found = fit(wish, offer)
    told = found.alike + found.apart + found.unsaid
    assert sorted(told) == sorted(one.way for one in wish.preferences if one.value)


@given(wish=WISHES, offer=OFFERS)
def test_leaning_the_other_way_turns_alike_and_apart_around(wish: Wish, offer: Offer) -> None:
    said = {one.way for one in offer.preferences if one.value}
    turned = Wish(
        languages=wish.languages,
        preferences=tuple(likes(one.way, -one.value) for one in wish.preferences),
    )
    one, other = fit(wish, offer), fit(turned, offer)
    assert set(one.apart) == set(other.alike) & said
    assert set(other.apart) == set(one.alike) & said


@given(wish=WISHES, offer=OFFERS)
def test_learning_a_wished_language_never_moves_anybody_back(wish: Wish, offer: Offer) -> None:
    rival = Offer(id="rival", languages=("Igbo",))
    learnt = Offer(
        id=offer.id, languages=(*offer.languages, *wish.languages), preferences=offer.preferences,
        has_room=offer.has_room,
    )  # fmt: skip
    before = [one.id for one in suggestions(wish, (rival, offer))]
    after = [one.id for one in suggestions(wish, (rival, learnt))]
    assert after.index(offer.id) <= before.index(offer.id)
