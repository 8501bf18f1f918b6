"""A new password, typed twice and judged by the same rules everywhere."""

from __future__ import annotations

from typing import Any

from django import forms

from openalliance.core.errors import InputError
from openalliance.site.records.practice.services import refuse_weak_password

HELP = (
    "At least 12 characters. Four or five words that only you would put together are easy to"
    " remember and hard to guess."
)


class NewPasswordForm(forms.Form):
    """Asks for a new password twice. The form that inherits says whose it will be."""

    password = forms.CharField(
        label="Password",
        help_text=HELP,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label="The same password again",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def whose(self) -> tuple[str, str]:
        """Return the name and the address that the password must not resemble."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Compare the two and judge the password."""
        given: dict[str, Any] = super().clean() or {}
        password = given.get("password")
        if password and given.get("password_again") not in (None, password):
            self.add_error("password_again", "The two passwords are not the same.")
        elif password:
            name, email = self.whose()
            try:
                refuse_weak_password(password, name=name, email=email)
            except InputError as unfit:
                self.add_error("password", unfit.what)
        return given
