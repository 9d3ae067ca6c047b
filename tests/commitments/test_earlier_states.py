"""The state on a day and the history of what has a page of its own beside measures, engagements and instruments."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments import clock
from commitments.models import Protection, Role, UnitSuccession
from commitments.workflow import Edit, advice, last_change, recommendations, units
from commitments.workflow import indicators as counting
from tests.commitments.pages import MOST_QUERIES, cost, get, make_trusted, text
from tests.factories import (
    make_advice,
    make_city,
    make_commitment,
    make_evidence,
    make_indicator,
    make_measure,
    make_officer,
    make_provision,
    make_recommendation,
    make_unit,
    make_user,
    make_value,
    saved,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_sample")]

INDICATOR, ADVICE, RECOMMENDATION = "commitments:indicator", "commitments:advice", "commitments:recommendation"
NOT_THERE = {"de": "stand der Eintrag nicht im Register", "en": "not in the register on that day"}


@pytest.fixture
def _sample():
    make_city()


@pytest.fixture
def then():
    """A moment of the past; rows are entered on it, and changed today."""
    return timezone.now() - timedelta(days=100)


@pytest.fixture
def on(then):
    return timezone.localtime(then).date().isoformat()


def long_ago(row, then):
    """The same row as if it had been entered in the past."""
    return saved(row, at=then)


# Recommendations


def test_rule_13_a_recommendation_is_shown_with_the_response_and_links_of_a_day(then, on):
    row, officer = long_ago(make_recommendation(text_de="Wartezeiten senken."), then), make_officer()
    recommendations.link(row, make_commitment(title_de="Später zugesagt"), actor=officer, at=timezone.now())
    response = recommendations.Response("supported", "Der Rat stimmt zu.", "", clock.today(), last_change(row))
    recommendations.respond(row, response, actor=officer, at=timezone.now())

    before, now = text(officer, RECOMMENDATION, row.key, on=on), text(officer, RECOMMENDATION, row.key)

    assert "Wartezeiten senken." in before
    assert "Noch keine Antwort" in before
    for later in ("Der Rat stimmt zu.", "Später zugesagt"):
        assert later not in before
        assert later in now
    assert "Der Rat stimmt zu." in text(officer, "commitments:recommendation-history", row.key)


def test_rule_10_what_is_protected_today_stays_out_of_the_state_on_a_day():
    row, officer = make_recommendation(), make_officer()
    hidden = make_commitment(protection=Protection.PROTECTED, title_de="Geheime Zusage")
    recommendations.link(row, hidden, actor=officer, at=timezone.now())
    today = clock.today().isoformat()

    assert "Geheime Zusage" not in text(officer, RECOMMENDATION, row.key, on=today)
    assert "Geheime Zusage" in text(make_trusted(), RECOMMENDATION, row.key, on=today)


# Indicators


def test_rule_13_an_indicator_is_shown_with_what_was_counted_by_a_day(then, on):
    row, officer = long_ago(make_indicator(name_de="Erreichte Menschen"), then), make_officer()
    saved(make_value(row, 25, date(2024, 12, 31)), at=then)
    make_value(row, 38, date(2025, 12, 31))
    counting.change(row, Edit({"name_de": "Erreichte Familien"}, "Genauer"), actor=officer, at=timezone.now())

    before, now = get(officer, INDICATOR, row.key, on=on), get(officer, INDICATOR, row.key)

    assert [int(each.value) for each in before.context["standing"].readings] == [25]
    assert [int(each.value) for each in now.context["standing"].readings] == [25, 38]
    assert "Erreichte Menschen" in before.content.decode()
    assert "/values/add/" not in before.content.decode()


def test_an_indicator_tells_its_history_as_part_of_the_page_and_alone():
    row, officer = make_indicator(), make_officer()
    counting.change(row, Edit({"target": 80}, "Der Rat will mehr."), actor=officer, at=timezone.now())

    history = text(officer, "commitments:indicator-history", row.key)

    assert "Der Rat will mehr." in history
    assert "/history/" in text(officer, INDICATOR, row.key)


@pytest.mark.parametrize("name", [INDICATOR, "commitments:indicator-history"])
def test_rule_10_a_protected_indicator_has_no_public_past(name):
    row = make_indicator(make_measure(protection=Protection.PROTECTED))

    assert get(make_officer(), name, row.key, on=clock.today().isoformat()).status_code == 404
    assert get(make_trusted(), name, row.key).status_code == 200


def test_rule_13_a_measure_of_a_day_names_its_evidence_and_indicators(then, on):
    measure = long_ago(make_measure(), then)
    saved(make_evidence(measure, title="Zwischenbericht"), at=then)
    make_evidence(measure, title="Schlussbericht")
    hidden = make_evidence(measure, title="Namensliste", protection=Protection.PROTECTED)
    saved(hidden, at=then)
    indicator = long_ago(make_indicator(measure, name_de="Beratene"), then)
    saved(make_value(indicator, 25, date(2024, 12, 31)), at=then)

    page = text(make_officer(), "commitments:measure", measure.reference, on=on)

    assert "Zwischenbericht" in page
    assert "Beratene" in page
    assert "Schlussbericht" not in page
    assert "Namensliste" not in page


# Advice


def test_rule_13_advice_has_a_page_with_its_history_and_the_state_on_a_day(then, on):
    row, officer = long_ago(make_advice(), then), make_officer()
    advice.edit(row, Edit({"result_de": "Bewilligt."}, "Bescheid"), actor=officer, at=timezone.now())

    before, now = text(officer, ADVICE, row.pk, on=on), text(officer, ADVICE, row.pk)

    assert "Bewilligt." not in before
    assert "Bewilligt." in now
    assert "Bescheid" in now


def test_rule_11_withdrawn_advice_is_found_where_it_is_asked_for_and_keeps_its_page():
    row, officer = make_advice(subject_de="Irrtum"), make_officer()
    advice.withdraw(row, reason="Doppelt eingetragen", actor=officer, at=timezone.now())

    assert "Irrtum" not in text(officer, "commitments:advice-list")
    assert f"/engagements/advice/{row.pk}/" in text(officer, "commitments:advice-list", withdrawn="yes")
    assert "Doppelt eingetragen" in text(officer, ADVICE, row.pk)
    assert f"/engagements/advice/{row.pk}/edit/" not in text(officer, ADVICE, row.pk)


def test_rule_10_protected_advice_is_not_found():
    row = make_advice(protection=Protection.PROTECTED)

    assert get(make_officer(), ADVICE, row.pk).status_code == 404
    assert get(make_trusted(), ADVICE, row.pk).status_code == 200


# Units


def test_rule_13_a_unit_is_shown_with_its_name_and_people_of_a_day(then, on):
    unit, administrator = long_ago(make_unit(name_de="Sozialamt"), then), make_user(Role.ADMINISTRATOR)
    units.edit_unit(unit, Edit({"name_de": "Amt für Soziales"}, "Neuer Name"), actor=administrator, at=timezone.now())
    make_user(Role.CONTACT, unit, name="Erst heute")

    before = text(administrator, "commitments:unit-then", unit.key, on=on).split("<h1")[1]

    assert "Sozialamt" in before
    assert "Erst heute" not in before


def test_the_history_of_a_unit_names_successors_and_roles():
    old, new = make_unit(name_de="Altes Amt"), make_unit(name_de="Neues Amt")
    saved(UnitSuccession(unit=old, successor=new, on=clock.today()))
    make_user(Role.CONTACT, old, name="Ansprechperson")

    page = text(make_user(Role.ADMINISTRATOR), "commitments:unit-edit", old.key)

    assert "Nachfolge: Neues Amt" in page
    assert ", Ansprechperson" in page.split("Geschichte")[-1]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_reads_units_of_the_past(role):
    assert get(make_user(role), "commitments:unit-then", make_unit().key, on="2026-01-01").status_code == 403


# All of them


def pages():
    """Each page that can be asked for a day, with what stands on it."""
    return [
        (make_officer(), RECOMMENDATION, make_recommendation().key),
        (make_officer(), INDICATOR, make_indicator().key),
        (make_officer(), ADVICE, make_advice().pk),
        (make_user(Role.ADMINISTRATOR), "commitments:unit-then", make_unit().key),
    ]


@pytest.mark.parametrize("language", ["de", "en"])
def test_before_it_was_entered_it_was_not_in_the_register(client, language):
    client.cookies["django_language"] = language
    for user, name, key in pages():
        client.force_login(user)
        page = client.get(reverse(name, args=[key]), {"on": "2001-01-01"})

        assert page.status_code == 200
        assert NOT_THERE[language] in " ".join(page.content.decode().split())


@pytest.mark.parametrize("day", ["2999-01-01", "31.12.", "\x00", "x" * 5000, ""])
def test_a_day_that_is_none_is_refused_with_a_sentence(day):
    for user, name, key in pages():
        response = get(user, name, key, on=day)

        assert response.status_code == 200
        assert response.context["form"].errors


def test_the_state_on_a_day_costs_the_same_with_many_rows():
    officer, today = make_officer(), clock.today().isoformat()
    recommendation, indicator = make_recommendation(), make_indicator()

    def grow(year):
        for target in (make_commitment(), make_provision()):
            recommendations.link(recommendation, target, actor=officer, at=timezone.now())
        make_value(indicator, 30, date(year, 1, 1))
        return [
            cost(officer, RECOMMENDATION, recommendation.key, on=today),
            cost(officer, INDICATOR, indicator.key, on=today),
            cost(officer, ADVICE, make_advice().pk, on=today),
        ]

    few, many = grow(2023), [grow(year) for year in (2024, 2025)][-1]

    assert few == many
    assert max(few) <= MOST_QUERIES
