"""Publication bias: what the pictures would say, and what cannot be asked."""

from __future__ import annotations

import numpy as np
import pytest

from openalliance.core.errors import InputError
from openalliance.core.evidence.bias import (
    Estimator,
    Predictor,
    Side,
    fail_safe,
    pet_peese,
    small_studies,
    trim_and_fill,
)
from openalliance.core.evidence.bias.fail_safe import WARNING
from openalliance.core.evidence.meta.two_level import fit_fixed, fit_random
from openalliance.core.evidence.meta.values import MetaData, Model, meta_data


def _selected() -> MetaData:
    """Small studies are only there if they found something."""
    rng = np.random.default_rng(4)
    v = rng.uniform(0.002, 0.12, 400)
    y = rng.normal(0.2, np.sqrt(v))
    kept = (y / np.sqrt(v) > 1.64) | (rng.random(400) < 0.2)
    return meta_data(y[kept], v[kept])


def test_a_line_through_exact_points_is_found() -> None:
    se = np.array([0.1, 0.2, 0.3, 0.4])
    found = small_studies(meta_data(0.3 + 1.5 * se, se**2))
    assert found.intercept.estimate == pytest.approx(0.3)
    assert found.slope.estimate == pytest.approx(1.5)


def test_selection_is_seen_and_the_correction_goes_towards_the_truth() -> None:
    data = _selected()
    pet, peese = small_studies(data), small_studies(data, Predictor.VARIANCE)
    assert pet.slope.p < 0.001
    average = float(fit_fixed(data).estimate[0])
    corrected = pet_peese(pet, peese, expected=average)
    assert corrected.by == "PEESE"
    assert 0.12 < corrected.line.estimate < average
    filled = trim_and_fill(fit_fixed(data))
    assert (filled.side, filled.missing > 5) == (Side.LEFT, True)
    assert float(filled.fit.estimate[0]) < average


def test_without_an_effect_pet_itself_is_taken() -> None:
    se = np.linspace(0.05, 0.5, 12)
    noise = 0.05 * np.where(np.arange(12) % 2, 1.0, -1.0)
    data = meta_data(1.2 * se + noise, se**2)
    pet, peese = small_studies(data), small_studies(data, Predictor.VARIANCE)
    assert pet_peese(pet, peese, expected=0.3).by == "PET"


def test_mirrored_effects_have_the_side_mirrored() -> None:
    data = _selected()
    turned = meta_data(-data.y, data.v)
    one, other = trim_and_fill(fit_random(data)), trim_and_fill(fit_random(turned))
    assert (one.side, other.side) == (Side.LEFT, Side.RIGHT)
    assert one.missing == other.missing
    assert float(other.fit.estimate[0]) == pytest.approx(-float(one.fit.estimate[0]))


def test_a_symmetric_funnel_needs_nothing_filled_in() -> None:
    y = np.array([-0.30, -0.19, -0.11, 0.02, 0.10, 0.18, 0.28]) + 0.5
    data = meta_data(y, np.full(7, 0.01))
    for estimator in Estimator:
        found = trim_and_fill(fit_random(data), estimator=estimator, side=Side.LEFT)
        assert found.missing == 0
        assert found.filled_y.size == 0


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        small_studies(meta_data([0.1, 0.2], [0.01, 0.02]))
    alike = meta_data([0.1, 0.2, 0.3], [0.01, 0.01, 0.01])
    with pytest.raises(InputError, match="equally exact"):
        small_studies(alike)
    assert trim_and_fill(fit_random(alike)).side is Side.LEFT
    with_moderator = meta_data([0.1, 0.2, 0.3], [0.01, 0.02, 0.01], x=[[1, 1], [1, 2], [1, 3]])
    with pytest.raises(InputError, match="without moderators"):
        trim_and_fill(fit_fixed(with_moderator))


def test_three_levels_allow_for_effects_of_one_study() -> None:
    rng = np.random.default_rng(2)
    studies = np.repeat(np.arange(12), 4)
    v = rng.uniform(0.01, 0.1, 48)
    y = 0.2 + rng.normal(0, 0.3, 12)[studies] + rng.normal(0, np.sqrt(v))
    data = meta_data(y, v, studies=studies)
    nested = small_studies(data, model=Model.THREE_LEVEL)
    assert 2.0 < nested.slope.df < 12.0
    assert nested.intercept.se > 0.0


def test_fail_safe_n_comes_with_a_warning() -> None:
    found = fail_safe(meta_data([0.5, 0.4], [0.01, 0.01]))
    assert found.rosenthal == 28
    assert found.warning == WARNING
    assert fail_safe(meta_data([0.01, 0.0], [0.1, 0.1])).rosenthal == 0
