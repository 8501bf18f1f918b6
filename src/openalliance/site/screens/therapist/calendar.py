"""The address under which the therapist's own calendar program reads their appointments."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from openalliance.site.records.care.calendars import has_feed, make_feed, stop_feed
from openalliance.site.records.trust.actors import Role
from openalliance.site.screens.door import acting, now, staff


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Role.THERAPIST)
def calendar(request: HttpRequest) -> HttpResponseBase:
    """Make the address, shown once, or let it stop working."""
    by, at = acting(request), now()
    if request.method != "POST":
        return render(request, "therapist/calendar.html", {"has_feed": has_feed(by)})
    if request.POST.get("do") == "stop":
        stop_feed(by=by, now=at)
        messages.success(request, "The address does not work any more.")
        return redirect("therapist:calendar")
    # Shown in the answer itself: kept nowhere but as a hash.
    secret = make_feed(by=by, now=at)
    address = request.build_absolute_uri(reverse("public:calendar", args=[secret]))
    return render(request, "therapist/calendar.html", {"has_feed": True, "feed": address})
