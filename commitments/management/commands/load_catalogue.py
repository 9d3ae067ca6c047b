"""Loads instruments, provisions and scales from a folder (docs/data.md)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from commitments.loading import LoadingError, load_catalogue
from commitments.loading.telling import add_options, moment, report


class Command(BaseCommand):
    help = str(_("Load the catalogue of instruments, provisions and scales; a second run changes nothing."))

    def add_arguments(self, parser: CommandParser) -> None:
        default = Path(settings.BASE_DIR) / "catalogue"
        parser.add_argument("folder", nargs="?", type=Path, default=default, help=str(default))
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = load_catalogue(options["folder"], at=moment(options["at"]), dry_run=options["dry_run"])
        except LoadingError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(report(outcome, dry_run=options["dry_run"]))
