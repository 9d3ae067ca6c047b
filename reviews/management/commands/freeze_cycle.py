"""Freezes a review cycle: from then on its rows no longer change."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from commitments import clock
from reviews.management.acting import acting_officer, add_actor, cycle_of
from reviews.workflow.cycles import freeze_cycle


class Command(BaseCommand):
    help = "Freezes the review cycle of a year, once all its assessments are approved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("year", type=int)
        add_actor(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = acting_officer(options["email"], clock.today())
        cycle = cycle_of(options["year"])
        try:
            freeze_cycle(cycle, actor=actor, at=clock.now())
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("The review cycle %(year)s is frozen.") % {"year": cycle.year})
