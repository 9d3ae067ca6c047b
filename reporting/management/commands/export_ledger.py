"""Writes a period of the ledger with its proofs into a file, one entry a line; docs/verify.md shows how to check it."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from commitments.models import User
from reporting.audit import exporting, words
from reporting.audit.export import Period


class Command(BaseCommand):
    help = (
        "Write the entries of a period as JSON Lines, each with the proof that it stands under the last seal. "
        "Exit status 1 where nothing was written. Protected entries are hashes alone, unless --as names a person "
        "with the right to them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=_day, metavar="YYYY-MM-DD", help="default: the beginning")
        parser.add_argument("--to", dest="last", type=_day, metavar="YYYY-MM-DD", help="this day included")
        parser.add_argument("--kind", action="append", default=[], help="only these, for instance measure; repeatable")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="what this person may see")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["output"]
        unknown = set(options["kind"]) - {kind for _group, kinds in words.KINDS for kind in kinds}
        if unknown:
            raise CommandError(f"There is no kind of entry called {', '.join(sorted(unknown))}.")
        if options["first"] and options["last"] and options["first"] > options["last"]:
            raise CommandError("--from is a later day than --to.")
        if path.exists():
            raise CommandError(f"{path} exists already; it stays as it is. Name another file.")
        draft = path.with_name(path.name + ".part")
        period = Period(options["first"], options["last"], tuple(options["kind"]))
        try:
            made = exporting.write(draft, period, _reader(options["email"]), self._progress)
            draft.replace(path)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)
        kept_back = f", {made.withheld} of them as hashes alone" if made.withheld else ""
        self.stdout.write(f"{made.entries} entries{kept_back}, {made.size} bytes, SHA-256 {made.sha256}")

    def _progress(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{done}/{total}", ending="\r")
            self.stdout.flush()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(_("Write a day as year, month and day, for instance 2026-11-23.")) from error


def _reader(email: str | None) -> User | None:
    if not email:
        return None
    found: User | None = User.objects.filter(email__iexact=email, is_active=True).first()
    if found is None:
        raise CommandError(f"Nobody has the address {email}.")
    return found
