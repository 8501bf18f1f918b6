"""Recursive steps, compiled: written once in plain Python, quick over millions of rows.

A live rating calls a step function as it is. A batch hands the loop over its rows to `compiled`,
which translates it, with the very same step functions, to machine code at its first call and keeps
the result on disk.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

WORTH_COMPILING = 20_000
"""Rows from which loading the compiler pays; below, the plain function is called."""


def compiled(
    function: Callable[P, R], *, steps: tuple[Callable[..., Any], ...] = (), parallel: bool = False
) -> Callable[P, R]:
    """Return the function, to be compiled by numba at its first call and not before.

    Parameters
    ----------
    function
        A function of numbers and arrays; the compiler refuses anything else.
    steps
        Plain functions that it calls, and those that they call.
    parallel
        Whether its ``numba.prange`` loops run on all cores.
    """

    @functools.cache
    def made() -> Callable[P, R]:
        import numba
        from numba.extending import register_jitable

        for step in steps:
            register_jitable(step)
        translated: Callable[P, R] = numba.njit(cache=True, parallel=parallel)(function)
        return translated

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return made()(*args, **kwargs)

    return call
