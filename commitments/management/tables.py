"""What the commands do that bring tables in: read, say what would happen, and write all rows or none."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation
from django.utils.translation import gettext as _

from commitments import clock
from commitments.exchange import storage
from commitments.exchange.plans import Act, Plan, RowOutcome
from commitments.exchange.running import PlanChangedError, Terms, planned, take_over
from commitments.exchange.stands import reason_of
from commitments.exchange.subjects import Subject
from commitments.workflow import exchange

REFUSED, UNREADABLE = 1, 2
SHOWN = 50
EXIT = (
    "All rows or none. Exit status: 0 taken over or nothing to do, 1 the file has errors and nothing was written, "
    "2 the file cannot be read or others are writing."
)


class TableCommand(BaseCommand):
    """A command that brings in a table from a file; what the table is of says each command."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change and write nothing")
        parser.add_argument("--json", action="store_true", help="say it as JSON, with every row")
        parser.add_argument("--reason", default="", help="why; stands in the history of each row")

    def bring_in(self, subject: Subject, options: dict[str, Any]) -> None:
        """Raises CommandError, or ends the process with the status that says what became of the file."""
        with translation.override("de"):
            self._run(subject, options["file"], options)

    def _run(self, subject: Subject, path: Path, options: dict[str, Any]) -> None:
        if not path.is_file():
            raise CommandError(_("There is no file %(file)s.") % {"file": path}, returncode=UNREADABLE)
        at, size = clock.now(), path.stat().st_size
        progress = self._show if sys.stderr.isatty() and not options["json"] else _quiet
        if options["dry_run"]:
            self._tell(planned(subject, path, None, progress), options)
            return
        facts = exchange.FileFacts(path.name, size, storage.digest_of(storage.file_chunks(path)))
        terms = Terms(written=lambda plan: _log(subject, facts, plan, at) if plan.writes else None)
        act = Act(None, reason_of(path.name, options["reason"]), at)
        try:
            plan = take_over(subject, path, act, terms, progress)
        except PlanChangedError as refused:
            plan = refused.plan
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=UNREADABLE) from error
        self._tell(plan, options)

    def _tell(self, plan: Plan, options: dict[str, Any]) -> None:
        if options["json"]:
            told = {"counts": plan.counts, "written": plan.writes and not (plan.is_refused or options["dry_run"])}
            told |= {"errors": [[each.row, each.column, each.sentence] for each in plan.all_errors()]}
            told |= {"rows": [row.as_json() for row in plan.rows]}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            self._tell_people(plan, dry_run=options["dry_run"])
        if plan.is_refused:
            sys.exit(REFUSED if plan.rows or all(error.row for error in plan.errors) else UNREADABLE)

    def _tell_people(self, plan: Plan, *, dry_run: bool) -> None:
        counts = plan.counts
        for outcome in RowOutcome:
            self.stdout.write(f"{outcome.label!s:12} {counts[str(outcome)]:>7}")
        for row in plan.rows:
            for change in row.changes:
                if change.kept:
                    told = {"row": row.number, "name": row.name, "column": change.column, "kept": change.old}
                    self.stdout.write(
                        _("Row %(row)s, %(name)s, %(column)s: kept as somebody changed it (%(kept)s).") % told
                    )
        errors = list(plan.all_errors())
        for error in errors[:SHOWN]:
            self.stderr.write(str(error))
        if len(errors) > SHOWN:
            self.stderr.write(_("… and %(count)s more.") % {"count": len(errors) - SHOWN})
        self.stdout.write(_ending(plan, dry_run=dry_run))

    def _show(self, done: int, total: int, message: str = "") -> None:
        self.stderr.write(f"\r{message} {done}/{total}    ", ending="")


def _quiet(done: int, total: int, message: str = "") -> None:
    """No terminal, no progress."""


def _log(subject: Subject, facts: exchange.FileFacts, plan: Plan, at: Any) -> None:
    exchange.note_import_by_system(subject.key, facts, plan.counts, at=at)


def _ending(plan: Plan, *, dry_run: bool) -> str:
    if plan.is_refused:
        return _("The file has errors. Nothing was written.")
    if not plan.writes:
        return _("Nothing changes: the register holds what the file says.")
    if dry_run:
        return _("This was a trial: nothing was written.")
    return _("The rows are taken over.")
