"""How long records are kept, and which clients asked for theirs to be erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import formats, timezone
from django.views.decorators.http import require_http_methods

from openalliance.site.records.rights.erasure import Record, records_for
from openalliance.site.records.rights.retention import LONGEST, rule_of, set_rule
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now


class RetentionForm(forms.Form):
    """For how many years, and why."""

    years = forms.IntegerField(
        label="Years after the end of therapy",
        help_text="Ask your chamber or your lawyer: the law differs between countries.",
        min_value=0,
        max_value=LONGEST,
    )
    reason = forms.CharField(
        label="Why, in words for clients",
        help_text="They read it when they ask to have their record deleted. Name the law.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One record by its code, and how it stands."""

    code: str
    standing: str
    asked: str


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def retention(request: HttpRequest) -> HttpResponse:
    """Show and change the rule; show whose time is over and who asked."""
    by, at = acting(request), now()
    rule = rule_of(by.practice_id)
    form = RetentionForm(request.POST or None, initial={"years": rule.years, "reason": rule.reason})
    if request.method == "POST" and form.is_valid():
        set_rule(form.cleaned_data["years"], form.cleaned_data["reason"], by=by, now=at)
        messages.success(request, "Saved. It holds for every record from now on.")
        return redirect("administrator:retention")
    context = {
        "form": form,
        "is_set": bool(rule.reason),
        "kept": tuple(
            _kept(one, at) for one in records_for(by) if one.asked_at or _is_over(one, at)
        ),
    }
    return show(request, "retention", context, status=422 if form.errors else 200)


def _is_over(record: Record, at: datetime) -> bool:
    return record.kept_until is not None and record.kept_until <= at


def _kept(record: Record, at: datetime) -> Kept:
    if record.kept_until is None:
        standing = "therapy is running"
    elif _is_over(record, at):
        standing = "need not be kept any more"
    else:
        standing = f"must be kept until {_day(record.kept_until)}"
    asked = f"asked on {_day(record.asked_at)}" if record.asked_at else "did not ask"
    return Kept(code=record.code, standing=standing, asked=asked)


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "j F Y")
