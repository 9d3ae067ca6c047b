"""The lists of the register: what they show, to whom, and what they cost."""

from datetime import date

import pytest

from commitments.models import (
    Competence,
    EngagementStatus,
    FieldOfAction,
    InstrumentKind,
    LinkState,
    MeasureStatus,
    Protection,
    Role,
)
from tests.commitments.pages import MOST_QUERIES, cost, get, make_trusted, text
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_engagement,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_partnership,
    make_provision,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


def shown(user, name, **query):
    """Keys of the rows on the first page of a list."""
    page = get(user, name, **query).context["page"]
    return [getattr(row, "reference", None) or row.key for row in page]


LISTS = (
    "commitments:instrument-list",
    "commitments:commitment-list",
    "commitments:measure-list",
    "commitments:engagement-list",
)


def one_of_each():
    adoption = make_adoption()
    provision = make_provision(adoption.version)
    commitment = make_commitment(provision, adoption=adoption)
    measure = make_measure(engagement=make_partnership())
    make_link(measure, commitment)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_with_many_rows(name):
    one_of_each()
    officer = make_officer()
    few = cost(officer, name)

    for _ in range(4):
        one_of_each()

    assert cost(officer, name) == few <= MOST_QUERIES


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_there_for_every_role(name):
    one_of_each()

    for role in Role:
        assert get(make_user(role), name).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_filter_that_nobody_can_choose_is_left_out(name):
    one_of_each()

    assert get(make_officer(), name, kind="nonsense", unit="nonsense", page="x", article="99").status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_a_filter_empties_offers_all(name):
    assert "Alle zeigen" in text(make_officer(), name, q="gibtesnicht")


def test_a_protected_measure_is_in_no_list_and_no_count():
    commitment = make_commitment()
    hidden = make_measure(protection=Protection.PROTECTED, title_de="Geheimer Titel")
    make_link(hidden, commitment)

    officer = make_officer()

    assert hidden.reference not in shown(officer, "commitments:measure-list")
    assert hidden.reference not in shown(officer, "commitments:measure-list", q="Geheimer")
    assert get(officer, "commitments:commitment-list").context["page"][0].measure_count == 0
    assert hidden.reference in shown(make_trusted(), "commitments:measure-list")


def test_a_protected_commitment_is_in_no_list_and_no_count():
    hidden = make_commitment(protection=Protection.PROTECTED)
    link = make_link(commitment=hidden)

    officer = make_officer()

    assert hidden.reference not in shown(officer, "commitments:commitment-list")
    assert get(officer, "commitments:measure-list").context["page"][0].link_count == 0
    assert shown(officer, "commitments:measure-list") == [link.measure.reference]


def test_a_protected_engagement_is_in_no_list_and_no_count_of_kinds():
    make_engagement(protection=Protection.PROTECTED)

    page = get(make_officer(), "commitments:engagement-list")

    assert list(page.context["page"]) == []
    assert {chip["count"] for chip in page.context["chips"]} == {0}


def test_a_contact_sees_internal_measures_of_their_own_unit_only():
    unit = make_unit()
    own = make_measure(unit, protection=Protection.INTERNAL)
    make_measure(protection=Protection.INTERNAL)

    assert shown(make_user(Role.CONTACT, unit), "commitments:measure-list") == [own.reference]


def test_instruments_are_found_by_kind_binding_and_adoption():
    pledge = make_adoption(make_instrument("eccar", kind=InstrumentKind.NETWORK_PLEDGE)).version.instrument
    treaty = make_instrument("cat", kind=InstrumentKind.TREATY, binding=True).instrument
    officer = make_officer()

    assert shown(officer, "commitments:instrument-list", kind="treaty") == [treaty.key]
    assert shown(officer, "commitments:instrument-list", binding="yes") == [treaty.key]
    assert shown(officer, "commitments:instrument-list", adopted="yes") == [pledge.key]


def test_a_date_known_to_the_year_shows_no_more_than_the_year():
    make_adoption(adopted_on=date(2011, 1, 1), adopted_on_precision="year", renewal_due_on=date(2027, 11, 18))

    page = text(make_officer(), "commitments:instrument-list")

    assert "2011" in page
    assert "Januar 2011" not in page
    assert "18. November 2027" in page


def test_commitments_are_found_by_instrument_article_competence_unit_and_word():
    unit = make_unit()
    article = make_commitment(make_article(25), title_de="Wohnen für alle")
    other = make_commitment(make_provision(make_instrument("cat")), competence=Competence.NONE, lead_unit=unit)
    officer = make_officer()

    assert shown(officer, "commitments:commitment-list", article="25") == [article.reference]
    assert shown(officer, "commitments:commitment-list", instrument="cat") == [other.reference]
    assert shown(officer, "commitments:commitment-list", competence="none") == [other.reference]
    assert shown(officer, "commitments:commitment-list", unit=unit.key) == [other.reference]
    assert shown(officer, "commitments:commitment-list", q="wohnen alle") == [article.reference]


def test_commitments_are_sorted_by_their_measures():
    without, with_one = make_commitment(), make_commitment()
    make_link(commitment=with_one)

    assert shown(make_officer(), "commitments:commitment-list", sort="most") == [
        with_one.reference,
        without.reference,
    ]


def test_only_accepted_links_are_counted():
    link = make_link(state=LinkState.PROPOSED)

    rows = get(make_officer(), "commitments:commitment-list").context["page"]

    assert [row.measure_count for row in rows if row == link.commitment] == [0]


def test_measures_are_found_by_field_status_unit_engagement_article_and_word():
    unit = make_unit()
    in_project = make_measure(unit, field=FieldOfAction.EUROPE, engagement=make_engagement())
    alone = make_measure(status=MeasureStatus.COMPLETED, title_de="Öffentliches Konzert")
    make_link(alone, make_commitment(make_article(27)))
    officer = make_officer()

    assert shown(officer, "commitments:measure-list", field="europe") == [in_project.reference]
    assert shown(officer, "commitments:measure-list", status="completed") == [alone.reference]
    assert shown(officer, "commitments:measure-list", unit=unit.key) == [in_project.reference]
    assert shown(officer, "commitments:measure-list", kind="network") == [in_project.reference]
    assert shown(officer, "commitments:measure-list", kind="none") == [alone.reference]
    assert shown(officer, "commitments:measure-list", article="27") == [alone.reference]
    assert shown(officer, "commitments:measure-list", q="öffentliches") == [alone.reference]


def test_rule_18_a_measure_of_a_paused_partnership_is_listed_as_suspended():
    paused = make_partnership(status=EngagementStatus.PAUSED, status_reason_de="Kontakte ausgesetzt")
    measure = make_measure(engagement=paused)

    assert shown(make_officer(), "commitments:measure-list", status="suspended") == [measure.reference]


def test_engagements_are_found_by_kind_with_a_count_of_each():
    partnership = make_partnership(city_de="Liverpool", country="GB")
    make_engagement()
    officer = make_officer()

    page = get(officer, "commitments:engagement-list", kind="partnership")

    assert [row.key for row in page.context["page"]] == [partnership.key]
    assert [chip["count"] for chip in page.context["chips"]] == [2, 1, 0, 1, 0, 0, 0]
    assert shown(officer, "commitments:engagement-list", q="liverpool") == [partnership.key]


def test_a_long_list_has_pages_that_keep_the_filter():
    unit = make_unit()
    for _ in range(26):
        make_measure(unit)

    page = text(make_officer(), "commitments:measure-list", unit=unit.key)

    assert f"unit={unit.key}&amp;page=2" in page
