"""Append-only and frozen tables, held by the database itself, on SQLite and PostgreSQL.

The triggers are put back after every ``migrate``, because SQLite loses them when a migration rebuilds a table, and does
not rebuild a table that triggers of others name. Apart from that nothing turns them off. One kind of update passes:
the erasure of columns that an entered event names (``commitments.ledger.erasable``).
"""

from dataclasses import dataclass

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from commitments.ledger.erasable import Admitted, is_final
from commitments.tracking import FrozenWith, HistoryRow, tracked_models

PREFIX = "rechenschaft_"


@dataclass(frozen=True)
class Trigger:
    name: str
    table: str
    event: str
    condition: str
    sentence: str
    admitted: Admitted | None = None

    def when(self, vendor: str) -> str:
        """What must hold for the refusal; empty where it always does."""
        parts = [f"EXISTS ({self.condition})"] if self.condition else []
        parts += [f"NOT EXISTS ({self.admitted.sql(vendor)})"] if self.admitted else []
        return " AND ".join(parts)


def triggers() -> list[Trigger]:
    """Every trigger that must be in place, by the models of all apps."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if issubclass(model, HistoryRow) or getattr(model, "append_only", False):
            found += _append_only(model)
        guard = getattr(model, "frozen_with", None)
        if guard is not None:
            found += _frozen(model, guard)
    return sorted(found, key=lambda trigger: trigger.name)


def _append_only(model: type[models.Model]) -> list[Trigger]:
    table, admitted = model._meta.db_table, _admitted(model)
    sentence = f"{table} is append-only: its rows are neither changed nor removed"
    events = ("UPDATE", "DELETE", "TRUNCATE")
    return [
        Trigger(
            f"{PREFIX}{table}_{event.lower()}"[:63], table, event, "", sentence, admitted if event == "UPDATE" else None
        )
        for event in events
    ]


def _admitted(model: type[models.Model]) -> Admitted | None:
    """Leaves, nodes and seals take no update at all."""
    is_kept = issubclass(model, HistoryRow) or tracked_models([model])
    return Admitted(model) if is_kept and not is_final(model) else None


def _frozen(model: type[models.Model], guard: FrozenWith) -> list[Trigger]:
    table, admitted = model._meta.db_table, _admitted(model)
    found = []
    for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",)), ("TRUNCATE", ())):
        name = f"{PREFIX}{table}_frozen_{event.lower()}"[:63]
        owners = ", ".join(f"{row}.{guard.column}" for row in rows)
        closed = [state for state in guard.states if event != "INSERT" or state not in guard.still_joined]
        states = ", ".join(f"'{state}'" for state in closed)
        condition = f"SELECT 1 FROM {guard.table} WHERE id IN ({owners}) AND state IN ({states})"  # noqa: S608 - our own names
        sentence = f"{table}: the cycle is frozen, its rows no longer change"
        erasing = admitted if event == "UPDATE" else None
        found.append(Trigger(name, table, event, condition if rows else "", sentence, erasing))
    return found


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every trigger in place; safe to repeat."""
    existing = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in triggers():
            if trigger.table in existing:
                for statement in statements(connection.vendor, trigger):
                    cursor.execute(statement)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take every trigger of ours away, for a migration of SQLite alone; ``install`` puts them back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            if name.startswith(PREFIX):
                cursor.execute(f'DROP TRIGGER "{name}"')


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that should be there and are not."""
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    expected = [t for t in triggers() if t.event != "TRUNCATE" or connection.vendor == "postgresql"]
    return [trigger.name for trigger in expected if trigger.name not in present]


def statements(vendor: str, trigger: Trigger) -> list[str]:
    """What puts a trigger in place; the last one makes it, before it on PostgreSQL the first one makes its function."""
    if vendor == "sqlite":
        return _sqlite(trigger)
    if vendor == "postgresql":
        return _postgresql(trigger)
    raise NotImplementedError(f"Append-only tables are not known on {vendor}: use SQLite or PostgreSQL.")


def _sqlite(trigger: Trigger) -> list[str]:
    if trigger.event == "TRUNCATE":
        return []
    when = f"WHEN {trigger.when('sqlite')}" if trigger.when("sqlite") else ""
    return [
        f'DROP TRIGGER IF EXISTS "{trigger.name}"',
        f'CREATE TRIGGER "{trigger.name}" BEFORE {trigger.event} ON "{trigger.table}" {when} '
        f"BEGIN SELECT RAISE(ABORT, '{trigger.sentence}'); END",
    ]


def _postgresql(trigger: Trigger) -> list[str]:
    body = f"RAISE EXCEPTION '{trigger.sentence}' USING ERRCODE = 'integrity_constraint_violation';"
    if trigger.when("postgresql"):
        body = f"IF {trigger.when('postgresql')} THEN {body} END IF; RETURN COALESCE(NEW, OLD);"
    each = "STATEMENT" if trigger.event == "TRUNCATE" else "ROW"
    return [
        f'CREATE OR REPLACE FUNCTION "{trigger.name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$',
        f'DROP TRIGGER IF EXISTS "{trigger.name}" ON "{trigger.table}"',
        f'CREATE TRIGGER "{trigger.name}" BEFORE {trigger.event} ON "{trigger.table}" '
        f'FOR EACH {each} EXECUTE FUNCTION "{trigger.name}"()',
    ]
