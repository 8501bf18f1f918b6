"""Published findings: every number has its source, and each is one that the project may state."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from openalliance.core.errors import InputError, NotFoundError
from openalliance.core.evidence.published import (
    Measure,
    about,
    finding,
    published,
    read_findings,
    topics,
)
from openalliance.core.evidence.therapists import PUBLISHED

SHARED = Path(__file__).parents[4] / "shared"
HEAD = "key,topic,finding,population,measure,estimate,low,high,k,n,source,note\n"


def test_every_finding_names_source_and_population() -> None:
    assert len(published()) >= 20
    for one in published().values():
        assert re.search(r"\b(19|20)\d\d$", one.source), one.key
        assert one.key.endswith(one.source[-4:])
        assert one.population


def test_alliance_and_outcome_is_there_with_its_interval() -> None:
    found = finding("alliance-outcome-2018")
    assert (found.measure, found.estimate, found.interval) == (Measure.R, 0.278, (0.256, 0.299))
    assert (found.k, found.n) == (295, None)
    assert [one.source for one in about("alliance and outcome")] == [
        "Flückiger et al. 2018", "Flückiger et al. 2018", "Horvath et al. 2011",
    ]  # fmt: skip


def test_topics_cover_what_the_practice_is_set_beside() -> None:
    assert set(topics()) >= {
        "alliance and outcome", "alliance and drop-out", "rupture and repair",
        "goals and collaboration", "feedback", "drop-out", "therapist effects",
    }  # fmt: skip


def test_shares_between_therapists_are_those_of_the_analysis() -> None:
    shares = [one.estimate for one in about("therapist effects")]
    assert shares == [one.share for one in PUBLISHED]


@pytest.mark.skipif(not SHARED.exists(), reason="the project's sources are not here")
def test_every_number_is_stated_where_the_project_has_it_from() -> None:
    said = "".join(
        (SHARED / name).read_text(encoding="utf-8") for name in ("product.md", "statistics.md")
    )
    said = " ".join(said.split())
    for one in published().values():
        author = one.source.split()[0] if one.source[0].isupper() else "de Jong"
        assert author in said, one.key
        percent = f"{100 * one.estimate:.1f}".removesuffix(".0")
        stated = [f"{abs(one.estimate):g}".removeprefix("0"), percent]
        assert any(number in said for number in stated) or one.note == "1 of 40.", one.key
        for count in (one.k, one.n):
            if count is not None and count > 1:
                assert f"{count:,}" in said, one.key


def test_an_unknown_finding_is_said_to_be_none() -> None:
    with pytest.raises(NotFoundError, match="no published finding"):
        finding("alliance-cures-all")


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("a,t,f,p,r,1.2,,,,,S 2001,", "no r is 1.2"),
        ("a,t,f,p,share,-0.1,,,,,S 2001,", "no share"),
        ("a,t,f,p,r,0.2,0.3,0.4,,,S 2001,", "does not hold"),
        ("a,t,f,p,r,0.2,0.1,,,,S 2001,", "cannot be read"),
        ("a,t,f,p,r,0.2,,,0,,S 2001,", "no number of studies"),
        ("a,t,f,p,r,0.2,,,,,,", "source is empty"),
        ("a,t,f,p,z,0.2,,,,,S 2001,", "cannot be read"),
        ("a,t,f,p,r,0.2,,,,,S 2001,\na,t,f,p,r,0.2,,,,,S 2001,", "there twice"),
        ("a,t", "cannot be read"),
    ],
)
def test_a_bad_row_is_named(row: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as fault:
        read_findings(HEAD + row + "\n")
    assert "row " in str(fault.value)
