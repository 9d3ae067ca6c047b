"""Verdicts: written, approved by somebody else, compared with last year, contradicted in the open."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from commitments.ledger import save_as
from commitments.models import MeasureStatus, Role
from reviews.models import (
    Assessment,
    AssessmentState,
    CycleState,
    FollowUp,
    FollowUpState,
    Outcome,
    Statement,
    Trend,
)
from reviews.workflow import assessments, follow_ups
from reviews.workflow.assessments import Finding
from tests.factories import (
    make_approver,
    make_assessment,
    make_assignment,
    make_commitment,
    make_cycle,
    make_follow_up,
    make_link,
    make_measure,
    make_officer,
    make_scale,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now
State = AssessmentState


def graded(assessment: Assessment, code: str = "B", **fields) -> Finding:
    values: dict[str, Any] = {"outcome": Outcome.GRADE, "grade": assessment.cycle.scale.grades.get(code=code)}
    return Finding(**(values | {"finding_de": "Schritte sind getan."} | fields))


ACTS: dict[str, tuple[Any, ...]] = {
    "save": (
        lambda row, **who: assessments.save_assessment(row, graded(row), **who),
        {State.DRAFT, State.RETURNED},
        State.DRAFT,
        make_officer,
    ),
    "approve": (assessments.approve, {State.SUBMITTED}, State.APPROVED, make_approver),
    "return": (
        lambda row, **who: assessments.return_to_author(row, reason="Which figures?", **who),
        {State.SUBMITTED, State.APPROVED},
        State.RETURNED,
        make_approver,
    ),
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", ACTS)
def test_an_assessment_takes_each_step_from_the_states_of_the_table_alone(act, state):
    function, allowed, to, make_actor = ACTS[act]
    row = make_assessment(state=state)

    if state in allowed:
        function(row, actor=make_actor(), at=NOW())
    else:
        with pytest.raises(ValidationError):
            function(row, actor=make_actor(), at=NOW())

    row.refresh_from_db()
    assert row.state == (to if state in allowed else state)


@pytest.mark.parametrize("state", State)
def test_an_assessment_is_submitted_from_draft_or_returned(state):
    officer = make_officer()
    row = make_assessment(state=state, verdict="B", trend=Trend.SAME, finding_de="Schritte sind getan.", author=officer)

    if state in (State.DRAFT, State.RETURNED):
        assert assessments.submit(row, actor=officer, at=NOW()).state == State.SUBMITTED
    else:
        with pytest.raises(ValidationError):
            assessments.submit(row, actor=officer, at=NOW())


@pytest.mark.parametrize("act", ACTS)
def test_only_those_with_the_right_decide_about_an_assessment(act):
    function, allowed, _to, make_actor = ACTS[act]
    row = make_assessment(state=next(iter(allowed)))
    other = {make_officer: make_approver, make_approver: make_officer}[make_actor]

    for actor in (other(), make_user(Role.CONTACT, row.commitment.lead_unit), make_user(Role.AUDITOR)):
        with pytest.raises(PermissionDenied):
            function(row, actor=actor, at=NOW())


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", [CycleState.FROZEN, CycleState.CLOSED])
def test_rule_12_in_a_frozen_cycle_no_assessment_changes(act, state):
    function, allowed, _to, make_actor = ACTS[act]
    row = make_assessment(state=next(iter(allowed)))
    row.cycle.state = state
    save_as(row.cycle, actor=None, reason="Moved on", at=NOW())

    with pytest.raises(ValidationError):
        function(row, actor=make_actor(), at=NOW())


def test_history_names_author_approver_and_their_reasons():
    row, officer, approver = make_assessment(), make_officer(), make_approver()

    with translation.override("en"):
        assessments.save_assessment(row, graded(row), actor=officer, at=NOW())
        assessments.submit(row, actor=officer, at=NOW())
        assessments.return_to_author(row, actor=approver, at=NOW(), reason="Which figures?")
        assessments.submit(row, actor=officer, at=NOW())
        assessments.approve(row, actor=approver, at=NOW())

    entries = [(entry.history_user, entry.history_change_reason) for entry in row.history.order_by("history_id")]
    assert entries[1:] == [
        (officer, "Assessment written"),
        (officer, "Submitted for approval"),
        (approver, "Which figures?"),
        (officer, "Submitted for approval"),
        (approver, "Approved"),
    ]


@pytest.mark.parametrize("finding", [Finding(), Finding(outcome=Outcome.TOO_EARLY), Finding(finding_de="Nur Text.")])
def test_an_incomplete_assessment_is_a_draft_that_cannot_be_submitted(finding):
    row, officer = make_assessment(), make_officer()
    assessments.save_assessment(row, finding, actor=officer, at=NOW())

    with pytest.raises(ValidationError):
        assessments.submit(row, actor=officer, at=NOW())


def test_a_grade_comes_from_the_scale_of_the_cycle():
    row = make_assessment()
    other = make_scale()

    with pytest.raises(ValidationError):
        assessments.save_assessment(
            row, Finding(Outcome.GRADE, other.grades.get(code="A")), actor=make_officer(), at=NOW()
        )


def test_rule_09_the_author_cannot_approve_it():
    both = make_officer()
    make_assignment(both, Role.APPROVER)
    row = make_assessment(state=State.SUBMITTED, author=both)

    with translation.override("en"), pytest.raises(ValidationError, match="author"):
        assessments.approve(row, actor=both, at=NOW())


def test_rule_09_the_database_refuses_the_author_as_approver():
    row = make_assessment(state=State.SUBMITTED)

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reviews_assessment SET state = 'approved', approver_id = author_id")
    row.refresh_from_db()
    assert row.state == State.SUBMITTED


def test_rule_09_nor_can_the_person_for_whom_it_was_written_or_their_deputy():
    head, deputy, other = make_officer(), make_user(), make_user()
    make_assignment(head, Role.APPROVER)
    make_assignment(deputy, Role.OFFICER, acting_for=head)
    make_assignment(other, Role.APPROVER, acting_for=head)
    row = make_assessment()
    assessments.save_assessment(row, graded(row), actor=deputy, at=NOW())
    submitted = assessments.submit(row, actor=deputy, at=NOW())

    for actor in (head, other):
        with pytest.raises(ValidationError):
            assessments.approve(row, actor=actor, at=NOW())

    assert (submitted.author, submitted.author_for) == (deputy, head)


def test_rule_09_who_wrote_it_first_cannot_approve_what_another_person_submitted():
    first, second = make_officer(), make_officer()
    make_assignment(first, Role.APPROVER)
    row = make_assessment()
    assessments.save_assessment(row, graded(row), actor=first, at=NOW())
    assessments.submit(row, actor=second, at=NOW())

    with translation.override("en"), pytest.raises(ValidationError, match="author"):
        assessments.approve(row, actor=first, at=NOW())


def test_rule_09_what_the_officers_own_office_leads_is_self_assessed():
    own = make_unit(is_officers_own=True)
    led, served, other = make_commitment(lead_unit=own), make_commitment(), make_commitment()
    make_link(make_measure(own), served)
    make_link(make_measure(make_unit(), (own,)), other)
    cycle, officer = make_cycle(), make_officer()

    flags = [
        assessments.save_assessment(make_assessment(cycle, row), Finding(), actor=officer, at=NOW()).self_assessed
        for row in (led, served, other)
    ]

    assert flags == [True, True, False]


@pytest.mark.parametrize(
    ("before", "now", "trend"),
    [
        (None, "B", Trend.FIRST),
        ("B", "B", Trend.SAME),
        ("C", "B", Trend.BETTER),
        ("B", "E", Trend.WORSE),
        ("too_early", "B", Trend.FIRST),
        ("out_of_competence", "B", Trend.FIRST),
        ("out_of_competence", "out_of_competence", Trend.SAME),
        ("too_early", "too_early", Trend.FIRST),
    ],
)
def test_the_trend_follows_from_the_last_approved_verdict(before, now, trend):
    scale, commitment = make_scale(), make_commitment()
    if before:
        make_assessment(make_cycle(2024, scale=scale), commitment, State.APPROVED, before)
    make_assessment(make_cycle(2025, scale=scale), commitment, State.SUBMITTED, "A")  # not approved
    row = make_assessment(make_cycle(2026, scale=scale), commitment)
    finding = graded(row, now) if now in "ABCDE" else Finding(outcome=now)

    saved = assessments.save_assessment(row, finding, actor=make_officer(), at=NOW())

    assert saved.trend == trend


def test_measures_that_a_finding_names_are_kept_once():
    row, officer, measure = make_assessment(), make_officer(), make_measure()

    for _time in range(2):
        assessments.save_assessment(row, graded(row, measures=(measure,)), actor=officer, at=NOW())

    assert [named.measure for named in row.assessment_measures.all()] == [measure]


def codes(assessment, statuses=(), disputed=0, overdue=0):
    return [found.code for found in assessments.contradictions_among(assessment, list(statuses), disputed, overdue)]


def test_rule_14_a_verdict_that_falls_although_all_is_completed_is_pointed_out():
    row = make_assessment(state=State.SUBMITTED, trend=Trend.WORSE)

    assert codes(row, [MeasureStatus.COMPLETED, MeasureStatus.COMPLETED]) == ["fell"]
    assert codes(row, [MeasureStatus.COMPLETED, MeasureStatus.ONGOING]) == []
    assert codes(row) == []


def test_rule_14_disputes_and_overdue_promises_are_pointed_out():
    assert codes(make_assessment(), disputed=1, overdue=2) == ["disputed", "overdue"]


def test_rule_05_a_units_objection_stands_beside_the_verdict():
    row, unit = make_assessment(), make_unit()

    own = assessments.add_dissent(row, unit, "Das ist zu streng.", actor=make_user(Role.CONTACT, unit), at=NOW())
    entered = assessments.add_dissent(row, make_unit(), "Das ist zu streng.", actor=make_officer(), at=NOW())

    assert set(row.dissents.all()) == {own, entered}
    with pytest.raises(PermissionDenied):
        assessments.add_dissent(row, unit, "Nein.", actor=make_user(Role.CONTACT), at=NOW())
    with pytest.raises(ValidationError):
        assessments.add_dissent(row, unit, "Noch einmal.", actor=make_officer(), at=NOW())


def test_a_statement_of_civil_society_is_entered_by_the_officer_until_the_freeze():
    cycle, commitment, officer = make_cycle(), make_commitment(), make_officer()
    fields: dict[str, Any] = {
        "commitment": commitment,
        "organisation": "Beirat",
        "text_de": "Zu wenig.",
        "received_on": timezone.localdate(),
    }
    assessments.add_statement(Statement(cycle=cycle, **fields), actor=officer, at=NOW())
    cycle.state = CycleState.FROZEN
    save_as(cycle, actor=None, reason="Frozen", at=NOW())

    with pytest.raises(ValidationError):
        assessments.add_statement(Statement(cycle=cycle, **fields), actor=officer, at=NOW())
    assert Statement.objects.count() == 1


def test_a_review_entry_is_dated_reasoned_and_never_edited():
    cycle, commitment, officer = make_cycle(), make_commitment(protection="council"), make_officer()

    entry = assessments.log_entry(commitment, "Ortstermin.", "Hinweis einer Bürgerin", actor=officer, at=NOW())

    assert (entry.cycle, entry.author, entry.protection) == (cycle, officer, "council")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reviews_reviewentry SET text = 'Nichts.'")
    for text, reason in (("", "Anlass"), ("Ortstermin.", "")):
        with pytest.raises(ValidationError):
            assessments.log_entry(commitment, text, reason, actor=officer, at=NOW())


def test_rule_10_a_review_entry_is_as_strict_as_the_measure_it_speaks_of():
    commitment, measure = make_commitment(), make_measure(protection="protected")
    make_cycle()

    entry = assessments.log_entry(commitment, "Ortstermin.", "Hinweis", actor=make_officer(), at=NOW(), measure=measure)

    assert entry.protection == "protected"


def new_follow_up(**fields) -> FollowUp:
    commitment = make_commitment()
    values: dict[str, Any] = {
        "cycle": fields.get("cycle") or make_cycle(),
        "commitment": commitment,
        "unit": commitment.lead_unit,
    }
    values |= {"action_de": "Bericht vorlegen.", "due_on": timezone.localdate() + timedelta(days=30)}
    return FollowUp(**(values | fields))


def test_the_officer_agrees_a_next_step_that_lies_ahead():
    officer = make_officer()
    row = follow_ups.add(new_follow_up(), actor=officer, at=NOW())

    assert row.history.latest().history_user == officer
    with pytest.raises(ValidationError):
        follow_ups.add(
            new_follow_up(cycle=row.cycle, due_on=timezone.localdate() - timedelta(days=1)), actor=officer, at=NOW()
        )
    with pytest.raises(PermissionDenied):
        follow_ups.add(new_follow_up(cycle=row.cycle), actor=make_approver(), at=NOW())


@pytest.mark.parametrize("state", FollowUpState)
@pytest.mark.parametrize("to", [FollowUpState.DONE, FollowUpState.DROPPED, FollowUpState.DECLINED])
def test_a_next_step_takes_each_step_from_the_states_of_the_table_alone(state, to):
    row = make_follow_up(state=state, result_de="" if state == FollowUpState.OPEN else "Erledigt.")
    allowed = to in follow_ups.NEXT_STATES[state]

    def act():
        if to == FollowUpState.DECLINED:
            return follow_ups.decline(row, "Kein Geld.", actor=make_user(Role.CONTACT, row.unit), at=NOW())
        return follow_ups.close(row, to, "Erledigt.", actor=make_officer(), at=NOW())

    if allowed:
        assert act().state == to
    else:
        with pytest.raises(ValidationError):
            act()


def test_a_next_step_ends_with_words_and_is_declined_by_its_unit_alone():
    row = make_follow_up()

    with pytest.raises(ValidationError):
        follow_ups.close(row, FollowUpState.DONE, "", actor=make_officer(), at=NOW())
    with pytest.raises(ValidationError):
        follow_ups.close(row, FollowUpState.DECLINED, "Nein.", actor=make_officer(), at=NOW())
    with pytest.raises(PermissionDenied):
        follow_ups.decline(row, "Kein Geld.", actor=make_user(Role.CONTACT), at=NOW())
