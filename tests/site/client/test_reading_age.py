"""Whatever a client reads asks for a reading age of eleven at most, and its Spanish is as easy.

`tests/harness/reading.py` has the formulas and their sources. A formula is blind to meaning, and
wild on a heading of three words: passages are judged from eight words on, and pages as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import reading
from babel.messages.pofile import read_po
from client_steps import ComeIn, Link
from django.test import Client as Browser

import openalliance.site
from openalliance.site.records.care.models import Client, Session
from openalliance.site.records.checkins.models import AskedForm

_CATALOGUE = Path(openalliance.site.__file__).parent / "ui/locale/es/LC_MESSAGES/django.po"
_STAFF = re.compile(r"screens/(therapist|supervisor|administrator|emergency)/")
_GRADE = 6.0  # a reading age of eleven
_EASE = 65.0  # INFLESZ: "quite easy", as at primary school
_EASE_OF_ONE = 50.0  # a short passage with one long word falls below what its page has
_ENOUGH, _ENOUGH_SPANISH, _ENOUGH_OF_A_PAGE = 8, 12, 40

CANNOT_BE_SIMPLER = {
    "therapist": "what the person is called whom the client meets",
    "therapists": "more than one of them",
    "therapist’s": "what is theirs",
    "therapy": "what the two do; another word would be another thing",
    "therapies": "more than one of them",
    "terapeuta": "therapist",
    "terapeutas": "therapists",
    "terapia": "therapy",
    "terapias": "therapies",
    "supervisor": "the name of a role, as consent and the list of readers have it",
    "emergency": "the word on the telephone box and on the door of the hospital",
    "demonstration": "the name of this mode of the system; no real client meets it",
    "interpreter": "the name of a profession",
    "altogether": "long on paper only; children say it",
    "anybody": "long on paper only; children say it",
    "differently": "long on paper only; children say it",
    "usually": "long on paper only; children say it",
}
"""Words that stay although they are long. The formulas read them as a word of two syllables."""

FOR_STAFF = (
    "Each rating is compared with", "No single rating was unusual", "Of 100 people with such",
    "Answers vary a little", "Two people never rate", "Ask directly and calmly",
    "The check-ins are compared with", "About Ann of 100 sure",
    "beyond ±", "Reliable change", "Over the sessions, and",
)  # fmt: skip
"""Sentences beside the client's own in shared modules that only staff is shown."""


def _plain(words: str) -> str:
    """Return a sentence as it may be read: names and numbers for what is put in."""
    bare = re.sub(r"<[^>]*>", "", words)
    bare = re.sub(r"%(\(\w+\))?d", "5", bare)
    return re.sub(r"%(\(\w+\))?s", "Ann", bare).replace("%%", "%")


def _judged(text: str) -> str:
    """Return the text with short words for those that cannot be simpler."""
    return re.sub(
        r"[^\W\d_]+(?:’s)?",
        lambda found: "other" if found.group().lower() in CANNOT_BE_SIMPLER else found.group(),
        text,
    )


def _passages() -> Iterator[tuple[str, str, str]]:
    """Yield every sentence a client may be shown: where it stands, in English, in Spanish."""
    with _CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    for message in catalogue:
        places = [place for place, _line in message.locations if not _STAFF.search(place)]
        if not message.id or not places:
            continue
        english = message.id if isinstance(message.id, tuple) else (message.id,)
        spanish = message.string if isinstance(message.string, tuple) else (message.string,)
        if not _plain(english[0]).startswith(FOR_STAFF):
            for one, other in zip(english, spanish, strict=True):
                yield places[0], _plain(one), _plain(other)


PASSAGES = tuple(_passages())


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "asked wrote changed hours the"), (2, "able opened sessions noted giving"),
     (3, "therapist already important deleted idea"), (4, "emergency ordinary supervisor")],
)  # fmt: skip
def test_english_syllables_are_counted(count: int, words: str) -> None:
    for word in words.split():
        assert reading.english_syllables(word) == count, word


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "y quien bien muy"), (2, "tarde hoyo aire"), (3, "terapia anoté leído"),
     (4, "terapeuta decídelo")],
)  # fmt: skip
def test_spanish_syllables_are_counted(count: int, words: str) -> None:
    for word in words.split():
        assert reading.spanish_syllables(word) == count, word


def test_both_formulas_are_as_published() -> None:
    assert reading.english_grade("The cat sat on the mat.") == pytest.approx(-1.45)
    assert reading.spanish_ease("El gato duerme. Es tarde.") == pytest.approx(
        206.835 - 62.3 * 8 / 5 - 2.5
    )


def test_the_catalogue_has_what_clients_read() -> None:
    places = {place for place, _english, _spanish in PASSAGES}
    assert len(PASSAGES) > 900
    for expected in ("screens/client/", "screens/public/", "ui/templates/", "records/endings/"):
        assert any(expected in place for place in places), expected


def test_no_english_passage_is_above_reading_age_eleven() -> None:
    hard = [
        f"{place}: grade {grade:.1f}: {english}"
        for place, english, _spanish in PASSAGES
        if len(english.split()) >= _ENOUGH
        and (grade := reading.english_grade(_judged(english))) > _GRADE
    ]
    assert not hard, "\n".join(hard)


def test_no_spanish_passage_is_hard() -> None:
    hard = [
        f"{place}: ease {ease:.0f}: {spanish}"
        for place, _english, spanish in PASSAGES
        if len(spanish.split()) >= _ENOUGH_SPANISH
        and (ease := reading.spanish_ease(_judged(spanish))) < _EASE_OF_ONE
    ]
    assert not hard, "\n".join(hard)


@pytest.mark.parametrize(("which", "most"), [(1, 20), (2, 22)], ids=["english", "spanish"])
def test_no_sentence_is_long(which: int, most: int) -> None:
    long = [one for one in PASSAGES if reading.longest_sentence(one[which]) > most]
    assert not long


def test_every_long_word_has_its_reason() -> None:
    found = reading.hard_words(english for _place, english, _spanish in PASSAGES)
    assert found <= set(CANNOT_BE_SIMPLER)


class _Main(HTMLParser):
    """Collects what can be read on a page, each block a sentence of its own."""

    _INLINE = frozenset({"a", "abbr", "b", "bdi", "code", "em", "span", "strong", "time"})
    _SILENT = frozenset({"script", "style", "svg", "template"})

    def __init__(self) -> None:
        super().__init__()
        self.read: list[str] = []
        self._depth = {"main": 0, "silent": 0}

    def _count(self, tag: str, step: int) -> None:
        if tag == "main":
            self._depth["main"] += step
        elif tag in self._SILENT:
            self._depth["silent"] += step
        if tag not in self._INLINE:
            self.read.append("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._count(tag, 1)

    def handle_endtag(self, tag: str) -> None:
        self._count(tag, -1)

    def handle_data(self, data: str) -> None:
        if self._depth["main"] and not self._depth["silent"]:
            self.read.append(" ".join(data.split()) + " ")


def _read(page: str) -> str:
    parser = _Main()
    parser.feed(page)
    return re.sub(r"\s*\n\s*", "\n", "".join(parser.read))


OWN_PAGES = (
    "", "plan", "plan/propose", "plan/review", "tasks", "sessions", "calendar",
    "calendar/reminders", "taken-up", "hard-to-say", "hard-to-say/new", "readers", "consent",
    "record", "delete", "after", "staying-well", "looking-back", "help", "leave", "code/own",
    "known",
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.usefixtures("agreed_plan", "said")
def test_every_page_of_a_client_is_easy_to_read(
    language: str, client_person: Client, client_link: Link, come_in: ComeIn, session_today: Session
) -> None:
    Client.objects.filter(pk=client_person.pk).update(language=language)
    browser, url = come_in(Browser(), client_link), client_link.url
    asked = AskedForm.objects.get(session=session_today, moment="check-out", rater="client")
    for path in (*OWN_PAGES, f"form/{asked.pk}/1", f"form/{asked.pk}/review"):
        answer = browser.get(url + path, follow=True)
        assert answer.status_code == 200, path
        text = _judged(_read(answer.content.decode()))
        if language == "en":
            assert reading.english_grade(text) <= _GRADE, path
        else:
            short = len(text.split()) < _ENOUGH_OF_A_PAGE
            assert short or reading.spanish_ease(text) >= _EASE, path
