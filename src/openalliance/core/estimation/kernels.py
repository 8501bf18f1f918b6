"""Recursive steps, compiled: written once in plain Python, quick over millions of rows.

A live rating calls a step function as it is. A batch hands the loop over its rows to `compiled`,
which translates it, with the very same step functions, to machine code at its first call and keeps
the result on disk until one of their files changes. Compiled loops run beside other threads.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
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

        for step in steps:
            _known_to_the_compiler(step)
        translated: Any = numba.njit(cache=True, nogil=True, parallel=parallel)(function)
        # What is kept on disk is else renewed only with the function's own file, not its steps'.
        translated._cache._cache_file._source_stamp = _fingerprint(function, *steps)
        found: Callable[P, R] = translated
        return found

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return made()(*args, **kwargs)

    return call


@functools.cache
def _known_to_the_compiler(step: Callable[..., Any]) -> None:
    from numba.extending import register_jitable

    register_jitable(step)


def _fingerprint(*functions: Callable[..., Any]) -> str:
    """Return a hash of all files that the functions come from."""
    files = sorted({inspect.getfile(function) for function in functions})
    digest = hashlib.sha256()
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()
