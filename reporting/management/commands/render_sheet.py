"""Draws one sheet as the page does, into a file of one's own."""

import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from commitments import filestore
from reporting import printing
from reporting.documents.press import silent
from reporting.locking import holds_erased, holds_protected
from reporting.management.commands.render_report import edition_of, writable_file
from reporting.models import ReportEdition
from reporting.sheets import drawing
from reporting.sheets.drawing import FORMS, Order
from reporting.sheets.registry import KINDS


class Command(BaseCommand):
    help = "Draw one sheet from the report of a cycle: its released edition, or else the latest draft."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", type=int, required=True, metavar="YEAR")
        parser.add_argument("--kind", required=True, help=", ".join(KINDS))
        parser.add_argument("--subject", default="", metavar="KEY", help="what it is about: a unit, a commitment …")
        parser.add_argument("--language", choices=printing.LANGUAGES, default="de")
        parser.add_argument("--format", choices=FORMS, default="", help="by default what the file's name ends with")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        output = writable_file(options["output"])
        form = options["format"] or ("xlsx" if output.suffix.lower() == ".xlsx" else "pdf")
        order = Order(options["kind"], options["subject"], options["language"], form)
        edition = edition_of(options["cycle"])
        _refuse_withheld(edition)
        started = time.monotonic()
        try:
            sheet, stamp = drawing.sheet_of(edition, order)
            drawn = drawing.draw(sheet, stamp, order, silent)
            filestore.write_whole(output, drawn.data)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            said = {"file": output, "reason": error.strerror or error}
            raise CommandError(_("“%(file)s” could not be written: %(reason)s.") % said) from error
        figures = {"pages": drawn.pages, "seconds": f"{time.monotonic() - started:.1f}"}
        self.stdout.write(_("%(pages)s pages in %(seconds)s seconds") % figures)
        self.stdout.write(f"sha256 {sha256(drawn.data).hexdigest()}")
        self.stdout.write(f"content {drawn.content_sha256}")


def _refuse_withheld(edition: ReportEdition) -> None:
    """Nobody in particular reads what comes from the command line, so nobody has a right to protected content."""
    if edition.pk is None or edition.released_at is None:
        return
    if holds_erased(edition) or holds_protected(edition.released_at):
        raise CommandError(_("This edition holds entries that were erased or protected since. Release another one."))
