"""A file from reading to drafts: what was looked at is what is taken over, all of it or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.exchange.reading import read_table
from commitments.exchange.tables import MEBIBYTE, Limits, TableError
from commitments.models import OrganisationalUnit, Transfer, User
from reviews.exchange.planning import AnswerPlan, Row, plan_of
from reviews.models import ReviewCycle
from reviews.workflow import answer_files
from reviews.workflow.confirmations import save_drafts
from reviews.workflow.steps import locked_cycle, require_running

LARGEST = 5 * MEBIBYTE
LIMITS = Limits(size=LARGEST, unpacked=40 * MEBIBYTE, words=20 * MEBIBYTE, ratio=200, rows=3_000, columns=60)
"""A unit's list is small, and is read while its reader waits."""

FILE, NOW = "file", "now"
"""What somebody decides of a conflict: the file's answer, or what stands in the application."""


@dataclass(frozen=True)
class Target:
    """Whose list a file is brought into, and by whom; ``units`` are the unit and those that it succeeded (rule 7)."""

    cycle: ReviewCycle
    unit: OrganisationalUnit
    units: frozenset[int]
    user: User


class PlanChangedError(Exception):
    """The list is no longer what it was at the preview."""


def planned(path: Path, target: Target) -> AnswerPlan:
    """What a file would do now; what cannot be read is the plan's errors."""
    try:
        table = read_table(path, LIMITS)
    except TableError as error:
        return AnswerPlan(errors=error.errors)
    return plan_of(table, target.cycle, target.unit, target.units, target.user)


def take_over(
    transfer: Transfer, path: Path, target: Target, *, choices: Mapping[int, str], expected: str, at: datetime
) -> int:
    """Write what was previewed as drafts, in one transaction; the number of drafts.

    Raises PlanChangedError where another plan comes out than the one looked at, and ValidationError with a sentence
    where a conflict is undecided, the file waits no longer, or the cycle does not take answers.
    """
    try:
        table = read_table(path, LIMITS)
    except TableError as error:
        raise PlanChangedError from error
    with transaction.atomic():
        require_running(locked_cycle(target.cycle.pk))
        plan = plan_of(table, target.cycle, target.unit, target.units, target.user)
        if plan.is_refused or plan.digest != expected:
            raise PlanChangedError
        rows = _decided(plan, choices)
        answers = {row.request: row.answer for row in rows if row.request and row.answer}
        if answers:
            reason = _("Taken over from the file “%(file)s”") % {"file": transfer.file_name}
            save_drafts(answers, actor=target.user, at=at, reason=reason)
        answer_files.note_taken_over(transfer, plan.counts, actor=target.user, at=at)
    return len(rows)


def _decided(plan: AnswerPlan, choices: Mapping[int, str]) -> list[Row]:
    """The rows to be written: drafts, and conflicts in which the file's answer was chosen."""
    undecided = [row for row in plan.conflicts if row.request and choices.get(row.request.pk) not in (FILE, NOW)]
    if undecided:
        names = ", ".join(str(row.number) for row in undecided)
        raise ValidationError(_("Decide first which answer counts in row %(rows)s.") % {"rows": names})
    chosen = [row for row in plan.conflicts if row.request and choices[row.request.pk] == FILE]
    return plan.drafts + chosen
