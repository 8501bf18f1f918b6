"""Adding a client with their first episode."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError
from openalliance.site.records.care.services import ClientDetails, NewClient
from openalliance.site.records.care.services import add_client as add_to_caseload
from openalliance.site.records.checkins.outcomes import outcomes, require_outcome
from openalliance.site.records.practice.access import practice_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.lines import LineField
from openalliance.site.screens.therapist.words import MODALITIES


class DetailsForm(forms.Form):
    """What is known of a client, and by which measure they are followed."""

    name = LineField(
        label="Name",
        help_text="As you both use it. It is kept encrypted; lists of figures use a code.",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label="E-mail address", required=False, widget=forms.EmailInput({"autocomplete": "off"})
    )
    language = forms.ChoiceField(
        label="Language of the client’s pages",
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
    )
    outcome = forms.ChoiceField(
        label="How life is followed",
        help_text="Our own short check-in is always asked. Another measure is asked after it.",
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, *given: Any, kept: tuple[str, str] | None = None, **named: Any) -> None:
        """Offer the measures this practice can ask, and the one an episode already has."""
        super().__init__(*given, **named)
        offered = {f"{one.instrument}:{one.scale}": one.title for one in outcomes()}
        if kept is not None:
            offered.setdefault(":".join(kept), f"{kept[0]} (as before; its text is not here)")
        field = self.fields["outcome"]
        field.choices = list(offered.items())  # type: ignore[attr-defined]
        field.initial = next(iter(offered))
        if len(offered) == 1:
            field.widget = forms.HiddenInput()

    def clean_outcome(self) -> str:
        """Return the measure chosen, or the one that is offered first when none was."""
        chosen: str = self.cleaned_data["outcome"]
        return chosen or str(self.get_initial_for_field(self.fields["outcome"], "outcome"))

    def details(self) -> ClientDetails:
        """Return what was filled in."""
        return ClientDetails(**self._given())

    def _given(self) -> dict[str, Any]:
        given = self.cleaned_data
        instrument, _, scale = given["outcome"].partition(":")
        return {
            "name": given["name"],
            "email": given["email"] or None,
            "language": given["language"],
            "outcome_instrument": instrument,
            "outcome_scale": scale,
        }


class ClientForm(DetailsForm):
    """What is asked when a client is added: also how the work with them begins."""

    modality = forms.ChoiceField(label="How you work", choices=MODALITIES, widget=forms.RadioSelect)
    modality_name = LineField(
        label="Name of the other way of working",
        help_text="Only if you chose “Another one”.",
        max_length=80,
        required=False,
    )
    field_order = ("name", "email", "language", "modality", "modality_name", "outcome")

    def new_client(self) -> NewClient:
        """Return what was filled in."""
        modality = self.cleaned_data["modality"]
        name = self.cleaned_data["modality_name"] if modality == "other" else ""
        return NewClient(**self._given(), modality=modality, modality_name=name)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def add(request: HttpRequest) -> HttpResponseBase:
    """Ask for what is needed, add the client, and go on to their personal link."""
    by = acting(request)
    if request.method != "POST":
        form = ClientForm(initial={"language": practice_of(by).language})
        return render(request, "therapist/add_client.html", {"form": form})
    form = ClientForm(request.POST)
    if form.is_valid():
        new = form.new_client()
        try:
            require_outcome(new)
            episode = add_to_caseload(new, by=by, now=now())
        except InputError as fault:
            form.add_error(fault.where if fault.where in form.fields else None, fault.what)
        else:
            messages.success(request, f"{new.name} is on your caseload.")
            return redirect("therapist:link", episode_id=episode.pk)
    return render(request, "therapist/add_client.html", {"form": form}, status=422)
