"""What the practice tells the public about itself."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from openalliance.site.records.intake.access import page_to_edit
from openalliance.site.records.intake.profiles import save_page
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now


def _told(label: str, help_text: str, *, rows: int = 3) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=4000, required=False,
        widget=forms.Textarea(attrs={"rows": rows, "dir": "auto"}),
    )  # fmt: skip


class PageForm(forms.Form):
    """The practice, in its own words. Its name and welcome are among the settings."""

    about = _told("About the practice", "Who you are together, and for whom.", rows=6)
    place = _told("Where you are", "The address, and how to find the door.")
    accessibility = _told(
        "Getting in and being at ease",
        "Steps, lift, toilet, hearing loop, light, company, dogs: what somebody must know before.",
    )
    availability = _told("When you are here", "Days and hours; how long an answer takes.")
    fees = _told("Fees", "What a session costs, who pays, whether there are reduced places.")
    is_public = forms.BooleanField(label="Show this on the public page", required=False)
    takes_requests = forms.BooleanField(
        label="Take messages from people who are looking for a therapist", required=False,
        help_text="Without this the form is replaced by what stands below.",
    )  # fmt: skip
    alternatives = _told(
        "Where else people might turn",
        "Colleagues, services, helplines. It stands in the letter that declines, and on the page"
        " while no messages are taken. Write it in the languages people write to you in.",
        rows=5,
    )  # fmt: skip
    unanswered_days = forms.IntegerField(
        label="Days until a request that nobody answered is deleted",
        help_text="Counted from the day it came. Who is on the waiting list stays.",
        min_value=7, max_value=1000,
    )  # fmt: skip
    declined_days = forms.IntegerField(
        label="Days until a request that was declined or closed is deleted",
        help_text="Counted from the day it was answered.",
        min_value=0, max_value=1000,
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def public_page(request: HttpRequest) -> HttpResponse:
    """Show and change the practice's public page."""
    by = acting(request)
    kept = page_to_edit(by)
    shown = {name: getattr(kept, name) for name in PageForm.base_fields}
    form = PageForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        save_page(form.cleaned_data, by=by, now=now())
        told = "It is public." if form.cleaned_data["is_public"] else "It is not public."
        messages.success(request, f"The page is saved. {told}")
        return redirect("administrator:public_page")
    return show(request, "public_page", {"form": form}, status=422 if form.errors else 200)
