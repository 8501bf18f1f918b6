"""How the work is done: its phases one after another, and in whose manner pages are worded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import InputError
from openalliance.site.records.care.access import own_episode_for
from openalliance.site.records.care.phases import (
    begin_phase,
    choose_wording,
    phases_of,
    stretches_of,
)
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.lines import LineField
from openalliance.site.screens.therapist.words import MODALITIES, day, head_of
from openalliance.site.screens.wording_packs import PACKS, pack_name, samples

if TYPE_CHECKING:
    from openalliance.site.records.care.models import Episode, Phase


class PhaseForm(forms.Form):
    """Another way of working, and since when."""

    modality = forms.ChoiceField(label="From then on", choices=MODALITIES, widget=forms.RadioSelect)
    modality_name = LineField(
        label="Name of the other way of working",
        help_text="Only if you chose “Another one”.",
        max_length=80,
        required=False,
    )
    since = forms.DateField(
        label="Since",
        help_text="Today, or an earlier day of this therapy. What you note now holds from that day"
        " on; so you also mend a mistake.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def since_at(self) -> datetime:
        """Return when the chosen day began in the practice's time."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["since"], time.min))


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingChoice:
    """One wording with examples of what the client would read."""

    key: str
    name: str
    chosen: bool
    samples: tuple[str, ...]


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def show(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Show how the work was done so far; note another way of working."""
    by, at = acting(request), now()
    episode = own_episode_for(by, episode_id, now=at, reading="way of working")
    if request.method != "POST":
        form = PhaseForm(initial={"since": timezone.localtime(at).date()})
        return _shown(request, episode, form)
    form = PhaseForm(request.POST)
    if not form.is_valid():
        return _shown(request, episode, form, status=422)
    try:
        begin_phase(
            episode.pk,
            modality=form.cleaned_data["modality"],
            modality_name=form.cleaned_data["modality_name"],
            since=form.since_at(),
            by=by,
            now=at,
        )
    except InputError as fault:
        form.add_error(fault.where if fault.where in form.fields else None, fault.what)
        return _shown(request, episode, form, status=422)
    messages.success(request, "Noted. What was before stays in the history.")
    return redirect("therapist:way_of_working", episode_id=episode.pk)


@require_POST
@staff(Role.THERAPIST)
def wording(request: HttpRequest, episode_id: UUID) -> HttpResponseBase:
    """Keep in whose manner the pages of this therapy are worded."""
    choose_wording(episode_id, request.POST.get("wording", ""), by=acting(request), now=now())
    messages.success(request, "The pages of both of you are worded like this from now on.")
    return redirect("therapist:way_of_working", episode_id=episode_id)


def way_line(episode: Episode) -> str:
    """Return in one sentence how the work is done now, and how its pages are worded."""
    latest = stretches_of(phases_of(episode))[-1]
    wording_words = pack_name(episode.wording)
    return f"{_capital(latest.modality)}, since {day(latest.began)}. Wording: {wording_words}."


def _shown(
    request: HttpRequest, episode: Episode, form: PhaseForm, *, status: int = 200
) -> HttpResponse:
    phases = phases_of(episode)
    context = {
        "head": head_of(episode),
        "form": form,
        "stretches": tuple(
            (_capital(one.modality), day(one.began), day(one.ended) if one.ended else "")
            for one in stretches_of(phases)
        ),
        "notes": tuple(_note(one) for one in phases) if len(phases) > 1 else (),
        "wordings": _wordings(episode),
    }
    return render(request, "therapist/way_of_working.html", context, status=status)


def _wordings(episode: Episode) -> tuple[WordingChoice, ...]:
    """Return every wording with what the client would read, in the client's language."""
    choices = []
    for key in PACKS:
        with translation.override(episode.client.language):
            read = samples(key)
        chosen = key == episode.wording
        choices.append(
            WordingChoice(key=key, name=_capital(pack_name(key)), chosen=chosen, samples=read)
        )
    return tuple(choices)


def _note(phase: Phase) -> str:
    return f"Noted {day(phase.noted_at)}: {phase.modality_label}, since {day(phase.since)}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
