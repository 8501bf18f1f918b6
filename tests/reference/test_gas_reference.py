"""Goal attainment T scores against gasr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openalliance.core.plan import gas_t_score

CASES = json.loads((Path(__file__).parent / "gas_tscore.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("key", "rho"), [("T_rho03", 0.3), ("T_rho0", 0.0), ("T_rho05", 0.5)])
def test_t_score(case: dict[str, Any], key: str, rho: float) -> None:
    found = gas_t_score(case["scores"], case["weights"], rho)
    assert found == pytest.approx(case[key], rel=1e-12)
