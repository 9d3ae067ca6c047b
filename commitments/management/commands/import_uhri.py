"""Brings in an export of the Universal Human Rights Index (docs/recommendations.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext_lazy as _

from commitments.exchange.recommendations import UhriRecommendations
from commitments.management.importing import add_dry_run, import_file


class Command(BaseCommand):
    help = str(_("Bring in recommendations from an export of the Universal Human Rights Index, XLSX or JSON."))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--country", help=str(_("English name of the country; without it the city's own")))
        add_dry_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        subject = UhriRecommendations(options["country"])
        import_file(subject, options["file"], self.stdout.write, dry_run=options["dry_run"])
