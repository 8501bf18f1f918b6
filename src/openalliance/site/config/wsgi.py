"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openalliance.site.config.settings")


class Utf8Request(WSGIRequest):
    """A request read as UTF-8, as every form of ours is sent, whatever charset it names.

    Django looks a named charset up, and the address' fields with it, before there is anything that
    could answer with a page; what is wrong there would end the request without one.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            kind, parameters = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            kind, parameters = "", {}
        self.content_type = kind
        self.content_params = {
            name: value for name, value in parameters.items() if name != "charset"
        }


class Site(WSGIHandler):
    """Django's own handler, with requests of ours."""

    request_class = Utf8Request


django.setup(set_prefix=False)
application = Site()
