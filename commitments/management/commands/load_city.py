"""Loads a city from its folder (docs/data.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from commitments.loading import LoadingError, load_city
from commitments.loading.telling import add_options, moment, report


class Command(BaseCommand):
    help = str(_("Load a city's units, engagements, measures and commitments; a second run changes nothing."))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="portfolio.json, commitments.json, mapping.json")
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = load_city(options["folder"], at=moment(options["at"]), dry_run=options["dry_run"])
        except LoadingError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(report(outcome, dry_run=options["dry_run"]))
