"""Jacobson-Truax against clinicalsignificance 3.0.0 on our own simulated data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from openalliance.core.course import (
    reliable_change_index,
    standard_error_of_measurement,
    verdicts,
)
from openalliance.core.instruments import Better

HERE = Path(__file__).parent


def test_jacobson_truax_change() -> None:
    reference = json.loads((HERE / "clinsig_change.json").read_text())
    clients = reference["distribution"]["JT"]["per_patient"]
    pre, post = np.array(clients["pre"]), np.array(clients["post"])
    sem = standard_error_of_measurement(pre.std(ddof=1), reference["meta"]["reliability"])
    found = verdicts(pre, post, sem=sem, better=Better.LOWER)
    assert reliable_change_index(pre, post, sem) == pytest.approx(clients["rci"], rel=1e-12)
    assert (found == 1).tolist() == clients["improved"]
    assert (found == -1).tolist() == clients["deteriorated"]
    assert (found == 0).tolist() == clients["unchanged"]
