"""What is due next: the days of the running cycle, and renewals of what the city took on (rule 17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from commitments.models import User
from commitments.renewals import Renewal, until
from reviews.models import ReviewCycle

SHOWN = 6
"""How many deadlines the first screen shows."""

AHEAD = timedelta(days=366)
"""How far ahead renewals are looked for."""


@dataclass(frozen=True)
class Deadline:
    day: date
    label: str
    url: str = ""


@dataclass(frozen=True)
class Deadlines:
    """What is to come, the next first, and the renewals whose day has passed."""

    coming: Sequence[Deadline]
    lapsed: Sequence[Renewal]


def deadlines(cycle: ReviewCycle | None, user: User, today: date) -> Deadlines:
    """One query, whatever the number of memberships and adoptions."""
    renewals = until(user, today, today + AHEAD)
    found = _of_cycle(cycle) if cycle is not None and not cycle.is_final else []
    found += [
        Deadline(renewal.due_on, _("Renew “%(name)s”") % {"name": renewal.name}, renewal.url) for renewal in renewals
    ]
    coming = sorted((row for row in found if row.day >= today), key=lambda row: row.day)
    return Deadlines(coming[:SHOWN], [renewal for renewal in renewals if renewal.is_lapsed])


def _of_cycle(cycle: ReviewCycle) -> list[Deadline]:
    return [
        Deadline(cycle.confirm_by, _("End of the answers")),
        Deadline(cycle.last_reminder_on, _("Last reminder to units that have not answered")),
        Deadline(cycle.assess_by, _("Last assessment to be approved")),
    ]
