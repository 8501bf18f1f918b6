"""The roles of the staff in words, and the field that chooses them."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from openalliance.site.records.trust.actors import Role

WORDS = {
    Role.THERAPIST: ("Therapist", "sees own clients"),
    Role.SUPERVISOR: ("Supervisor", "sees the caseload of the therapists they supervise"),
    Role.ADMINISTRATOR: ("Administrator", "sees these pages, and nothing that clients answer"),
}
CHOICES = [(role.value, f"{name}: {does}") for role, (name, does) in WORDS.items()]


def in_words(roles: Iterable[Role]) -> str:
    """Return roles as one line."""
    held = set(roles)
    return ", ".join(name for role, (name, _) in WORDS.items() if role in held) or "no role"


def role_field(*, required: bool) -> forms.MultipleChoiceField:
    """Return the field that chooses one or several roles."""
    return forms.MultipleChoiceField(
        label="Roles",
        choices=CHOICES,
        required=required,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )
