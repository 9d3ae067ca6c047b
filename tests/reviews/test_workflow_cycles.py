"""The yearly round: planned, opened once with a fixed scope, assessed, frozen, closed."""

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from commitments.jobs import Progress, enqueue
from commitments.models import (
    Competence,
    LedgerSeal,
    MeasureStatus,
    Precision,
    Role,
    SealOccasion,
    UnitSuccession,
)
from reviews.handlers import OPEN_CYCLE, open_a_cycle
from reviews.models import (
    Assessment,
    AssessmentState,
    Confirmation,
    ConfirmationState,
    CycleState,
    Outcome,
    ReviewCycle,
    Statement,
    Trend,
)
from reviews.workflow import confirmations, cycles
from reviews.workflow.confirmations import Answer
from reviews.workflow.scope import last_day
from tests.factories import (
    LONG_AGO,
    make_approver,
    make_assessment,
    make_city,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now


def planned(**fields):
    """A cycle that can be opened today."""
    today = timezone.localdate()
    return make_cycle(state=CycleState.PLANNED, **({"opens_on": today - timedelta(days=30)} | fields))


def in_state(state: CycleState) -> ReviewCycle:
    """A cycle in a state from which time and assessments forbid nothing."""
    today = timezone.localdate()
    return make_cycle(
        state=state,
        confirm_by=today - timedelta(days=9),
        last_reminder_on=today - timedelta(days=8),
        frozen_at=NOW() if state in (CycleState.FROZEN, CycleState.CLOSED) else None,
    )


ACTS: dict[str, tuple[Any, ...]] = {
    "open": (cycles.open_cycle, {CycleState.PLANNED}, CycleState.OPEN, make_officer, {}),
    "begin assessing": (cycles.begin_assessing, {CycleState.OPEN}, CycleState.ASSESSING, make_officer, {}),
    "freeze": (cycles.freeze_cycle, {CycleState.ASSESSING}, CycleState.FROZEN, make_officer, {}),
    "undo freeze": (
        cycles.undo_freeze,
        {CycleState.FROZEN},
        CycleState.ASSESSING,
        make_approver,
        {"reason": "Too early"},
    ),
    "close": (cycles.close_cycle, {CycleState.FROZEN}, CycleState.CLOSED, make_approver, {}),
}


@pytest.mark.parametrize("state", CycleState)
@pytest.mark.parametrize("act", ACTS)
def test_a_cycle_takes_each_step_from_the_states_of_the_table_alone(act, state):
    function, allowed, to, make_actor, more = ACTS[act]
    cycle, actor = in_state(state), make_actor()
    silent = act == "open" and state in (CycleState.OPEN, CycleState.ASSESSING)  # opening twice changes nothing

    if state in allowed or silent:
        function(cycle, actor=actor, at=NOW(), **more)
    else:
        with pytest.raises(ValidationError):
            function(cycle, actor=actor, at=NOW(), **more)

    cycle.refresh_from_db()
    assert cycle.state == (to if state in allowed else state)


@pytest.mark.parametrize("act", ACTS)
def test_only_those_with_the_right_move_a_cycle(act):
    function, allowed, _to, _make_actor, more = ACTS[act]
    cycle = in_state(next(iter(allowed)))

    with pytest.raises(PermissionDenied):
        function(cycle, actor=make_user(Role.CONTACT), at=NOW(), **more)


def test_days_move_by_whole_years_and_the_leap_day_to_the_28th():
    day = date(2028, 2, 29)
    last = ReviewCycle(year=2027, **dict.fromkeys(cycles.CycleDates.__dataclass_fields__, day))

    assert cycles.dates_like(last, 2028).opens_on == date(2029, 2, 28)


def test_a_deadline_that_would_fall_on_a_weekend_or_holiday_moves_to_the_next_working_day():
    make_city(country="DE", state="NW")
    days = dict.fromkeys(cycles.CycleDates.__dataclass_fields__, date(2026, 10, 31))
    days |= {"confirm_by": date(2026, 10, 30), "last_reminder_on": date(2026, 11, 1), "assess_by": date(2026, 12, 24)}

    moved = cycles.dates_like(ReviewCycle(year=2026, **days), 2027)

    assert moved.confirm_by == date(2027, 11, 2), "a Saturday, a Sunday, and the Monday of All Saints"
    assert moved.last_reminder_on == date(2027, 11, 2)
    assert moved.assess_by == date(2027, 12, 24)
    assert moved.opens_on == date(2027, 10, 31), "a cycle may open on a Sunday: nothing is due"


def test_a_planned_cycle_takes_days_and_scale_of_the_last_one():
    last = make_cycle(2025, state=CycleState.CLOSED)

    cycle = cycles.plan_cycle(2026, actor=make_officer(), at=NOW())

    assert (cycle.state, cycle.scale) == (CycleState.PLANNED, last.scale)
    assert cycle.confirm_by.year == last.confirm_by.year + 1


def test_a_year_has_one_cycle():
    make_cycle(2025, state=CycleState.CLOSED)
    make_cycle(2026)

    with translation.override("en"), pytest.raises(ValidationError, match="already a review cycle 2026"):
        cycles.plan_cycle(2026, actor=make_officer(), at=NOW())


def test_the_first_cycle_needs_days_and_a_scale():
    with pytest.raises(ValidationError):
        cycles.plan_cycle(2026, actor=make_officer(), at=NOW())


def test_deadlines_of_an_open_cycle_can_be_moved_but_not_its_period():
    cycle, officer = make_cycle(), make_officer()
    dates = cycles.CycleDates(**{name: getattr(cycle, name) for name in cycles.CycleDates.__dataclass_fields__})
    later = cycles.CycleDates(**(dates.__dict__ | {"confirm_by": dates.confirm_by + timedelta(days=7)}))
    other = cycles.CycleDates(**(dates.__dict__ | {"period_from": dates.period_from - timedelta(days=7)}))

    moved = cycles.change_dates(cycle, later, actor=officer, at=NOW(), reason="Holidays")
    with pytest.raises(ValidationError):
        cycles.change_dates(cycle, other, actor=officer, at=NOW(), reason="Holidays")

    assert moved.confirm_by == later.confirm_by


def test_opening_asks_every_unit_of_a_measure_once():
    lead, helper = make_unit(), make_unit()
    measure = make_measure(lead, (helper,))
    cycle = planned()

    opening = cycles.open_cycle(cycle, actor=make_officer(), at=NOW())

    asked = Confirmation.objects.filter(cycle=cycle)
    assert {(row.unit, row.measure, row.state, row.fingerprint) for row in asked} == {
        (lead, measure, ConfirmationState.REQUESTED, measure.fingerprint),
        (helper, measure, ConfirmationState.REQUESTED, measure.fingerprint),
    }
    assert (opening.confirmations, opening.units) == (2, 2)


def test_opening_asks_the_leading_unit_for_a_nil_return_where_a_commitment_has_no_measure():
    alone, served = make_commitment(), make_commitment()
    make_link(commitment=served)
    beyond = make_commitment(competence=Competence.NONE)

    cycles.open_cycle(planned(), actor=make_officer(), at=NOW())

    asked = Confirmation.objects.filter(commitment__isnull=False)
    assert [(row.commitment, row.unit) for row in asked] == [(alone, alone.lead_unit)]
    assert Assessment.objects.filter(commitment__in=(alone, served, beyond)).count() == 3


def test_a_proposed_measure_is_not_asked_about():
    make_measure(accepted_on=None)

    opening = cycles.open_cycle(planned(), actor=make_officer(), at=NOW())

    assert opening.confirmations == 0


def test_rule_10_what_is_protected_is_asked_but_not_counted_for_who_may_not_see_it():
    make_link(make_measure(), make_commitment())
    make_link(make_measure(protection="protected"), make_commitment(protection="protected"))

    opening = cycles.open_cycle(planned(), actor=make_officer(), at=NOW())

    assert (opening.confirmations, opening.assessments, opening.units) == (1, 1, 1)
    assert (Confirmation.objects.count(), Assessment.objects.count()) == (2, 2)


def test_opening_twice_changes_nothing_and_says_so():
    make_measure()
    cycle, officer = planned(), make_officer()
    cycles.open_cycle(cycle, actor=officer, at=NOW())
    before = Confirmation.history.count(), ReviewCycle.history.count()

    again = cycles.open_cycle(cycle, actor=officer, at=NOW())

    assert again.was_open
    assert "already open" in translate(again)
    assert (Confirmation.history.count(), ReviewCycle.history.count()) == before


def translate(opening) -> str:
    with translation.override("en"):
        return str(opening)


def test_a_trial_of_the_command_writes_nothing():
    make_measure()
    make_officer()
    planned(year=2026)

    said = StringIO()
    call_command("open_cycle", "2026", "--dry-run", stdout=said)

    assert Confirmation.objects.count() == 0
    assert ReviewCycle.objects.get().state == CycleState.PLANNED


def test_the_command_plans_the_cycle_where_it_does_not_exist_and_opens_it():
    today = timezone.localdate()
    make_cycle(2025, state=CycleState.CLOSED, **_a_year_earlier(today))
    officer = make_officer()

    call_command("open_cycle", "2026", "--as", officer.email, stdout=StringIO())

    cycle = ReviewCycle.objects.get(year=2026)
    assert (cycle.state, cycle.history.latest().history_user) == (CycleState.OPEN, officer)


def _a_year_earlier(today: date) -> dict[str, date]:
    days = {"period_from": -800, "period_to": -440, "reporting_date": -440, "opens_on": -430}
    days |= {"confirm_by": -400, "last_reminder_on": -390, "assess_by": -300}
    return {name: today + timedelta(days=distance) for name, distance in days.items()}


@pytest.mark.parametrize(
    ("officers", "arguments"), [(0, []), (2, []), (1, ["--as", "nobody@example.org"]), (1, ["--as", "contact"])]
)
def test_the_commands_say_in_a_sentence_who_cannot_act(officers, arguments):
    planned(year=2026)
    contact = make_user(Role.CONTACT)
    for _number in range(officers):
        make_officer()
    arguments = [contact.email if word == "contact" else word for word in arguments]

    for command in ("open_cycle", "freeze_cycle"):
        with pytest.raises(CommandError):
            call_command(command, "2026", *arguments)


def test_the_freeze_command_says_what_is_missing():
    make_officer()
    make_assessment(make_cycle(2026, state=CycleState.ASSESSING))

    with translation.override("en"), pytest.raises(CommandError, match="1 assessment is not approved"):
        call_command("freeze_cycle", "2026")
    with pytest.raises(CommandError):
        call_command("freeze_cycle", "2031")


def test_the_job_opens_a_cycle_and_may_run_twice():
    make_measure()
    cycle, officer = planned(), make_officer()
    job = enqueue(OPEN_CYCLE, asked_by=officer, cycle=cycle.pk, actor=officer.pk)

    first = open_a_cycle(job.arguments, Progress(job))
    second = open_a_cycle(job.arguments, Progress(job))

    assert (first["confirmations"], second["was_open"]) == (1, True)
    assert Confirmation.objects.count() == 1


@pytest.mark.parametrize("size", [20, 200])
def test_opening_reads_as_often_whatever_the_size(size):
    unit = make_unit()
    for _number in range(size):
        make_measure(unit)
    cycle, officer = planned(), make_officer()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        opening = cycles.open_cycle(cycle, actor=officer, at=NOW())

    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert opening.confirmations == size
    assert len(reads) <= 26, len(reads)


def test_a_cycle_cannot_be_opened_before_its_reporting_date_is_over():
    today = timezone.localdate()
    cycle = planned(period_to=today, reporting_date=today, opens_on=today)

    with pytest.raises(ValidationError):
        cycles.open_cycle(cycle, actor=make_officer(), at=NOW())


def test_units_answer_undisturbed_until_the_last_reminder():
    cycle = make_cycle(state=CycleState.OPEN)

    with pytest.raises(ValidationError):
        cycles.begin_assessing(cycle, actor=make_officer(), at=NOW())


def test_rule_06_the_first_cycle_asks_for_all_measures():
    make_measure(status=MeasureStatus.COMPLETED, starts_on=date(2001, 1, 1), ends_on=date(2002, 1, 1))
    make_cycle(2020, state=CycleState.CLOSED, imported=True)

    opening = cycles.open_cycle(planned(), actor=make_officer(), at=NOW())

    assert opening.confirmations == 1


def test_rule_06_later_cycles_ask_for_what_was_active_or_ended_since_the_last_freeze():
    today = timezone.localdate()
    frozen_at = NOW() - timedelta(days=500)
    make_cycle(2020, state=CycleState.CLOSED, opened_at=frozen_at, frozen_at=frozen_at)
    cycle = planned(period_from=today - timedelta(days=400))
    running = make_measure()
    just_ended = make_measure(starts_on=LONG_AGO, ends_on=today - timedelta(days=450))
    make_measure(starts_on=LONG_AGO, ends_on=today - timedelta(days=600))  # over before the last freeze
    make_measure(starts_on=today)  # begins after the period

    cycles.open_cycle(cycle, actor=make_officer(), at=NOW())

    assert {row.measure for row in Confirmation.objects.all()} == {running, just_ended}


def test_an_end_that_is_known_to_the_year_is_its_last_day():
    assert last_day(date(2025, 1, 1), Precision.YEAR) == date(2025, 12, 31)
    assert last_day(date(2024, 2, 1), Precision.MONTH) == date(2024, 2, 29)
    assert last_day(date(2024, 12, 1), Precision.MONTH) == date(2024, 12, 31)
    assert last_day(date(2024, 2, 3), Precision.DAY) == date(2024, 2, 3)


def test_rule_07_the_successor_of_a_dissolved_unit_is_asked():
    old, middle, new = make_unit(), make_unit(), make_unit()
    saved(UnitSuccession(unit=old, successor=middle, on=LONG_AGO))
    saved(UnitSuccession(unit=middle, successor=new, on=LONG_AGO))
    make_measure(old, (new,))

    cycles.open_cycle(planned(), actor=make_officer(), at=NOW())

    asked = Confirmation.objects.get()
    assert (asked.unit, asked.part) == (new, "lead")


def test_rule_07_a_unit_dissolved_while_the_cycle_runs_hands_over_its_open_requests():
    old, new = make_unit(), make_unit()
    contact = make_user(Role.CONTACT, new)
    request = make_confirmation(unit=old)
    answered = make_confirmation(request.cycle, unit=old, state=ConfirmationState.RELEASED)
    saved(UnitSuccession(unit=old, successor=new, on=timezone.localdate()))

    row = confirmations.submit(request, Answer("confirmed"), actor=contact, at=NOW())

    answered.refresh_from_db()
    assert (row.submitted_by, answered.unit) == (contact, old)


def test_rule_08_a_commitment_adopted_while_a_cycle_is_open_is_too_early_to_assess():
    cycle, officer = make_cycle(), make_officer()
    commitment = make_commitment(registered_on=timezone.localdate())

    assessment = cycles.add_newly_adopted(commitment, actor=officer, at=NOW())

    assert (assessment.cycle, assessment.outcome, assessment.trend) == (cycle, Outcome.TOO_EARLY, Trend.FIRST)
    assert assessment.newly_adopted
    with pytest.raises(ValidationError):
        cycles.add_newly_adopted(commitment, actor=officer, at=NOW())


def test_rule_08_without_a_running_cycle_there_is_nothing_to_enter():
    make_cycle(state=CycleState.FROZEN)

    with pytest.raises(ValidationError):
        cycles.add_newly_adopted(make_commitment(), actor=make_officer(), at=NOW())


def test_rule_08_what_was_registered_since_the_last_opening_is_newly_adopted():
    last = make_cycle(2020, state=CycleState.CLOSED, **_a_year_earlier(timezone.localdate()))
    known = make_commitment(registered_on=last.opens_on)
    new = make_commitment(registered_on=last.opens_on + timedelta(days=1))
    make_commitment(registered_on=timezone.localdate() + timedelta(days=1))  # not yet

    cycles.open_cycle(planned(), actor=make_officer(), at=NOW())

    flags = dict(Assessment.objects.values_list("commitment", "newly_adopted"))
    assert flags == {known.pk: False, new.pk: True}


def test_rule_12_a_frozen_cycle_is_sealed_and_its_rows_no_longer_change():
    cycle = make_cycle(state=CycleState.ASSESSING)
    assessment = make_assessment(cycle, state=AssessmentState.APPROVED)
    request = make_confirmation(cycle)

    cycles.freeze_cycle(cycle, actor=make_officer(), at=NOW())

    assert LedgerSeal.objects.get().occasion == SealOccasion.FREEZE
    for row in (assessment, request):
        table = row._meta.db_table
        for statement in (f"UPDATE {table} SET state = 'draft'", f"DELETE FROM {table}"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"{statement} WHERE id = {row.pk}")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_assessment(cycle)


def test_rule_12_no_row_moves_into_a_frozen_cycle():
    frozen = make_cycle(2025, state=CycleState.FROZEN, frozen_at=NOW())
    row = make_assessment(make_cycle(2026))

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE reviews_assessment SET cycle_id = {frozen.pk} WHERE id = {row.pk}")


def test_rule_12_a_table_with_frozen_rows_is_not_emptied():
    cycle = make_cycle(state=CycleState.ASSESSING)
    text = {"organisation": "Forum", "text_de": "Zu wenig.", "received_on": timezone.localdate()}
    saved(Statement(cycle=cycle, commitment=make_commitment(), **text))
    cycles.freeze_cycle(cycle, actor=make_officer(), at=NOW())
    connection.check_constraints()  # PostgreSQL does not truncate while it still has constraints to check
    statement = "TRUNCATE reviews_statement" if connection.vendor == "postgresql" else "DELETE FROM reviews_statement"

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_rule_12_the_freeze_waits_for_every_approval_and_names_how_many_are_missing():
    cycle = make_cycle(state=CycleState.ASSESSING)
    make_assessment(cycle, state=AssessmentState.APPROVED)
    make_assessment(cycle, state=AssessmentState.SUBMITTED)
    make_assessment(cycle)

    with translation.override("en"), pytest.raises(ValidationError, match="2 assessments are not approved"):
        cycles.freeze_cycle(cycle, actor=make_officer(), at=NOW())


def test_rule_12_a_mistaken_freeze_is_undone_by_the_approver_with_a_reason():
    cycle = make_cycle(state=CycleState.FROZEN, frozen_at=NOW())
    approver = make_approver()

    with pytest.raises(PermissionDenied):
        cycles.undo_freeze(cycle, actor=make_officer(), at=NOW(), reason="Two answers came in")
    with pytest.raises(ValidationError):
        cycles.undo_freeze(cycle, actor=approver, at=NOW(), reason=" ")
    row = cycles.undo_freeze(cycle, actor=approver, at=NOW(), reason="Two answers came in")

    entry = row.history.latest()
    assert (row.state, row.frozen_at) == (CycleState.ASSESSING, None)
    assert (entry.history_user, entry.history_change_reason) == (approver, "Two answers came in")


def test_rule_12_after_the_release_a_freeze_cannot_be_undone():
    cycle = make_cycle(state=CycleState.CLOSED, frozen_at=NOW())

    with pytest.raises(ValidationError):
        cycles.undo_freeze(cycle, actor=make_approver(), at=NOW(), reason="Two answers came in")
