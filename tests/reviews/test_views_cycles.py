"""The yearly round on its pages: planned, opened after a preview, assessed, frozen, taken back."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import Job, Role
from reviews.models import AssessmentState, CycleState, ReviewCycle
from tests.factories import (
    make_approver,
    make_assessment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_scale,
    make_unit,
    make_user,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

DATES = {
    "period_from": "2026-10-01",
    "period_to": "2027-09-30",
    "reporting_date": "2027-09-30",
    "opens_on": "2027-10-01",
    "confirm_by": "2027-11-12",
    "last_reminder_on": "2027-11-26",
    "assess_by": "2028-02-11",
}
ACTS = ["cycle-open", "cycle-begin-assessing", "cycle-freeze", "cycle-dates"]


def address(cycle, name="cycle"):
    return reverse(f"reviews:{name}", args=[cycle.year])


def assessing(**fields):
    today = timezone.localdate()
    dates = {"confirm_by": today - timedelta(days=9), "last_reminder_on": today - timedelta(days=1)}
    return make_cycle(state=CycleState.ASSESSING, **(dates | fields))


def frozen():
    cycle = assessing()
    cycle.state, cycle.frozen_at = CycleState.FROZEN, timezone.now()
    save_as(cycle, actor=None, reason="Eingefroren", at=timezone.now())
    return cycle


def test_the_form_of_a_new_cycle_holds_last_years_dates_a_year_later():
    last = make_cycle(
        2026, confirm_by=date(2026, 11, 27), last_reminder_on=date(2026, 12, 11), assess_by=date(2027, 2, 12)
    )

    form = signed_in(make_officer()).get(reverse("reviews:cycle-plan")).context["form"]

    assert form.initial["year"] == 2027
    assert form.initial["confirm_by"] == date(2027, 11, 29)
    assert form.initial["scale"] == last.scale_id


def test_a_cycle_is_planned():
    scale = make_scale()

    signed_in(make_officer()).post(reverse("reviews:cycle-plan"), {"year": 2027, "scale": scale.pk} | DATES)

    assert ReviewCycle.objects.get(year=2027).state == CycleState.PLANNED


def test_a_date_before_the_one_it_must_follow_is_pointed_out_at_the_field():
    sent = {"year": 2027, "scale": make_scale().pk} | DATES | {"confirm_by": "2027-01-01"}

    form = signed_in(make_officer()).post(reverse("reviews:cycle-plan"), sent).context["form"]

    assert form.errors.keys() == {"confirm_by"}
    assert form["assess_by"].value() == DATES["assess_by"]


def test_a_second_cycle_of_a_year_is_refused_at_the_year():
    cycle = make_cycle(2027)
    sent = {"year": 2027, "scale": cycle.scale_id} | DATES

    form = signed_in(make_officer()).post(reverse("reviews:cycle-plan"), sent).context["form"]

    assert form.errors.keys() == {"year"}


def test_deadlines_are_moved_with_a_reason():
    cycle = make_cycle()
    sent = {name: getattr(cycle, name).isoformat() for name in DATES}
    sent |= {"assess_by": (cycle.assess_by + timedelta(days=7)).isoformat(), "reason": "Ferien"}

    signed_in(make_officer()).post(address(cycle, "cycle-dates"), sent)

    moved = ReviewCycle.objects.get(pk=cycle.pk)
    assert moved.assess_by == cycle.assess_by + timedelta(days=7)
    assert moved.history.latest().history_change_reason == "Ferien"


def test_the_preview_says_what_is_asked_of_whom_and_asks_nobody():
    cycle, unit = make_cycle(state=CycleState.PLANNED), make_unit()
    make_measure(unit)
    make_measure(unit)
    make_commitment(lead_unit=unit)

    context = signed_in(make_officer()).get(address(cycle, "cycle-open")).context

    assert [(row.unit, row.measures, row.nil) for row in context["rows"]] == [(unit, 2, 1)]
    assert not cycle.confirmations.exists()


def test_opening_asks_every_unit():
    cycle = make_cycle(state=CycleState.PLANNED)
    measure = make_measure()

    response = signed_in(make_officer()).post(address(cycle, "cycle-open"))

    assert response["Location"] == reverse("reviews:board", args=[cycle.year])
    assert cycle.confirmations.get().measure == measure


def test_a_large_cycle_is_opened_in_the_background(monkeypatch):
    monkeypatch.setattr("reviews.views.cycles.MANY", 0)
    cycle = make_cycle(state=CycleState.PLANNED)
    make_measure()
    officer = make_officer()

    response = signed_in(officer).post(address(cycle, "cycle-open"), follow=True)

    job = Job.objects.get()
    assert (job.kind, job.asked_by) == ("open-cycle", officer)
    assert str(job.pk) in response.context["job"]
    assert not cycle.confirmations.exists()


def test_a_cycle_is_not_opened_before_its_reporting_date_is_over():
    today = timezone.localdate()
    cycle = make_cycle(state=CycleState.PLANNED, reporting_date=today, opens_on=today)

    response = signed_in(make_officer()).post(address(cycle, "cycle-open"))

    assert response.status_code == 200
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_the_assessment_begins_with_the_last_reminder():
    today = timezone.localdate()
    cycle = make_cycle(confirm_by=today - timedelta(days=9), last_reminder_on=today)

    signed_in(make_officer()).post(address(cycle, "cycle-begin-assessing"))

    cycle.refresh_from_db()
    assert cycle.state == CycleState.ASSESSING


def test_the_page_lists_what_stands_in_the_way_of_the_freeze():
    cycle = assessing()
    make_assessment(cycle)
    make_confirmation(cycle)

    context = signed_in(make_officer()).get(address(cycle)).context

    assert [check.kind for check in context["checks"]] == ["success", "danger", "warning"]
    assert context["is_blocked"]


def test_a_cycle_with_an_open_assessment_is_not_frozen():
    cycle = assessing()
    make_assessment(cycle)

    response = signed_in(make_officer()).post(address(cycle, "cycle-freeze"), follow=True)

    cycle.refresh_from_db()
    assert cycle.state == CycleState.ASSESSING
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_a_cycle_is_frozen_and_the_approver_takes_it_back_with_a_reason():
    cycle = assessing()
    make_assessment(cycle, state=AssessmentState.APPROVED)
    approver = signed_in(make_approver())

    signed_in(make_officer()).post(address(cycle, "cycle-freeze"))
    cycle.refresh_from_db()
    state = cycle.state
    refused = approver.post(address(cycle, "cycle-undo-freeze"), {"reason": ""})
    approver.post(address(cycle, "cycle-undo-freeze"), {"reason": "Ein Irrtum"})

    cycle.refresh_from_db()
    assert state == CycleState.FROZEN
    assert refused.context["form"].errors.keys() == {"reason"}
    assert cycle.state == CycleState.ASSESSING


def test_the_officer_cannot_undo_a_freeze():
    assert signed_in(make_officer()).get(address(frozen(), "cycle-undo-freeze")).status_code == 403


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR, Role.CONTACT])
def test_only_the_officer_moves_a_cycle(role, name):
    cycle = make_cycle()

    assert signed_in(make_user(role)).post(address(cycle, name)).status_code == 403


@pytest.mark.parametrize("name", ["cycle", *ACTS, "cycle-undo-freeze"])
def test_a_running_cycle_does_not_exist_for_council_members(name):
    cycle = make_cycle()

    assert signed_in(make_user(Role.COUNCIL)).post(address(cycle, name)).status_code in {404, 405}


def test_council_members_see_closed_cycles_alone():
    make_cycle(2026)
    closed = make_cycle(2025, CycleState.CLOSED)

    response = signed_in(make_user(Role.COUNCIL)).get(reverse("reviews:cycle-list"))

    assert list(response.context["cycles"]) == [closed]


def test_planning_is_the_officers():
    assert signed_in(make_approver()).get(reverse("reviews:cycle-plan")).status_code == 403


@pytest.mark.parametrize("name", ["cycle", "cycle-open"])
def test_the_pages_ask_the_database_the_same_for_few_and_for_many(name):
    cycle, officer = make_cycle(state=CycleState.PLANNED), make_officer()
    counts = []
    for count in (1, 4):
        for _ in range(count):
            make_commitment(lead_unit=make_unit())
            make_measure()
        counts.append(queries(officer, address(cycle, name)))

    assert counts[0] == counts[1] <= MOST_QUERIES
