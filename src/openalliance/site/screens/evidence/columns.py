"""Which column is what, and which model: guessed first, then confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openalliance.core.errors import InputError, RefusedError
from openalliance.evidence.asked import Asked
from openalliance.files.effect_columns import SETS, guess, what_is_missing
from openalliance.files.frame import Frame
from openalliance.site.records.evidence.access import STAFF, analysis_for
from openalliance.site.records.evidence.services import confirm, may_change
from openalliance.site.screens.door import acting, now, staff
from openalliance.site.screens.evidence.files import found_in, frame_of_text
from openalliance.site.screens.evidence.words import told
from openalliance.site.screens.lines import LineField

_PREVIEW = 5
_THINGS = {
    "effect": "Effect",
    "variance": "Its sampling variance",
    "se": "or its standard error",
    "r": "Correlation",
    "n": "Persons it is from",
    "mean1": "First group: mean",
    "sd1": "First group: standard deviation",
    "n1": "First group: persons",
    "mean2": "Second group: mean",
    "sd2": "Second group: standard deviation",
    "n2": "Second group: persons",
    "events1": "First group: persons with the event",
    "others1": "First group: persons without it (instead of all)",
    "events2": "Second group: persons with the event",
    "others2": "Second group: persons without it (instead of all)",
}
_GROUPS = (
    ("Effects as they stand", ("effect", "variance", "se")),
    ("Correlations", ("r", "n")),
    (
        "Two groups: means or events",
        ("n1", "n2", "mean1", "sd1", "mean2", "sd2", "events1", "others1", "events2", "others2"),
    ),
)
_CHOICES = {
    "transform": (
        "Correlations are taken",
        (("zcor", "as Fisher’s z (usual)"), ("none", "as they are")),
    ),
    "measure": ("Events become", (("OR", "log odds ratios"), ("RR", "log risk ratios"))),
    "model": (
        "Model",
        (
            ("", "By the data: three levels where studies have several effects, else random"),
            ("fixed", "One true effect (fixed)"),
            ("random", "Random effects"),
            ("three-level", "Three levels: effects in studies"),
        ),
    ),
    "test": (
        "Tests",
        (("z", "Normal"), ("t", "Student’s t"), ("knha", "Knapp and Hartung (few studies)")),
    ),
    "robust": (
        "Errors",
        (("", "Of the model"), ("CR2", "Robust to dependence within studies (CR2)")),
    ),
}


class ColumnsForm(forms.Form):
    """Columns of one file, and what is to be fitted."""

    title = LineField(max_length=120, label="What it is called")
    moderators = forms.CharField(
        max_length=300, required=False, label="Moderators",
        help_text="What effects may depend on, by columns: year, or rater + year. Leave it empty"
        " for the average.",
    )  # fmt: skip

    def __init__(self, columns: Iterable[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        there = [("", "–"), *((name, name) for name in columns if name)]
        for thing, label in (*_THINGS.items(), ("study", "Study, or outer cluster")):
            self.fields[thing] = forms.ChoiceField(choices=there, required=False, label=label)
        self.fields["study"].help_text = "Rows with the same entry here are not independent."
        for name, (label, choices) in _CHOICES.items():
            self.fields[name] = forms.ChoiceField(choices=choices, required=False, label=label)

    def asked(self) -> Asked:
        """Return what was chosen.

        Raises
        ------
        InputError
            The columns do not belong together.
        """
        chosen = self.cleaned_data
        columns = {thing: chosen[thing] for thing in _THINGS if chosen[thing]}
        if not any(set(columns) == set(wanted) for wanted in SETS):
            raise InputError(
                "choose columns that belong together: effect with variance or standard error;"
                " correlation with persons; or means, standard deviations and persons, or events"
                " and persons, of both groups"
            )
        if chosen["study"]:
            columns["study"] = chosen["study"]
        elif chosen["robust"] or chosen["model"] == "three-level":
            raise InputError("three levels and robust errors need a column of studies")
        return Asked(
            columns=columns,
            transform=chosen["transform"] or "zcor",
            measure=chosen["measure"] or "OR",
            moderators=chosen["moderators"].strip(),
            model=chosen["model"] or None,
            test=chosen["test"] or "z",
            robust=chosen["robust"] or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldGroup:
    """Columns for one kind of effect."""

    title: str
    fields: tuple[Any, ...]
    is_open: bool


@require_http_methods(["GET", "HEAD", "POST"])
@staff(*STAFF)
def edit(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """Show the guess beside the first rows; fit what is confirmed."""
    by = acting(request)
    analysis = analysis_for(by, analysis_id)
    if not may_change(by, analysis):
        raise RefusedError("this is for whoever took it in, or an administrator")
    frame = frame_of_text(analysis.data)
    errors: list[tuple[str, str]] = []
    if request.method == "POST":
        form = ColumnsForm(frame.columns, request.POST)
        if form.is_valid():
            try:
                asked = form.asked()
                found_in(frame, asked)
            except InputError as fault:
                errors = [(told(fault), "")]
            else:
                title = form.cleaned_data["title"]
                confirm(analysis_id, title, asked.kept(), by=by, now=now())
                return redirect("evidence:result", analysis_id)
    else:
        kept = Asked(**analysis.asked)
        first = {**kept.kept(), **kept.columns, "title": analysis.title}
        form = ColumnsForm(frame.columns, initial=first)
    guessed = guess(frame)
    page = {
        "analysis": analysis,
        "form": form,
        "errors": errors,
        "groups": _groups(form),
        "others": [form[name] for name in ("study", "moderators", *_CHOICES)],
        "notes": guessed.notes if guessed.columns else (f"{what_is_missing(frame)}.",),
        "rows": frame.rows,
        "headings": ("Row", *frame.columns),
        "preview": _preview(frame),
    }
    wrong = request.method == "POST"
    return render(request, "evidence/columns.html", page, status=422 if wrong else 200)


def _groups(form: ColumnsForm) -> tuple[FieldGroup, ...]:
    used = [any(form[one].value() for one in names) for _, names in _GROUPS]
    return tuple(
        FieldGroup(
            title=title,
            fields=tuple(form[name] for name in names),
            is_open=has or (not any(used) and not at),
        )
        for at, ((title, names), has) in enumerate(zip(_GROUPS, used, strict=True))
    )


def _preview(frame: Frame) -> list[tuple[str, ...]]:
    cells = [frame.texts(name)[:_PREVIEW] for name in frame.columns]
    return [(str(at + 1), *row) for at, row in enumerate(zip(*cells, strict=True))]
