"""A unit's answers: two keys, deputies, what is void, what is late, what the register takes over."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from commitments.ledger import save_as
from commitments.models import Measure, MeasureStatus, Part, Role
from commitments.workflow import Edit, edit_measure
from reviews.models import (
    ANSWERED,
    Confirmation,
    ConfirmationResult,
    ConfirmationState,
    CycleState,
    Reminder,
    ReminderKind,
)
from reviews.workflow import confirmations
from reviews.workflow.changes import as_reported, pending_changes
from reviews.workflow.confirmations import Answer
from tests.factories import (
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now
State = ConfirmationState

ACTS: dict[str, tuple[Any, ...]] = {
    "save draft": (
        lambda row, **who: confirmations.save_draft(row, Answer("confirmed"), **who),
        {State.REQUESTED, State.DRAFT, State.RETURNED},
        State.DRAFT,
        Role.CONTACT,
    ),
    "submit": (
        lambda row, **who: confirmations.submit(row, Answer("confirmed"), **who),
        {State.REQUESTED, State.DRAFT, State.RETURNED},
        State.SUBMITTED,
        Role.CONTACT,
    ),
    "submit unchanged": (
        lambda row, **who: confirmations.submit_unchanged([row], **who),
        {State.REQUESTED, State.DRAFT, State.RETURNED},
        State.SUBMITTED,
        Role.CONTACT,
    ),
    "release": (confirmations.release, {State.SUBMITTED}, State.RELEASED, Role.RELEASER),
    "release all": (
        lambda row, **who: confirmations.release_all([row], **who),
        {State.SUBMITTED},
        State.RELEASED,
        Role.RELEASER,
    ),
    "return": (
        lambda row, **who: confirmations.return_to_contact(row, reason="Please add figures.", **who),
        {State.SUBMITTED},
        State.RETURNED,
        Role.RELEASER,
    ),
    "withdraw": (
        lambda row, **who: confirmations.withdraw(row, reason="A mistake", **who),
        {State.SUBMITTED, State.RELEASED},
        State.DRAFT,
        Role.CONTACT,
    ),
}


def change(measure: Measure | None, **fields) -> None:
    """Change a measure's substance, as the register does."""
    assert measure is not None
    for name, value in fields.items():
        setattr(measure, name, value)
    units = measure.measure_units.select_related("unit")
    measure.fingerprint = measure.substance((row.unit.key, row.part) for row in units)
    save_as(measure, actor=None, reason="Changed", at=NOW())


def freeze(cycle) -> None:
    cycle.state = CycleState.FROZEN
    cycle.frozen_at = NOW()
    save_as(cycle, actor=None, reason="Frozen", at=NOW())


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", ACTS)
def test_an_answer_takes_each_step_from_the_states_of_the_table_alone(act, state):
    function, allowed, to, role = ACTS[act]
    row = make_confirmation(state=state)
    actor = make_user(role, row.unit)

    if state in allowed:
        function(row, actor=actor, at=NOW())
    else:
        with pytest.raises(ValidationError):
            function(row, actor=actor, at=NOW())

    row.refresh_from_db()
    assert row.state == (to if state in allowed else state)


@pytest.mark.parametrize("act", ACTS)
def test_nobody_acts_for_another_unit_or_with_the_other_key(act):
    function, allowed, _to, role = ACTS[act]
    row = make_confirmation(state=next(iter(allowed)))
    other = {Role.CONTACT: Role.RELEASER, Role.RELEASER: Role.CONTACT}[role]

    for actor in (make_user(role), make_user(other, row.unit), make_officer()):
        with pytest.raises(PermissionDenied):
            function(row, actor=actor, at=NOW())


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", [CycleState.PLANNED, CycleState.FROZEN, CycleState.CLOSED])
def test_outside_a_running_cycle_an_answer_is_refused_with_a_sentence(act, state):
    function, allowed, _to, role = ACTS[act]
    row = make_confirmation(state=next(iter(allowed)))
    row.cycle.state = state
    save_as(row.cycle, actor=None, reason="Moved on", at=NOW())

    with translation.override("en"), pytest.raises(ValidationError, match="The review cycle 2026"):
        function(row, actor=make_user(role, row.unit), at=NOW())


def test_history_names_actor_and_reason_of_every_step():
    row = make_confirmation()
    contact, releaser = make_user(Role.CONTACT, row.unit), make_user(Role.RELEASER, row.unit)

    with translation.override("en"):
        confirmations.save_draft(row, Answer("confirmed"), actor=contact, at=NOW())
        confirmations.submit(row, actor=contact, at=NOW())
        confirmations.return_to_contact(row, actor=releaser, at=NOW(), reason="Please add figures.")
        confirmations.submit(row, actor=contact, at=NOW())
        confirmations.release(row, actor=releaser, at=NOW())

    entries = [(entry.history_user, entry.history_change_reason) for entry in row.history.order_by("history_id")]
    assert entries[1:] == [
        (contact, "Draft saved"),
        (contact, "Answer submitted"),
        (releaser, "Please add figures."),
        (contact, "Answer submitted"),
        (releaser, "Answer released"),
    ]


def test_rule_03_a_deputy_acts_for_someone_and_both_names_are_kept():
    row = make_confirmation()
    contact = make_user(Role.CONTACT, row.unit)
    deputy = make_user()
    make_assignment(deputy, Role.CONTACT, row.unit, acting_for=contact)

    answered = confirmations.submit(row, Answer("confirmed"), actor=deputy, at=NOW())

    assert (answered.submitted_by, answered.submitted_for) == (deputy, contact)
    assert answered.history.latest().acting_for_id == contact.pk


def test_rule_03_one_person_may_hold_both_keys():
    row = make_confirmation()
    both = make_user(Role.CONTACT, row.unit)
    make_assignment(both, Role.RELEASER, row.unit)

    confirmations.submit(row, Answer("confirmed"), actor=both, at=NOW())
    released = confirmations.release(row, actor=both, at=NOW())

    assert (released.submitted_by, released.released_by) == (both, both)


def test_rule_03_nothing_is_released_that_was_not_submitted():
    row = make_confirmation()

    with pytest.raises(ValidationError):
        confirmations.release(row, actor=make_user(Role.RELEASER, row.unit), at=NOW())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reviews_confirmation SET state = 'released'")


def test_rule_04_a_change_of_substance_makes_an_answer_void():
    row = make_confirmation(state=State.RELEASED)

    change(row.measure, status=MeasureStatus.COMPLETED)

    assert list(Confirmation.objects.void()) == [row]


def test_rule_04_a_void_answer_is_asked_for_again_and_stays():
    row = make_confirmation(state=State.RELEASED)
    change(row.measure, title_de="Etwas anderes")

    again = confirmations.ask_again(row, actor=make_officer(), at=NOW())

    assert (again.follows, again.number, again.state) == (row, 2, State.REQUESTED)
    assert list(Confirmation.objects.current()) == [again]
    with pytest.raises(ValidationError):  # not twice
        confirmations.ask_again(row, actor=make_officer(), at=NOW())


def test_rule_04_an_answer_that_holds_is_not_asked_for_again():
    row = make_confirmation(state=State.RELEASED)

    with pytest.raises(ValidationError):
        confirmations.ask_again(row, actor=make_officer(), at=NOW())


def test_rule_04_what_was_asked_again_is_answered_in_the_new_request():
    row = make_confirmation(state=State.SUBMITTED)
    change(row.measure, title_de="Etwas anderes")
    confirmations.ask_again(row, actor=make_officer(), at=NOW())

    with pytest.raises(ValidationError):
        confirmations.withdraw(row, actor=make_user(Role.CONTACT, row.unit), at=NOW(), reason="A mistake")


def test_rule_04_changes_are_taken_from_the_new_answer_once_the_unit_was_asked_again():
    row = make_confirmation(state=State.RELEASED, result="changed", changes={"status": ["ongoing", "completed"]})
    change(row.measure, title_de="Etwas anderes")
    confirmations.ask_again(row, actor=make_officer(), at=NOW())

    with pytest.raises(ValidationError, match=r"again|erneut"):
        confirmations.apply_changes(row, actor=make_officer(), at=NOW())

    assert Measure.objects.get().status == MeasureStatus.ONGOING


def test_rule_04_a_void_answer_is_not_released():
    row = make_confirmation(state=State.SUBMITTED)
    change(row.measure, title_de="Etwas anderes")

    with pytest.raises(ValidationError):
        confirmations.release(row, actor=make_user(Role.RELEASER, row.unit), at=NOW())


def test_rule_04_after_the_freeze_no_answer_becomes_void():
    row = make_confirmation(state=State.RELEASED)
    freeze(row.cycle)

    change(row.measure, title_de="Etwas anderes")

    assert not Confirmation.objects.void().exists()


def test_rule_05_a_disputed_measure_needs_words_and_does_not_stop_the_unit():
    row = make_confirmation()
    contact = make_user(Role.CONTACT, row.unit)

    with pytest.raises(ValidationError):
        confirmations.submit(row, Answer("disputed"), actor=contact, at=NOW())
    answered = confirmations.submit(row, Answer("disputed", "Das sehen wir anders."), actor=contact, at=NOW())

    assert answered.state == State.SUBMITTED


def test_rule_06_a_draft_does_not_stop_reminders_but_a_submitted_answer_does():
    cycle = make_cycle()
    rows = {state: make_confirmation(cycle, state=state) for state in State}
    void = make_confirmation(cycle, state=State.RELEASED)
    change(void.measure, title_de="Etwas anderes")

    sent = confirmations.remind(cycle, ReminderKind.BEFORE, actor=None, at=NOW())

    reminded = {reminder.confirmation for reminder in sent}
    assert reminded == {row for state, row in rows.items() if state not in ANSWERED} | {void}


def test_rule_06_nobody_gets_the_same_reminder_twice_on_a_day():
    cycle = make_cycle()
    make_confirmation(cycle)
    confirmations.remind(cycle, ReminderKind.BEFORE, actor=None, at=NOW())

    again = confirmations.remind(cycle, ReminderKind.BEFORE, actor=None, at=NOW())
    other = confirmations.remind(cycle, ReminderKind.ON, actor=make_officer(), at=NOW())

    assert (len(again), len(other), Reminder.objects.count()) == (0, 1, 2)


def test_rule_06_a_late_answer_is_taken_until_the_freeze_and_marked_so():
    today = timezone.localdate()
    cycle = make_cycle(
        state=CycleState.ASSESSING, confirm_by=today - timedelta(days=5), last_reminder_on=today - timedelta(days=2)
    )
    row = make_confirmation(cycle)
    assert list(Confirmation.objects.silent(today)) == [row]

    answered = confirmations.submit(row, Answer("confirmed"), actor=make_user(Role.CONTACT, row.unit), at=NOW())

    assert answered.was_late
    assert not Confirmation.objects.silent(today).exists()


def test_a_nil_return_is_for_commitments_alone():
    nil = make_confirmation(commitment=make_commitment())
    measured = make_confirmation(nil.cycle)

    answered = confirmations.submit(nil, Answer("nil"), actor=make_user(Role.CONTACT, nil.unit), at=NOW())
    with pytest.raises(ValidationError):
        confirmations.submit(measured, Answer("nil"), actor=make_user(Role.CONTACT, measured.unit), at=NOW())

    assert answered.result == ConfirmationResult.NIL


def test_many_unchanged_measures_are_answered_and_released_at_once(django_assert_max_num_queries):
    cycle, unit = make_cycle(), make_unit()
    rows = [make_confirmation(cycle, unit=unit) for _number in range(12)]
    rows.append(make_confirmation(cycle, unit=unit, commitment=make_commitment(lead_unit=unit)))
    contact, releaser = make_user(Role.CONTACT, unit), make_user(Role.RELEASER, unit)

    with django_assert_max_num_queries(30):
        submitted = confirmations.submit_unchanged(rows, actor=contact, at=NOW())
    released = confirmations.release_all(rows, actor=releaser, at=NOW())

    assert (submitted, released) == (13, 13)
    results = Confirmation.objects.values_list("result", flat=True)
    assert sorted(results) == ["confirmed"] * 12 + ["nil"]


def test_of_many_answers_none_is_written_when_one_cannot_be():
    cycle, unit = make_cycle(), make_unit()
    rows = [make_confirmation(cycle, unit=unit), make_confirmation(cycle, unit=unit, state=State.RELEASED)]

    with pytest.raises(ValidationError):
        confirmations.submit_unchanged(rows, actor=make_user(Role.CONTACT, unit), at=NOW())

    assert not Confirmation.objects.filter(state=State.SUBMITTED).exists()


def test_many_answers_ask_the_right_of_each_unit():
    cycle, unit = make_cycle(), make_unit()
    rows = [make_confirmation(cycle, unit=unit), make_confirmation(cycle)]

    with pytest.raises(PermissionDenied):
        confirmations.submit_unchanged(rows, actor=make_user(Role.CONTACT, unit), at=NOW())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(),
        Answer("changed"),
        Answer("confirmed", changes={"end": [None, "2024"]}),
        Answer("changed", changes={"end": [None, "soon"]}),
        Answer("changed", changes={"status": ["ongoing", "finished"]}),
        Answer("changed", changes={"title_de": ["Alt", ""]}),
        Answer("changed", changes={"fingerprint": ["a", "b"]}),
        Answer("changed", changes={"contributing_units": [[], ["nowhere"]]}),
        Answer("not_ours"),
    ],
)
def test_an_incomplete_or_malformed_answer_is_refused_with_a_sentence(answer):
    row = make_confirmation()

    with pytest.raises(ValidationError):
        confirmations.submit(row, answer, actor=make_user(Role.CONTACT, row.unit), at=NOW())


def released_with(changes, **fields) -> Confirmation:
    return make_confirmation(state=State.RELEASED, result=ConfirmationResult.CHANGED, changes=changes, **fields)


def test_reported_changes_leave_out_what_the_register_says_already():
    measure = make_measure(title_de="Alt", starts_on=date(2023, 1, 1), starts_on_precision="year")

    found = as_reported(measure, {"title_de": "Neu", "start": "2023", "end": "2024-05", "note": ""})

    assert found == {"title_de": ["Alt", "Neu"], "end": [None, "2024-05"]}


def test_the_officer_enters_reported_changes_into_the_register():
    lead, helper, former = make_unit(), make_unit(), make_unit()
    measure = make_measure(lead, (former,), title_de="Alt", starts_on=date(2023, 1, 1), starts_on_precision="year")
    row = released_with(
        {
            "title_de": ["Alt", "Neu"],
            "start": ["2023", "2022-11"],
            "status": ["ongoing", "suspended"],
            "note": [None, "Ein Vermerk."],
            "contributing_units": [[former.key], [helper.key]],
        },
        measure=measure,
        statement_de="Das Geld ist aus.",
    )
    officer = make_officer()

    changed = confirmations.apply_changes(row, actor=officer, at=NOW())

    measure.refresh_from_db()
    assert len(changed) == 5
    assert (measure.title_de, measure.starts_on, measure.starts_on_precision) == ("Neu", date(2022, 11, 1), "month")
    assert (measure.status, measure.status_reason_de, measure.note_de) == (
        "suspended",
        "Das Geld ist aus.",
        "Ein Vermerk.",
    )
    parts = measure.measure_units.filter(ended_on__isnull=True)
    assert {(part.unit, part.part) for part in parts} == {(lead, Part.LEAD), (helper, Part.CONTRIBUTING)}
    assert measure.history.latest().history_user == officer
    row.refresh_from_db()
    assert pending_changes(row) == []


def test_rule_04_a_units_own_change_keeps_its_answer_valid_and_makes_others_void():
    measure = make_measure(make_unit(), (make_unit(),), title_de="Alt")
    cycle = make_cycle()
    own = released_with({"title_de": ["Alt", "Neu"]}, cycle=cycle, measure=measure)
    other = make_confirmation(cycle, measure, measure.measure_units.get(part=Part.CONTRIBUTING).unit, State.RELEASED)

    confirmations.apply_changes(own, actor=make_officer(), at=NOW())

    assert list(Confirmation.objects.void()) == [other]


def test_rule_04_entering_what_is_no_substance_leaves_other_answers_valid_after_a_spelling_correction():
    measure = make_measure(make_unit(), (make_unit(),), title_de="Alt", title_en="Old")
    cycle = make_cycle()
    own = released_with({"title_en": ["Old", "New"]}, cycle=cycle, measure=measure)
    make_confirmation(cycle, measure, measure.measure_units.get(part=Part.CONTRIBUTING).unit, State.RELEASED)
    spelling = Edit({"title_de": "Alt."}, reason="Punkt ergänzt", spelling_only=True)
    edit_measure(measure, spelling, actor=make_officer(), at=NOW())

    confirmations.apply_changes(own, actor=make_officer(), at=NOW())

    assert not Confirmation.objects.void().exists()


def test_a_change_is_not_entered_over_a_later_one():
    row = released_with({"title_de": ["Alt", "Neu"]}, measure=make_measure(title_de="Alt"))
    change(row.measure, title_de="Inzwischen anders")

    with pytest.raises(ValidationError, match="Inzwischen anders"):
        confirmations.apply_changes(row, actor=make_officer(), at=NOW())

    assert Measure.objects.get().title_de == "Inzwischen anders"


def test_changes_are_entered_once_and_from_released_answers_alone():
    row = released_with({"title_de": ["Alt", "Neu"]}, measure=make_measure(title_de="Alt"))
    waiting = make_confirmation(row.cycle, state=State.SUBMITTED)
    officer = make_officer()
    confirmations.apply_changes(row, actor=officer, at=NOW())

    for confirmation in (row, waiting):
        with pytest.raises(ValidationError):
            confirmations.apply_changes(confirmation, actor=officer, at=NOW())


def test_changes_are_entered_after_the_freeze_and_the_frozen_answer_stays_as_it_was():
    row = released_with({"title_de": ["Alt", "Neu"]}, measure=make_measure(title_de="Alt"))
    freeze(row.cycle)
    before = row.history.count()

    confirmations.apply_changes(row, actor=make_officer(), at=NOW())

    assert (Measure.objects.get().title_de, row.history.count()) == ("Neu", before)
