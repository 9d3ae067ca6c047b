"""Builds the sample city into an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from commitments.loading import LoadingError
from reporting.demo import build_demo, find_folder, sign_ins


class Command(BaseCommand):
    help = "Builds a sample city with its review cycles into an empty database and prints the sign-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="default: the one city with sample cycles")
        parser.add_argument("--without-sign-ins", dest="sign_ins", action="store_false", help="do not print them")

    def handle(self, *args: Any, **options: Any) -> None:
        def say(line: str) -> None:
            if options["verbosity"]:
                self.stdout.write(line)

        try:
            build_demo(options["folder"] or find_folder(), say)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except LoadingError as error:
            raise CommandError(str(error)) from error
        if options["sign_ins"]:
            say("\n" + sign_ins())
