"""Who supervises whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.site.records.practice import access, services
from openalliance.site.records.trust.actors import Actor, Role
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Person


class PairForm(forms.Form):
    """A supervisor and a therapist."""

    supervisor = forms.ChoiceField(label="Supervisor")
    therapist = forms.ChoiceField(label="Therapist")

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = [person for person in access.people(by) if person.is_active]
        for name, role in (("supervisor", Role.SUPERVISOR), ("therapist", Role.THERAPIST)):
            options = [("", "Choose …"), *_holders(staff, role)]
            self.fields[name].choices = options  # type: ignore[attr-defined]

    @property
    def is_possible(self) -> bool:
        """Whether there is anybody to choose on both sides."""
        return all(len(field.choices) > 1 for field in self.fields.values())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse that somebody supervises themselves."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("supervisor") and given.get("supervisor") == given.get("therapist"):
            self.add_error("therapist", "Nobody supervises themselves. Choose another therapist.")
        return given


def _holders(staff: list[Person], role: Role) -> list[tuple[str, str]]:
    return [
        (str(person.pk), person.name)
        for person in staff
        if role in person.current_roles  # type: ignore[attr-defined]
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def supervision(request: HttpRequest) -> HttpResponse:
    """Show the pairs and add one."""
    by = acting(request)
    form = PairForm(request.POST or None, by=by)
    if request.method == "POST" and form.is_valid():
        services.supervise(
            UUID(form.cleaned_data["supervisor"]),
            UUID(form.cleaned_data["therapist"]),
            by=by,
            now=now(),
        )
        messages.success(request, "From now on the supervisor sees this therapist’s caseload.")
        return redirect("administrator:supervision")
    page = {"form": form, "pairs": access.supervisions(by)}
    return show(request, "supervision", page, status=422 if form.errors else 200)


@require_POST
@administrator
def end(request: HttpRequest, supervision_id: UUID) -> HttpResponse:
    """End a supervision."""
    services.end_supervision(supervision_id, by=acting(request), now=now())
    messages.success(request, "The supervision has ended; that caseload is no longer shown.")
    return redirect("administrator:supervision")
