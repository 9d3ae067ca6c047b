"""Processes of the project, run for real: on the database of the test, with a folder and a broker of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
PATIENCE = 120


def database_url() -> str:
    """The database that this test works on, as another process is told."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite://{database['NAME']}"
    user = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    # A host that is a folder is a socket; an address names it in its query.
    host = str(database["HOST"] or database["OPTIONS"].get("host", ""))
    if not host or host.startswith("/"):
        return f"postgresql://{user}@/{database['NAME']}?host={quote(host)}"
    return f"postgresql://{user}@{host}:{database['PORT'] or 5432}/{database['NAME']}"


def environment(data: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "DATA_DIR": str(data), "DATABASE_URL": database_url(), "TMPDIR": str(data), **more}


@contextlib.contextmanager
def running(command: list[str], log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is gone with all its children afterwards."""
    with log.open("ab") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said, start_new_session=True)
        try:
            yield process
        finally:
            kill(process)


@contextlib.contextmanager
def worker(data: Path, *, app: str = "config", **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker; ``app`` may name a module that registers handlers for the test."""
    options = [
        "--loglevel",
        "INFO",
        "--concurrency",
        "1",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ]
    command = [sys.executable, "-m", "celery", "--app", app, "worker", *options]
    with running(command, data / "worker.log", environment(data, **more)) as process:
        yield process


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL, to the process and its children: no chance to say goodbye."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], bool], what: str, log: Path | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            said = log.read_text()[-3000:] if log and log.exists() else ""
            raise AssertionError(f"Waited {PATIENCE} s in vain until {what}.\n{said}")
        time.sleep(0.05)
