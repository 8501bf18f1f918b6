"""What somebody sent after their time was over: shown to them again, to be sent or forgotten."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from openalliance.site.records.practice import kept_forms
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import KEPT, acting, now, staff


@require_safe
@staff(*Role)
def show(request: HttpRequest, kept_id: UUID) -> HttpResponseBase:
    """Offer to send it now: the form goes where it was to go in the first place."""
    form = kept_forms.kept_form(kept_id, owner_id=acting(request).id, now=now())
    page = {"form": form, "kept_id": kept_id, "kept_field": KEPT}
    return render(request, "account/kept.html", page)


@require_POST
@staff(*Role)
def forget(request: HttpRequest, kept_id: UUID) -> HttpResponseBase:
    """Remove it unsent."""
    kept_forms.forget(kept_id, owner_id=acting(request).id)
    messages.info(request, "It was not sent, and nothing of it is kept.")
    return redirect("public:landing")
