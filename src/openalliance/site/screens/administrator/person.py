"""One member of the staff: roles, closing and opening the account, letting them back in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import ConflictError
from openalliance.site.records.care.access import caseload_sizes
from openalliance.site.records.practice import accounts, services
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.administrator.roles import role_field
from openalliance.site.screens.door import acting, now

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Person


class RolesForm(forms.Form):
    """What somebody does here."""

    roles = role_field(required=True)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def roles(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show a person and change their roles."""
    by = acting(request)
    person = accounts.colleague(person_id, by=by)
    held = sorted(actor_for(person).roles)
    form = RolesForm(request.POST or None, initial={"roles": held})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                chosen = [Role(role) for role in form.cleaned_data["roles"]]
                services.change_roles(person_id, chosen, by=by, now=now())
            except ConflictError as conflict:
                form.add_error("roles", str(conflict))
                status = 409
            else:
                messages.success(request, "The roles are changed.")
                return redirect("administrator:person", person_id=person_id)
    return show(request, "person", _page(request, person, form), status=status)


def _page(request: HttpRequest, person: Person, form: RolesForm) -> Mapping[str, Any]:
    by = acting(request)
    return {
        "person": person,
        "form": form,
        "is_oneself": person.pk == by.id,
        "is_protected": person.pk in accounts.with_second_factor(by),
        "open_episodes": caseload_sizes(by).get(person.pk, 0),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def close(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Close an account after asking."""
    by = acting(request)
    person = accounts.colleague(person_id, by=by)
    status = 200
    conflict = ""
    if request.method == "POST":
        try:
            services.deactivate(person_id, by=by, now=now())
        except ConflictError as fault:
            status, conflict = 409, str(fault)
        else:
            messages.success(request, f"The account of {person.name} is closed.")
            return redirect("administrator:people")
    page = {
        "person": person,
        "conflict": conflict,
        "open_episodes": caseload_sizes(by).get(person.pk, 0),
    }
    return show(request, "close", page, status=status)


@require_POST
@administrator
def open_again(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Open a closed account."""
    accounts.reactivate(person_id, by=acting(request), now=now())
    messages.success(request, "The account is open again. Give it the roles it needs.")
    return redirect("administrator:person", person_id=person_id)


@require_POST
@administrator
def password(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Make a link for a new password and show it once."""
    by = acting(request)
    person = accounts.colleague(person_id, by=by)
    made = accounts.new_password_key(person_id, by=by, now=now())
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": made.person, "key": made.key}
    )
    page = {"person": person, "link": request.build_absolute_uri(path)}
    return show(request, "password", page)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def second_factor(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Disconnect the app of somebody who lost their telephone, after asking."""
    by = acting(request)
    person = accounts.colleague(person_id, by=by)
    if request.method == "POST":
        accounts.forget_second_factor(person_id, by=by, now=now())
        messages.success(request, f"{person.name} connects a new app at the next sign-in.")
        return redirect("administrator:person", person_id=person_id)
    return show(request, "second_factor", {"person": person})
