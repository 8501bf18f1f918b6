"""Probabilities in plain numbers agree with the reference library, also far in the tails."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from openalliance.core.course.probability import (
    normal_cdf,
    normal_quantile,
    student_cdf,
    student_quantile,
)


@given(st.floats(-37.0, 37.0))
def test_normal_probability(z: float) -> None:
    assert normal_cdf(z) == pytest.approx(float(special.ndtr(z)), rel=1e-12)


@given(st.floats(1e-9, 1.0 - 1e-9))
def test_normal_quantile(probability: float) -> None:
    assert normal_quantile(probability) == pytest.approx(
        float(special.ndtri(probability)), rel=1e-12, abs=1e-12
    )


@given(st.floats(1.0, 200.0), st.floats(-60.0, 60.0))
def test_student_probability(df: float, t: float) -> None:
    assert student_cdf(df, t) == pytest.approx(float(special.stdtr(df, t)), rel=1e-10)


@pytest.mark.parametrize("t", [-1e200, -1e9, -1e-200, 0.0, 1e-9, 1e200])
def test_student_probability_stays_a_probability_at_the_extremes(t: float) -> None:
    assert 0.0 <= student_cdf(10.0, t) <= 1.0
    assert student_cdf(10.0, t) == pytest.approx(1.0 - student_cdf(10.0, -t), abs=1e-15)


def test_importing_the_course_does_not_import_scipy() -> None:
    code = "import sys, openalliance.core.course; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("probability", [1e-6, 0.01, 0.4, 0.5, 0.6, 0.99])
@pytest.mark.parametrize("df", [2.5, 10.0, 33.5, 60.0])
def test_student_quantile(df: float, probability: float) -> None:
    expected = float(special.stdtrit(df, probability))
    assert student_quantile(df, probability) == pytest.approx(expected, rel=1e-8, abs=1e-8)
