"""Views that go wrong on purpose, beside the site's own addresses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from openalliance.core.errors import ConflictError, InputError, NotFoundError, RefusedError
from openalliance.site.config import urls

CANARY = "what-somebody-wrote-7f3a"
FAULTS: dict[str, type[Exception]] = {
    "not-found": NotFoundError,
    "refused": RefusedError,
    "conflict": ConflictError,
    "input": InputError,
    "locked": OperationalError,
    "denied": PermissionDenied,
    "suspicious": SuspiciousOperation,
    "broken": ValueError,
}


def _failing(fault: type[Exception]) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        planted = request.GET.get("planted", "") + request.POST.get("planted", "")
        raise fault(f"this came from {planted}")

    return view


@require_POST
def _only_post(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def _read(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST)))


@pytest.fixture
def failing_pages(settings: Any) -> Iterator[None]:
    """Serve ``/fails/<what>``, ``/only-post`` and ``/read`` as well."""
    module = ModuleType("pages_that_fail")
    own = [path(f"fails/{name}", _failing(fault)) for name, fault in FAULTS.items()]
    module.urlpatterns = [  # type: ignore[attr-defined]
        *own, path("only-post", _only_post), path("read", _read), *urls.urlpatterns,
    ]  # fmt: skip
    for name in ("handler400", "handler403", "handler404", "handler429", "handler500"):
        setattr(module, name, getattr(urls, name))
    sys.modules[module.__name__] = module
    settings.ROOT_URLCONF = module.__name__
    yield
    del sys.modules[module.__name__]
