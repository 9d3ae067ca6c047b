"""Imports measures from an XLSX or CSV file, or says what that would do (docs/exchange.md)."""

from typing import Any

from commitments.exchange.registry import SUBJECTS
from commitments.management.tables import EXIT, TableCommand


class Command(TableCommand):
    help = f"Import measures from FILE (XLSX or CSV). {EXIT}"

    def handle(self, *args: Any, **options: Any) -> None:
        self.bring_in(SUBJECTS["measures"], options)
