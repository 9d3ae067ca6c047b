"""Reminders: the officer changes the schedule, and it runs on business days (rule 6)."""

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as, save_as
from commitments.models import User
from commitments.permissions import Verb, require
from commitments.texts import weekday_date
from reviews import business_days
from reviews.models import Reminder, ReminderDate, ReminderKind, ReviewCycle
from reviews.workflow.confirmations import remind
from reviews.workflow.mails import prepare_reminders, prepare_renewals
from reviews.workflow.schedule import SEVERITY
from reviews.workflow.steps import day_of, locked_cycle, require_running


@transaction.atomic
def add_day(cycle: ReviewCycle, kind: ReminderKind, on: date, *, actor: User, at: datetime) -> ReminderDate:
    """Plan one more reminder; it goes out on a business day from tomorrow to the last reminder."""
    row = locked_cycle(cycle.pk)
    role = require(actor, Verb.PLAN_CYCLE, on=day_of(at))
    if row.is_final:
        require_running(row)
    if not business_days.is_business_day(on):
        other = weekday_date(business_days.on_or_after(on))
        sentence = _("On that day the administration does not work. The next working day is %(day)s.")
        raise ValidationError({"on": sentence % {"day": other}})
    if on <= day_of(at):
        raise ValidationError({"on": _("Reminders go out in the morning. Choose a day from tomorrow on.")})
    if not row.opens_on < on <= row.last_reminder_on:
        sentence = _("Choose a day after the opening and not after the last reminder on %(day)s.")
        raise ValidationError({"on": sentence % {"day": weekday_date(row.last_reminder_on)}})
    planned = ReminderDate(cycle=row, kind=kind, on=on)
    save_as(planned, actor=actor, acting_for=role.acting_for, reason=_("Reminder planned"), at=at)
    return planned


@transaction.atomic
def drop_day(planned: ReminderDate, *, actor: User, at: datetime, reason: str) -> ReminderDate:
    """Take a reminder off the schedule; one that went out stays in the log."""
    cycle = locked_cycle(planned.cycle_id)
    role = require(actor, Verb.PLAN_CYCLE, on=day_of(at))
    if cycle.is_final:
        require_running(cycle)
    row = ReminderDate.objects.select_for_update(of=("self",)).get(pk=planned.pk)
    if row.sent_on or row.dropped_on:
        raise ValidationError(_("This reminder has gone out or was taken off already. Nothing was changed."))
    row.dropped_on = day_of(at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def run_schedule(cycle: ReviewCycle, *, at: datetime) -> list[Reminder]:
    """Send what the schedule has for today, and what it had for days that were missed: one reminder for all of them.

    On a day on which the administration does not work nothing happens; a second run on the same day finds nothing.
    """
    today = day_of(at)
    row = locked_cycle(cycle.pk)
    if row.is_final or not business_days.is_business_day(today):
        return []
    due = list(ReminderDate.objects.due(today).filter(cycle=row).select_for_update(of=("self",)))
    if not due:
        return []
    sent: list[Reminder] = []
    kinds = _worth_sending(ReminderKind(day.kind) for day in due)
    for kind in kinds:
        sent += remind(row, kind, actor=None, at=at)
    prepare_reminders(row, kinds, at=at)
    for day in due:
        day.sent_on = today
    save_all_as(due, actor=None, reason=_("Reminders sent"), at=at)
    return sent


@transaction.atomic
def remind_of_renewals(*, at: datetime) -> None:
    """Write to the officers on working days; the mails stand in the log of the newest cycle."""
    cycle = ReviewCycle.objects.order_by("-year").first()
    if cycle is not None and business_days.is_business_day(day_of(at)):
        prepare_renewals(locked_cycle(cycle.pk), at=at)


def _worth_sending(kinds: Iterable[ReminderKind]) -> list[ReminderKind]:
    """The gravest reminder to the units, and the letter to their heads where it is due."""
    wanted = set(kinds)
    units = [kind for kind in SEVERITY if kind in wanted and kind != ReminderKind.ESCALATION]
    heads = [ReminderKind.ESCALATION] if ReminderKind.ESCALATION in wanted else []
    return units[-1:] + heads
