"""Django's migrate, which puts the append-only triggers back and makes all rows findable.

SQLite changes a table by building it anew, and cannot while triggers of other tables name it; there they are away for
as long as the migration runs. Should it be killed, ``verify_ledger`` names what is missing, and the next ``migrate``
mends it.
"""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from commitments import search
from commitments.ledger import sealing, triggers


class Command(DjangoCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        only_asks = options["plan"] or options["check_unapplied"]
        if connection.vendor == "sqlite" and not only_asks:
            triggers.lift(connection)
        try:
            super().handle(*args, **options)
        finally:
            triggers.install(connection)
        if _is_up_to_date(connection):
            search.fill(options["database"])
            sealing.enter_older_seals()


def _is_up_to_date(connection: BaseDatabaseWrapper) -> bool:
    """Whether the tables are as the models say; a database that was taken back to an earlier state is not."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
