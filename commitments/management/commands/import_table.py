"""Imports a table of the register from an XLSX or CSV file, or says what that would do (docs/exchange.md)."""

from typing import Any

from django.core.management.base import CommandParser

from commitments.exchange.registry import SUBJECTS
from commitments.management.tables import EXIT, TableCommand


class Command(TableCommand):
    help = f"Import the rows of SUBJECT from FILE (XLSX or CSV), as export_table writes them. {EXIT}"

    def add_arguments(self, parser: CommandParser) -> None:
        both_ways = [key for key, subject in SUBJECTS.items() if subject.is_imported and subject.is_exported]
        parser.add_argument("subject", choices=both_ways, help="the table, for instance budgets")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.bring_in(SUBJECTS[options["subject"]], options)
