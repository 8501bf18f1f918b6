"""``python -m openalliance`` is the program ``openalliance``."""

from __future__ import annotations

import sys

from openalliance.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
