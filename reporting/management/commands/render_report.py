"""Draws a report as the button on the edition's page does, into a file of one's own."""

import os
import resource
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Case, Value, When
from django.utils.translation import gettext as _

from commitments import filestore
from commitments.models import FieldOfAction
from reporting import printing, workflow
from reporting.content.canonical import content_hash
from reporting.documents.press import Printed
from reporting.models import EditionState, ReportEdition, Volume
from reporting.workflow import Wanted
from reviews.models import CycleState, ReviewCycle


class Command(BaseCommand):
    help = "Draw the report of a cycle as PDF. Of a released edition, the same bytes as the document it holds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", type=int, required=True, metavar="YEAR")
        parser.add_argument("--language", choices=printing.LANGUAGES, default="de")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE")
        parser.add_argument("--volume", choices=Volume.values, default=Volume.MAIN.value)
        parser.add_argument("--field", choices=FieldOfAction.values, default="", help="which annex volume")

    def handle(self, *args: Any, **options: Any) -> None:
        output = writable_file(options["output"])
        wanted = Wanted(options["volume"], options["field"], options["language"])
        _check(wanted)
        edition = edition_of(options["cycle"])
        started = time.monotonic()
        try:
            printed, content_sha256 = self._draw(edition, wanted)
            filestore.write_whole(output, printed.data)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(_("“%(file)s” could not be written: %(reason)s.") % _said(output, error)) from error
        self._report(edition, wanted, printed, content_sha256, time.monotonic() - started)

    def _draw(self, edition: ReportEdition, wanted: Wanted) -> tuple[Printed, str]:
        content, stamp = printing.content_of(edition, wanted.volume), printing.stamp_of(edition)
        printed = printing.print_volume(content, stamp, wanted.volume, wanted.field, wanted.language, self._tell)
        return printed, content_hash(content)

    def _tell(self, done: int, total: int, message: str = "") -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done * 100 // max(total, 1):3} % {message:60.60}", ending="")

    def _report(
        self, edition: ReportEdition, wanted: Wanted, printed: Printed, content_sha256: str, seconds: float
    ) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{'':70}\r", ending="")
        mebibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
        digest = sha256(printed.data).hexdigest()
        self.stdout.write(_("Edition %(edition)s, %(state)s") % _named(edition))
        figures = {"pages": printed.pages, "seconds": f"{seconds:.1f}", "memory": f"{mebibytes:.0f}"}
        self.stdout.write(_("%(pages)s pages in %(seconds)s seconds, at most %(memory)s MiB of memory") % figures)
        self.stdout.write(f"sha256 {digest}")
        self.stdout.write(f"content {content_sha256}")
        held = workflow.released_document(edition, wanted) if edition.pk else None
        if held is not None and held.sha256 != digest:
            self.stderr.write(
                _(
                    "The edition holds this document with other bytes, drawn by other versions of the libraries; "
                    "its content is the same."
                )
            )


def _check(wanted: Wanted) -> None:
    if wanted.volume == Volume.ANNEX and not wanted.field:
        raise CommandError(_("Say which annex volume: add --field with one of %(fields)s.") % {"fields": _fields()})
    if wanted.volume != Volume.ANNEX and wanted.field:
        raise CommandError(_("This volume has all fields: leave --field out, or add --volume annex."))


def _fields() -> str:
    return ", ".join(FieldOfAction.values)


def edition_of(year: int) -> ReportEdition:
    """The released edition of the year, or the latest draft, or a first draft that is not stored."""
    cycle = ReviewCycle.objects.filter(year=year).first()
    if cycle is None:
        known = ", ".join(str(row) for row in ReviewCycle.objects.order_by("year").filter(imported=False))
        raise CommandError(
            _("There is no review cycle %(year)s. There are: %(known)s.") % {"year": year, "known": known or _("none")}
        )
    if cycle.imported or cycle.state == CycleState.PLANNED:
        raise CommandError(_("Of the cycle %(year)s there is nothing to report.") % {"year": year})
    rank = Case(When(state=EditionState.RELEASED, then=Value(0)), default=Value(1))
    editions = cycle.editions.select_related("cycle", "freeze_seal").filter(
        state__in=(EditionState.RELEASED, EditionState.DRAFT)
    )
    return editions.order_by(rank, "-number").first() or ReportEdition(cycle=cycle, number=1)


def writable_file(output: Path) -> Path:
    """Asked before the work, not after it."""
    target = output.expanduser().absolute()
    if target.is_dir():
        raise CommandError(_("“%(file)s” is a folder. Name a file.") % {"file": output})
    if not target.parent.is_dir():
        raise CommandError(_("There is no folder “%(folder)s”.") % {"folder": output.parent})
    if not os.access(target.parent, os.W_OK) or (target.exists() and not os.access(target, os.W_OK)):
        raise CommandError(_("“%(file)s” cannot be written. Choose another place.") % {"file": output})
    return target


def _said(output: Path, error: OSError) -> dict[str, object]:
    return {"file": output, "reason": error.strerror or error}


def _named(edition: ReportEdition) -> dict[str, object]:
    return {"edition": str(edition), "state": edition.get_state_display()}
