"""Brings in EU projects from the datasets of CORDIS (docs/eu-imports.md)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from commitments.exchange.cordis import PIC
from commitments.exchange.cordis_subject import CordisProjects, Options
from commitments.management.importing import add_dry_run, import_file
from commitments.models import RunBy


class Command(BaseCommand):
    help = str(_("Bring in the city's EU projects from project.csv and organization.csv of CORDIS, or from their ZIP."))

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("projects", type=Path, help="project.csv, ZIP")
        parser.add_argument("organisations", type=Path, nargs="?", help="organization.csv")
        parser.add_argument("--pic", action="append", default=[], help=str(_("code of the city; may be given again")))
        parser.add_argument("--unit", help=str(_("key of the unit that keeps projects that are new here")))
        parser.add_argument("--run-by", choices=RunBy.values, default=RunBy.DEPARTMENT)
        add_dry_run(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        usual = Options.usual()
        given = Options(tuple(options["pic"]) or usual.pics, options["unit"] or usual.unit, options["run_by"])
        wrong = [pic for pic in given.pics if not PIC.fullmatch(pic)]
        if wrong:
            sentence = _("“%(value)s” is no participant identification code; it has nine digits.")
            raise CommandError(str(sentence) % {"value": wrong[0]})
        if options["organisations"] and not options["organisations"].is_file():
            raise CommandError(str(_("There is no file %(path)s.")) % {"path": options["organisations"]})
        subject = CordisProjects(given, options["organisations"])
        import_file(subject, options["projects"], self.stdout.write, dry_run=options["dry_run"])
