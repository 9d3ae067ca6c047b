"""A file from reading to writing: the preview, and taking over what was previewed, all of it or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.exchange.plans import Act, Plan
from commitments.exchange.subjects import Progress, Subject, quiet
from commitments.exchange.tables import DEFAULT_LIMITS, Limits, TableError
from commitments.models import User

TRIES = 3


class PlanChangedError(Exception):
    """The register is no longer what it was at the preview; ``plan`` is what the file would do now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def planned(
    subject: Subject, path: Path, user: User | None, progress: Progress = quiet, limits: Limits = DEFAULT_LIMITS
) -> Plan:
    """What a file would do; what cannot be read is the plan's errors."""
    progress(0, 0, _("Reading the file"))
    try:
        table = subject.read(path, limits)
    except TableError as error:
        return Plan(errors=error.errors)
    return subject.plan(table, user, progress)


@dataclass(frozen=True)
class Terms:
    """Under which terms a file is taken over.

    ``expected`` is the digest of the plan that somebody looked at; ``waits`` says whether it is still to be written,
    and ``written`` is told once it is, within the same transaction.
    """

    expected: str = ""
    waits: Callable[[], bool] = lambda: True
    written: Callable[[Plan], None] = lambda plan: None


def take_over(subject: Subject, path: Path, act: Act, terms: Terms, progress: Progress = quiet) -> Plan:
    """Plan anew, and write all of it in one transaction.

    Raises PlanChangedError where another plan comes out than was looked at or the file has errors, and
    ValidationError where the register is written faster than the file is read.
    """
    for _try in range(TRIES):
        mark = subject.watched()
        plan = planned(subject, path, act.actor, progress)
        if plan.is_refused or (terms.expected and plan.digest != terms.expected):
            raise PlanChangedError(plan)
        with transaction.atomic():
            if not terms.waits():
                return plan
            if plan.writes:
                subject.lock(plan)
            if subject.watched() == mark:
                if plan.writes:
                    subject.apply(plan, act, progress)
                terms.written(plan)
                return plan
    raise ValidationError(_("Others are writing in the register at the moment. Please try again in a minute."))
