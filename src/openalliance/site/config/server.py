"""Serves the site: prepares the data folder, then runs gunicorn until it is stopped."""

from __future__ import annotations

import errno
import os
import socket
import threading
from pathlib import Path
from typing import Any

from openalliance.core.errors import InputError
from openalliance.site.config.preparation import Tell, prepare, quietly
from openalliance.site.config.serving import in_use

__all__ = ["address", "free_port", "prepare", "run"]
_ANY = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to  # nosec B104
_THREADS = 2
"""In each process. While one thread computes, others of its process that hold a lock of the
database wait for the interpreter; so it is processes that are many."""


def run(
    data_dir: Path, host: str, port: int, demonstration: bool = False, *, tell: Tell = quietly
) -> None:
    """Serve the practice in ``data_dir`` until Ctrl-C or a signal; does not return before.

    Raises
    ------
    InputError
        The address is taken or not this machine's, or the folder cannot be used.
    ConflictError
        See `prepare`.
    """
    port = free_port(host, port)
    prepare(data_dir, demonstration=demonstration, tell=tell)
    _serving = in_use(data_dir)  # held open until the program ends
    from django.conf import settings
    from django.db import connections

    from openalliance.site.records.practice import first_start

    if not os.environ.get("OPENALLIANCE_HOSTS"):
        settings.ALLOWED_HOSTS = _names_of(host)
    code = first_start.new_code()
    if code is not None:
        tell(f"No practice is set up yet. Open {address(host, port)}set-up and enter: {code}")
    # Workers are forked: an open connection must not be shared with them.
    connections.close_all()
    _serve(host, port, tell)


def address(host: str, port: int) -> str:
    """Return where the site is reached in a browser on this machine."""
    shown = "localhost" if host in _ANY else host
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def free_port(host: str, port: int) -> int:
    """Return the port once it is known to be free; 0 finds a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            raise InputError(_why_not(fault), where=f"{host}:{port}") from None
        except OverflowError:
            raise InputError("a port is a number from 0 to 65535", where=str(port)) from None
        free: int = probe.getsockname()[1]
        return free


def _why_not(fault: OSError) -> str:
    if fault.errno == errno.EADDRINUSE:
        return "another program uses this port; stop it, or choose another port with --port"
    if fault.errno == errno.EACCES:
        return "this port needs special rights; choose one above 1023 with --port"
    return "this address is not one of this machine; choose another with --host"


def _names_of(host: str) -> list[str]:
    """Return the host names a browser may use for an address that is listened on."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host not in _ANY:
        return names if host in names else [*names, f"[{host}]" if ":" in host else host]
    here = socket.gethostname()
    try:
        own = {str(found[4][0]) for found in socket.getaddrinfo(here, None)}
    except OSError:
        own = set()
    bracketed = {f"[{one}]" if ":" in one else one for one in own}
    return [*names, *sorted({here.lower(), *bracketed} - set(names))]


def _serve(host: str, port: int, tell: Tell) -> None:
    from gunicorn.app.base import BaseApplication
    from gunicorn.glogging import Logger

    from openalliance.site.config.logs import Discreet

    class DiscreetLogger(Logger):  # type: ignore[misc]
        def setup(self, cfg: Any) -> None:
            super().setup(cfg)
            for handler in self.error_log.handlers:
                handler.addFilter(Discreet())

    class Site(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for key, value in _settings(host, port, DiscreetLogger, tell).items():
                self.cfg.set(key, value)

        def load(self) -> Any:
            from openalliance.site.config.wsgi import application

            return application

    Site().run()


def _warm_up(worker: Any) -> None:
    """Load what the first visitor would else wait for; start the jobs and the sealing."""
    from django.urls import get_resolver

    from openalliance.charts import render
    from openalliance.site.config.faults import page
    from openalliance.site.config.jobs import Jobs
    from openalliance.site.records.trust.sealing import Sealer

    _ = get_resolver().url_patterns
    page(404)
    threading.Thread(target=render.start, name="first picture", daemon=True).start()
    worker.beside = [Jobs(), Sealer()]
    for one in worker.beside:
        one.start()


def _end(_server: Any, worker: Any) -> None:
    for one in getattr(worker, "beside", []):
        one.stop()


def _settings(host: str, port: int, logger: type, tell: Tell) -> dict[str, Any]:
    from openalliance.site.config.worker import PatientWorker

    where = address(host, port)
    shared_memory = "/dev/shm"  # noqa: S108 - for heartbeats, as gunicorn advises  # nosec B108
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": min(8, 2 * max(2, os.cpu_count() or 2)),
        "worker_class": PatientWorker,
        "threads": _THREADS,
        "timeout": 60,
        "graceful_timeout": 10,
        "keepalive": 5,
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": logger,
        "control_socket_disable": True,
        "worker_tmp_dir": shared_memory if os.access(shared_memory, os.W_OK) else None,
        "post_worker_init": _warm_up,
        "when_ready": lambda _: tell(f"Ready: {where}   (stop with Ctrl-C)"),
        "worker_exit": _end,
        "on_exit": lambda _: tell("Stopped."),
    }
