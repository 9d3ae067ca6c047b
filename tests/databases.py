"""Databases for tests that really commit.

The history tables refuse deletes, so the usual clean-up by emptying all tables cannot work, and there is no switch that
turns the triggers off. A test that commits gets a database of its own instead, copied from a template that is built
once a run: a file copy on SQLite, ``CREATE DATABASE … TEMPLATE`` on PostgreSQL.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "build" / "test-databases"
SCHEMA = (
    "*/migrations/*.py",
    "*/models.py",
    "*/models/*.py",
    "*/tracking.py",
    "*/ledger/*.py",
    "requirements/base.txt",
)


def schema_digest() -> str:
    """Changes with whatever decides what an empty database looks like."""
    files = sorted(path for pattern in SCHEMA for path in ROOT.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


class Store(Protocol):
    """Where databases lie; ``key`` is a short name of ours."""

    def name(self, key: str) -> str: ...

    def exists(self, key: str) -> bool: ...

    def create(self, key: str) -> None: ...

    def copy(self, source: str, target: str) -> None: ...

    def rename(self, source: str, target: str) -> None: ...

    def drop(self, key: str) -> None: ...

    def drop_all(self) -> None: ...


class SqliteStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "databases"
        self.folder.mkdir(parents=True, exist_ok=True)

    def name(self, key: str) -> str:
        return str(self.folder / f"{key}.sqlite3")

    def exists(self, key: str) -> bool:
        return Path(self.name(key)).exists()

    def create(self, key: str) -> None:
        self.drop(key)

    def copy(self, source: str, target: str) -> None:
        shutil.copyfile(self.name(source), self.name(target))

    def rename(self, source: str, target: str) -> None:
        Path(self.name(source)).rename(self.name(target))

    def drop(self, key: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(self.name(key) + suffix).unlink(missing_ok=True)

    def drop_all(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresqlStore:
    """``run`` keeps the databases of runs at the same time apart."""

    def __init__(self, run: str) -> None:
        self.prefix = f"test_{run}_"
        self.parameters = connection.get_connection_params()

    def name(self, key: str) -> str:
        return self.prefix + key

    def exists(self, key: str) -> bool:
        with self._server() as server:
            return bool(server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name(key)]).fetchone())

    def create(self, key: str) -> None:
        self.drop(key)
        self._do("CREATE DATABASE {}", self.name(key))

    def copy(self, source: str, target: str) -> None:
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", self.name(target), self.name(source))

    def rename(self, source: str, target: str) -> None:
        self._do("ALTER DATABASE {} RENAME TO {}", self.name(source), self.name(target))

    def drop(self, key: str) -> None:
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name(key))

    def drop_all(self) -> None:
        with self._server() as server:
            found = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.prefix])
            names = [name for (name,) in found.fetchall()]
        for name in names:
            self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    @contextmanager
    def _server(self) -> Iterator[psycopg.Connection]:
        known = {
            name: self.parameters[name]
            for name in ("dbname", "host", "port", "user", "password")
            if name in self.parameters
        }
        with psycopg.connect(**known, autocommit=True) as server:
            yield server

    def _do(self, statement: str, *names: str) -> None:
        with self._server() as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class Databases:
    """The databases of one test process; templates are shared with the other processes of the run."""

    def __init__(self, folder: Path, run: str, process: str) -> None:
        self.store: Store = SqliteStore(folder) if connection.vendor == "sqlite" else PostgresqlStore(run)
        self.lock = folder / "databases.lock"
        self.process = process
        self.copies = 0

    def template(self, key: str, *, based_on: str | None, command: str, keep_as: str = "") -> None:
        """Builds the template ``key`` with a management command, unless some process of this run has built it.

        With ``keep_as`` a SQLite file is kept for the next runs, under that name.
        """
        kept = KEPT / f"{keep_as}.sqlite3" if keep_as and connection.vendor == "sqlite" else None
        with self.lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if self.store.exists(key):
                return
            if kept and kept.exists():
                shutil.copyfile(kept, self.store.name(key))
                return
            draft = f"{key}_draft"
            self.store.create(draft)
            if based_on:
                self.store.drop(draft)
                self.store.copy(based_on, draft)
            before = connection.settings_dict["NAME"]
            self.use(draft)
            call_command(command, verbosity=0)
            self.settle()
            connection.settings_dict["NAME"] = before
            self.store.rename(draft, key)
            if kept:
                shutil.rmtree(KEPT, ignore_errors=True)
                KEPT.mkdir(parents=True)
                shutil.copyfile(self.store.name(key), kept)

    def fresh(self, template: str) -> str:
        """A new copy of the template; from here on everything in this process works on it."""
        self.copies += 1
        key = f"{self.process}_{self.copies}"
        self.store.copy(template, key)
        self.use(key)
        return key

    def use(self, key: str) -> None:
        connections.close_all()
        connection.settings_dict["NAME"] = self.store.name(key)

    def settle(self) -> None:
        """Leaves one plain file, or no connection, behind: both are what can be copied."""
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections.close_all()
