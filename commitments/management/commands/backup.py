"""Writes a backup of the register; see ``commitments.backups.archive`` for what is in it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from commitments.backups import archive


class Command(BaseCommand):
    help = "Write database and stored files into FILE, as of one moment, while the application goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: DATA_DIR/backups/, named by the moment")
        parser.add_argument(
            "--recipient",
            action="append",
            default=[],
            metavar="age1…",
            help="encrypt for this public key, besides those of BACKUP_RECIPIENTS; may be given repeatedly",
        )
        parser.add_argument("--json", action="store_true", help="say what was written as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        recipients = [*settings.BACKUP_RECIPIENTS, *options["recipient"]]
        now = timezone.now()
        name = f"{now:%Y-%m-%dT%H%M%SZ}.tar{'.age' if recipients else ''}"
        path: Path = options["file"] or settings.DATA_DIR / "backups" / name
        try:
            manifest = archive.write(path, recipients, at=now)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        if not recipients:
            self.stderr.write(
                "This backup holds protected content and is not encrypted: it is readable by this account alone. "
                "Name a public key in BACKUP_RECIPIENTS to encrypt it."
            )
        if manifest.left_out:
            self.stderr.write(f"Left out, because gone or altered: {', '.join(manifest.left_out)}")
        if options["json"]:
            self.stdout.write(json.dumps({"file": str(path), "size": path.stat().st_size, **asdict(manifest)}))
        else:
            self.stdout.write(f"{path}: {path.stat().st_size} bytes, {manifest.files} files")
