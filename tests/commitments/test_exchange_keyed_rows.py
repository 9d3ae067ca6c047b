"""What holds for one of the tables alone: money, numbers, indicators, adoptions, gaps, evidence."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from commitments.exchange.kinds import Amount
from commitments.exchange.lookups import Known
from commitments.exchange.plans import RowOutcome
from commitments.models import (
    Adoption,
    Evidence,
    GapReason,
    Indicator,
    MeasureBudget,
    Protection,
    User,
)
from tests.commitments.keyed import TODAY, budget, by_hand, gap, outcomes, value
from tests.commitments.tables import brought_in, cells, changed, errors_of, plan_of, taken_out, text
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_engagement,
    make_evidence,
    make_indicator,
    make_instrument,
    make_measure,
    make_officer,
    saved,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _german() -> Any:
    with translation.override("de"):
        yield


@pytest.fixture
def officer() -> User:
    return make_officer()


# Money


def test_an_amount_that_is_gone_ends_and_comes_back_when_the_file_has_it(tmp_path: Path, officer: User) -> None:
    row: Any = budget()
    path = changed(taken_out("budgets", officer, tmp_path / "a.xlsx"), 2, "Entfällt", "ja")
    assert outcomes(brought_in("budgets", path, officer)) == [RowOutcome.CHANGED]
    row.refresh_from_db()
    assert row.ended_on == TODAY
    assert not brought_in("budgets", path, officer).writes
    assert len(cells(taken_out("budgets", officer, tmp_path / "b.xlsx"))) == 1
    lacking = text(
        tmp_path / "c.csv", ("Maßnahme", "Jahr", "Quelle", "Betrag"), (row.measure.reference, "2026", "Haushalt", "8")
    )
    brought_in("budgets", lacking, officer)
    row.refresh_from_db()
    assert (row.ended_on, row.amount) == (None, Decimal("1500.50"))  # the amount was written by hand, its end was not


def test_rule_20_an_amount_that_a_person_ended_stays_ended(tmp_path: Path, officer: User) -> None:
    row: Any = budget()
    by_hand(row, ended_on=TODAY)
    path = text(
        tmp_path / "c.csv",
        ("Maßnahme", "Jahr", "Quelle", "Betrag"),
        (row.measure.reference, "2026", "Haushalt", "1.500,50"),
    )
    assert outcomes(brought_in("budgets", path, officer)) == [RowOutcome.CONFLICT]
    row.refresh_from_db()
    assert row.ended_on == TODAY


@pytest.mark.parametrize(
    ("year", "amount", "heading"), [("1949", "1", "Jahr"), ("26", "1", "Jahr"), ("2026", "-1", "Betrag")]
)
def test_money_that_cannot_be_is_refused(tmp_path: Path, officer: User, year: str, amount: str, heading: str) -> None:
    reference = make_measure().reference
    headings = ("Maßnahme", "Jahr", "Quelle", "Betrag")
    path = text(tmp_path / "a.csv", headings, (reference, year, "", amount))
    assert errors_of(plan_of("budgets", path, officer)) == [(2, heading)]


def test_more_cannot_come_from_the_funder_than_there_is(tmp_path: Path, officer: User) -> None:
    key = make_engagement().key
    headings = ("Partnerschaft oder Projekt", "Jahr", "Insgesamt", "Davon vom Fördergeber")
    path = text(tmp_path / "a.csv", headings, (key, "2026", "10", "11"), (key, "2027", "", ""))
    assert errors_of(plan_of("engagement-budgets", path, officer)) == [(2, "Davon vom Fördergeber"), (3, "Insgesamt")]


# Numbers


@pytest.mark.parametrize(
    ("language", "cell", "number"),
    [
        ("de", "1.234", "1234"),
        ("en", "1.234", "1.234"),
        ("de", "1,234", "1.234"),
        ("en", "1,234", "1234"),
        ("de", "0,125", "0.125"),
        ("en", "1,234.5", "1234.5"),
        ("de", 1.234, "1.234"),
        ("de", -3, "-3"),
    ],
)
def test_a_counted_number_is_read_as_the_reader_writes_it(language: str, cell: Any, number: str) -> None:
    with translation.override(language):
        assert Amount(places=4, negative=True, digits=18).read(cell, Known(None)) == Decimal(number)


def test_a_number_of_a_spreadsheet_is_never_taken_for_thousands() -> None:
    assert Amount().read(1.234, Known(None)) == Decimal("1.23")
    assert Amount(places=2, negative=True, digits=4).read(50.937, Known(None)) == Decimal("50.94")


# Indicators


def test_new_indicators_get_the_next_key_of_their_measure(tmp_path: Path, officer: User) -> None:
    measure = make_measure()
    headings = ("Maßnahme", "Name", "Art", "Maßeinheit", "Was ist besser?", "Ausgangswert", "Tag des Ausgangswerts")
    rows = [(measure.reference, f"Zahl {n}", "Prozessindikator", "Kurse", "", "1,5", "2022") for n in (1, 2)]
    plan = brought_in("indicators", text(tmp_path / "a.csv", headings, *rows), officer)
    assert outcomes(plan) == [RowOutcome.NEW] * 2, [str(error) for error in plan.all_errors()]
    one, two = Indicator.objects.order_by("pk")
    assert (one.key, two.key) == (f"{measure.key}-i1", f"{measure.key}-i2")
    assert (one.more_is_better, one.baseline, one.baseline_on_precision) == (True, Decimal("1.5"), "year")


def test_with_its_key_an_indicator_gets_another_name_and_stays_where_it_is(tmp_path: Path, officer: User) -> None:
    row = make_indicator()
    path = changed(taken_out("indicators", officer, tmp_path / "a.xlsx"), 2, "Name", "Anders genannt")
    brought_in("indicators", path, officer)
    row.refresh_from_db()
    assert row.name_de == "Anders genannt"
    changed(path, 2, "Maßnahme", make_measure().reference)
    assert errors_of(plan_of("indicators", path, officer)) == [(2, "Maßnahme")]


def test_of_two_with_the_same_name_the_key_is_asked_for(tmp_path: Path, officer: User) -> None:
    measure = make_measure()
    make_indicator(measure, key="eins", name_de="Kurse")
    make_indicator(measure, key="zwei", name_de="Kurse")
    path = text(tmp_path / "a.csv", ("Maßnahme", "Name", "Maßeinheit"), (measure.reference, "Kurse", "Stück"))
    plan = plan_of("indicators", path, officer)
    assert errors_of(plan) == [(2, "Schlüssel")]
    assert "eins, zwei" in plan.rows[0].errors[0].sentence


@pytest.mark.parametrize(
    ("values", "heading"),
    [
        ({"Ausgangswert": "20", "Ziel": "10", "Tag des Zielwerts": "2030"}, "Ziel"),
        ({"Ausgangswert": "20", "Tag des Ausgangswerts": None}, "Tag des Ausgangswerts"),
        ({"Beendet am": TODAY + timedelta(days=2)}, "Beendet am"),
    ],
)
def test_what_the_page_refuses_the_file_is_refused_too(
    tmp_path: Path, officer: User, values: dict[str, Any], heading: str
) -> None:
    make_indicator()
    path = taken_out("indicators", officer, tmp_path / "a.xlsx")
    for name, written in values.items():
        changed(path, 2, name, written)
    assert (2, heading) in errors_of(plan_of("indicators", path, officer))


def test_an_ended_indicator_takes_no_values_and_no_value_is_of_tomorrow(tmp_path: Path, officer: User) -> None:
    ended, running = make_indicator(ended_on=TODAY), make_indicator()
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    headings = ("Indikator", "Stand vom", "Istwert")
    path = text(tmp_path / "a.csv", headings, (ended.key, "2025", "1"), (running.key, tomorrow, "1"))
    assert errors_of(plan_of("indicator-values", path, officer)) == [(2, "Indikator"), (3, "Stand vom")]


def test_values_are_named_by_measure_and_indicator(tmp_path: Path, officer: User) -> None:
    row: Any = value()
    path = taken_out("indicator-values", officer, tmp_path / "a.xlsx")
    assert cells(path)[1][0] == f"{row.indicator.measure.reference}: {row.indicator.name_de}"
    assert cells(path)[1][1] == "2025"


# Adoptions


def test_a_date_that_becomes_known_changes_the_adoption_that_runs(tmp_path: Path, officer: User) -> None:
    row = make_adoption(adopted_on=None)
    path = changed(
        taken_out("adoptions", officer, tmp_path / "a.xlsx"), 2, "Datum des Beitritts oder Beschlusses", "2011-05"
    )
    assert outcomes(brought_in("adoptions", path, officer)) == [RowOutcome.CHANGED]
    row.refresh_from_db()
    assert (row.adopted_on, row.adopted_on_precision) == (date(2011, 5, 1), "month")
    assert Adoption.objects.count() == 1


def test_of_several_versions_the_one_meant_must_be_named(tmp_path: Path, officer: User) -> None:
    first = make_instrument("charta", short_de="Charta")
    by_hand(first, label_de="2006")
    second = saved(type(first)(instrument=first.instrument, number=2, label_de="2022", replaces=first))
    make_adoption(first, adopted_on=date(2008, 1, 1))
    assert cells(taken_out("adoptions", officer, tmp_path / "a.xlsx"))[1][0].endswith(", 2006")
    headings = ("Instrument", "Datum des Beitritts oder Beschlusses")
    path = text(tmp_path / "b.csv", headings, ("charta", "2023"), ("charta 2", "2023"))
    plan = plan_of("adoptions", path, officer)
    assert errors_of(plan) == [(2, "Instrument")]
    assert "charta 1, charta 2" in plan.rows[0].errors[0].sentence
    brought_in("adoptions", text(tmp_path / "c.csv", headings, ("charta 2", "2023")), officer)
    assert Adoption.objects.filter(version=second, ended_on=None).exists()
    assert Adoption.objects.filter(version=first, ended_on=None).exists()  # rule 2: the old one stays


def test_an_adoption_lies_in_the_past_and_ends_with_a_reason(tmp_path: Path, officer: User) -> None:
    version = make_instrument("pakt", short_de="Pakt")
    headings = ("Instrument", "Datum des Beitritts oder Beschlusses", "Beendet am", "Grund des Endes")
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    for row, heading in (
        (("pakt", tomorrow, "", ""), "Datum des Beitritts oder Beschlusses"),
        (("pakt", "2001", "2005-01-01", ""), "Grund des Endes"),
        (("pakt", "2001", "2000-01-01", "x"), "Beendet am"),
    ):
        assert (2, heading) in errors_of(plan_of("adoptions", text(tmp_path / "a.csv", headings, row), officer))
    assert not version.adoptions.exists()


# Gaps


def test_who_brings_a_reason_in_says_so(tmp_path: Path, officer: User) -> None:
    make_article(3)
    headings = ("Artikel", "Handlungsfeld", "Grund", "Erläuterung", "Angegeben von")
    path = text(tmp_path / "a.csv", headings, ("3", "", "Keine Mittel", "Es fehlt Geld.", "Jemand anders"))
    plan = brought_in("gap-reasons", path, officer)
    assert outcomes(plan) == [RowOutcome.NEW], [str(error) for error in plan.all_errors()]
    row = GapReason.objects.get()
    assert (row.stated_by, row.stated_on, row.field, row.article.order) == (officer, TODAY, "", 3)


def test_a_day_without_a_next_step_is_refused(tmp_path: Path, officer: User) -> None:
    gap()
    path = changed(taken_out("gap-reasons", officer, tmp_path / "a.xlsx"), 2, "Fällig am", TODAY)
    assert errors_of(plan_of("gap-reasons", path, officer)) == [(2, "Nächster Schritt")]


# Evidence

SHA = "ab" * 32


def test_a_file_goes_out_with_its_hash_and_its_title_can_change(tmp_path: Path, officer: User) -> None:
    row = make_evidence(sha256=SHA, title="Bericht")
    path = taken_out("evidence", officer, tmp_path / "a.xlsx")
    told = dict(zip(*cells(path), strict=True))
    assert (told["SHA-256 der Datei"], told["Größe in Byte"]) == (SHA, 100)
    brought_in("evidence", changed(path, 2, "Titel", "Jahresbericht"), officer)
    row.refresh_from_db()
    assert (row.title, row.sha256) == ("Jahresbericht", SHA)


def test_files_are_added_on_their_page(tmp_path: Path, officer: User) -> None:
    make_evidence(sha256=SHA, title="Bericht")
    path = changed(taken_out("evidence", officer, tmp_path / "a.xlsx"), 2, "SHA-256 der Datei", "cd" * 32)
    plan = plan_of("evidence", path, officer)
    assert errors_of(plan) == [(2, "Art")]
    assert "auf der Seite" in plan.rows[0].errors[0].sentence
    assert Evidence.objects.count() == 1


def test_a_new_address_under_the_same_title_changes_the_link(tmp_path: Path, officer: User) -> None:
    row: Any = make_evidence()
    path = changed(taken_out("evidence", officer, tmp_path / "a.xlsx"), 2, "Adresse", "https://example.org/neu")
    assert outcomes(brought_in("evidence", path, officer)) == [RowOutcome.CHANGED]
    row.refresh_from_db()
    assert row.url == "https://example.org/neu"
    assert Evidence.objects.count() == 1


def test_a_second_address_under_the_same_title_is_another_link(tmp_path: Path, officer: User) -> None:
    row: Any = make_evidence()
    first = (row.measure.reference, "Verweis", row.title, row.url)
    second = (row.measure.reference, "Verweis", row.title, "https://example.org/zwei")
    path = text(tmp_path / "a.csv", ("Maßnahme", "Art", "Titel", "Adresse"), first, second)
    for expected in (RowOutcome.NEW, RowOutcome.UNCHANGED):
        assert outcomes(brought_in("evidence", path, officer)) == [RowOutcome.UNCHANGED, expected]
    assert Evidence.objects.count() == 2


def test_rule_20_what_a_person_withdrew_is_not_added_again(tmp_path: Path, officer: User) -> None:
    row: Any = make_evidence()
    headings = ("Maßnahme", "Art", "Titel", "Adresse")
    path = text(tmp_path / "a.csv", headings, (row.measure.reference, "Verweis", row.title, row.url))
    by_hand(row, withdrawn_on=TODAY)
    assert outcomes(brought_in("evidence", path, officer)) == [RowOutcome.CONFLICT]
    assert Evidence.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "heading"),
    [
        ({"Art": "Verweis", "Adresse": ""}, "Adresse"),
        ({"Art": "Verweis", "Adresse": "javascript:alert(1)"}, "Adresse"),
        ({"Art": "Verweis", "Adresse": "https://x"}, "Adresse"),
        ({"Art": "Ratsvorlage"}, "Nummer der Ratsvorlage"),
        ({"Schutzklasse": "Öffentlich"}, "Schutzklasse"),
        ({"Gültig bis": "2001-01-01"}, "Gültig bis"),
        ({"Maßnahme": ""}, "Maßnahme"),
    ],
)
def test_evidence_that_the_page_would_refuse(
    tmp_path: Path, officer: User, values: dict[str, str], heading: str
) -> None:
    measure = make_measure(protection=Protection.INTERNAL)
    row = {"Maßnahme": measure.reference, "Art": "Verweis", "Titel": "Neu", "Adresse": "https://example.org/1"} | values
    path = text(tmp_path / "a.csv", list(row), list(row.values()))
    assert errors_of(plan_of("evidence", path, officer)) == [(2, heading)]


def test_new_evidence_is_as_strict_as_its_measure(tmp_path: Path, officer: User) -> None:
    measure = make_measure(protection=Protection.INTERNAL)
    headings = ("Maßnahme", "Art", "Titel", "Adresse")
    path = text(tmp_path / "a.csv", headings, (measure.reference, "Verweis", "Neu", "https://example.org/1"))
    brought_in("evidence", path, officer)
    assert Evidence.objects.get().protection == Protection.INTERNAL


# What held for tables before


def test_a_link_without_a_measure_is_told_by_row_and_column(tmp_path: Path, officer: User) -> None:
    commitment = make_commitment()
    headings = ("Maßnahme", "Verpflichtung", "Beitrag", "Begründung")
    path = text(tmp_path / "a.csv", headings, ("", commitment.reference, "Direkt", "Weil."))
    assert (2, "Maßnahme") in errors_of(plan_of("links", path, officer))


def test_many_new_amounts_are_written_in_batches(tmp_path: Path, officer: User) -> None:
    measures = [make_measure() for _ in range(3)]
    rows = [(measure.reference, str(year), "", "5") for measure in measures for year in range(1990, 2030)]
    path = text(tmp_path / "a.csv", ("Maßnahme", "Jahr", "Quelle", "Betrag"), *rows)
    with CaptureQueriesContext(connection) as queries:
        brought_in("budgets", path, officer)
    assert MeasureBudget.objects.count() == 120
    assert len(queries) < 60
