"""Django's migrate, which afterwards puts the append-only triggers back."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections

from commitments.ledger import triggers


class Command(DjangoCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        triggers.install(connections[options["database"]])
