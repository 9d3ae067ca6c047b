"""Looks whether the guards of the database are those that ``triggers`` put there, word by word."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from commitments.ledger.triggers import statements, triggers

WORKS_ALWAYS = ("O", "A")
"""Codes of PostgreSQL for a trigger that fires in an ordinary session."""

OF_SQLITE = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"
OF_POSTGRESQL = """
    SELECT t.tgname, c.relname, t.tgenabled, pg_get_triggerdef(t.oid, true), p.prosrc
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
"""
RULES = "SELECT rulename, tablename FROM pg_rules WHERE schemaname = current_schema()"


@dataclass(frozen=True)
class Guard:
    """A trigger as the database has it: where it stands, what it does, and whether it is switched on."""

    table: str
    does: tuple[str, ...]
    is_on: bool = True


def differing(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, str]]:
    """Names of guards with what is wrong about them, in a sentence."""
    present = _of_postgresql(connection) if connection.vendor == "postgresql" else _of_sqlite(connection)
    expected = _expected(connection.vendor)
    for name, guard in expected.items():
        found = present.get(name)
        if found is None:
            yield name, _("The trigger %(name)s is missing.") % {"name": name}
        elif not found.is_on:
            yield name, _("The trigger %(name)s is switched off.") % {"name": name}
        elif found != guard:
            yield name, _("The trigger %(name)s does something else than it should.") % {"name": name}
    tables = {guard.table for guard in expected.values()}
    for name, guard in present.items():
        if name not in expected and guard.table in tables:
            known = {"name": name, "table": guard.table}
            yield name, _("The table %(table)s has a trigger or rule that is not ours: %(name)s.") % known
    if connection.vendor == "postgresql" and _setting(connection) != "origin":
        yield "session_replication_role", _("The database is set to pass over its triggers.")


def _expected(vendor: str) -> dict[str, Guard]:
    found = {}
    for trigger in triggers():
        wanted = statements(vendor, trigger)
        if wanted:
            does: tuple[str, ...] = (_plain(wanted[-1]),)
            if vendor == "postgresql":
                does += (wanted[0].split("$$")[1],)
            found[trigger.name] = Guard(trigger.table, does)
    return found


def _of_sqlite(connection: BaseDatabaseWrapper) -> dict[str, Guard]:
    with connection.cursor() as cursor:
        cursor.execute(OF_SQLITE)
        return {name: Guard(table, (_plain(sql),)) for name, table, sql in cursor.fetchall()}


def _of_postgresql(connection: BaseDatabaseWrapper) -> dict[str, Guard]:
    with connection.cursor() as cursor:
        cursor.execute(OF_POSTGRESQL)
        found = {
            name: Guard(table, (_plain(does), body), enabled in WORKS_ALWAYS)
            for name, table, enabled, does, body in cursor.fetchall()
        }
        cursor.execute(RULES)
        return found | {name: Guard(table, ("rule",)) for name, table in cursor.fetchall()}


def _plain(statement: str) -> str:
    """A statement as both databases write it: no quotes around names, one blank between words."""
    return " ".join(statement.replace('"', "").split())


def _setting(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        row = cursor.fetchone()
    return str(row[0]) if row else ""
