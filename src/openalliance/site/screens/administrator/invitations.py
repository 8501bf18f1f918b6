"""Inviting somebody to the staff: a link that is shown once, and mailed if mail is set up."""

from __future__ import annotations

from smtplib import SMTPException
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from openalliance.core.errors import InputError
from openalliance.site.records.practice import services
from openalliance.site.records.practice.access import practice_of
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.administrator.frame import administrator, show
from openalliance.site.screens.administrator.roles import role_field
from openalliance.site.screens.door import acting, now
from openalliance.site.screens.lines import LineField


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    name = LineField(label="Name", max_length=120)
    email = forms.EmailField(label="E-mail address", help_text="They will sign in with it.")
    roles = role_field(required=True)


@require_http_methods(["GET", "HEAD", "POST"])
@administrator
def invite(request: HttpRequest) -> HttpResponse:
    """Ask whom to invite, then show the link once."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _invited(request, form)
        except InputError as fault:
            form.add_error(fault.where if fault.where in form.fields else None, fault.what)
    return show(request, "invite", {"form": form}, status=422 if form.errors else 200)


def _invited(request: HttpRequest, form: InviteForm) -> HttpResponse:
    by = acting(request)
    invitation, token = services.invite(
        email=form.cleaned_data["email"],
        name=form.cleaned_data["name"],
        roles=[Role(role) for role in form.cleaned_data["roles"]],
        by=by,
        now=now(),
    )
    link = request.build_absolute_uri(reverse("public:invitation", args=[token]))
    practice = practice_of(by)
    was_mailed = mail(
        invitation.email,
        f"Your invitation to {practice.name}",
        f"You are invited to work at {practice.name}.\n\nOpen this link within seven days and"
        f" choose a password:\n{link}\n\nIf you did not expect this, you can throw it away.",
    )
    page = {
        "name": invitation.name,
        "email": invitation.email,
        "link": link,
        "was_mailed": was_mailed,
        "mail_is_set_up": settings.MAIL_IS_SET_UP,
        "expires_at": invitation.expires_at,
    }
    return show(request, "invited", page)


def mail(to: str, subject: str, text: str) -> bool:
    """Send a mail; say whether it left."""
    if not settings.MAIL_IS_SET_UP:
        return False
    try:
        return bool(send_mail(" ".join(subject.split()), text, None, [to]))
    except (SMTPException, OSError):
        return False


@require_POST
@administrator
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """Make an invitation's link useless."""
    services.revoke_invitation(invitation_id, by=acting(request), now=now())
    messages.success(request, "The invitation is withdrawn; its link no longer works.")
    return redirect("administrator:people")
