"""A report as a page, as one file of HTML and as PDF/UA; nothing is fetched from anywhere.

Paper and screen come from the same template. WeasyPrint is loaded with the first PDF: it needs the
system's Pango, and a practice without it still has its pages.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.translation import pgettext
from PIL import ImageFile

from openalliance.core.errors import ConflictError

if TYPE_CHECKING:
    from datetime import datetime

    from openalliance.charts.page import Drawing
    from openalliance.site.records.practice.models import Practice
    from openalliance.site.screens.reports.value import Report

_TEMPLATE = "ui/report/document.html"
_STYLE = "ui/css/report.css"
_FONT = 'font-family="Liberation Sans, Arial, sans-serif"'
"""The letters by which the engine of the charts measured its words."""


class _Style(str):
    """Our own style sheet, which may stand in a file as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@contextmanager
def speaking(language: str, practice: Practice) -> Iterator[None]:
    """Speak a report's language in the practice's time while it is made."""
    with translation.override(language), timezone.override(ZoneInfo(practice.time_zone)):
        yield


def made_at(at: datetime, practice: Practice) -> str:
    """Return a moment with the name of its time zone."""
    local = timezone.localtime(at)
    day = formats.date_format(local, pgettext("date format", "j F Y"))
    return f"{day}, {local:%H:%M} ({practice.time_zone})"


def deliver(
    request: HttpRequest, report: Report, *, pdf: bool, name: str, back: str, file: str,
    other: tuple[str, str] | None,
) -> HttpResponse:  # fmt: skip
    """Return a report as a page, with its way to the PDF at ``file``, or as that PDF."""
    if pdf:
        return download(report, name)
    asked = request.GET.urlencode()
    return page(request, report, back=back, pdf=f"{file}?{asked}" if asked else file, other=other)


def page(
    request: HttpRequest, report: Report, *, back: str, pdf: str, other: tuple[str, str] | None
) -> HttpResponse:
    """Return a report as a page of the site, with the ways back and to the PDF."""
    tools = {"back": back, "pdf": pdf, "other": other}
    text = _rendered(
        report, {"tools": tools, "on_site": True, "charts": _embedded(report)}, request
    )
    response = HttpResponse(text)
    response.headers["Content-Language"] = report.language
    return response


def download(report: Report, name: str) -> HttpResponse:
    """Return a report as a PDF to keep; ``name`` holds no client's name."""
    response = HttpResponse(pdf_of(report), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def html_of(report: Report, *, on_paper: bool = False) -> str:
    """Return a report as one file of HTML that needs nothing else."""
    style = _Style(f"<style>{_style()}</style>")
    more = {"style": style, "charts": _embedded(report), "on_paper": on_paper}
    return _rendered(report, more)


def pdf_of(report: Report) -> bytes:
    """Return a report as PDF, tagged for screen readers.

    Raises
    ------
    ConflictError
        The system's Pango, which draws the letters, is not installed.
    """
    try:
        import weasyprint
        from weasyprint.urls import FatalURLFetchingError, URLFetcher
    except OSError:
        raise ConflictError(
            "PDF needs the libraries libpango-1.0 and libpangoft2-1.0 on this computer; ask whoever"
            " looks after it to install them. The report as a page works without."
        ) from None

    # Its import lets half a picture pass for a whole one, in the whole process.
    ImageFile.LOAD_TRUNCATED_IMAGES = False

    class Nothing(URLFetcher):  # type: ignore[misc]
        """Hands over what stands in the document itself; everything else ends the work."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if not url.startswith("data:image/svg+xml;base64,"):
                raise FatalURLFetchingError("a report asks nobody for anything")
            return super().fetch(url, headers)

    text = html_of(report, on_paper=True)
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells what paper cannot show
    fetcher = Nothing(allowed_protocols=("data",))
    try:
        found = weasyprint.HTML(string=text, url_fetcher=fetcher).write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as fault:  # which no handler for faults would catch
        raise RuntimeError(str(fault)) from None
    return bytes(found)


def _rendered(report: Report, more: dict[str, Any], request: HttpRequest | None = None) -> str:
    with translation.override(report.language):
        return render_to_string(_TEMPLATE, {"report": report, **more}, request)


def _style() -> str:
    found = finders.find(_STYLE)
    if not isinstance(found, str):
        raise FileNotFoundError(_STYLE)
    return Path(found).read_text(encoding="utf-8")


def _embedded(report: Report) -> dict[str, dict[str, str]]:
    return {
        part.key: {"wide": _address(part.chart.wide), "narrow": _address(part.chart.narrow)}
        for part in report.parts
        if part.chart is not None
    }


def _address(drawing: Drawing) -> str:
    measured = drawing.replace('font-family="sans-serif"', _FONT)
    return "data:image/svg+xml;base64," + b64encode(measured.encode()).decode()
