"""The page of a provision: text, kin, commitments with their verdicts, measures, gaps."""

from datetime import date

import pytest
from django.utils import timezone

from commitments.models import (
    CommitmentProvision,
    GapCode,
    GapReason,
    InstrumentVersion,
    LinkState,
    MeasureProvision,
    Protection,
    Recommendation,
    RecommendationProvision,
    Relation,
    Role,
)
from commitments.workflow import provision_links
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


def test_rule_02_the_same_number_in_another_instrument_is_another_page():
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

    assert [(row.relation, row.other) for row in from_article.rows] == [(str(Relation.SUPERSET.label), treaty)]
    assert [(row.relation, row.other) for row in from_treaty.rows] == [(str(Relation.SUBSET.label), article)]


def test_a_provision_that_leads_to_no_article_says_so():
    treaty = make_provision(make_instrument("cescr"))
    officer = make_officer()

    assert shown(officer, treaty).context["is_astray"]
    make_provision_link(treaty, make_article(25))
    assert not shown(officer, treaty).context["is_astray"]


def test_an_ended_link_is_no_kin():
    treaty = make_provision(make_instrument("cescr"))
    make_provision_link(treaty, make_article(25), ended_on=date(2026, 1, 1))

    assert shown(make_officer(), treaty).context["kin"] == []


def test_the_other_version_is_kin_with_its_name_and_leads_to_the_comparison():
    version = make_instrument("charter")
    old = make_provision(version, number="Art. 1")
    amended = saved(
        InstrumentVersion(instrument=version.instrument, number=2, replaces=version, label_de="Fassung von 2022")
    )
    new = make_provision(amended, number="Art. 1", verified=False)
    make_provision_link(new, old, relation=Relation.EQUIVALENT, note="Nur umgestellt")
    officer = make_officer()

    from_old, from_new = text(officer, PAGE, *address(old)), text(officer, PAGE, *address(new))

    assert "Fassung von 2022" in from_old
    assert "Nur umgestellt" in from_old
    assert "/instruments/charter/versions/2/compare/" in from_old
    assert "/instruments/charter/versions/2/compare/" not in from_new
    assert "nicht belegt" in from_new
    assert "nicht belegt" not in from_old


def test_only_the_officer_is_offered_to_change_a_provision_and_its_links():
    article = make_article(25)
    make_provision_link(make_provision(), article)

    officer, reader = (text(make_user(role), PAGE, *address(article)) for role in (Role.OFFICER, Role.COUNCIL))

    for words in (f"/provisions/{article.pk}/edit/", f"/provisions/{article.pk}/links/", "/provision-links/"):
        assert words in officer
        assert words not in reader


def test_rule_16_a_measure_through_a_commitment_that_only_touches_the_provision_is_indirect():
    article, other = make_article(25), make_article(26)
    resting, touching = make_commitment(article), make_commitment(other)
    saved(CommitmentProvision(commitment=touching, provision=article, order=1))
    direct, indirect = make_link(commitment=resting), make_link(commitment=touching)

    rows = shown(make_officer(), article).context["measures"]

    assert [(row.measure, row.is_direct) for row in rows] == [(direct.measure, True), (indirect.measure, False)]


def test_recommendations_that_rest_on_the_provision_are_listed_as_long_as_their_link_runs():
    article = make_article(25)
    for key, ended in (("one", None), ("other", date(2026, 1, 1))):
        row = saved(Recommendation(key=key, source="upr", text_de=f"Empfehlung {key}", body="CESCR"))
        saved(RecommendationProvision(recommendation=row, provision=article, ended_on=ended))

    page = text(make_user(Role.COUNCIL), PAGE, *address(article))

    assert "Empfehlung one" in page
    assert "Empfehlung other" not in page


def test_the_history_of_a_provision_tells_of_its_links():
    article = make_article(25)
    treaty = make_provision(make_instrument("cescr", short_de="Sozialpakt"), number="Art. 11")
    link = make_provision_link(treaty, article)
    provision_links.end_provision_link(link, actor=make_officer(), at=timezone.now(), reason="Falscher Artikel")

    page = text(make_officer(), "reporting:provision-history", *address(article))

    assert "Bezug zu Sozialpakt Art. 11 beendet" in page
    assert "Falscher Artikel" in page


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
