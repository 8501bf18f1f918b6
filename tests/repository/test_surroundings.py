"""What surrounds every test does what it says."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: belongs to nobody


def test_another_machine_is_out_of_reach() -> None:
    with socket.socket() as out, pytest.raises(RuntimeError, match="only this machine"):
        out.connect((DOCUMENTATION_ADDRESS, 80))
    with socket.socket() as out, pytest.raises(RuntimeError, match="only this machine"):
        out.connect_ex((DOCUMENTATION_ADDRESS, 80))


def test_this_machine_is_within_reach() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.socket() as out:
            out.connect(server.getsockname())


def test_data_folders_are_thrown_away() -> None:
    assert Path(tempfile.gettempdir()) in Path(os.environ["OPENALLIANCE_DATA_DIR"]).parents
