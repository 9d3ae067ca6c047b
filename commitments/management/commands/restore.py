"""Puts a backup back into an empty register, and verifies the ledger; exit status 1 where it does not hold."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from commitments.backups import archive, databases
from commitments.backups.archive import Manifest


class Command(BaseCommand):
    help = "Check FILE as a whole, then put it back into an empty database and verify its ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--identity", type=Path, metavar="FILE", help="with the secret key of an encrypted backup")
        parser.add_argument("--dry-run", action="store_true", help="read and check it to its end, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = archive.read(options["file"], options["identity"], check_only=options["dry_run"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(_said(manifest))
        if options["dry_run"]:
            self.stdout.write("The backup is whole. Nothing was changed.")
            return
        call_command("migrate", database=databases.owner(), verbosity=0)
        call_command("clearsessions")
        call_command("verify_ledger", stdout=self.stdout, stderr=self.stderr)
        self.stdout.write(
            "What was erased after this backup was made has come back with it: enter those erasures again "
            "(docs/install.md)."
        )


def _said(manifest: Manifest) -> str:
    seal = f"seal {manifest.seal_size}:{manifest.seal_root}" if manifest.seal_size else "no seal yet"
    return f"Backup of {manifest.made_at}: {manifest.files} files, {seal}"
