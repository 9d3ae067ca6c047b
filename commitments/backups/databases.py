"""The database of a backup: copied as of one moment while others write, and put back into an empty one."""

import os
import subprocess
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils.translation import gettext as _
from psycopg.conninfo import make_conninfo

from commitments import filestore

OF_DJANGO = frozenset({"assume_role", "isolation_level", "pool", "server_side_binding"})
"""Options of a connection that Django understands and PostgreSQL's programs do not."""


def copy_database(target: Path) -> None:
    """A consistent copy, as of one moment, while others go on writing."""
    connection = connections["default"]
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.execute("VACUUM INTO ?", [str(target)])
        target.chmod(filestore.OURS_ALONE)
    else:
        _postgresql("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def restore_database(source: Path) -> None:
    connection = connections[owner()]
    if connection.vendor == "sqlite":
        connections.close_all()
        place = Path(str(connection.settings_dict["NAME"]))
        for suffix in ("-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_name(place.name + ".part")
        beside.write_bytes(b"")
        beside.chmod(filestore.OURS_ALONE)
        with beside.open("wb") as target:
            for part in filestore.parts_of(source):
                target.write(part)
        beside.replace(place)
    else:
        _postgresql("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", source)


def _postgresql(program: str, *options: object) -> None:
    """Run a program of PostgreSQL on the database; the password goes by its environment, which nobody else reads."""
    given = connections[owner()].settings_dict
    address = {"dbname": given["NAME"], "user": given["USER"], "host": given["HOST"], "port": given["PORT"]}
    address |= {name: value for name, value in given["OPTIONS"].items() if name not in OF_DJANGO}
    command = [program, f"--dbname={make_conninfo(**{k: v for k, v in address.items() if v})}", *map(str, options)]
    environment = {**os.environ, "PGPASSWORD": given["PASSWORD"]} if given["PASSWORD"] else None
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        sentence = _("%(program)s is missing. Install the PostgreSQL client of your server's version.")
        raise ValidationError(sentence % {"program": program}) from error
    if done.returncode != 0:
        sentence = _("%(program)s could not do its work: %(error)s")
        raise ValidationError(sentence % {"program": program, "error": done.stderr.strip()[-500:]})


def require_empty() -> None:
    if connections[owner()].introspection.table_names():
        raise ValidationError(
            _("There are tables in this database already. A backup is put back into an empty database only.")
        )


def owner() -> str:
    """The connection of the role that owns the tables; the one that only uses them may not read their sequences."""
    return "owner" if "owner" in settings.DATABASES else "default"
