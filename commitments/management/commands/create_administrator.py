"""Asks for the first administrator on the terminal."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from commitments import accounts, clock


class Command(BaseCommand):
    help = "Enters an administrator: the person who enters users, units and settings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--first", action="store_true", help="only where there is no administrator yet")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["first"] and accounts.has_administrator(clock.now()):
            return
        if not sys.stdin.isatty():
            raise CommandError(
                "This register has no administrator yet. Run `manage.py create_administrator` in a terminal."
            )
        self.stdout.write("The administrator enters users, units and settings, and sees no content.")
        while True:
            answers = {"email": input("E-mail address: "), "name": input("Name: "), "password": self._password()}
            try:
                user = accounts.create_administrator(**answers, at=clock.now())
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
            else:
                self.stdout.write(f"{user.email} can now sign in.")
                return

    def _password(self) -> str:
        while True:
            password = getpass.getpass("Password (12 characters or more): ")
            if password == getpass.getpass("The same again: "):
                return password
            self.stderr.write("These two differ.")
