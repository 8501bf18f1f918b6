"""What may be said in a first message, and what of it must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from openalliance.core.plan import Preference
from openalliance.core.plan.fit import languages_in, same_language
from openalliance.site.records.intake.services import NewRequest
from openalliance.site.screens.lines import LineField

if TYPE_CHECKING:
    from openalliance.site.records.intake.models import Profile

_REACH_BY = (
    ("phone", _("Call me")),
    ("text", _("Send me a text message")),
    ("mail", _("Write me an e-mail")),
    ("other", _("In another way")),
)


class ContactForm(forms.Form):
    """A first message to the practice. Only robots see and fill ``website``."""

    name = LineField(
        label=_("Your name"),
        help_text=_("A first name is enough, or any name you like."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    reach_by = forms.ChoiceField(
        label=_("How may we answer you?"), choices=_REACH_BY, widget=forms.RadioSelect
    )
    reach_me = forms.CharField(
        label=_("Your number or address"), help_text=_("So that the answer finds you."),
        max_length=300,
    )  # fmt: skip
    safely = forms.CharField(
        label=_("What makes it safe for you?"),
        help_text=_(
            "For example: only in the evening, no message on the machine, do not say where you"
            " call from."
        ),
        required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )  # fmt: skip
    message = forms.CharField(
        label=_("What brings you here?"),
        help_text=_("As much or as little as you like. It does not have to be well said."),
        required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )  # fmt: skip
    therapist = forms.ChoiceField(
        label=_("Is there someone you would like to talk to?"), required=False
    )
    languages = forms.MultipleChoiceField(
        label=_("Which languages would you like to speak?"), required=False,
        help_text=_("More than one is fine."), widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    other_language = forms.CharField(
        label=_("Another language"), required=False, max_length=120,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )  # fmt: skip
    accessibility = forms.CharField(
        label=_("What do you need to get in and feel at ease?"),
        help_text=_("For example: no stairs, an interpreter, low light, somebody with you."),
        required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )  # fmt: skip
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})
    )
    proof = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, profiles: Sequence[Profile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(profile.pk), profile.person.name) for profile in profiles]
        self._offer("therapist", [("", _("No, anyone is fine")), *people])
        spoken = languages_in(",".join(profile.languages for profile in profiles))
        self._offer("languages", [(one, one) for one in sorted(spoken, key=same_language)])
        self.has_choice, self.has_languages = bool(people), bool(spoken)

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Refuse an e-mail address that cannot be one, when the answer is to go there."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("reach_by") == "mail" and given.get("reach_me"):
            try:
                validate_email(given["reach_me"])
            except ValidationError:
                self.add_error("reach_me", _("This does not look like an e-mail address."))
        return given

    def request(self, preferences: tuple[Preference, ...], *, form_id: UUID) -> NewRequest:
        """Return what was said."""
        given = self.cleaned_data
        spoken = ",".join((*given["languages"], given["other_language"]))
        return NewRequest(
            name=given["name"],
            reach_by=given["reach_by"],
            reach_me=given["reach_me"],
            safely=given["safely"],
            message=given["message"],
            accessibility=given["accessibility"],
            languages=languages_in(spoken),
            preferences=preferences,
            therapist_id=UUID(given["therapist"]) if given["therapist"] else None,
            language=get_language() or "en",
            form_id=form_id,
        )
