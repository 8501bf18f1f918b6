"""Clients shared out among threads: each takes blocks of clients until none is left."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from openalliance.core.course.batch.clients import Offsets
from openalliance.core.estimation.kernels import WORTH_COMPILING

BLOCKS_PER_THREAD = 4
"""Blocks rather than halves, so that a thread that is held up does not hold up the other."""


def on_all_cores(work: Callable[[int, int], object], offsets: Offsets) -> None:
    """Call ``work(first, last)`` on ranges of clients that together are all of them.

    ``work`` must let other threads run, as compiled loops do, and write only to its own clients'
    places.
    """
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    rows, clients = int(offsets[-1]), offsets.size - 1
    if threads == 1 or rows < WORTH_COMPILING:
        work(0, clients)
        return
    blocks = threads * BLOCKS_PER_THREAD
    edges = offsets.searchsorted([rows * block // blocks for block in range(1, blocks)]).tolist()
    edges = [0, *edges, clients]
    for done in _pool(threads).map(work, edges[:-1], edges[1:]):
        del done


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Return the threads, which are kept: making them takes as long as thousands of rows."""
    return ThreadPoolExecutor(threads, thread_name_prefix="courses")
