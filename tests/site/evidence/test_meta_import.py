"""Taking a meta-analysis in: the guess, the fit, who sees it, and the same numbers elsewhere."""

from __future__ import annotations

import ast
import json
import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from openalliance.cli.meta.command import meta
from openalliance.core.errors import ConflictError
from openalliance.evidence.asked import Asked
from openalliance.site.records.evidence import services
from openalliance.site.records.evidence.models import MetaAnalysis
from openalliance.site.records.practice.access import actor_for
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.models import AccessEntry

SignIn = Callable[[Browser, Person], Browser]
FILE = Path(__file__).parents[2] / "reference" / "alliance_outcome.csv"
GROUPS = (
    "who;m1;s1;n1;m2;s2;n2\nA;3,5;1,2;30;2,9;1,1;28\nB;4,0;1,5;40;3,1;1,4;41\nC;3;1;20;3,2;1;19\n"
)
CHOSEN = {"title": "Published", "transform": "zcor", "measure": "OR", "model": "", "test": "z",
          "robust": ""}  # fmt: skip


def _sent(text: str | bytes, name: str = "effects-of-alliance.csv") -> SimpleUploadedFile:
    raw = text if isinstance(text, bytes) else text.encode()
    return SimpleUploadedFile(name, raw, content_type="text/csv")


def _taken(browser: Browser, text: str | bytes) -> str:
    answer = browser.post("/evidence/", {"file": _sent(text)})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


@pytest.fixture
def own(therapist: Person, sign_in: SignIn) -> Browser:
    return sign_in(Browser(), therapist)


def test_a_model_that_others_would_wait_for_is_refused(own: Browser) -> None:
    rows = "".join(f"s{at // 2},{at % 7 / 10},0.{1 + at % 9},v{at % 40}\n" for at in range(200))
    place = _taken(own, f"study,yi,vi,kind\n{rows}")
    asked = {**CHOSEN, "effect": "yi", "variance": "vi", "study": "study"}
    for moderators, why in (
        ("kind", "a page fits 30"), ("kind * kind * kind", "more than 2,000 columns"),
        ("yi + I(9 ^ 9 ^ 9)", "power"),
    ):  # fmt: skip
        answer = own.post(place, {**asked, "moderators": moderators})
        assert answer.status_code == 422
        assert why in answer.content.decode()


def test_a_file_is_guessed_confirmed_and_read_by_the_practice(
    own: Browser, colleague: Person, administrator: Person, stranger: Person, sign_in: SignIn
) -> None:
    columns = _taken(own, FILE.read_bytes())
    page = own.get(columns).content.decode()
    assert '<option value="ri" selected>' in page
    assert '<option value="study" selected>' in page
    assert "The first of " in page
    place = columns.removesuffix("columns")
    theirs = sign_in(Browser(raise_request_exception=False), colleague)
    assert theirs.get(place).status_code == 404  # not confirmed yet
    done = own.post(columns, {**CHOSEN, "r": "ri", "n": "ni", "study": "study"})
    assert done["Location"] == place
    page = theirs.get(place).content.decode()
    for words in ("What it says", "On average", "Forest plot", "Funnel plot", "Egger", "PEESE",
                  "Trim-and-fill", "Without any one study", "I²", "openalliance meta effects.csv",
                  "evidence.fit("):  # fmt: skip
        assert words in page, words
    assert "Published" in theirs.get("/evidence/").content.decode()
    assert theirs.get(f"{place}delete").status_code == 403
    assert theirs.post(f"{place}delete").status_code == 403
    outside = sign_in(Browser(raise_request_exception=False), stranger)
    assert outside.get(place).status_code == 404
    chief = sign_in(Browser(), administrator)
    assert "cannot be brought back" in chief.get(f"{place}delete").content.decode()
    assert MetaAnalysis.objects.count() == 1
    chief.post(f"{place}delete")
    assert MetaAnalysis.objects.count() == 0
    actions = AccessEntry.objects.filter(subject="meta-analysis").values_list("action", flat=True)
    assert sorted(actions) == ["added", "changed", "erased"]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        (FILE.read_text(encoding="utf-8"), {"r": "ri", "n": "ni", "study": "study"}),
        (
            FILE.read_text(encoding="utf-8"),
            {"r": "ri", "n": "ni", "study": "study", "moderators": "rater + year",
             "robust": "CR2"},
        ),
        (
            GROUPS,
            {"mean1": "m1", "sd1": "s1", "n1": "n1", "mean2": "m2", "sd2": "s2", "n2": "n2",
             "test": "knha"},
        ),
    ],
)  # fmt: skip
def test_page_command_and_script_give_the_same_numbers(
    own: Browser, text: str, chosen: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    columns = _taken(own, text)
    place = columns.removesuffix("columns")
    assert own.post(columns, CHOSEN | chosen).status_code == 302
    page = own.get(place)
    assert page.status_code == 200
    data = own.get(f"{place}effects.csv")
    assert data["Content-Disposition"] == 'attachment; filename="effects.csv"'
    assert data.content.decode() == text
    (tmp_path / "effects.csv").write_bytes(data.content)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(own.get(f"{place}script.py").content, "script.py", "exec"), names)
    rows = names["found"].frame().rows(named=True)  # type: ignore[attr-defined]
    assert (tmp_path / "forest.svg").exists()
    command = page.context["command"]
    done = CliRunner().invoke(meta, [*shlex.split(command)[2:], "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    told = document["robust"] or document
    for row, other in zip(rows, told["coefficients"], strict=True):
        assert row["term"] == other["term"]
        for ours, theirs in (("estimate", "estimate"), ("se", "se"), ("ci_low", "ci_lower")):
            assert row[ours] == pytest.approx(other[theirs], abs=1e-10)
        assert f"{row['estimate']:.3f}".replace("-", "−") in page.content.decode()


def test_what_is_wrong_is_said_with_row_and_column(own: Browser) -> None:
    for text, words in (
        (b"", "The file is empty"),
        (b"a,b\n1\n", "Row 1"),
        (b"\0\0", "no text file"),
        (("yi,vi\n" + "0.1,0.2\n" * 1001).encode(), "1,001 rows"),
        (b"x" * 210_000, "larger than 200 kB"),
    ):
        answer = own.post("/evidence/", {"file": _sent(text)})
        assert answer.status_code == 422
        assert words in answer.content.decode(), words
    assert own.post("/evidence/").status_code == 422
    assert MetaAnalysis.objects.count() == 0
    columns = _taken(own, "study,yi,vi\nA,0.1,0.2\nB,abc,0.1\nC,0.3,0.1\n")
    wrong = own.post(columns, {**CHOSEN, "effect": "yi", "variance": "vi"})
    assert wrong.status_code == 422
    assert "Row 2, column “yi”" in wrong.content.decode()
    for chosen, words in (
        ({"effect": "yi"}, "belong together"),
        ({"effect": "yi", "variance": "vi", "robust": "CR2"}, "need a column of studies"),
        ({"effect": "no-such", "variance": "vi"}, "Please look at this again"),
        ({"effect": "vi", "variance": "vi", "moderators": "zz"}, "zz"),
    ):
        answer = own.post(columns, CHOSEN | chosen)
        assert answer.status_code == 422
        assert words in answer.content.decode(), words
    assert not MetaAnalysis.objects.get().is_fitted
    assert own.get(columns.removesuffix("columns")).status_code == 302


def test_text_that_is_not_utf_8_is_read_and_said(own: Browser) -> None:
    answer = own.post(
        "/evidence/", {"file": _sent("study,yi,vi\nGómez,0.1,0.2\n".encode("cp1252"))}, follow=True
    )
    page = answer.content.decode()
    assert "Gómez" in page
    assert "was read as Windows text" in page


def test_a_practice_keeps_so_many(
    therapist: Person, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_KEPT", 1)
    by = actor_for(therapist)
    services.take_in("One", "a\n1\n", {}, by=by, now=now)
    with pytest.raises(ConflictError, match="delete one first"):
        services.take_in("Two", "a\n1\n", {}, by=by, now=now)


def test_what_is_kept_is_sealed(therapist: Person, now: datetime) -> None:
    from django.db import connection

    services.take_in("Title", "word,yi\nA,1\n", {}, by=actor_for(therapist), now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT title, data FROM evidence_metaanalysis")
        (row,) = cursor.fetchall()
    assert "Title" not in row[0]
    assert "word" not in row[1]


def test_names_that_would_be_code_are_words(own: Browser) -> None:
    nasty = '"""\n__import__("os").system("x") $(x) `x` <svg onload=x>'
    rows = "".join(f"s{at},0.{at},0.1\n" for at in range(1, 7))
    cell = '"' + nasty.replace('"', '""') + '"'
    place = _taken(own, f"{cell},yi,vi\n{rows}")
    own.post(place, {**CHOSEN, "effect": "yi", "variance": "vi", "study": nasty.strip()})
    analysis = MetaAnalysis.objects.get()
    page = own.get(f"/evidence/{analysis.pk}/").content.decode()
    assert "<svg onload" not in page
    asked = Asked(**analysis.asked)
    calls = [one for one in ast.walk(ast.parse(asked.script("x.csv"))) if isinstance(one, ast.Call)]
    assert {ast.unparse(one.func).rpartition(".")[2] for one in calls} == {
        "fit", "frame", "model_frame", "plot", "print", "save", "summary",
    }  # fmt: skip
    assert nasty in shlex.split(asked.command("x.csv"))


@pytest.mark.parametrize("page", ["/evidence/", "/emergency/"])
def test_a_browser_in_another_language_gets_the_staffs_own(own: Browser, page: str) -> None:
    answer = own.get(page, headers={"accept-language": "es"})
    assert answer["Content-Language"] == "en"
