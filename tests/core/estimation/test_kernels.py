"""Compiled loops: the plain function's numbers, made anew when a step's file changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from openalliance.core.estimation.kernels import compiled

_STEP = "def step(x: float) -> float:\n    return x + {constant}\n"
_LOOP = """
from steps import step
from openalliance.core.estimation.kernels import compiled

def loop(values):
    total = 0.0
    for value in values:
        total += step(value)
    return total

quick = compiled(loop, steps=(step,))
"""
_RUN = "import numpy; from loops import quick; print(quick(numpy.ones(3)))"


def _twice(value: float) -> float:
    return 2.0 * value


def _sum(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    total = 0.0
    for value in values:
        total += _twice(value)
    return total


def test_a_compiled_loop_gives_the_plain_numbers() -> None:
    values = np.random.default_rng(1).standard_normal(100)
    quick, again = compiled(_sum, steps=(_twice,)), compiled(_sum, steps=(_twice,))
    assert quick(values) == _sum(values)
    assert again(values) == _sum(values)
    assert quick.__name__ == "_sum"


def test_a_changed_step_is_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "loops.py").write_text(_LOOP)
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
    }
    found = []
    for constant in ("1.0", "1.0", "5.0"):
        (tmp_path / "steps.py").write_text(_STEP.format(constant=constant))
        run = subprocess.run(
            [sys.executable, "-c", _RUN],
            env=surroundings,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(float(run.stdout))
    assert found == [6.0, 6.0, 18.0]
    assert list((tmp_path / "kept").rglob("*.nbi"))
