"""The practice's meta-analyses: what is there, a file taken in, one deleted."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import ConflictError, InputError, RefusedError
from openalliance.evidence.asked import Asked
from openalliance.files.effect_columns import guess
from openalliance.site.records.evidence.access import STAFF, analyses_of, analysis_for
from openalliance.site.records.evidence.services import delete as delete_analysis
from openalliance.site.records.evidence.services import may_change, take_in
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.evidence.files import MOST_BYTES, MOST_ROWS, frame_of_text, text_of
from openalliance.site.screens.evidence.words import told

_LONGEST_TITLE = 120


@require_http_methods(["GET", "HEAD", "POST"])
@staff(*STAFF)
def show(request: HttpRequest) -> HttpResponseBase:
    """List what the practice keeps, and take a file in."""
    by, errors = acting(request), []
    if request.method == "POST":
        try:
            sent = request.FILES.get("file")
            if not isinstance(sent, UploadedFile):
                raise InputError("choose a file first", where="file")
            text, note = text_of(sent)
            guessed = guess(frame_of_text(text))
            title = (sent.name or "").rpartition(".")[0][:_LONGEST_TITLE] or "Meta-analysis"
            asked = Asked(columns=guessed.columns)
            made = take_in(title, text, asked.kept(), by=by, now=now())
        except (InputError, ConflictError) as fault:
            errors = [(told(fault), "file")]
        else:
            if note:
                messages.info(request, note)
            return redirect("evidence:columns", made.pk)
    page = {
        "analyses": analyses_of(by),
        "errors": errors,
        "most_rows": MOST_ROWS,
        "most_kilobytes": MOST_BYTES // 1000,
    }
    return render(request, "evidence/list.html", page, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff(*STAFF)
def delete(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """Ask whether to delete one, and delete it."""
    by = acting(request)
    analysis = analysis_for(by, analysis_id)
    if not may_change(by, analysis):
        raise RefusedError("this is for whoever took it in, or an administrator")
    if request.method == "POST":
        delete_analysis(analysis_id, by=by, now=now())
        messages.success(request, "The meta-analysis and its file are deleted.")
        return redirect("evidence:list")
    return render(request, "evidence/delete.html", {"analysis": analysis})
