"""Before the freeze the page says all that the freeze would refuse, and what it only points out."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from commitments.ledger import save_as
from commitments.models import Protection, Role
from commitments.texts import short_date
from reviews.models import AssessmentState, ConfirmationState, CycleState, ReminderDate, ReminderKind
from reviews.workflow.cycles import begin_assessing, freeze_cycle, undo_freeze
from reviews.workflow.reminders import drop_day
from tests.factories import (
    make_approver,
    make_assessment,
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_follow_up,
    make_officer,
    make_user,
    saved,
)
from tests.reviews.pages import signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now


def points(user, cycle):
    """The points of the board's panel: kind and address."""
    context = signed_in(user).get(reverse("reviews:board", args=[cycle.year])).context
    return [(check.kind, check.url) for check in context["checks"]], context["is_blocked"]


def unapproved(cycle):
    make_assessment(cycle)


def protected_and_unapproved(cycle):
    make_assessment(cycle, make_commitment(protection=Protection.PROTECTED))


def approved(cycle):
    make_assessment(cycle, state=AssessmentState.APPROVED)


def disputed(cycle):
    make_confirmation(cycle, state=ConfirmationState.RELEASED, result="disputed", statement_de="Nein.")


def silent(cycle):
    make_confirmation(cycle)


def overdue(cycle):
    make_follow_up(cycle, due_on=timezone.localdate() - timedelta(days=1))


def void(cycle):
    row = make_confirmation(cycle, state=ConfirmationState.RELEASED)
    assert row.measure
    row.measure.fingerprint = "0" * 64
    save_as(row.measure, actor=None, reason="Changed", at=NOW())


def unsent(cycle):
    saved(ReminderDate(cycle=cycle, kind=ReminderKind.AFTER, on=timezone.localdate() - timedelta(days=1)))


def sent_dropped_or_to_come(cycle):
    today = timezone.localdate()
    due = {"cycle": cycle, "on": today - timedelta(days=1)}
    saved(ReminderDate(kind=ReminderKind.ON, sent_on=today, **due))
    saved(ReminderDate(kind=ReminderKind.AFTER, dropped_on=today, **due))
    saved(ReminderDate(cycle=cycle, kind=ReminderKind.AFTER, on=today + timedelta(days=1)))


def pending(cycle):
    make_confirmation(
        cycle, state=ConfirmationState.RELEASED, result="changed", changes={"status": ["ongoing", "completed"]}
    )


@pytest.mark.parametrize("state", [CycleState.OPEN, CycleState.ASSESSING])
@pytest.mark.parametrize(
    "circumstance",
    [
        unapproved,
        protected_and_unapproved,
        approved,
        disputed,
        silent,
        overdue,
        void,
        pending,
        unsent,
        sent_dropped_or_to_come,
    ],
)
def test_red_points_stand_exactly_where_the_freeze_refuses(state, circumstance):
    officer, cycle = make_officer(), make_cycle(state=state)
    circumstance(cycle)

    _points, is_blocked = points(officer, cycle)
    try:
        freeze_cycle(cycle, actor=officer, at=NOW())
        refused = False
    except ValidationError:
        refused = True

    assert is_blocked == refused


@pytest.mark.parametrize(
    ("circumstance", "address"),
    [
        (disputed, "?state=disputed#units"),
        (silent, "?state=open#units"),
        (void, "?state=void#units"),
        (pending, "/reported-changes/"),
        (overdue, "?state=overdue"),
    ],
)
def test_each_warning_leads_to_what_it_is_about(circumstance, address):
    cycle = make_cycle(state=CycleState.ASSESSING)
    circumstance(cycle)

    found, is_blocked = points(make_officer(), cycle)

    assert [url.endswith(address) for kind, url in found if kind == "warning"].count(True) == 1
    assert not is_blocked


def test_rule_06_neither_assessment_nor_freeze_comes_before_the_reminders_that_were_planned():
    today, officer = timezone.localdate(), make_officer()
    day, deadline = today - timedelta(days=1), today - timedelta(days=9)
    cycle = make_cycle(state=CycleState.OPEN, confirm_by=deadline, last_reminder_on=day)
    unsent(cycle)

    with translation.override("en"), pytest.raises(ValidationError, match=short_date(day)):
        begin_assessing(cycle, actor=officer, at=NOW())
    drop_day(cycle.reminder_dates.get(), actor=officer, at=NOW(), reason="Es ging ein Brief.")
    begin_assessing(cycle, actor=officer, at=NOW())
    unsent(cycle)
    with translation.override("en"), pytest.raises(ValidationError, match=short_date(day)):
        freeze_cycle(cycle, actor=officer, at=NOW())

    found, is_blocked = points(officer, cycle)
    assert is_blocked
    assert ("danger", reverse("reviews:mails", args=[cycle.year])) in found


def test_rule_10_protected_assessments_that_wait_are_said_without_a_number():
    officer, cycle = make_officer(), make_cycle(state=CycleState.ASSESSING)
    for _ in range(7):
        protected_and_unapproved(cycle)

    page = signed_in(officer).get(reverse("reviews:cycle", args=[cycle.year])).context
    with translation.override("en"), pytest.raises(ValidationError, match="Protected") as refusal:
        freeze_cycle(cycle, actor=officer, at=NOW())

    assert not any("7" in check.title + check.text for check in page["checks"])
    assert "7" not in refusal.value.messages[0]


def test_rule_12_a_deputy_of_the_approver_undoes_a_freeze_and_both_names_are_kept():
    officer, approver, deputy = make_officer(), make_approver(), make_user()
    make_assignment(deputy, Role.APPROVER, acting_for=approver)
    cycle = freeze_cycle(make_cycle(state=CycleState.ASSESSING), actor=officer, at=NOW())

    undo_freeze(cycle, actor=deputy, at=NOW(), reason="Zu früh.")

    last = cycle.history.first()
    assert (last.history_user_id, last.acting_for_id) == (deputy.pk, approver.pk)
    assert last.history_change_reason == "Zu früh."


def test_a_deputy_of_the_officer_freezes_and_both_names_are_kept():
    officer, deputy = make_officer(), make_user()
    make_assignment(deputy, Role.OFFICER, acting_for=officer)
    cycle = make_cycle(state=CycleState.ASSESSING)

    signed_in(deputy).post(reverse("reviews:cycle-freeze", args=[cycle.year]))

    last = cycle.history.first()
    assert (last.state, last.history_user_id, last.acting_for_id) == (CycleState.FROZEN, deputy.pk, officer.pk)
