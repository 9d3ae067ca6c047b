"""The days on which units are reminded: the usual ones, planned with the cycle, moved with its deadlines (rule 6)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as, save_as
from commitments.models import User
from commitments.texts import short_date
from reviews import business_days
from reviews.models import ReminderDate, ReminderKind, ReviewCycle

BEFORE = (timedelta(days=14), timedelta(days=3))
"""How long before the deadline units are reminded, unless the officer plans otherwise."""

AFTER = timedelta(days=7)

SEVERITY = (ReminderKind.BEFORE, ReminderKind.ON, ReminderKind.AFTER, ReminderKind.ESCALATION)
"""Where several days were missed, the gravest of their reminders stands for all of them."""


def usual_days(cycle: ReviewCycle) -> list[tuple[ReminderKind, date]]:
    """Reminders before, on and after the deadline; on the last day the letter to the heads of units as well."""
    wanted = [(ReminderKind.BEFORE, business_days.on_or_before(cycle.confirm_by - ahead)) for ahead in BEFORE]
    wanted.append((ReminderKind.ON, business_days.on_or_after(cycle.confirm_by)))
    wanted.append((ReminderKind.AFTER, business_days.on_or_after(cycle.confirm_by + AFTER)))
    last = business_days.on_or_before(cycle.last_reminder_on)
    wanted += [(ReminderKind.AFTER, last), (ReminderKind.ESCALATION, last)]
    found = {pair for pair in wanted if cycle.opens_on < pair[1] <= cycle.last_reminder_on}
    return sorted(found, key=lambda pair: (pair[1], SEVERITY.index(pair[0])))


def plan_usual(cycle: ReviewCycle, *, actor: User, acting_for: User | None, at: datetime) -> None:
    """Enter the usual days; called when the cycle is planned."""
    rows = [ReminderDate(cycle=cycle, kind=kind, on=on) for kind, on in usual_days(cycle)]
    save_all_as(rows, actor=actor, acting_for=acting_for, reason=_("Reminders planned"), at=at)


def move(cycle: ReviewCycle, before: ReviewCycle, *, actor: User, acting_for: User | None, at: datetime) -> None:
    """Reminders that are still to come move with the deadlines to which they belong."""
    deadline, last = cycle.confirm_by - before.confirm_by, cycle.last_reminder_on - before.last_reminder_on
    end = business_days.on_or_before(before.last_reminder_on)
    planned = ReminderDate.objects.planned().filter(cycle=cycle)
    running = ReminderDate.objects.filter(cycle=cycle, dropped_on__isnull=True)
    for row in sorted(planned, key=lambda row: row.on, reverse=deadline > timedelta()):  # none onto its neighbour's day
        by = last if row.on >= end else deadline
        day = business_days.on_or_after(row.on + by)
        if by and not running.filter(kind=row.kind, on=day).exists():
            row.on = day
            save_as(row, actor=actor, acting_for=acting_for, reason=_("Moved with the deadlines"), at=at)


def unsent_days(cycle: ReviewCycle, today: date) -> str:
    """The days whose reminders should have gone out by now and have not, in words; empty where all did."""
    return in_words(ReminderDate.objects.due(today).filter(cycle=cycle).values_list("on", flat=True))


def in_words(days: Iterable[date]) -> str:
    """Each day once, in their order: "13.11.2026, 27.11.2026"."""
    return ", ".join(short_date(day) for day in sorted(set(days)))


def require_sent(cycle: ReviewCycle, today: date) -> None:
    """Silence counts only where units were reminded as planned; raises ValidationError with the days (rule 6)."""
    if days := unsent_days(cycle, today):
        raise ValidationError(
            _(
                "Planned reminders have not gone out: %(days)s. They go out by themselves on working days between "
                "7 and 18 o'clock. If they are not to go out, take them off with a reason under “Reminders and mails”."
            ),
            params={"days": days},
        )


def note_sent(cycle: ReviewCycle, until: date, *, at: datetime) -> None:
    """What was planned up to a day has gone out by other ways, for instance before the city began to use this."""
    rows = list(ReminderDate.objects.due(until).filter(cycle=cycle))
    for row in rows:
        row.sent_on = row.on
    save_all_as(rows, actor=None, reason=_("Reminders sent"), at=at)
