"""Taking up a signal or what was hard to say: seen, talked about, changed; and taking it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import ConflictError, InputError, NotFoundError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.conversations import services
from openalliance.site.records.conversations.access import Topic, topics_for
from openalliance.site.records.conversations.track_record import precision_here
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.therapist.topics import STAGES, card_of
from openalliance.site.screens.therapist.words import head_of
from openalliance.site.screens.track_words import ANSWERS
from openalliance.site.screens.wording import Audience

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def signal(request: HttpRequest, episode_id: UUID, subject_id: UUID) -> HttpResponseBase:
    """Show one signal with its conversation; note how far it came."""
    return _conversation(request, episode_id, subject_id, is_signal=True)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def said(request: HttpRequest, episode_id: UUID, subject_id: UUID) -> HttpResponseBase:
    """Show what was hard to say with its conversation; note how far it came."""
    return _conversation(request, episode_id, subject_id, is_signal=False)


@require_POST
@staff(Role.THERAPIST)
def undo(request: HttpRequest, episode_id: UUID, step_id: UUID) -> HttpResponseBase:
    """Take the last step of a conversation back."""
    step = services.undo(step_id, by=acting(request), now=now())
    messages.success(request, f"“{dict(STAGES)[step.stage]}” was taken back.")
    key = step.signal_id or step.hard_to_say_id
    return redirect(f"{reverse('therapist:client', args=[step.episode_id])}#topic-{key}")


def _conversation(
    request: HttpRequest, episode_id: UUID, subject_id: UUID, *, is_signal: bool
) -> HttpResponseBase:
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="conversation")
    topic = _topic(topics_for(by, episode, now=at), subject_id)
    if request.method != "POST":
        return _shown(request, by, episode, topic)
    take_up: Callable[..., object] = services.take_up_hard_to_say
    if is_signal:
        take_up = partial(services.take_up_signal, answer=request.POST.get("answer", ""))
    stage = request.POST.get("stage", "")
    try:
        take_up(
            subject_id,
            stage,
            note=request.POST.get("note", "").strip(),
            note_for_client=request.POST.get("note_for_client") == "yes",
            by=by,
            now=at,
        )
    except InputError as fault:
        wrong = [(fault.what, fault.where or "")]
        return _shown(request, by, episode, topic, errors=wrong, status=422)
    except ConflictError:
        moved_on = "This conversation has come that far already, perhaps in another window."
        return _shown(request, by, episode, topic, errors=[(moved_on, "")], status=409)
    messages.success(request, f"Noted: {dict(STAGES)[stage].lower()}.")
    return redirect(f"{reverse('therapist:client', args=[episode_id])}#topic-{subject_id}")


def _topic(topics: Sequence[Topic], subject_id: UUID) -> Topic:
    for topic in topics:
        subject = topic.signal or topic.hard_to_say
        if subject is not None and subject.pk == subject_id:
            return topic
    raise NotFoundError("no such topic")


def _shown(
    request: HttpRequest,
    by: Actor,
    episode: Episode,
    topic: Topic,
    *,
    errors: Sequence[tuple[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    typed = request.POST
    context = {
        "head": head_of(episode),
        "card": card_of(
            topic,
            audience=Audience.THERAPIST,
            wording=episode.wording,
            known=precision_here(by),
        ),
        "answers": ANSWERS,
        "answer": typed.get("answer", ""),
        "errors": errors,
        "stage": typed.get("stage", ""),
        "note": typed.get("note", ""),
        "note_for_client": not typed or typed.get("note_for_client") == "yes",
        "longest_note": services.LONGEST_NOTE,
    }
    return render(request, "therapist/conversation.html", context, status=status)
