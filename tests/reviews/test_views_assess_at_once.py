"""Two windows or two people on one draft, and many assessments moved on at once."""

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from commitments.models import Protection, Role
from commitments.workflow import last_change
from reviews.models import AssessmentMeasure, AssessmentState, ConfirmationState, CycleState, Dissent, Outcome, Trend
from reviews.workflow import assessments_together as together
from reviews.workflow.assessments import Finding, save_assessment
from tests.factories import (
    make_approver,
    make_assessment,
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_evidence,
    make_follow_up,
    make_link,
    make_measure,
    make_officer,
    make_scale,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

State = AssessmentState
MANY = ("assessments-carry-over", "assessments-submit", "assessments-approve")
NOW = timezone.now


def address(row, name="assess"):
    return reverse(f"reviews:{name}", args=[row.cycle.year, row.commitment.reference])


def all_of(cycle, name):
    return reverse(f"reviews:{name}", args=[cycle.year])


def window(client, row):
    """What a window that was opened now sends along."""
    form = client.get(address(row)).context["form"]
    return {name: str(form[name].value()) for name in ("seen", "window")}


# Two windows on one draft


def test_the_second_of_two_people_is_told_what_changed_and_loses_nothing():
    row = make_assessment()
    first, second = signed_in(make_officer()), signed_in(make_officer())
    opened_first, opened_second = window(first, row), window(second, row)

    first.post(address(row), opened_first | {"finding_de": "Vom Ersten."})
    response = second.post(address(row), opened_second | {"finding_de": "Vom Zweiten."})

    row.refresh_from_db()
    assert row.finding_de == "Vom Ersten."
    assert response.context["form"]["finding_de"].value() == "Vom Zweiten."
    assert [(each["old"], each["new"]) for each in response.context["differing"]] == [("Vom Ersten.", "Vom Zweiten.")]


def test_who_was_told_saves_over_it_knowingly_and_the_other_text_stays_in_the_history():
    row, client = make_assessment(), signed_in(make_officer())
    opened = window(client, row)
    save_assessment(row, Finding(finding_de="Vom Ersten."), actor=make_officer(), at=NOW())

    told = client.post(address(row), opened | {"finding_de": "Vom Zweiten."}).context["form"]
    again = {name: str(told[name].value()) for name in ("seen", "window")}
    client.post(address(row), again | {"finding_de": "Vom Zweiten."})

    row.refresh_from_db()
    assert row.finding_de == "Vom Zweiten."
    assert "Vom Ersten." in row.history.values_list("finding_de", flat=True)


def test_two_windows_of_one_person_are_told_apart():
    row, client = make_assessment(), signed_in(make_officer())
    first, second = window(client, row), window(client, row)

    client.post(address(row, "assess-save"), first | {"finding_de": "Im ersten Fenster."})
    quiet = client.post(address(row, "assess-save"), second | {"finding_de": "Im zweiten Fenster."})

    row.refresh_from_db()
    assert row.finding_de == "Im ersten Fenster."
    assert not quiet.context["saved"]


def test_what_a_window_has_saved_itself_while_somebody_typed_does_not_stop_it():
    row, client = make_assessment(), signed_in(make_officer())
    opened = window(client, row)

    client.post(address(row, "assess-save"), opened | {"finding_de": "Ein Anf"})
    client.post(address(row, "assess-save"), opened | {"finding_de": "Ein Anfang"})
    response = client.post(address(row), opened | {"finding_de": "Ein Anfang."})

    row.refresh_from_db()
    assert (response.status_code, row.finding_de) == (302, "Ein Anfang.")


@pytest.mark.parametrize("sent", [{"seen": "x", "window": "y"}, {"window": str(uuid.uuid4()), "seen": "99999"}])
def test_nonsense_about_the_window_writes_nothing_and_is_no_fault_of_the_server(sent):
    row = make_assessment()

    response = signed_in(make_officer()).post(address(row), sent | {"finding_de": "Text"})

    row.refresh_from_db()
    assert (response.status_code, row.finding_de) == (200, "")


def test_a_draft_that_was_seen_in_an_earlier_state_is_not_overwritten():
    row, officer = make_assessment(), make_officer()
    seen = last_change(row)
    save_assessment(row, Finding(finding_de="Eins."), actor=officer, at=NOW(), seen=seen)

    with pytest.raises(ValidationError):
        save_assessment(row, Finding(finding_de="Zwei."), actor=officer, at=NOW(), seen=seen)


# What the officer sees and sets beside the text


def test_the_measures_that_a_finding_rests_on_are_ticked_and_taken_off_without_a_loss():
    row, client = make_assessment(), signed_in(make_officer())
    measure = make_link(commitment=row.commitment).measure
    shown = {"measures_shown": "1", "finding_de": "Text"}

    client.post(address(row), shown | {"measures": [measure.pk]})
    client.post(address(row), shown)
    ended = AssessmentMeasure.objects.get().ended_on
    client.post(address(row), shown | {"measures": [measure.pk]})

    named = AssessmentMeasure.objects.get()
    assert (ended, named.ended_on) == (timezone.localdate(), None)
    assert named.history.count() == 3


def test_rule_10_a_named_measure_that_the_reader_may_not_see_stays_named():
    row = make_assessment()
    hidden = make_link(make_measure(protection=Protection.PROTECTED), row.commitment).measure
    saved(AssessmentMeasure(cycle=row.cycle, assessment=row, measure=hidden))

    client = signed_in(make_officer())
    client.post(address(row), {"measures_shown": "1", "finding_de": "Text"})

    assert AssessmentMeasure.objects.get().ended_on is None
    assert hidden.reference not in client.get(address(row)).content.decode()


def test_rule_09_the_mark_of_self_assessment_is_set_by_hand_and_stays():
    row, client = make_assessment(), signed_in(make_officer())

    client.post(address(row), {"finding_de": "Text", "self_assessed": "on"})
    client.post(address(row), {"finding_de": "Text und mehr"})

    row.refresh_from_db()
    assert row.self_assessed


def test_evidence_of_the_commitment_and_of_its_measures_is_beside_it_and_protected_is_not():
    row = make_assessment()
    measure = make_link(commitment=row.commitment).measure
    of_both = [make_evidence(row.commitment), make_evidence(measure)]
    make_evidence(row.commitment, protection=Protection.PROTECTED)
    client = signed_in(make_officer())

    whole = client.get(address(row, "assess-evidence"))
    part = client.get(address(row, "assess-evidence"), headers={"HX-Request": "true"})

    assert {piece.row for piece in whole.context["evidence"]} == set(of_both)
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()


@pytest.mark.parametrize("role", [Role.CONTACT, Role.COUNCIL])
def test_evidence_beside_a_draft_does_not_exist_for_others(role):
    assert signed_in(make_user(role)).get(address(make_assessment(), "assess-evidence")).status_code == 404


# Many at once


def assessed_before(commitment, verdict="B", **fields):
    return make_assessment(make_cycle(2025, **fields), commitment, State.APPROVED, verdict)


def test_untouched_drafts_begin_with_the_last_verdict_text_and_measures():
    scale = make_scale()
    last = assessed_before(make_commitment(), "C", scale=scale)
    measure = make_link(commitment=last.commitment).measure
    saved(AssessmentMeasure(cycle=last.cycle, assessment=last, measure=measure))
    row, officer = make_assessment(make_cycle(2026, scale=scale), last.commitment), make_officer()

    signed_in(officer).post(all_of(row.cycle, "assessments-carry-over"), {"chosen": [row.pk]})

    row.refresh_from_db()
    assert (row.state, row.verdict, row.trend, row.finding_de) == (State.DRAFT, "C", Trend.SAME, last.finding_de)
    assert row.author == officer
    assert [named.measure for named in row.assessment_measures.all()] == [measure]
    assert row.history.first().history_user_id == officer.pk


def test_what_is_written_already_or_has_no_verdict_before_it_is_left_and_named():
    scale = make_scale()
    cycle = make_cycle(2026, scale=scale)
    closed = make_cycle(2025, scale=scale)
    written, other_scale, first = make_commitment(), make_commitment(), make_commitment()
    make_assessment(closed, written, State.APPROVED, "B")
    make_assessment(make_cycle(2024), other_scale, State.APPROVED, "B")
    rows = [make_assessment(cycle, written, finding_de="Von Hand."), make_assessment(cycle, other_scale)]
    rows.append(make_assessment(cycle, first))

    outcome = together.carry_over(rows, actor=make_officer(), at=NOW())

    rows[0].refresh_from_db()
    assert (outcome.done, rows[0].finding_de) == (0, "Von Hand.")
    assert outcome.left == {
        str(together.WRITTEN): [written.reference],
        str(together.NONE_BEFORE): [other_scale.reference, first.reference],
    }


def test_a_verdict_that_was_too_early_or_known_without_text_is_not_taken_over():
    scale = make_scale()
    early, imported = make_commitment(), make_commitment()
    make_assessment(make_cycle(2025, scale=scale), early, State.APPROVED, Outcome.TOO_EARLY)
    make_assessment(make_cycle(2024, scale=scale, imported=True), imported, State.APPROVED, "B")
    cycle = make_cycle(2026, scale=scale)
    rows = [make_assessment(cycle, early), make_assessment(cycle, imported)]

    assert together.carry_over(rows, actor=make_officer(), at=NOW()).done == 0


def test_many_drafts_are_submitted_and_incomplete_ones_are_named():
    cycle, officer = make_cycle(), make_officer()
    whole = [make_assessment(cycle, verdict="B", trend=Trend.SAME, finding_de="Text.") for _ in range(2)]
    bare = make_assessment(cycle)

    outcome = together.submit_all([*whole, bare], actor=officer, at=NOW())

    assert outcome.done == 2
    assert outcome.left == {str(together.INCOMPLETE): [bare.commitment.reference]}
    assert {row.history.first().state for row in whole} == {State.SUBMITTED}


def test_rule_09_of_many_the_author_approves_none_of_their_own():
    cycle, both = make_cycle(), make_officer()
    make_assignment(both, Role.APPROVER)
    own, others = make_assessment(cycle), make_assessment(cycle, state=State.SUBMITTED)
    save_assessment(own, _whole(own), actor=both, at=NOW())
    together.submit_all([own], actor=make_officer(), at=NOW())  # somebody else submits what they wrote

    outcome = together.approve_all([own, others], actor=both, at=NOW())

    own.refresh_from_db()
    others.refresh_from_db()
    assert (own.state, others.state, others.approver) == (State.SUBMITTED, State.APPROVED, both)
    assert outcome.left == {str(together.OWN): [own.commitment.reference]}


def test_rule_09_of_many_a_deputy_approves_nothing_for_the_one_who_wrote_it():
    author, deputy = make_officer(), make_user()
    make_assignment(author, Role.APPROVER)
    make_assignment(deputy, Role.APPROVER, acting_for=author)
    row = make_assessment()
    save_assessment(row, _whole(row), actor=author, at=NOW())
    together.submit_all([row], actor=author, at=NOW())

    assert together.approve_all([row], actor=deputy, at=NOW()).done == 0


def test_rule_03_a_deputy_approves_many_and_both_names_are_kept():
    approver, deputy = make_approver(), make_user()
    make_assignment(deputy, Role.APPROVER, acting_for=approver)
    row = make_assessment(state=State.SUBMITTED)

    together.approve_all([row], actor=deputy, at=NOW())

    row.refresh_from_db()
    assert (row.approver, row.approver_for) == (deputy, approver)
    assert row.history.first().acting_for_id == approver.pk


def _disputed(row):
    measure = make_link(commitment=row.commitment).measure
    make_confirmation(
        row.cycle, measure, state=ConfirmationState.RELEASED, result="disputed", statement_de="Nicht unseres."
    )


def _overdue(row):
    make_follow_up(row.cycle, row.commitment, due_on=timezone.localdate() - timedelta(days=1))


def _objected(row):
    saved(Dissent(cycle=row.cycle, assessment=row, unit=make_unit(), text_de="Nein.", stated_on=timezone.localdate()))


def _fell(row):
    make_link(make_measure(status="completed"), row.commitment)
    row.trend = Trend.WORSE
    saved(row)


DOUBTS = [
    (_disputed, together.DISPUTED),
    (_overdue, together.OVERDUE),
    (_objected, together.OBJECTED),
    (_fell, together.FELL),
]


@pytest.mark.parametrize(("circumstance", "reason"), DOUBTS)
def test_rule_14_of_many_what_does_not_fit_its_verdict_is_not_approved_and_is_named(circumstance, reason):
    cycle = make_cycle()
    doubtful, plain = (make_assessment(cycle, state=State.SUBMITTED) for _ in range(2))
    make_link(commitment=plain.commitment)
    circumstance(doubtful)

    outcome = together.approve_all([doubtful, plain], actor=make_approver(), at=NOW())

    doubtful.refresh_from_db()
    assert (outcome.done, doubtful.state) == (1, State.SUBMITTED)
    assert outcome.left == {str(reason): [doubtful.commitment.reference]}


@pytest.mark.parametrize(("circumstance", "reason"), DOUBTS[:3])
def test_rule_14_of_many_none_takes_over_a_verdict_to_which_something_is_opposed(circumstance, reason):
    scale = make_scale()
    cycle, closed = make_cycle(2026, scale=scale), make_cycle(2025, scale=scale)
    rows = []
    for _ in range(2):
        last = make_assessment(closed, state=State.APPROVED, verdict="B")
        rows.append(make_assessment(cycle, last.commitment))
    circumstance(rows[0])

    outcome = together.carry_over(rows, actor=make_officer(), at=NOW())

    rows[0].refresh_from_db()
    assert (outcome.done, rows[0].outcome) == (1, "")
    assert outcome.left == {str(reason): [rows[0].commitment.reference]}


def test_rule_10_what_the_approver_may_not_see_is_no_reason_either():
    row = make_assessment(state=State.SUBMITTED)
    measure = make_measure(protection=Protection.PROTECTED)
    make_link(measure, row.commitment)
    make_confirmation(row.cycle, measure, state=ConfirmationState.RELEASED, result="disputed", statement_de="Nein.")

    assert together.approve_all([row], actor=make_approver(), at=NOW()).done == 1


def _whole(row):
    grade = row.cycle.scale.grades.get(code="B")
    return Finding(outcome=Outcome.GRADE, grade=grade, trend=Trend.SAME, finding_de="Text.")


@pytest.mark.parametrize("act", [together.carry_over, together.submit_all])
def test_rule_12_of_a_frozen_cycle_none_is_moved(act):
    row = make_assessment()
    row.cycle.state, row.cycle.frozen_at = CycleState.FROZEN, NOW()
    saved(row.cycle)

    with pytest.raises(ValidationError):
        act([row], actor=make_officer(), at=NOW())


def test_none_chosen_is_said_and_nothing_happens():
    row = make_assessment()

    with translation.override("en"):
        response = signed_in(make_officer()).post(
            all_of(row.cycle, "assessments-submit"), {"chosen": ["x"]}, follow=True
        )

    assert [str(message) for message in response.context["messages"]]


def test_all_that_the_filters_find_are_taken_on_every_page():
    cycle = make_cycle()
    rows = [make_assessment(cycle, state=State.SUBMITTED) for _ in range(30)]

    sent = {"all": "1", "state": "submitted", "seen": max(map(last_change, rows))}
    signed_in(make_approver()).post(all_of(cycle, "assessments-approve"), sent)

    assert {row.history.first().state for row in rows} == {State.APPROVED}


@pytest.mark.parametrize(("role", "status"), [(Role.COUNCIL, 404), (Role.CONTACT, 403), (Role.AUDITOR, 403)])
@pytest.mark.parametrize("name", MANY)
def test_who_may_not_moves_nothing(role, status, name):
    row = make_assessment(state=State.SUBMITTED)

    response = signed_in(make_user(role)).post(all_of(row.cycle, name), {"chosen": [row.pk]})

    row.refresh_from_db()
    assert (response.status_code, row.state) == (status, State.SUBMITTED)


def test_the_officer_approves_none_and_the_approver_submits_none():
    row = make_assessment(state=State.SUBMITTED)

    officer = signed_in(make_officer()).post(all_of(row.cycle, "assessments-approve"), {"chosen": [row.pk]})
    approver = signed_in(make_approver()).post(all_of(row.cycle, "assessments-submit"), {"chosen": [row.pk]})

    assert (officer.status_code, approver.status_code) == (403, 403)


def test_rule_10_what_the_officer_may_not_see_is_not_moved_with_the_rest():
    hidden = make_assessment(commitment=make_commitment(protection=Protection.PROTECTED), state=State.SUBMITTED)

    signed_in(make_approver()).post(all_of(hidden.cycle, "assessments-approve"), {"all": "1"})

    hidden.refresh_from_db()
    assert hidden.state == State.SUBMITTED


@pytest.mark.parametrize("act", ["carry_over", "submit_all", "approve_all"])
def test_many_are_moved_with_the_same_number_of_queries(act):
    counts = []
    for size, year in ((2, 2026), (8, 2028)):
        scale = make_scale()
        closed, cycle = make_cycle(year - 1, scale=scale), make_cycle(year, scale=scale)
        rows = []
        for _ in range(size):
            last = make_assessment(closed, state=State.APPROVED, verdict="B")
            if act == "carry_over":
                rows.append(make_assessment(cycle, last.commitment))
            elif act == "submit_all":
                rows.append(make_assessment(cycle, last.commitment, verdict="B", trend=Trend.SAME, finding_de="Text."))
            else:
                rows.append(make_assessment(cycle, last.commitment, State.SUBMITTED))
        actor = make_approver() if act == "approve_all" else make_officer()
        counts.append(_asked(lambda: getattr(together, act)(rows, actor=actor, at=NOW())))  # noqa: B023

    assert counts[0] == counts[1]


def _asked(act):
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_what_units_answered_as_unchanged_is_found():
    cycle = make_cycle()
    quiet, changed, silent, overdue = (make_assessment(cycle) for _ in range(4))
    for row, fields in (
        (quiet, {"state": ConfirmationState.RELEASED, "result": "confirmed"}),
        (changed, {"state": ConfirmationState.RELEASED, "result": "changed"}),
        (silent, {"state": ConfirmationState.REQUESTED}),
        (overdue, {"state": ConfirmationState.RELEASED, "result": "confirmed"}),
    ):
        make_confirmation(cycle, make_link(commitment=row.commitment).measure, **fields)
    make_follow_up(cycle, overdue.commitment, due_on=timezone.localdate() - timedelta(days=1))

    page = signed_in(make_officer()).get(all_of(cycle, "assessment-list"), {"unchanged": "yes"}).context["page"]

    assert list(page) == [quiet]


def test_the_list_shows_the_last_verdict_and_asks_the_same_for_few_and_for_many():
    officer, scale = make_officer(), make_scale()
    closed, cycle = make_cycle(2025, scale=scale), make_cycle(2026, scale=scale)
    counts = []
    for count in (1, 5):
        for _ in range(count):
            make_assessment(cycle, make_assessment(closed, state=State.APPROVED, verdict="D").commitment)
        counts.append(queries(officer, all_of(cycle, "assessment-list") + "?unchanged="))
    page = signed_in(officer).get(all_of(cycle, "assessment-list")).context["page"]

    assert counts[0] == counts[1] <= MOST_QUERIES
    assert {row.before.verdict for row in page} == {"D"}


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_list_speaks_the_readers_language(language):
    client = signed_in(make_officer())
    client.cookies["django_language"] = language

    said = client.get(all_of(make_assessment().cycle, "assessment-list")).content.decode()

    assert ("Take over the last verdict and text" in said) is (language == "en")
