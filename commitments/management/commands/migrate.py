"""Django's migrate, which afterwards puts the append-only triggers back and makes all rows findable."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from commitments import search
from commitments.ledger import triggers


class Command(DjangoCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        connection = connections[options["database"]]
        triggers.install(connection)
        if _is_up_to_date(connection):
            search.fill(options["database"])


def _is_up_to_date(connection: BaseDatabaseWrapper) -> bool:
    """Whether the tables are as the models say; a database that was taken back to an earlier state is not."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
