"""Seals the audit ledger now; the nightly task does the same."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from commitments.ledger.sealing import seal
from commitments.models import SealOccasion


class Command(BaseCommand):
    help = "Take all new leaves of the audit ledger into the Merkle tree and store size, root and time."

    def handle(self, *args: Any, **options: Any) -> None:
        sealed = seal(SealOccasion.DEMAND, at=timezone.now())
        self.stdout.write(f"{sealed.size} leaves, root {sealed.root}")
