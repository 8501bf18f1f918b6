"""Reports about one client: what is in them, for whom, and what must never be."""

from __future__ import annotations

import builtins
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse

from openalliance.charts.page import Drawing
from openalliance.core.errors import ConflictError, InputError
from openalliance.site.records.care.models import Episode
from openalliance.site.records.checkins import hard_to_say
from openalliance.site.records.intake.portraits import portrait_from
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Actor
from openalliance.site.records.trust.models import AccessEntry
from openalliance.site.screens.reports import document
from openalliance.site.screens.reports.course import course_report, own_report
from openalliance.site.screens.reports.ending import ending_report
from openalliance.site.screens.reports.value import Method, Report
from tests.site.intake.pictures import picture

DOCS = Path(__file__).parents[3]


def _words(report: Report) -> str:
    return re.sub(r"<style>.*?</style>", "", document.html_of(report), flags=re.DOTALL)


def _empty() -> Report:
    return Report(
        key="x", language="en", practice="x", title="x", lead="", about=(), sections=(), made="x",
        is_demonstration=False,
    )  # fmt: skip


def test_a_course_report_says_what_the_page_says_in_black_and_grey(
    followed: Episode, by: Actor, now: datetime
) -> None:
    report = course_report(by, followed, now=now)
    keys = [part.key for part in report.parts]
    assert keys == ["change", "course", "together", "noticed", "goals", "sessions", "numbers"]
    words = _words(report)
    assert "Sleep through the night" in words
    assert "Something between you may have got difficult" in words
    assert "Noor Client" in words
    assert "(Europe/Madrid)" in words
    assert "Confidential" in words
    drawn = [str(part.chart.wide) for part in report.parts if part.chart is not None]
    assert drawn
    for colour in re.findall(r"#([0-9a-fA-F]{6})\b", "".join(drawn)):
        assert colour[:2] == colour[2:4] == colour[4:], f"{colour} is not grey"
    assert "stroke-dasharray" in drawn[0]


def test_every_number_names_a_page_that_is_there(
    followed: Episode, by: Actor, client_actor: Actor, now: datetime
) -> None:
    for report in (
        course_report(by, followed, now=now),
        ending_report(by, followed, now=now),
        own_report(client_actor, followed, now=now, language="es"),
    ):
        for part in report.parts:
            assert all(one.method for one in (*part.figures, *part.grids)), part.key
            assert part.method or not part.chart, part.key
        words = _words(report)
        for method in report.methods:
            assert f'id="method-{method.value}"' in words
            assert f'href="#method-{method.value}"' in words
            assert method.page in words
    for method in Method:
        assert (DOCS / method.page).is_file()


def test_an_ending_is_for_both_and_each_report_for_its_reader(
    followed: Episode, by: Actor, client_actor: Actor, now: datetime
) -> None:
    words = _words(ending_report(by, followed, now=now))
    for one in ("We took our time.", "Somebody listened.", "I stop calling friends", "Mira"):
        assert one in words
    for make in (course_report, ending_report):
        words = _words(make(by, followed, now=now, named=False))
        assert "Noor" not in words
        assert followed.client.code in words
    words = _words(own_report(client_actor, followed, now=now, language="es"))
    assert '<html lang="es">' in words
    assert "Mi informe" in words
    assert "Somebody listened." in words
    assert "Reliable change index" not in words
    assert "Something between you" not in words


def test_what_was_hard_to_say_is_in_no_report(
    followed: Episode, by: Actor, client_actor: Actor, now: datetime
) -> None:
    hard_to_say.say(
        followed.pk, session=None, about="pace", words="This stays between us.",
        visibility="now", submission=uuid4(), by=client_actor, now=now,
    )  # fmt: skip
    before = AccessEntry.objects.filter(subject="hard to say").count()
    for report in (course_report(by, followed, now=now), ending_report(by, followed, now=now)):
        assert "This stays between us." not in _words(report)
    assert AccessEntry.objects.filter(subject="hard to say").count() == before


def _unpacked(pdf: bytes) -> bytes:
    found = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, flags=re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            found.append(packed)
    return b"\n".join(found)


def test_the_pdf_is_tagged_and_asks_nobody_for_anything(
    followed: Episode, by: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    report = course_report(by, followed, now=now)
    pdf = document.pdf_of(report)
    assert pdf.startswith(b"%PDF-")
    pdf = _unpacked(pdf)
    assert re.search(rb"/Marked true", pdf)
    assert re.search(rb"/Lang \(en\)", pdf)
    assert b"pdfuaid" in pdf
    assert b"/Alt" in pdf
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 2

    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    for address in (secret.as_uri(), "http://127.0.0.1:9/x.png", "data:text/plain,x"):
        text = f'<html lang="en"><title>x</title><img alt="x" src="{address}">'
        monkeypatch.setattr(document, "html_of", lambda *_a, text=text, **_b: text)
        with pytest.raises(RuntimeError, match="asks nobody"):
            document.pdf_of(report)


def test_after_a_pdf_half_a_portrait_is_refused_as_before() -> None:
    document.pdf_of(_empty())
    with pytest.raises(InputError, match="could not be read"):
        portrait_from(BytesIO(picture().getvalue()[:2000]))


def test_a_picture_stands_on_the_page_of_its_heading_whatever_its_height(
    followed: Episode, by: Actor, now: datetime
) -> None:
    report = course_report(by, followed, now=now)
    part = next(part for part in report.parts if part.chart is not None)
    assert part.chart is not None
    tall = re.sub(r' height="[^"]+"', ' height="4000"', str(part.chart.wide), count=1)
    tall = re.sub(r'viewBox="0 0 ([\d.]+) [\d.]+"', r'viewBox="0 0 \1 4000"', tall, count=1)
    chart = replace(part.chart, wide=Drawing(tall))
    alone = replace(report, sections=(replace(part, chart=chart),))
    assert len(re.findall(rb"/Type /Page\b", _unpacked(document.pdf_of(alone)))) == 3


def test_without_pango_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConflictError, match="libpangoft2"):
        document.pdf_of(_empty())


@pytest.fixture
def quiet_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are about who may come: the PDF itself is looked at above."""
    monkeypatch.setattr(document, "pdf_of", lambda _report: b"%PDF-")


@pytest.mark.usefixtures("quiet_engine")
def test_a_therapist_reads_and_keeps_reports(
    episode: Episode, therapist: Person, sign_in: Callable[[Browser, Person], Browser],
    client: Browser,
) -> None:  # fmt: skip
    desk = sign_in(client, therapist)
    for count, kind in enumerate(("course", "ending"), start=1):
        shown = desk.get(reverse(f"therapist:{kind}_report", args=[episode.pk]))
        assert b"Noor Client" in shown.content
        assert b"<style" not in shown.content
        kept = desk.get(reverse(f"therapist:{kind}_report_pdf", args=[episode.pk]))
        assert kept["Content-Type"] == "application/pdf"
        assert episode.client.code in kept["Content-Disposition"]
        assert "Noor" not in kept["Content-Disposition"]
        assert AccessEntry.objects.filter(subject="report").count() == 2 * count


def test_a_colleague_and_a_supervisor_get_no_report(
    episode: Episode, colleague: Person, supervisor: Person,
    sign_in: Callable[[Browser, Person], Browser],
) -> None:  # fmt: skip
    for person in (colleague, supervisor):
        desk = sign_in(Browser(), person)
        for kind in ("course", "ending"):
            url = reverse(f"therapist:{kind}_report", args=[episode.pk])
            assert desk.get(url).status_code in {403, 404}


@pytest.mark.usefixtures("quiet_engine")
def test_a_client_takes_their_own_report(
    episode: Episode, client_link: object, come_in: Callable[[Browser, object], Browser],
    client: Browser,
) -> None:  # fmt: skip
    browser = come_in(client, client_link)
    token = client_link.token  # type: ignore[attr-defined]
    shown = browser.get(reverse("client:report", args=[token]))
    assert b"My report" in shown.content
    kept = browser.get(reverse("client:report_pdf", args=[token]))
    assert kept["Content-Disposition"] == 'attachment; filename="report.pdf"'
