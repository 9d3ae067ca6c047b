"""What every act of a review cycle begins with: the local day, the lock, the question whether the cycle runs."""

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext as _

from reviews.models import CycleState, ReviewCycle

NextStates = Mapping[str, frozenset[str]]
"""A state, and the states that it may become; a table of these is the specification of a workflow."""


def day_of(at: datetime) -> date:
    """The local day of a moment, for which rights and deadlines are reckoned."""
    return timezone.localtime(at).date()


def locked_cycle(pk: int) -> ReviewCycle:
    """The cycle, held until the end of the transaction. Taken before its rows, so nothing changes behind a freeze."""
    return ReviewCycle.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


def require_running(cycle: ReviewCycle) -> None:
    """Raise ValidationError unless units may answer and the officer may assess."""
    year = {"year": cycle.year}
    if cycle.state == CycleState.PLANNED:
        raise ValidationError(_("The review cycle %(year)s is not open yet."), params=year)
    if cycle.is_final:
        raise ValidationError(
            _("The review cycle %(year)s is frozen. What is found now is noted in the next cycle."), params=year
        )


def require_next(table: NextStates, state: str, to: TextChoices, choices: type[TextChoices]) -> None:
    """Raise ValidationError unless the table lets the state become the other one."""
    if to.value in table.get(state, frozenset()):
        return
    if state == to.value:
        raise ValidationError(_("This is already “%(state)s”. Nothing was changed."), params={"state": to.label})
    raise ValidationError(
        _("The step from “%(state)s” to “%(next)s” is not possible."),
        params={"state": choices(state).label, "next": to.label},
    )
