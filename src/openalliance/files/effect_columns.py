"""Which columns hold effects and studies: by the names that published files give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openalliance.files.frame import Frame

_KNOWN: tuple[tuple[tuple[str, str], ...], ...] = (
    (("effect", "yi"), ("variance", "vi")),
    (("effect", "y"), ("variance", "v")),
    (("effect", "d"), ("variance", "v")),
    (("effect", "d"), ("variance", "V")),
    (("effect", "r"), ("variance", "v")),
    (("effect", "r"), ("variance", "r_v")),
    (("effect", "logOR"), ("variance", "v")),
    (("effect", "LOR1"), ("variance", "varLOR")),
    (("effect", "effectsize"), ("variance", "var")),
    (("effect", "effect"), ("variance", "variance")),
    (("effect", "effect"), ("se", "se")),
    (("effect", "yi"), ("se", "sei")),
    (("effect", "TE"), ("se", "seTE")),
    (("effect", ".g"), ("se", ".g_se")),
    (("effect", "ADD_g_cma"), ("se", "ADD_se_cma")),
    (("effect", "diff"), ("se", "se")),
    (("r", "ri"), ("n", "ni")),
    (("r", "r"), ("n", "n")),
    (("r", "cor"), ("n", "n")),
    (("r", "R"), ("n", "N")),
    (
        ("mean1", "mean1"), ("sd1", "sd1"), ("n1", "n1"),
        ("mean2", "mean2"), ("sd2", "sd2"), ("n2", "n2"),
    ),
    (
        ("mean1", "mean.e"), ("sd1", "sd.e"), ("n1", "n.e"),
        ("mean2", "mean.c"), ("sd2", "sd.c"), ("n2", "n.c"),
    ),
    (
        ("mean1", "Me"), ("sd1", "Se"), ("n1", "Ne"), ("mean2", "Mc"), ("sd2", "Sc"), ("n2", "Nc"),
    ),
    (("events1", "events1"), ("n1", "n1"), ("events2", "events2"), ("n2", "n2")),
    (
        ("events1", "n.cbt.rec"), ("others1", "n.cbt.non"),
        ("events2", "n.ctrl.rec"), ("others2", "n.ctrl.non"),
    ),
)  # fmt: skip
_STUDIES = ("study_id", "studyid", "studyID", "Study_ID", "Cluster", "article", "study", "Study",
            "author", "Author", "authors", "Authors")  # fmt: skip
_ROWS = ("id", "ID", "Id", "trial", "trial_id")
_OUTER = ("district", "cluster", "lab", "laboratory", "site", "centre", "center", "article",
          "paper", "report", "publication")  # fmt: skip

SETS = (
    ("effect", "variance"),
    ("effect", "se"),
    ("r", "n"),
    ("mean1", "sd1", "n1", "mean2", "sd2", "n2"),
    ("events1", "n1", "events2", "n2"),
    ("events1", "others1", "events2", "others2"),
)
"""Which columns belong together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What the names of a file's columns say.

    Parameters
    ----------
    columns
        The column of each thing, such as ``{"effect": "yi", "variance": "vi", "study": "id"}``;
        empty if no effects were recognised.
    notes
        What was not plain, in words.
    """

    columns: dict[str, str]
    notes: tuple[str, ...] = ()


def guess(frame: Frame) -> Guess:
    """Return the columns that carry usual names."""
    there = set(frame.columns)
    for pairs in _KNOWN:
        if all(column in there for _, column in pairs):
            study, notes = _study(frame)
            return Guess(columns=dict(pairs) | ({"study": study} if study else {}), notes=notes)
    return Guess(columns={})


def outer_cluster(frame: Frame, study: str | None) -> str | None:
    """Return a column that seems to hold several studies each, where each study is one row."""
    if study is not None and not _tells_rows_apart(frame, study):
        return None
    for name in frame.columns:
        if name.lower() in _OUTER and name != study:
            cells = frame.texts(name)
            if all(cells) and 1 < len(set(cells)) < frame.rows:
                return name
    return None


def _study(frame: Frame) -> tuple[str | None, tuple[str, ...]]:
    named = [name for name in _STUDIES if name in frame.columns and all(frame.texts(name))]
    rows = [name for name in _ROWS if name in frame.columns and _tells_rows_apart(frame, name)]
    study = named[0] if named else None
    if study is not None and study.lower().startswith("author"):
        different = len(set(frame.texts(study)))
        if rows and different < frame.rows:
            said = (
                f"“{study}” has {different} different names for {frame.rows} rows, but"
                f" “{rows[0]}” tells every row apart, so each row is a study; --study {study} takes"
                " the rows of one name for one study."
            )
            return rows[0], (said,)
        if _several_years(frame, study):
            return None, (
                f"“{study}” repeats names with different years: each row is taken for a study.",
            )
    outer = outer_cluster(frame, study)
    if outer is not None:
        groups = len(set(frame.texts(outer)))
        inner = f"the {frame.rows} rows" if study is None else f"“{study}”, one to each row,"
        less = "name the columns without --study" if study is None else f"--study {study}"
        said = (
            f"Column “{outer}” puts {inner} into {groups} groups, so it is taken as the outer"
            f" level; {less} to take every row for independent."
        )
        return outer, (said,)
    return study, ()


def _tells_rows_apart(frame: Frame, name: str) -> bool:
    cells = frame.texts(name)
    return all(cells) and len(set(cells)) == len(cells)


def _several_years(frame: Frame, name: str) -> bool:
    """Whether a column of authors repeats some with another year: these are other studies."""
    years = [year for year in ("year", "pub_year", "pubyear", "Year") if year in frame.columns]
    if not years:
        return False
    authors = frame.texts(name)
    return len(set(zip(authors, frame.texts(years[0]), strict=True))) > len(set(authors))


_LIKE = (
    ("sample sizes", ("n", "ni", "n1", "n_total", "sample_size")),
    ("t values", ("t", "tval", "t_value")),
    ("reliabilities", ("alpha", "ai")),
    ("means of one group", ("mean", "m")),
    ("counts of those who responded", ("resp1", "resp2")),
)


def what_is_missing(frame: Frame) -> str:
    """Return what is there and what is missing, in a file whose columns say nothing of effects."""
    seen = []
    for what, names in _LIKE:
        found = [f"“{name}”" for name in frame.columns if name.lower() in names]
        if found:
            seen.append(f"{' and '.join(found)} may be {what}")
    columns = ", ".join(f"“{name}”" for name in frame.columns)
    there = f" Of its columns {'; '.join(seen)}, which alone are no effects." if seen else ""
    return (
        "no effects with their errors were found by the columns’ names. Needed are an effect and"
        " its variance or standard error; or a correlation and its sample size; or means, standard"
        " deviations and sizes of two groups; or events and sizes of two groups."
        f"{there} The file has {columns}"
    )
