"""Figures that a unit reports with an answer; and what happens where two people write the same answer."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import IndicatorValue, MeasureBudget, Role
from commitments.texts import euro
from commitments.workflow import last_change
from reviews.models import ConfirmationState
from reviews.workflow import confirmations, figures
from reviews.workflow.changes import pending_changes
from reviews.workflow.confirmations import Answer
from tests.factories import (
    make_confirmation,
    make_cycle,
    make_evidence,
    make_indicator,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    make_value,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now
State = ConfirmationState


@pytest.fixture
def unit():
    return make_unit()


@pytest.fixture
def contact(unit):
    return make_user(Role.CONTACT, unit)


@pytest.fixture
def cycle():
    return make_cycle()


@pytest.fixture
def row(unit, cycle):
    return make_confirmation(cycle, make_measure(unit), unit)


def page(row):
    return reverse("reviews:confirm", args=[row.cycle.year, row.unit.key])


def typed(row, **values):
    prefilled = {"status": row.measure.status, "title_de": row.measure.title_de}
    return {f"answer-{row.pk}-{name}": value for name, value in (prefilled | values).items()}


def form_of(client, row):
    sheet = client.get(page(row), {"open": row.pk}).context["sheet"]
    return sheet.item(row.pk).form


def names_of(form):
    return {figure.field.split(":")[0]: name for name, figure in form.figures.items()}


def test_money_and_an_indicator_are_reported_with_old_and_new_number(row, contact):
    day = row.cycle.reporting_date
    saved(MeasureBudget(measure=row.measure, year=day.year, amount=90_000))
    indicator = make_indicator(row.measure)
    make_value(indicator, 1340, date(day.year - 1, 6, 30))
    client = signed_in(contact)
    names = names_of(form_of(client, row))

    sent = typed(row, result="changed", **{names["money"]: "72.500", names["indicator"]: "1.510"})
    client.post(page(row), {"opened": row.pk} | sent)

    row.refresh_from_db()
    assert row.changes == {
        f"money:{day.year}:": ["90000", "72500"],
        f"indicator:{indicator.key}:{day.isoformat()}": [None, "1510"],
    }


def test_the_last_number_stands_beside_the_field(row, contact):
    saved(MeasureBudget(measure=row.measure, year=row.cycle.reporting_date.year - 1, amount=90_000))

    form = form_of(signed_in(contact), row)

    assert "90.000" in str(form[names_of(form)["money"]].help_text)


def test_a_number_that_is_none_is_pointed_out_at_its_field(row, contact):
    client = signed_in(contact)
    name = names_of(form_of(client, row))["money"]

    response = client.post(page(row), {"opened": row.pk} | typed(row, result="changed", **{name: "viel"}))

    row.refresh_from_db()
    assert response.context["sheet"].item(row.pk).form.errors.keys() == {name}
    assert row.state == State.REQUESTED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("money:2026:", "viel"),
        ("money:2026:", "-1"),
        ("money:2026:", "NaN"),
        ("indicator:m-1:gestern", "1"),
        ("money", "1"),
    ],
)
def test_what_the_register_could_not_take_is_refused(row, contact, field, value):
    with pytest.raises(ValidationError):
        confirmations.save_draft(row, Answer("changed", changes={field: [None, value]}), actor=contact, at=NOW())


def test_the_officer_enters_reported_figures_into_the_register(row, unit, contact):
    indicator = make_indicator(row.measure)
    day = row.cycle.reporting_date
    changes = {f"money:{day.year}:Haushalt": [None, "72500"], f"indicator:{indicator.key}:{day}": [None, "1510"]}
    confirmations.submit(row, Answer("changed", changes=changes), actor=contact, at=NOW())
    confirmations.release(row, actor=make_user(Role.RELEASER, unit), at=NOW())
    row.refresh_from_db()
    before = len(pending_changes(row))

    confirmations.apply_changes(row, actor=make_officer(), at=NOW())

    row.refresh_from_db()
    budget, value = MeasureBudget.objects.get(measure=row.measure), IndicatorValue.objects.get(indicator=indicator)
    assert (budget.year, budget.source, budget.amount) == (day.year, "Haushalt", Decimal(72_500))
    assert (value.on, value.value) == (day, Decimal(1510))
    assert (before, pending_changes(row)) == (2, [])


def test_a_figure_that_the_register_changed_since_is_a_conflict(row, unit, contact):
    day = row.cycle.reporting_date
    budget = saved(MeasureBudget(measure=row.measure, year=day.year, amount=100))
    changes = {f"money:{day.year}:": ["100", "200"]}
    confirmations.submit(row, Answer("changed", changes=changes), actor=contact, at=NOW())
    confirmations.release(row, actor=make_user(Role.RELEASER, unit), at=NOW())
    budget.amount = Decimal(150)
    save_as(budget, actor=None, reason="Nachtrag", at=NOW())

    with pytest.raises(ValidationError, match="150"):
        confirmations.apply_changes(row, actor=make_officer(), at=NOW())

    budget.refresh_from_db()
    assert budget.amount == 150


def test_a_figure_has_its_name_on_pages(row):
    indicator = make_indicator(row.measure, name_de="Erreichte Menschen")

    assert figures.label_of(row.measure, f"indicator:{indicator.key}:2026-09-30") == "Erreichte Menschen"
    assert figures.shown("money:2026:", "72500") == euro(72_500)


def test_the_list_asks_the_same_with_few_and_with_many_figures(unit, cycle, contact):
    def another():
        measure = make_measure(unit)
        make_value(make_indicator(measure), 5, date(2025, 1, 1))
        saved(MeasureBudget(measure=measure, year=2025, amount=1))
        make_evidence(measure)
        return make_confirmation(cycle, measure, unit)

    first = another()
    few = queries(contact, page(first))
    for _ in range(4):
        another()

    assert queries(contact, page(first)) == few <= MOST_QUERIES


def test_evidence_is_added_from_the_answer_and_what_was_typed_is_kept(row, contact):
    client = signed_in(contact)
    sent = {"opened": row.pk, "evidence": row.pk} | typed(row, result="changed", status="completed")

    onward = client.post(page(row), sent)
    form = {"title": "Bericht", "url": "https://example.org/bericht", "protection": "public"}
    back = client.post(onward["Location"].replace("?", "?kind=link&"), form)

    row.refresh_from_db()
    listed = client.get(reverse("reviews:answer-evidence", args=[row.pk])).content.decode()
    assert row.changes == {"status": ["ongoing", "completed"]}
    assert back["Location"] == f"{page(row)}?open={row.pk}#answer-{row.pk}"
    assert "Bericht" in listed


def test_the_way_back_leads_to_no_other_site(row, contact):
    address = reverse("commitments:measure-evidence-add", args=[row.measure.reference])
    form = {"title": "Bericht", "url": "https://example.org/bericht", "protection": "public"}

    answer = signed_in(contact).post(f"{address}?kind=link&back=//example.org/", form)

    assert "example.org" not in answer["Location"]


def test_a_draft_that_a_colleague_saved_since_is_not_written_over(row, contact):
    seen = last_change(row)
    confirmations.save_draft(row, Answer("disputed", "Von der Kollegin."), actor=contact, at=NOW(), seen=seen)

    with pytest.raises(ValidationError) as error:
        confirmations.save_draft(row, Answer("confirmed"), actor=contact, at=NOW(), seen=seen)

    row.refresh_from_db()
    assert error.value.code == "changed"
    assert row.statement_de == "Von der Kollegin."


def test_who_is_overtaken_sees_both_texts_and_nothing_is_lost(row, unit, contact):
    colleague = make_user(Role.CONTACT, unit, name="Frau Beispiel")
    client, seen = signed_in(contact), last_change(row)
    confirmations.save_draft(row, Answer("disputed", "Von der Kollegin."), actor=colleague, at=NOW())
    fragment = reverse("reviews:answer", args=[row.pk])

    said = client.post(fragment, typed(row, result="disputed", statement_de="Von mir.", seen=seen)).content.decode()
    row.refresh_from_db()
    kept = row.statement_de
    mine = {"mine": last_change(row)}
    client.post(fragment, typed(row, result="disputed", statement_de="Von mir.", seen=seen, **mine))

    row.refresh_from_db()
    assert "Frau Beispiel" in said
    assert "Von der Kollegin." in said
    assert (kept, row.statement_de) == ("Von der Kollegin.", "Von mir.")


def test_without_script_the_page_comes_back_with_both_texts(row, unit, contact):
    client, seen = signed_in(contact), last_change(row)
    confirmations.save_draft(row, Answer("disputed", "Von der Kollegin."), actor=contact, at=NOW())
    sent = {"opened": row.pk} | typed(row, result="disputed", statement_de="Von mir.", seen=seen)

    response = client.post(page(row), sent)
    form = response.context["sheet"].item(row.pk).form
    client.post(page(row), sent | {f"answer-{row.pk}-seen": form["seen"].value()})

    row.refresh_from_db()
    assert "Von der Kollegin." in response.content.decode()
    assert "Von mir." in response.content.decode()
    assert row.statement_de == "Von mir."


def test_a_form_in_which_nothing_was_typed_does_not_stand_in_a_colleagues_way(row, unit, contact):
    client = signed_in(contact)
    seen, other = last_change(row), make_confirmation(row.cycle, make_measure(unit), unit)
    confirmations.save_draft(row, Answer("disputed", "Von der Kollegin."), actor=contact, at=NOW())
    sent = {"opened": [row.pk, other.pk]} | typed(row, seen=seen) | typed(other, result="confirmed")

    response = client.post(page(row), sent)

    row.refresh_from_db()
    other.refresh_from_db()
    assert response.status_code == 302
    assert (row.statement_de, other.result) == ("Von der Kollegin.", "confirmed")


def test_ones_own_next_save_is_no_conflict(row, contact):
    client, fragment = signed_in(contact), reverse("reviews:answer", args=[row.pk])
    first = client.post(fragment, typed(row, result="disputed", statement_de="Ein Satz.", seen=last_change(row)))
    seen = first.context["seen"]

    second = client.post(fragment, typed(row, result="disputed", statement_de="Zwei Sätze.", seen=seen))

    row.refresh_from_db()
    assert second.context["saved"]
    assert f'value="{seen}"' in first.content.decode()
    assert row.statement_de == "Zwei Sätze."


def test_typing_into_an_answer_that_was_submitted_meanwhile_says_so(row, contact):
    confirmations.submit(row, Answer("confirmed"), actor=contact, at=NOW())

    said = signed_in(contact).post(reverse("reviews:answer", args=[row.pk]), typed(row, result="changed"))

    row.refresh_from_db()
    assert 'role="alert"' in said.content.decode()
    assert row.result == "confirmed"


def test_a_proposed_measure_comes_back_to_the_list_and_stands_beside_it(row, unit, contact):
    client = signed_in(contact)
    back = f"{page(row)}#missing"
    sent = {"title_de": "Neue Beratung", "field": "human_rights", "status": "ongoing", "lead": unit.key}
    sent |= {"budgets-TOTAL_FORMS": "0", "budgets-INITIAL_FORMS": "0", "protection": "public"}

    answer = client.post(f"{reverse('commitments:measure-new')}?back={back.replace('#', '%23')}", sent)
    beside = client.get(reverse("reviews:beside", args=[row.cycle.year, unit.key]))

    assert answer.status_code == 302, answer.context["sheet"].form.errors
    assert answer["Location"] == back
    assert [proposal.measure.title_de for proposal in beside.context["proposals"]] == ["Neue Beratung"]
    assert (
        signed_in(make_user(Role.CONTACT)).get(reverse("reviews:beside", args=[row.cycle.year, unit.key])).status_code
        == 404
    )
