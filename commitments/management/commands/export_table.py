"""Writes a table of the register into an XLSX or CSV file, as the page "Import and export" does."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from commitments import clock
from commitments.exchange import storage
from commitments.exchange.handing_out import about_city
from commitments.exchange.lookups import Known
from commitments.exchange.registry import SUBJECTS
from commitments.exchange.writing import FORMATS, write_file
from commitments.workflow import exchange


class Command(BaseCommand):
    help = "Write the rows of SUBJECT into FILE (.xlsx or .csv); what is protected is left out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subject", choices=[key for key, subject in SUBJECTS.items() if subject.is_exported])
        parser.add_argument("file", type=Path)
        parser.add_argument("--language", choices=("de", "en"), default="de", help="of the headings (default: de)")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        form = path.suffix.removeprefix(".").lower()
        if form not in FORMATS:
            raise CommandError("The file must end in .xlsx or .csv.")
        subject = SUBJECTS[options["subject"]]
        with translation.override(options["language"]):
            try:
                rows = subject.rows_for_export(subject.visible(None), Known(None))
                written = write_file(path, form, subject, rows, about_city())
            except (OSError, ValidationError) as error:
                raise CommandError(str(error)) from error
        facts = exchange.FileFacts(path.name, path.stat().st_size, storage.digest_of(storage.file_chunks(path)))
        taken = exchange.Taken(written.rows, "", written.holds_protected)
        exchange.note_export(subject.key, facts, taken, actor=None, at=clock.now())
        self.stdout.write(f"{path}: {written.rows}")
