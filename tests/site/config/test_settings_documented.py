"""What can be set is written down, and what is written down can be set."""

from __future__ import annotations

import re
from pathlib import Path

from openalliance.site.config import secrets

ROOT = Path(__file__).resolve().parents[3]
VARIABLE = re.compile(r"\b(OPENALLIANCE_[A-Z_]+|DATABASE_URL)\b")


def test_every_variable_of_the_environment_has_its_line_in_the_reference() -> None:
    settings = (ROOT / "src/openalliance/site/config/settings.py").read_text(encoding="utf-8")
    read = {secrets.VARIABLE, *re.findall(r'environ\.get\(\s*"([A-Z_]+)"', settings)}
    documented = re.findall(
        r"^\| `([A-Z_]+)` \|", (ROOT / "docs/reference/settings.md").read_text(), re.MULTILINE
    )
    assert read == set(documented)
    assert read <= set(VARIABLE.findall(settings.split('"""')[1]))
