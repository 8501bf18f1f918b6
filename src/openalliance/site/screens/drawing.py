"""Pictures drawn on the server, once for the same specification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from openalliance.charts.render import to_svg


def drawn(specification: Mapping[str, Any]) -> str:
    """Draw a specification, once for the same one."""
    return _remembered(json.dumps(specification, sort_keys=True))


@lru_cache(maxsize=64)
def _remembered(specification: str) -> str:
    return to_svg(json.loads(specification))
