"""What the commands share that bring in files of other systems."""

from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from commitments import clock
from commitments.exchange import storage
from commitments.exchange.plans import Act, Plan, RowOutcome
from commitments.exchange.running import PlanChangedError, Terms, planned, take_over
from commitments.exchange.subjects import Subject
from commitments.workflow.exchange import FileFacts, note_import_by_system

MOST_SHOWN = 40


def add_dry_run(parser: CommandParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help=str(_("say what would change and write nothing")))


def import_file(subject: Subject, path: Path, say: Callable[[str], object], *, dry_run: bool) -> Plan:
    """Say what a file would do and, unless it is a dry run, do it; raises CommandError with sentences."""
    if not path.is_file():
        raise CommandError(_("There is no file %(path)s.") % {"path": path})
    at = clock.now()
    try:
        plan = planned(subject, path, None) if dry_run else _taken_over(subject, path, Act(None, path.name, at))
    except PlanChangedError as refused:
        raise CommandError("\n".join(_problems(refused.plan))) from refused
    except ValidationError as error:
        raise CommandError("\n".join(error.messages)) from error
    if plan.is_refused:
        raise CommandError("\n".join(_problems(plan)))
    for line in _report(plan):
        say(line)
    return plan


def _taken_over(subject: Subject, path: Path, act: Act) -> Plan:
    facts = FileFacts(path.name, path.stat().st_size, storage.digest_of(storage.file_chunks(path)))

    def written(plan: Plan) -> None:
        note_import_by_system(subject.key, facts, plan.counts, at=act.at)

    return take_over(subject, path, act, Terms(written=written))


def _problems(plan: Plan) -> list[str]:
    """The errors, each with row and column; of very many the first ones."""
    found = [str(error) for error in plan.all_errors()]
    more = len(found) - MOST_SHOWN
    return found[:MOST_SHOWN] + ([_("… and %(count)s more.") % {"count": more}] if more > 0 else [])


def _report(plan: Plan) -> list[str]:
    """How many rows of each outcome, what was kept as a person has it, and what else is to be said."""
    counts = [f"{outcome.label}: {plan.counts[str(outcome)]}" for outcome in RowOutcome if plan.counts[str(outcome)]]
    kept = [
        _("%(row)s, %(column)s: kept as a person has it (%(old)s); the file says %(new)s.")
        % {"row": row.name[:80], "column": change.column, "old": change.old or "–", "new": change.new or "–"}
        for row in plan.rows
        for change in row.changes
        if change.kept
    ]
    return [*plan.notes, ", ".join(counts) or _("Nothing to do."), *kept]
