"""Verdicts on their pages: written, pointed at, approved by somebody else, returned."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.models import Protection, Role
from commitments.workflow import last_change
from reviews.models import (
    AssessmentState,
    ConfirmationState,
    CycleState,
    Dissent,
    Outcome,
    ReviewEntry,
    Statement,
    Trend,
)
from tests.factories import (
    make_approver,
    make_assessment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_follow_up,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

State = AssessmentState
WHOLE = {"verdict": "C", "trend": "worse", "finding_de": "Schritte fehlen.", "finding_en": "Steps are missing."}


def address(row, name="assess"):
    return reverse(f"reviews:{name}", args=[row.cycle.year, row.commitment.reference])


def listed(officer, row, **query):
    page = signed_in(officer).get(reverse("reviews:assessment-list", args=[row.cycle.year]), query).context["page"]
    return list(page)


def test_a_draft_may_miss_anything():
    row = make_assessment()

    signed_in(make_officer()).post(address(row), {"finding_de": "Ein Anfang.", "save": "1"})

    row.refresh_from_db()
    assert (row.state, row.finding_de, row.outcome) == (State.DRAFT, "Ein Anfang.", "")


def test_an_assessment_is_laid_before_the_approver():
    row, officer = make_assessment(), make_officer()

    signed_in(officer).post(address(row), WHOLE | {"submit": "1"})

    row.refresh_from_db()
    assert (row.state, row.verdict, row.trend, row.author) == (State.SUBMITTED, "C", Trend.WORSE, officer)


def test_what_is_typed_in_a_second_window_after_that_is_not_saved_but_stands_there_to_copy():
    row = make_assessment(make_cycle(), state=State.SUBMITTED, finding_de="Steht.")

    response = signed_in(make_officer()).post(address(row), WHOLE, follow=True)

    row.refresh_from_db()
    assert row.finding_de == "Steht."
    assert [str(message) for message in response.context["messages"]]
    assert WHOLE["finding_de"] in response.content.decode()


def test_whoever_only_decides_is_led_to_the_decision():
    row = make_assessment(make_cycle(), state=State.SUBMITTED)

    response = signed_in(make_user(Role.APPROVER)).get(address(row))

    assert response["Location"] == address(row, "decide")


@pytest.mark.parametrize("outcome", [Outcome.TOO_EARLY, Outcome.OUT_OF_COMPETENCE])
def test_the_two_outcomes_without_a_grade_can_be_chosen(outcome):
    row = make_assessment()

    signed_in(make_officer()).post(address(row), WHOLE | {"verdict": outcome.value})

    row.refresh_from_db()
    assert (row.outcome, row.grade) == (outcome, None)


@pytest.mark.parametrize("name", ["verdict", "trend", "finding_de"])
def test_what_is_missing_is_said_at_its_field_and_nothing_typed_is_lost(name):
    row = make_assessment()

    response = signed_in(make_officer()).post(address(row), WHOLE | {name: "", "submit": "1"})

    form = response.context["form"]
    row.refresh_from_db()
    assert row.state == State.DRAFT
    assert form.errors.keys() == {name}
    assert form["finding_en"].value() == WHOLE["finding_en"]


def test_a_finding_that_nobody_reads_is_refused_with_its_length():
    response = signed_in(make_officer()).post(address(make_assessment()), WHOLE | {"finding_de": "x" * 20_001})

    assert response.context["form"].errors.keys() == {"finding_de"}


def test_typing_is_kept_without_a_button():
    row = make_assessment()

    response = signed_in(make_officer()).post(address(row, "assess-save"), WHOLE)

    row.refresh_from_db()
    assert response.context["saved"]
    assert row.verdict == "C"


def test_last_years_text_is_shown_and_can_be_the_start():
    commitment = make_commitment()
    make_assessment(make_cycle(2025), commitment, State.APPROVED, finding_de="So war es.")
    row = make_assessment(make_cycle(2026), commitment)

    context = signed_in(make_officer()).get(address(row), {"start": "last"}).context

    assert context["before"].finding_de == "So war es."
    assert context["form"]["finding_de"].value() == "So war es."


def test_all_answers_on_linked_measures_are_in_view_and_contradictions_are_pointed_out():
    row = make_assessment()
    measure = make_link(commitment=row.commitment).measure
    answer = make_confirmation(
        row.cycle, measure, state=ConfirmationState.SUBMITTED, result="disputed", statement_de="Nein."
    )
    make_follow_up(row.cycle, row.commitment, due_on=timezone.localdate() - timedelta(days=1))

    context = signed_in(make_officer()).get(address(row)).context

    assert [found.row for entry in context["basis"] for found in entry.answers] == [answer]
    assert [found.code for found in context["contradictions"]] == ["disputed", "overdue"]


def test_a_nil_return_is_in_view_where_no_measure_serves():
    row = make_assessment()
    answer = make_confirmation(row.cycle, commitment=row.commitment, state=ConfirmationState.RELEASED)

    context = signed_in(make_officer()).get(address(row)).context

    assert [found.row for found in context["nil_answers"]] == [answer]


def test_a_protected_measure_is_not_in_view():
    row = make_assessment()
    make_link(make_measure(protection=Protection.PROTECTED), row.commitment)

    assert signed_in(make_officer()).get(address(row)).context["basis"] == []


def test_what_is_submitted_is_read_not_written():
    row = make_assessment(state=State.SUBMITTED)

    assert signed_in(make_officer()).get(address(row))["Location"] == address(row, "decide")


def test_another_person_approves():
    row, approver = make_assessment(state=State.SUBMITTED), make_approver()

    signed_in(approver).post(address(row, "decide"), {"seen": last_change(row)})

    row.refresh_from_db()
    assert (row.state, row.approver) == (State.APPROVED, approver)


def test_the_author_is_told_why_they_cannot_approve():
    author = make_officer()
    row = make_assessment(state=State.SUBMITTED, author=author)
    client = signed_in(author)

    assert client.get(address(row, "decide")).context["why_not"]
    assert client.post(address(row, "decide")).status_code == 403


def test_an_author_who_is_approver_as_well_cannot_approve_their_own():
    author = make_approver()
    row = make_assessment(state=State.SUBMITTED, author=author)
    client = signed_in(author)

    client.post(address(row, "decide"), {"seen": last_change(row)})

    row.refresh_from_db()
    assert row.state == State.SUBMITTED
    assert client.get(address(row, "decide")).context["why_not"]


def test_an_assessment_is_returned_with_a_reason_and_not_without():
    row = make_assessment(state=State.SUBMITTED)
    client = signed_in(make_approver())

    refused = client.post(address(row, "assessment-send-back"), {"reason": ""})
    client.post(address(row, "assessment-send-back"), {"reason": "Der Beleg fehlt."})

    row.refresh_from_db()
    assert refused.context["form"].errors.keys() == {"reason"}
    assert (row.state, row.return_note) == (State.RETURNED, "Der Beleg fehlt.")


@pytest.mark.parametrize("role", [Role.CONTACT, Role.COUNCIL])
@pytest.mark.parametrize("name", ["assess", "assess-save", "decide", "assessment-send-back", "entry-add"])
def test_an_assessment_of_a_running_cycle_does_not_exist_for_others(role, name):
    row = make_assessment()

    assert signed_in(make_user(role)).post(address(row, name)).status_code == 404


@pytest.mark.parametrize("name", ["assess", "assess-save", "entry-add", "statement-add", "dissent-add"])
def test_an_approver_does_not_write(name):
    row = make_assessment()

    assert signed_in(make_approver()).post(address(row, name)).status_code == 403


@pytest.mark.parametrize("name", ["decide", "assessment-send-back"])
def test_the_officer_does_not_decide(name):
    row = make_assessment(state=State.SUBMITTED)

    assert signed_in(make_officer()).post(address(row, name)).status_code == 403


def test_the_auditor_reads():
    row = make_assessment(state=State.SUBMITTED)

    assert signed_in(make_user(Role.AUDITOR)).get(address(row, "decide")).status_code == 200


def test_a_review_entry_is_written_with_its_reason():
    row, officer = make_assessment(), make_officer()

    signed_in(officer).post(address(row, "entry-add"), {"text": "Zahlen folgen.", "reason": "Rückfrage"})

    entry = ReviewEntry.objects.get()
    assert (entry.commitment, entry.author, entry.reason) == (row.commitment, officer, "Rückfrage")


def test_a_review_entry_without_a_reason_is_refused_at_the_field():
    row = make_assessment()

    response = signed_in(make_officer()).post(address(row, "entry-add"), {"text": "Zahlen folgen."})

    assert response.context["form"].errors.keys() == {"reason"}


def test_a_statement_of_civil_society_is_entered():
    row = make_assessment()
    sent = {"organisation": "Runder Tisch", "text_de": "Es fehlt eine Stelle.", "received_on": "2026-11-01"}

    signed_in(make_officer()).post(address(row, "statement-add"), sent | {"protection": "public"})

    assert Statement.objects.get().commitment == row.commitment


def test_a_units_objection_is_entered_once():
    row = make_assessment()
    sent = {"unit": row.commitment.lead_unit_id, "text_de": "Wir sehen das anders."}
    client = signed_in(make_officer())

    client.post(address(row, "dissent-add"), sent)
    again = client.post(address(row, "dissent-add"), sent)

    assert Dissent.objects.count() == 1
    assert again.context["form"].errors


def test_the_list_is_narrowed_by_state_verdict_and_keyword():
    officer, cycle = make_officer(), make_cycle()
    draft = make_assessment(cycle, make_commitment(title_de="Faire Beschaffung"))
    graded = make_assessment(cycle, state=State.SUBMITTED, verdict="D")
    early = make_assessment(cycle, state=State.SUBMITTED, verdict="too_early")

    assert listed(officer, draft, state="draft") == [draft]
    assert listed(officer, draft, verdict="D") == [graded]
    assert listed(officer, draft, verdict="too_early") == [early]
    assert listed(officer, draft, q="beschaff") == [draft]
    assert len(listed(officer, draft, verdict="nonsense")) == 3


def test_the_list_is_for_those_who_see_all_units():
    cycle = make_cycle(state=CycleState.CLOSED)
    list_of = reverse("reviews:assessment-list", args=[cycle.year])

    assert signed_in(make_user(Role.COUNCIL)).get(list_of).status_code == 403


@pytest.mark.parametrize(("name", "state"), [("assess", State.DRAFT), ("decide", State.SUBMITTED)])
def test_the_pages_ask_the_database_the_same_for_few_and_for_many(name, state):
    officer = make_officer()
    row = make_assessment(state=state)
    counts = []
    for count in (1, 3):
        for _ in range(count):
            measure = make_measure(unit := make_unit())
            make_link(measure, row.commitment)
            make_confirmation(row.cycle, measure, unit, ConfirmationState.SUBMITTED)
            make_follow_up(row.cycle, row.commitment)
            saved(Dissent(cycle=row.cycle, assessment=row, unit=unit, text_de="Nein.", stated_on=timezone.localdate()))
        counts.append(queries(officer, address(row, name)))

    assert counts[0] == counts[1] <= MOST_QUERIES


def test_the_list_asks_the_database_the_same_for_few_and_for_many():
    officer, cycle = make_officer(), make_cycle()
    counts = []
    for count in (1, 5):
        for _ in range(count):
            make_assessment(cycle, state=State.SUBMITTED)
        counts.append(queries(officer, reverse("reviews:assessment-list", args=[cycle.year])))

    assert counts[0] == counts[1] <= MOST_QUERIES
