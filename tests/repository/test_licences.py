"""Every dependency may be used and passed on with the project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

# Permissive, or copyleft that stays within the library itself.
WELCOME = re.compile(
    r"\b(?:MIT|BSD|0BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|LGPL|Zlib|CC0)\b"
)


def test_every_dependency_has_a_welcome_licence() -> None:
    listed = subprocess.run(
        [str(Path(sys.executable).parent / "pip-licenses"), "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = json.loads(listed.stdout)
    assert len(packages) > 40
    assert [one for one in packages if not WELCOME.search(one["License"])] == []
