"""The thirty articles: by verdict or by coverage, for all fields of action or one, picture and list alike."""

import pytest
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import FieldOfAction
from reporting.coverage import FIELDS
from reviews.models import AssessmentState, CycleState
from tests.commitments.pages import MOST_QUERIES, cost, get
from tests.factories import (
    make_article,
    make_assessment,
    make_commitment,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
)

pytestmark = pytest.mark.django_db

PAGE = "reporting:articles"


@pytest.fixture
def officer():
    """Article 19 has a verdict and a measure in Europe, article 25 three in partnerships; the cycle is closed."""
    for number in range(1, 31):
        make_article(number)
    cycle = make_cycle(2025, CycleState.ASSESSING)
    opinion, living = make_commitment(make_article(19)), make_commitment(make_article(25))
    make_assessment(cycle, opinion, AssessmentState.APPROVED, "B")
    make_link(make_measure(field=FieldOfAction.EUROPE), opinion)
    for _ in range(3):
        make_link(make_measure(field=FieldOfAction.PARTNERSHIPS), living)
    cycle.state = CycleState.CLOSED
    save_as(cycle, actor=None, reason="Closed for a test", at=timezone.now())
    return make_officer()


def tile(page, number):
    return next(each for each in page.context["tiles"] if each["number"] == number)


def line(page, number):
    return next(row for group in page.context["groups"] for row in group.rows if row.number == number)


@pytest.mark.parametrize("by", ["", "measures", "nonsense"])
@pytest.mark.parametrize("field", ["", *FIELDS, "nonsense"])
def test_every_combination_shows_thirty_tiles_thirty_rows_and_a_legend(officer, by, field):
    page = get(officer, PAGE, by=by, field=field)

    assert sorted(each["number"] for each in page.context["tiles"]) == list(range(1, 31))
    assert sum(len(group.rows) for group in page.context["groups"]) == 30
    content = page.content.decode()
    assert ("Legende der Bewertungen" in content) == (by != "measures")
    assert ("heat-4" in content) == (by == "measures")


def test_by_verdict_an_article_without_a_measure_in_the_field_steps_back(officer):
    page = get(officer, PAGE, field="europe")

    assert (tile(page, 19)["code"], tile(page, 19)["dim"]) == ("B", False)
    assert tile(page, 25)["dim"]


def test_by_coverage_tiles_and_list_count_the_measures_of_the_field(officer):
    everywhere, europe = get(officer, PAGE, by="measures"), get(officer, PAGE, by="measures", field="europe")

    assert [tile(page, 25)["mark"] for page in (everywhere, europe)] == ["3", "0"]
    assert [line(page, 25).direct for page in (everywhere, europe)] == [3, 0]
    assert [line(page, 19).direct for page in (everywhere, europe)] == [1, 1]
    assert (tile(everywhere, 25)["css"], tile(europe, 25)["css"]) == ("heat-2", "v-gap")
    assert line(europe, 19).url.endswith("/19/europe/")


def test_without_a_closed_cycle_no_verdict_is_shown_or_listed():
    for number in range(1, 31):
        make_article(number)

    page = get(make_officer(), PAGE)

    assert page.context["by"] == "measures"
    assert "Bewertung</th>" not in page.content.decode()
    assert "Lücke: keine Verpflichtung bewertet" not in page.content.decode()


def test_the_page_costs_the_same_whatever_is_chosen(officer):
    few = cost(officer, PAGE)

    assert cost(officer, PAGE, by="measures", field="europe") == few <= MOST_QUERIES
