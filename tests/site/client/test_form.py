"""Check-in and check-out on the client's screens: nothing is lost, nothing is sent twice."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from client_steps import ComeIn, Link, answer_in_browser, form_of, safe_answer, safety_step
from django.core import mail
from django.test import Client as Browser
from pytest_django import (
    DjangoAssertNumQueries,
    Settings,
)

from openalliance.site.config.jobs import run_ready
from openalliance.site.records.care import links
from openalliance.site.records.care import services as care
from openalliance.site.records.care.models import Episode, Session
from openalliance.site.records.checkins import services
from openalliance.site.records.checkins.models import AskedForm, HardToSay, Score, Signal
from openalliance.site.records.checkins.steps import steps_of
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person, Practice
from openalliance.site.records.trust.models import AccessEntry


@pytest.fixture
def check_in(session_today: Session) -> AskedForm:
    return form_of(session_today, "check-in")


@pytest.fixture
def check_out(session_today: Session) -> AskedForm:
    return form_of(session_today, "check-out")


def test_one_question_a_screen_from_the_first_to_thanks(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    begun = own.get(f"{url}form/{check_in.pk}/", follow=True)
    assert begun.redirect_chain[-1][0].endswith(f"{check_in.pk}/1")
    page = begun.content.decode()
    assert page.count("<h1") == 1
    assert "1 of " in page
    answer_in_browser(own, url, check_in)
    review = own.get(f"{url}form/{check_in.pk}/review").content.decode()
    assert "Send my answers" in review
    assert review.count("?from=review") == len(steps_of(check_in))
    sent = own.post(f"{url}form/{check_in.pk}/review", follow=True)
    assert sent.status_code == 200
    assert "Thank you" in sent.content.decode()
    check_in.refresh_from_db()
    assert check_in.submitted_at is not None
    assert AccessEntry.objects.filter(action="sent", subject_id=check_in.pk).exists()


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("check-in", "Once you send your answers, your therapist can read them."),
        ("check-out", "Your therapist first gives their own answers"),
    ],
)
def test_who_reads_the_answers_is_said_before_the_first_and_before_sending(
    own: Browser, url: str, session_today: Session, moment: str, words: str
) -> None:
    form = form_of(session_today, moment)
    assert words in own.get(f"{url}form/{form.pk}/1").content.decode()
    assert words not in own.get(f"{url}form/{form.pk}/2").content.decode()
    assert words in own.get(f"{url}form/{form.pk}/review").content.decode()


def test_the_safety_question_says_beforehand_who_is_told(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    asked = own.get(f"{url}form/{check_in.pk}/{safety_step(check_in).number}").content.decode()
    assert "we tell your therapist at once" in asked
    assert 'aria-describedby="answer-help' in asked


def test_a_closed_phone_comes_back_to_the_first_open_question(
    own: Browser, url: str, check_in: AskedForm, client_link: Link, come_in: ComeIn
) -> None:
    for step in steps_of(check_in)[:3]:
        own.post(f"{url}form/{check_in.pk}/{step.number}", {"answer": safe_answer(step)})
    another_phone = come_in(Browser(), client_link)
    begun = another_phone.get(f"{url}form/{check_in.pk}/", follow=True)
    assert begun.redirect_chain[-1][0].endswith("/4")
    assert "Carry on where you left off" in another_phone.get(url).content.decode()


def test_what_was_answered_is_shown_again_on_the_way_back(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    own.post(f"{url}form/{check_in.pk}/1", {"answer": "7"})
    page = own.get(f"{url}form/{check_in.pk}/1").content.decode()
    assert 'value="7" id="answer-7" checked' in page


def test_an_answer_changed_from_the_review_leads_back_there(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    answer_in_browser(own, url, check_in)
    changed = own.post(f"{url}form/{check_in.pk}/2?from=review", {"answer": "9"})
    assert changed["Location"].endswith("/review")
    assert "9 out of 10" in own.get(f"{url}form/{check_in.pk}/review").content.decode()


@pytest.mark.parametrize(
    "answer", ["11", "-1", "3.5", "nan", "inf", "seven", "1e9", "1_0", "<script>"]
)
def test_an_answer_that_does_not_fit_is_refused_beside_the_question(
    own: Browser, url: str, check_in: AskedForm, answer: str
) -> None:
    refused = own.post(f"{url}form/{check_in.pk}/1", {"answer": answer})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "does not fit this question" in page
    assert "<script>alert" not in page
    assert 'aria-invalid="true"' in page
    check_in.refresh_from_db()
    assert check_in.answers == {}


def test_no_answer_is_refused_kindly_where_one_is_needed(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    refused = own.post(f"{url}form/{check_in.pk}/1", {})
    assert refused.status_code == 422
    assert "Please choose an answer" in refused.content.decode()


def test_a_question_that_may_be_left_out_can_be(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    optional = next(step for step in steps_of(check_in) if not step.item.required)
    page = own.get(f"{url}form/{check_in.pk}/{optional.number}").content.decode()
    assert "Leave out" in page
    assert own.post(f"{url}form/{check_in.pk}/{optional.number}", {}).status_code == 302


@pytest.mark.parametrize("number", ["0", "99"])
def test_a_question_the_form_does_not_have_is_answered_with_a_message(
    own: Browser, url: str, check_in: AskedForm, number: str
) -> None:
    for answer in (
        own.get(f"{url}form/{check_in.pk}/{number}"),
        own.post(f"{url}form/{check_in.pk}/{number}", {"answer": "1"}),
    ):
        assert answer.status_code == 422
        assert "Your other answers are safe" in answer.content.decode()


def test_sending_too_early_says_which_question_is_open(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    own.post(f"{url}form/{check_in.pk}/1", {"answer": "4"})
    refused = own.post(f"{url}form/{check_in.pk}/review")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert f"/form/{check_in.pk}/2" in page
    assert "Answer this" in page
    assert not Score.objects.exists()


def test_pressing_send_twice_sends_once(own: Browser, url: str, check_in: AskedForm) -> None:
    answer_in_browser(own, url, check_in)
    held = {"submission": str(check_in.pk)}
    first = own.post(f"{url}form/{check_in.pk}/review", held)
    scores = Score.objects.count()
    second = own.post(f"{url}form/{check_in.pk}/review", held)
    assert first.status_code == second.status_code == 302
    assert Score.objects.count() == scores


def test_the_back_button_after_sending_says_that_it_was_sent(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    answer_in_browser(own, url, check_in)
    own.post(f"{url}form/{check_in.pk}/review")
    for path in ("", "2", "review"):
        again = own.get(f"{url}form/{check_in.pk}/{path}")
        assert again.status_code == 200
        assert "Already sent, thank you" in again.content.decode()
    late = own.post(f"{url}form/{check_in.pk}/2", {"answer": "1"})
    assert late.status_code == 200
    assert "Already sent, thank you" in late.content.decode()


def test_answers_of_two_tabs_come_together(own: Browser, url: str, check_in: AskedForm) -> None:
    own.get(f"{url}form/{check_in.pk}/1")
    own.get(f"{url}form/{check_in.pk}/2")
    own.post(f"{url}form/{check_in.pk}/2", {"answer": "8"})
    own.post(f"{url}form/{check_in.pk}/1", {"answer": "3"})
    check_in.refresh_from_db()
    assert [step.answer for step in steps_of(check_in)[:2]] == [3, 8]


@pytest.mark.parametrize(
    ("opens", "closes", "status", "words"),
    [
        (1, 2, 409, "a little early"),
        (-2, -1, 410, "it is fine"),
    ],
)
def test_a_form_that_is_not_open_says_so_warmly(
    own: Browser, url: str, check_in: AskedForm, now: datetime,
    opens: int, closes: int, status: int, words: str,
) -> None:  # fmt: skip
    AskedForm.objects.filter(pk=check_in.pk).update(
        opens_at=now + timedelta(hours=opens), closes_at=now + timedelta(hours=closes)
    )
    for answer in (
        own.get(f"{url}form/{check_in.pk}/", follow=True),
        own.post(f"{url}form/{check_in.pk}/1", {"answer": "1"}),
        own.post(f"{url}form/{check_in.pk}/review"),
    ):
        assert answer.status_code == status
        assert words in answer.content.decode()
    check_in.refresh_from_db()
    assert check_in.answers == {}


def test_a_session_removed_while_its_form_is_open_is_nobodys_fault(
    own: Browser, url: str, check_in: AskedForm, therapist: Person, now: datetime
) -> None:
    own.get(f"{url}form/{check_in.pk}/1")
    care.remove_session(check_in.session_id, by=actor_for(therapist), now=now)
    answer = own.post(f"{url}form/{check_in.pk}/1", {"answer": "5"})
    assert answer.status_code == 410
    assert "You did nothing wrong" in answer.content.decode()
    assert str(check_in.pk) not in own.get(url).content.decode()


def test_a_marked_safety_question_shows_help_at_once_and_tells_the_therapist(
    own: Browser, url: str, check_in: AskedForm, practice: Practice, settings: Settings,
) -> None:  # fmt: skip
    settings.MAIL_IS_SET_UP = True
    safety = safety_step(check_in)
    answer = {"answer": f"{safety.item.maximum:g}"}
    marked = own.post(f"{url}form/{check_in.pk}/{safety.number}", answer, follow=True)
    assert run_ready() == 1
    page = marked.content.decode()
    assert marked.redirect_chain[-1][0].endswith(f"/{safety.number}/help")
    assert "024" in page
    assert "Go on with the questions" in page
    assert Signal.objects.filter(kind="safety").count() == 1
    assert len(mail.outbox) == 1
    check_in.refresh_from_db()
    assert check_in.submitted_at is None


def test_who_marked_safety_finds_help_on_the_last_page_too(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    answer_in_browser(own, url, check_in)
    safety = safety_step(check_in)
    marked = {"answer": f"{safety.item.maximum:g}"}
    own.post(f"{url}form/{check_in.pk}/{safety.number}", marked)
    sent = own.post(f"{url}form/{check_in.pk}/review", follow=True).content.decode()
    assert "Thank you" in sent
    assert "Your therapist was told at once." in sent
    assert "crisis--now" in sent
    assert sent.count("tel:024") == 1


def test_safety_is_raised_once_a_form_however_often_it_is_marked_or_sent(
    own: Browser, url: str, check_in: AskedForm, settings: Settings
) -> None:
    settings.MAIL_IS_SET_UP = True
    safety = safety_step(check_in)
    answer_in_browser(own, url, check_in)
    for _time in range(2):
        own.post(
            f"{url}form/{check_in.pk}/{safety.number}",
            {"answer": f"{safety.item.maximum:g}"},
        )
    own.post(f"{url}form/{check_in.pk}/review")
    assert run_ready() == 1
    assert Signal.objects.filter(kind="safety").count() == 1
    assert len(mail.outbox) == 1


def test_a_safety_answer_that_arrives_too_late_still_tells_the_therapist(
    own: Browser, url: str, check_in: AskedForm, now: datetime
) -> None:
    AskedForm.objects.filter(pk=check_in.pk).update(closes_at=now - timedelta(minutes=1))
    safety = safety_step(check_in)
    answer = own.post(
        f"{url}form/{check_in.pk}/{safety.number}", {"answer": f"{safety.item.maximum:g}"}
    )
    assert answer.status_code == 410
    page = answer.content.decode()
    assert "your therapist has just been told" in page
    assert "crisis--now" in page
    assert Signal.objects.filter(kind="safety").count() == 1


def test_going_on_from_help_leads_to_the_next_question_or_the_review(
    own: Browser, url: str, check_in: AskedForm
) -> None:
    last = len(steps_of(check_in))
    assert f"/form/{check_in.pk}/2" in own.get(f"{url}form/{check_in.pk}/1/help").content.decode()
    page = own.get(f"{url}form/{check_in.pk}/{last}/help").content.decode()
    assert f"/form/{check_in.pk}/review" in page


def test_after_a_check_out_comes_the_offer_to_say_what_was_hard(
    own: Browser, url: str, check_out: AskedForm
) -> None:
    answer_in_browser(own, url, check_out)
    offered = own.post(f"{url}form/{check_out.pk}/review", follow=True)
    page = offered.content.decode()
    assert offered.redirect_chain[-1][0].endswith("/hard-to-say")
    assert "No, nothing today" in page
    sent = own.get(f"{url}form/{check_out.pk}/sent").content.decode()
    assert "stay sealed" in sent


def test_nobody_elses_form_opens(
    own: Browser,
    url: str,
    session_today: Session,
    other_client: Episode,
    colleague: Person,
    now: datetime,
) -> None:
    theirs = services.plan_session(
        other_client.pk, starts_at=now - timedelta(minutes=10), by=actor_for(colleague), now=now
    )
    forms = (
        form_of(theirs, "check-in"),
        form_of(theirs, "check-out"),
        form_of(session_today, "check-out", "therapist"),
    )
    for form in forms:
        for path in ("", "1", "review", "sent", "hard-to-say", "1/help"):
            assert own.get(f"{url}form/{form.pk}/{path}").status_code == 404
        assert own.post(f"{url}form/{form.pk}/1", {"answer": "5"}).status_code == 404
        assert own.post(f"{url}form/{form.pk}/review").status_code == 404
        form.refresh_from_db()
        assert form.answers == {}


def test_an_answer_without_the_forms_secret_is_refused_and_nothing_is_kept(
    url: str, check_in: AskedForm, client_link: Link, come_in: ComeIn
) -> None:
    browser = Browser()
    come_in(browser, client_link)
    browser.handler.enforce_csrf_checks = True
    refused = browser.post(f"{url}form/{check_in.pk}/1", {"answer": "5"})
    assert refused.status_code == 403
    check_in.refresh_from_db()
    assert check_in.answers == {}


def test_ten_megabytes_are_too_much(own: Browser, url: str, check_in: AskedForm) -> None:
    huge = own.post(f"{url}form/{check_in.pk}/1", {"answer": "x" * 10_000_000})
    assert huge.status_code == 413


def test_an_answer_costs_few_queries(
    own: Browser,
    url: str,
    check_in: AskedForm,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    own.get(f"{url}form/{check_in.pk}/1")
    with django_assert_max_num_queries(16):
        own.post(f"{url}form/{check_in.pk}/1", {"answer": "5"})
    with django_assert_max_num_queries(10):
        own.get(f"{url}form/{check_in.pk}/2")


def test_a_client_of_another_practice_opens_nothing_here(
    check_in: AskedForm, said: HardToSay, stranger: Person, now: datetime
) -> None:
    by = actor_for(stranger)
    elsewhere = care.add_client(
        care.NewClient(name="Elsa Elsewhere", email=None, language="en", modality="cbt"),
        by=by,
        now=now,
    )
    _link, token, code = links.issue_link(elsewhere, by=by, now=now)
    browser, url = Browser(), f"/c/{token}/"
    browser.post(f"{url}code", {"code": code})
    assert browser.get(url).status_code == 200
    for path in (f"form/{check_in.pk}/", f"form/{check_in.pk}/1", f"hard-to-say/{said.pk}"):
        assert browser.get(url + path).status_code == 404
    assert browser.post(f"{url}form/{check_in.pk}/1", {"answer": "5"}).status_code == 404


def test_one_clients_session_does_not_open_another_clients_link(
    own: Browser, other_client: Episode, colleague: Person, now: datetime
) -> None:
    _link, token, _code = links.issue_link(other_client, by=actor_for(colleague), now=now)
    answer = own.get(f"/c/{token}/")
    assert answer.status_code == 302
    assert answer["Location"] == f"/c/{token}/code"
