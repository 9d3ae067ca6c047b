"""Opens a review cycle, which is planned like the last one where it does not exist yet."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments import clock
from commitments.models import User
from reviews.management.acting import acting_officer, add_actor
from reviews.models import ReviewCycle
from reviews.workflow.cycles import plan_cycle
from reviews.workflow.mails import open_and_ask


class Command(BaseCommand):
    help = "Opens the review cycle of a year: fixes its scope and asks every unit. Opening twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("year", type=int)
        parser.add_argument("--dry-run", action="store_true", help="only say what would be asked")
        add_actor(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = acting_officer(options["email"], clock.today())
        try:
            self.open(options["year"], actor, only_try=options["dry_run"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except PermissionDenied as error:
            raise CommandError(str(error)) from error

    def open(self, year: int, actor: User, *, only_try: bool) -> None:
        """A trial does all that the opening does and takes it back."""
        at = clock.now()
        with transaction.atomic():
            cycle = ReviewCycle.objects.filter(year=year).first() or plan_cycle(year, actor=actor, at=at)
            opening = open_and_ask(cycle, actor=actor, at=at)
            if only_try:
                transaction.set_rollback(True)
        self.stdout.write(str(opening))
        if only_try:
            self.stdout.write(_("This was a trial; nothing was written."))
