"""Fills an empty register with a generated metropolis, to measure with."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.metropolis import generate


class Command(BaseCommand):
    help = "Fill an empty register that has its catalogue with generated data (scale 1: a metropolis after 15 years)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, for instance 0.1")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same city")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["scale"] <= 10:
            raise CommandError("Give a scale between 0 and 10.")
        try:
            generate(options["scale"], options["seed"], say=self.stdout.write)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
