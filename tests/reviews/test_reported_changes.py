"""What units reported and the register does not hold: found for a whole cycle, shown on a page, entered from there."""

from datetime import date

import pytest
from django.urls import reverse

from commitments.models import IndicatorValue, MeasureBudget, MeasureUnit, Part, Protection, Role
from reviews.models import ConfirmationState
from reviews.workflow.changes import pending_changes
from reviews.workflow.pending import pending_answers
from tests.factories import (
    make_approver,
    make_confirmation,
    make_cycle,
    make_indicator,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db


def reported(cycle, measure=None, **changes):
    unit = make_unit()
    measure = measure or make_measure(unit)
    return make_confirmation(cycle, measure, unit, ConfirmationState.RELEASED, result="changed", changes=changes)


def page(cycle, **query):
    return reverse("reviews:reported-changes", args=[cycle.year], query=query)


def register_of(measure):
    """A contributing unit, one that ended, money, money that was taken back, and a counted value."""
    saved(MeasureUnit(measure=measure, unit=make_unit(key="kulturamt"), part=Part.CONTRIBUTING))
    ended = MeasureUnit(measure=measure, unit=make_unit(key="sportamt"), part=Part.CONTRIBUTING)
    ended.ended_on = date(2026, 1, 1)
    saved(ended)
    saved(MeasureBudget(measure=measure, year=2026, amount="72500", source="Haushalt"))
    saved(MeasureBudget(measure=measure, year=2026, amount="10", source="Spende", ended_on=date(2026, 1, 1)))
    saved(IndicatorValue(indicator=make_indicator(measure, key="m-i1"), on=date(2026, 9, 30), value="1510.5"))


@pytest.mark.parametrize(
    ("field", "new", "is_pending"),
    [
        ("title_de", "Ein anderer Titel", True),
        ("status", "ongoing", False),
        ("status", "completed", True),
        ("contributing_units", ["kulturamt"], False),
        ("contributing_units", ["kulturamt", "sportamt"], True),
        ("contributing_units", [], True),
        ("money:2026:Haushalt", "72500", False),
        ("money:2026:Haushalt", "72500.01", True),
        ("money:2026:Spende", "10", True),
        ("money:2026:Spende", None, False),
        ("money:2025:Haushalt", "72500", True),
        ("indicator:m-i1:2026-09-30", "1510.5", False),
        ("indicator:m-i1:2026-09-30", "1511", True),
        ("indicator:m-i1:2025-09-30", "1510.5", True),
    ],
)
def test_all_at_once_the_same_is_pending_as_one_by_one(field, new, is_pending):
    officer, cycle, measure = make_officer(), make_cycle(), make_measure()
    register_of(measure)
    row = reported(cycle, measure, **{field: [None, new]})
    reported(cycle, status=["ongoing", "ongoing"])

    assert (pending_answers(officer, cycle) == [row.pk]) == is_pending
    assert bool(pending_changes(row)) == is_pending


def test_answers_of_another_cycle_are_not_among_them():
    officer = make_officer()
    reported(make_cycle(2025), status=["ongoing", "completed"])

    assert pending_answers(officer, make_cycle(2026)) == []


def test_rule_10_what_is_reported_of_a_protected_measure_is_neither_counted_nor_shown():
    cycle = make_cycle()
    reported(cycle, make_measure(protection=Protection.PROTECTED), status=["ongoing", "completed"])

    response = signed_in(make_officer()).get(page(cycle))

    assert response.context["page"].paginator.count == 0
    assert signed_in(make_officer()).get(reverse("reviews:board")).context["pending"] == 0


def test_a_change_entered_from_the_page_leads_back_to_it():
    cycle = make_cycle()
    row, other = (reported(cycle, status=["ongoing", "completed"]) for _ in range(2))
    client = signed_in(make_officer())

    response = client.post(reverse("reviews:apply-changes", args=[row.pk]), {"listed": "yes"}, follow=True)

    assert response.redirect_chain[0][0] == page(cycle)
    assert [each.confirmation for each in response.context["answered"]] == [other]
    row.measure.refresh_from_db()
    assert row.measure.status == "completed"


def test_twenty_answers_a_page_in_the_order_of_their_release():
    cycle = make_cycle()
    rows = [reported(cycle, status=["ongoing", "completed"]) for _ in range(21)]
    client = signed_in(make_officer())

    first, second = (client.get(page(cycle, page=number)).context["answered"] for number in (1, 2))

    assert [each.confirmation for each in [*first, *second]] == rows


def test_the_approver_reads_and_is_offered_no_button():
    cycle = make_cycle()
    reported(cycle, status=["ongoing", "completed"])

    response = signed_in(make_approver()).get(page(cycle))

    assert response.status_code == 200
    assert "apply-changes" not in response.content.decode()


@pytest.mark.parametrize("role", [Role.CONTACT, Role.COUNCIL, Role.ADMINISTRATOR])
def test_the_page_is_for_those_who_see_all_units(role):
    assert signed_in(make_user(role)).get(page(make_cycle())).status_code == 403


def test_a_year_without_a_cycle_has_no_such_page():
    assert signed_in(make_officer()).get(reverse("reviews:reported-changes", args=[1999])).status_code == 404


def test_the_page_asks_the_database_the_same_for_few_and_for_many():
    officer, cycle = make_officer(), make_cycle()
    counts = []
    for count in (1, 4):
        for _ in range(count):
            measure = make_measure()
            make_indicator(measure)
            saved(MeasureBudget(measure=measure, year=2026, amount="1"))
            reported(cycle, measure, **{"money:2026:": ["1", "72500"], "contributing_units": [[], ["x"]]})
        counts.append(queries(officer, page(cycle)))

    assert counts[0] == counts[1] <= MOST_QUERIES


def test_finding_them_costs_two_queries(django_assert_num_queries):
    officer, cycle = make_officer(), make_cycle()
    officer.clearance()
    for _ in range(3):
        reported(cycle, **{"money:2026:": ["1", "72500"], "status": ["ongoing", "completed"]})

    with django_assert_num_queries(2):
        assert len(pending_answers(officer, cycle)) == 3
