"""The officer's board and the way into one unit's answers."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import Protection, Role
from reviews.models import ConfirmationState, CycleState, Reminder, ReminderDate, ReminderKind
from tests.factories import (
    make_approver,
    make_confirmation,
    make_cycle,
    make_follow_up,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

State = ConfirmationState
BOARD = reverse("reviews:board")


def asked(cycle, unit=None, state=State.REQUESTED, **fields):
    unit = unit or make_unit()
    return make_confirmation(cycle, make_measure(unit), unit, state, **fields)


def changed_since(row):
    """The measure becomes another one after the answer."""
    row.measure.title_de, row.measure.fingerprint = "Ein anderer Titel", "f" * 64
    save_as(row.measure, actor=None, reason="Titel geändert", at=timezone.now())
    return row


def units(officer, **query):
    page = signed_in(officer).get(BOARD, query).context["page"]
    return {row.unit.key: row for row in page}


def test_the_board_counts_each_units_answers_by_state():
    cycle, unit = make_cycle(), make_unit()
    for state in (State.RELEASED, State.RELEASED, State.SUBMITTED, State.DRAFT, State.REQUESTED):
        asked(cycle, unit, state)

    row = units(make_officer())[unit.key]

    assert row.unit.parts == [("released", 2), ("submitted", 1), ("draft", 1), ("open", 1), ("silent", 0)]


def test_a_reminded_unit_without_reaction_is_marked_and_dated():
    cycle, unit = make_cycle(), make_unit()
    row = asked(cycle, unit)
    day = timezone.localdate() - timedelta(days=2)
    saved(Reminder(cycle=cycle, confirmation=row, kind=ReminderKind.BEFORE, sent_on=day))

    shown = units(make_officer())[unit.key]

    assert shown.standing.code == "reminded"
    assert shown.unit.reminders == [day]


def test_rule_10_reminders_about_protected_measures_are_neither_dated_nor_counted():
    cycle, unit = make_cycle(), make_unit()
    row = make_confirmation(cycle, make_measure(unit, protection=Protection.PROTECTED), unit)
    asked(cycle, unit)
    day = timezone.localdate() - timedelta(days=2)
    saved(Reminder(cycle=cycle, confirmation=row, kind=ReminderKind.BEFORE, sent_on=day))

    response = signed_in(make_officer()).get(BOARD)

    assert [shown.unit.reminders for shown in response.context["page"]] == [[]]
    assert response.context["reminders"] == []


def test_reminders_that_are_still_to_come_stand_after_those_that_went_out():
    cycle, unit = make_cycle(), make_unit()
    row, today = asked(cycle, unit), timezone.localdate()
    saved(ReminderDate(cycle=cycle, kind=ReminderKind.ON, on=today + timedelta(days=2)))
    saved(ReminderDate(cycle=cycle, kind=ReminderKind.BEFORE, on=today - timedelta(days=2), sent_on=today))
    saved(Reminder(cycle=cycle, confirmation=row, kind=ReminderKind.BEFORE, sent_on=today))

    shown = signed_in(make_officer()).get(BOARD).context["reminders"]

    assert [(sent.on, sent.units) for sent in shown] == [(today, 1), (today + timedelta(days=2), None)]


def test_after_the_last_reminder_a_missing_answer_is_no_reply():
    today = timezone.localdate()
    cycle = make_cycle(confirm_by=today - timedelta(days=9), last_reminder_on=today - timedelta(days=1))
    row = asked(cycle)

    assert units(make_officer())[row.unit.key].standing.code == "silent"


def test_a_void_answer_no_longer_counts_as_released():
    cycle = make_cycle()
    changed_since(asked(cycle, state=State.RELEASED))

    context = signed_in(make_officer()).get(BOARD).context

    shown = context["page"][0].unit
    assert (shown.released, shown.void) == (0, 1)
    assert context["picture"].last.released == 0


@pytest.mark.parametrize(
    ("state", "found"),
    [("", {"done", "waiting", "open"}), ("done", {"done"}), ("waiting", {"waiting"}), ("open", {"open"})],
)
def test_the_units_are_narrowed_by_state(state, found):
    cycle = make_cycle()
    for key, answer in (("done", State.RELEASED), ("waiting", State.SUBMITTED), ("open", State.REQUESTED)):
        asked(cycle, make_unit(key=key), answer)

    assert units(make_officer(), state=state).keys() == found


def test_disputed_answers_are_found():
    cycle = make_cycle()
    row = asked(cycle, state=State.SUBMITTED, result="disputed", statement_de="Nein.")
    asked(cycle, state=State.SUBMITTED)

    assert units(make_officer(), state="disputed").keys() == {row.unit.key}


def test_the_board_without_a_cycle_leads_to_the_list_of_cycles():
    assert signed_in(make_officer()).get(BOARD)["Location"] == reverse("reviews:cycle-list")


def test_the_board_shows_the_cycle_that_runs():
    make_cycle(2025, CycleState.CLOSED)
    cycle = make_cycle(2026)

    assert signed_in(make_officer()).get(BOARD).context["cycle"] == cycle


def test_a_year_without_a_cycle_has_no_board():
    assert signed_in(make_officer()).get(reverse("reviews:board", args=[1999])).status_code == 404


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.AUDITOR])
def test_who_sees_all_units_reads_board_and_units(role):
    row = asked(make_cycle())
    client = signed_in(make_user(role))

    assert client.get(BOARD).status_code == 200
    assert client.get(reverse("reviews:unit", args=[row.cycle.year, row.unit.key])).status_code == 200


@pytest.mark.parametrize("role", [Role.CONTACT, Role.COUNCIL, Role.ADMINISTRATOR])
def test_the_board_is_for_those_who_see_all_units(role):
    row = asked(make_cycle())
    client = signed_in(make_user(role))

    assert client.get(BOARD).status_code == 403
    assert client.get(reverse("reviews:unit", args=[row.cycle.year, row.unit.key])).status_code == 403


def test_a_protected_measure_is_in_no_count():
    cycle, unit = make_cycle(), make_unit()
    asked(cycle, unit)
    make_confirmation(cycle, make_measure(unit, protection=Protection.PROTECTED), unit)

    assert units(make_officer())[unit.key].unit.total == 1


def test_a_void_answer_is_asked_for_again():
    cycle = make_cycle()
    row = changed_since(asked(cycle, state=State.RELEASED))

    signed_in(make_officer()).post(reverse("reviews:ask-again", args=[row.pk]))

    assert cycle.confirmations.current().get().follows == row


def test_an_answer_that_holds_is_not_asked_for_again():
    row = asked(make_cycle(), state=State.RELEASED)

    response = signed_in(make_officer()).post(reverse("reviews:ask-again", args=[row.pk]), follow=True)

    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_reported_changes_are_entered_into_the_register():
    changes = {"status": ["ongoing", "completed"]}
    row = asked(make_cycle(), state=State.RELEASED, result="changed", changes=changes)
    client = signed_in(make_officer())
    before = client.get(BOARD).context["pending"]

    client.post(reverse("reviews:apply-changes", args=[row.pk]))

    row.measure.refresh_from_db()
    assert before == 1
    assert row.measure.status == "completed"
    assert client.get(BOARD).context["pending"] == 0


@pytest.mark.parametrize("name", ["ask-again", "apply-changes"])
def test_only_the_officer_asks_again_or_enters_changes(name):
    row = asked(make_cycle(), state=State.RELEASED)

    assert signed_in(make_approver()).post(reverse(f"reviews:{name}", args=[row.pk])).status_code == 403


@pytest.mark.parametrize("name", ["ask-again", "apply-changes"])
def test_nobody_acts_on_what_they_do_not_see(name):
    row = asked(make_cycle(), state=State.RELEASED)

    assert signed_in(make_user(Role.CONTACT)).post(reverse(f"reviews:{name}", args=[row.pk])).status_code == 404


def test_the_board_asks_the_database_the_same_for_few_and_for_many():
    officer, cycle = make_officer(), make_cycle()
    counts = []
    for count in (1, 4):
        for _ in range(count):
            row = asked(cycle)
            day = timezone.localdate()
            saved(Reminder(cycle=cycle, confirmation=row, kind=ReminderKind.ON, sent_on=day))
            asked(cycle, state=State.RELEASED, result="changed", changes={"contributing_units": [[], ["x"]]})
            asked(cycle, state=State.RELEASED, result="changed", changes={"money:2026:Haushalt": [None, "72500"]})
            make_follow_up(cycle, due_on=timezone.localdate() - timedelta(days=3))
        missed = timezone.localdate() - timedelta(days=count)
        saved(ReminderDate(cycle=cycle, kind=ReminderKind.BEFORE, on=missed))
        counts.append(queries(officer, BOARD))

    assert counts[0] == counts[1] < MOST_QUERIES


def test_a_units_page_asks_the_database_the_same_for_few_and_for_many():
    officer, cycle, unit = make_officer(), make_cycle(), make_unit()
    address = reverse("reviews:unit", args=[cycle.year, unit.key])
    counts = []
    for count in (1, 4):
        for _ in range(count):
            asked(cycle, unit)
            asked(cycle, unit, State.RELEASED, result="changed", changes={"status": ["ongoing", "completed"]})
        counts.append(queries(officer, address))

    assert counts[0] == counts[1] <= MOST_QUERIES
