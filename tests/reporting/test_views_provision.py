"""The page of a provision: text, kin, commitments with their verdicts, measures, gaps."""

from datetime import date

import pytest

from commitments.models import GapCode, GapReason, LinkState, MeasureProvision, Protection, Relation, Role
from reporting.tables import provision as table
from reviews.models import AssessmentState, CycleState
from tests.commitments.pages import MOST_QUERIES, cost, get, make_trusted, text
from tests.factories import (
    make_article,
    make_assessment,
    make_commitment,
    make_cycle,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_provision,
    make_provision_link,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

PAGE = "reporting:provision"


def address(provision):
    return provision.version.instrument.key, provision.version.number, provision.number


def shown(user, provision):
    return get(user, PAGE, *address(provision))


def touch(measure, provision):
    row = MeasureProvision(measure=measure, provision=provision, contribution="direct", rationale_de="Weil.")
    row.state = LinkState.ACCEPTED
    return saved(row)


def test_an_article_shows_its_text_in_the_readers_language():
    article = make_article(25, text_de="1. Jeder hat das Recht auf Wohnung.\n\n2. Mütter und Kinder …")

    page = text(make_officer(), PAGE, *address(article))

    assert "<li>" in page
    assert "Jeder hat das Recht auf Wohnung." in page


def test_rule_2_the_same_number_in_another_instrument_is_another_page():
    declaration = make_article(5, title_de="Verbot der Folter")
    other = make_provision(make_instrument("cedaw"), number="Art. 5", title_de="Rollenbilder")
    officer = make_officer()

    assert "Verbot der Folter" in text(officer, PAGE, *address(declaration))
    assert "Rollenbilder" in text(officer, PAGE, *address(other))


def test_kin_is_read_both_ways():
    article, treaty = make_article(25), make_provision(make_instrument("cescr"))
    make_provision_link(treaty, article, relation="subset")
    officer = make_officer()

    (from_article,) = shown(officer, article).context["kin"]
    (from_treaty,) = shown(officer, treaty).context["kin"]

    assert from_article.rows == [(str(Relation.SUPERSET.label), treaty)]
    assert from_treaty.rows == [(str(Relation.SUBSET.label), article)]


def test_commitments_stand_with_their_verdicts_by_year():
    article = make_article(25)
    first, second = make_commitment(article), make_commitment(article)
    scale = make_cycle(2023, CycleState.CLOSED).scale
    make_assessment(make_cycle(2024, scale=scale), first, AssessmentState.APPROVED, "B")
    make_assessment(make_cycle(2025, scale=scale), second, AssessmentState.APPROVED, "too_early")

    promises = shown(make_officer(), article).context["promises"]

    assert [[point.get("code") for point in promise.by_year] for promise in promises] == [
        ["B", None],
        [None, "too_early"],
    ]


def test_a_measure_is_listed_once_however_it_serves_the_provision():
    article = make_article(25)
    measure = make_measure()
    touch(measure, article)
    make_link(measure, make_commitment(article))
    through = make_link(commitment=make_commitment(article))

    rows = shown(make_officer(), article).context["measures"]

    assert [(row.measure, row.through) for row in rows] == [
        (measure, ""),
        (through.measure, through.commitment.reference),
    ]


def test_a_gap_says_why_and_what_comes_next():
    article = make_article(15)
    saved(
        GapReason(
            article=article,
            code=GapCode.NOT_LOOKED_AT,
            text_de="Noch nicht untersucht.",
            next_step_de="Mit dem Ausländeramt klären",
            due_on=date(2027, 6, 30),
            stated_on=date(2026, 1, 5),
        )
    )

    page = text(make_officer(), PAGE, *address(article))

    assert "Noch nicht untersucht." in page
    assert "30. Juni 2027" in page


def test_protected_rows_are_neither_listed_nor_counted():
    article = make_article(25)
    hidden = make_commitment(article, protection=Protection.PROTECTED)
    make_link(make_measure(protection=Protection.PROTECTED), make_commitment(article))
    make_link(commitment=hidden)

    page = shown(make_officer(), article)

    assert hidden not in [promise.commitment for promise in page.context["promises"]]
    assert page.context["measures"] == []
    assert len(shown(make_trusted(), article).context["measures"]) == 2


@pytest.mark.parametrize("number", ["Art. 99", "nothing", "Art. 5 "])
def test_an_unknown_provision_is_not_found(number):
    make_article(5)

    assert get(make_officer(), PAGE, "udhr", 1, number).status_code == 404


def test_a_provision_costs_the_same_with_many_commitments():
    unit = make_unit()
    article = make_article(25)
    cycle = make_cycle(2025, CycleState.OPEN)
    contact = make_user(Role.CONTACT, unit)

    def add():
        commitment = make_commitment(article, lead_unit=unit)
        make_link(make_measure(unit), commitment)
        make_assessment(cycle, commitment, AssessmentState.APPROVED, "C")
        kin = make_provision()
        make_provision_link(kin, article)
        touch(make_measure(unit), article)

    add()
    few = cost(contact, PAGE, *address(article))
    for _ in range(3):
        add()

    assert cost(contact, PAGE, *address(article)) == few <= MOST_QUERIES


def test_a_long_list_says_that_it_is_cut_and_where_the_rest_is(monkeypatch):
    monkeypatch.setattr(table, "MOST", 2)
    article = make_article(25)
    for _ in range(3):
        make_link(commitment=make_commitment(article))

    page = text(make_officer(), PAGE, *address(article))

    assert page.count("Die ersten 2 sind gezeigt.") == 2
    assert "/measures/?article=25" in page
