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
    """Asks for a new password twice. The form that inherits knows whose it will be."""

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

    def judged(self, given: dict[str, Any], *, name: str, email: str) -> dict[str, Any]:
        """Compare the two and judge the password of the person it is for; return ``given``."""
        password = given.get("password")
        if password and given.get("password_again") not in (None, password):
            self.add_error("password_again", "The two passwords are not the same.")
        elif password:
            try:
                refuse_weak_password(password, name=name, email=email)
            except InputError as unfit:
                self.add_error("password", unfit.what)
        return given
