"""Pages that are the same for everybody, and may be kept for some minutes on their way.

Who has a session (staff, a client's telephone) gets them as any other page: kept by nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import conditional_page

MINUTES = 5
WITHOUT_COOKIE = {"csrf_token": ""}  # no password  # nosec B105
"""For the context of a page without forms: making a token would set a cookie."""

View = Callable[..., HttpResponse]


def cacheable(view: View) -> View:
    """Let the answer be kept for a few minutes, where it is for a visitor without a session."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code == 200 and request.session.is_empty() and not response.cookies:
            response["Cache-Control"] = f"public, max-age={MINUTES * 60}"
            patch_vary_headers(response, ["Cookie", "Accept-Language"])
        return response

    kept: View = conditional_page(inner)
    return kept
