"""Letting in somebody whose identity was shown in another way than on the sign-in page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from openalliance.site.records.practice.models import Person


def let_staff_in(request: HttpRequest, person: Person, *, then: str) -> HttpResponse:
    """Sign ``person`` in as the sign-in page would, second factor included, and go to ``then``."""
    login = Login(user=person, email_verification="none", redirect_url=then)
    response: HttpResponse = perform_password_login(request, {"email": person.email}, login)
    return response
