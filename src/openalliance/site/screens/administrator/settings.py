"""The practice's own settings."""

from __future__ import annotations

from django import forms
from django.conf import settings as site_settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from openalliance.site.records.practice.access import practice_of
from openalliance.site.records.practice.services import change_practice
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.lines import LineField
from openalliance.site.screens.time_zones import time_zones

_TWO_WEEKS = 14 * 24


class SettingsForm(forms.Form):
    """What a practice may set."""

    name = LineField(label="Name of the practice", max_length=120)
    welcome = forms.CharField(
        label="Welcome on the public page",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    crisis_information = forms.CharField(
        label="Where clients can turn at any hour",
        help_text=(
            "Stands at the foot of every client’s page and is shown at once when somebody says"
            " that they are not safe. Give names and telephone numbers that answer day and night."
        ),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    language = forms.ChoiceField(
        label="Language clients see first",
        choices=site_settings.LANGUAGES,
        widget=forms.RadioSelect,
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones)
    check_in_opens_hours = forms.IntegerField(
        label="The check-in opens this many hours before a session",
        min_value=1,
        max_value=_TWO_WEEKS,
    )
    check_out_window_hours = forms.IntegerField(
        label="The check-out stays open this many hours after a session",
        help_text="Until it closes, or both are in, neither side sees the other’s answers.",
        min_value=1,
        max_value=_TWO_WEEKS,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def settings(request: HttpRequest) -> HttpResponse:
    """Show and change the practice's settings."""
    by = acting(request)
    practice = practice_of(by)
    now_set = {name: getattr(practice, name) for name in SettingsForm.base_fields}
    form = SettingsForm(request.POST or None, initial=now_set)
    if request.method == "POST" and form.is_valid():
        change_practice(form.cleaned_data, by=by, now=now())
        messages.success(request, "The settings are saved.")
        return redirect("administrator:settings")
    return show(request, "settings", {"form": form}, status=422 if form.errors else 200)
