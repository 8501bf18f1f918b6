"""What surrounds every test: a data folder of its own, no network, quick passwords.

A pytest plugin rather than a conftest, because the site's settings are read before any conftest.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
_ENVIRONMENT = "OPENALLIANCE_DATA_DIR"
_LOOPBACK = ("127.", "::1", "localhost")
_folder: Path | None = None

if not _IS_WORKER:
    _folder = Path(tempfile.mkdtemp(prefix="openalliance-tests-"))
    for _name in ("static", "generated"):
        (_folder / _name).mkdir()
    os.environ[_ENVIRONMENT] = str(_folder)
    for _name in ("OPENALLIANCE_HTTPS", "OPENALLIANCE_DEMONSTRATION", "OPENALLIANCE_MAIL_URL"):
        os.environ.pop(_name, None)


class NetworkError(RuntimeError):
    """A test tried to reach another machine."""


def _only_this_machine(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if not host.startswith(_LOOPBACK):
                raise NetworkError(f"tests reach only this machine, not {host}")
        return connect(self, address)

    return guarded


def pytest_configure() -> None:
    """Close the network, and choose what is quick where a test does not care."""
    setattr(socket.socket, "connect", _only_this_machine(socket.socket.connect))  # noqa: B010
    setattr(socket.socket, "connect_ex", _only_this_machine(socket.socket.connect_ex))  # noqa: B010
    from django.conf import settings

    if settings.configured:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        settings.STORAGES["staticfiles"]["BACKEND"] = (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
        )


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Remove the data folder that was made for this run."""
    if _folder is not None:
        shutil.rmtree(_folder, ignore_errors=True)
