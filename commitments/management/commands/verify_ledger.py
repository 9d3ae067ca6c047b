"""Recomputes the audit ledger; exit status 1 names the first row that differs."""

import re
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from commitments.ledger.verification import erased_rows, findings
from commitments.models import LedgerLeaf, LedgerSeal


class Command(BaseCommand):
    help = "Recompute every history row, leaf and seal, and compare the rows as they stand with their history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="name everything that differs, not only the first")
        parser.add_argument(
            "--noted",
            action="append",
            default=[],
            metavar="ENTRIES:ROOT",
            help="a root as it was mailed, printed or written down, for instance 12408:7c02…; may be given repeatedly",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        progress = self._show if self.stdout.isatty() else lambda done, total, message: None
        noted = dict(map(_noted, options["noted"]))
        found = list(islice(findings(progress, noted), None if options["all"] else 1))
        for finding in found:
            place = finding.table if finding.row is None else f"{finding.table}, row {finding.row}"
            self.stderr.write(f"{finding.code}: {place}: {finding.sentence}")
        if found:
            raise CommandError("The ledger does not hold.", returncode=1)
        seals = LedgerSeal.objects.count()
        self.stdout.write(f"The ledger holds: {LedgerLeaf.objects.count()} rows recomputed, {seals} seals.")
        for on, erasure, number in erased_rows():
            self.stdout.write(f"Erased on {on}: {number} rows, as erasure no. {erasure} says.")

    def _show(self, done: int, total: int, message: str) -> None:
        self.stdout.write(f"\r{done}/{total} {message:<40}", ending="")
        self.stdout.flush()


def _noted(text: str) -> tuple[int, str]:
    """A number of entries with its root; raises CommandError with what to write."""
    found = re.fullmatch(r"(\d+):([0-9a-fA-F]{64})", text.strip())
    if found is None:
        raise CommandError("Give --noted as a number of entries, a colon and the root of 64 digits.")
    return int(found[1]), found[2].lower()
