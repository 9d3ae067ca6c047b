"""Lists of the EU funds: their headings are known, foreign columns passed over, known projects found again."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from commitments.exchange.eu_funds import EuFunds
from commitments.exchange.plans import Act, RowOutcome
from commitments.exchange.running import planned
from commitments.models import EngagementStatus, EUProject, RunBy
from tests.factories import make_officer, make_unit

pytestmark = pytest.mark.django_db

LIST = {
    "Name des Begünstigten": "Stadt",
    "Name des Vorhabens": "Muster im Quartier",
    "Zweck des Vorhabens": "Beratung",
    "Datum des Beginns": "01.03.2023",
    "Datum des Abschlusses": "28.02.2099",
    "Gesamtkosten": "1.200.000,50",
    "EU-Kofinanzierung": "480.000",
    "Fonds": "ESF+",
    "Förderkennzeichen": "ESF-1",
    "Art der Intervention": "138",
}


def table(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "upload.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def office(db):
    return make_unit(key="office", is_officers_own=True)


def run(path, user):
    plan = planned(EuFunds(), path, user)
    assert list(plan.all_errors()) == []
    EuFunds().apply(plan, Act(user, "Übernommen aus liste.csv", timezone.now()))
    return plan


def test_a_list_of_operations_is_read_by_its_usual_headings(office, tmp_path):
    run(table(tmp_path, LIST), make_officer())

    row = EUProject.objects.get()
    assert (row.name_de, row.acronym, row.programme, row.grant_agreement) == (
        "Muster im Quartier",
        "Muster im Quartier",
        "ESF+",
        "ESF-1",
    )
    assert (row.total_cost, row.eu_contribution) == (Decimal("1200000.50"), Decimal(480_000))
    assert (row.starts_on, row.ends_on, row.note_de) == (date(2023, 3, 1), date(2099, 2, 28), "Beratung")
    assert (row.unit, row.run_by, row.status, row.field) == (
        office,
        RunBy.DEPARTMENT,
        EngagementStatus.ACTIVE,
        "europe",
    )


def test_english_headings_and_an_own_list_are_read_too(office, tmp_path):
    other = make_unit(name_de="Amt für Schule")
    own = {
        "Acronym": "SAMPLE",
        "Title": "A sample",
        "Programme": "Erasmus+",
        "Call": "2023",
        "Grant number": "2023-1",
        "Start date": "2023-09",
        "End date": "2024-08",
        "Total cost": "60000",
        "EU contribution": "60000",
        "Role": "partner",
        "Unit": "Amt für Schule",
    }

    run(table(tmp_path, own), make_officer())

    row = EUProject.objects.get()
    assert (row.acronym, row.unit, row.city_role, row.call) == ("SAMPLE", other, "partner", "2023")
    assert (row.status, row.ends_on_precision) == (EngagementStatus.ENDED, "month")


def test_rule_15_a_second_run_changes_nothing(office, tmp_path):
    officer, path = (
        make_officer(),
        table(tmp_path, LIST, LIST | {"Name des Vorhabens": "Zwei", "Förderkennzeichen": ""}),
    )

    first, second = run(path, officer), planned(EuFunds(), path, officer)

    assert [row.outcome for row in first.rows] == [RowOutcome.NEW] * 2
    assert [row.outcome for row in second.rows] == [RowOutcome.UNCHANGED] * 2


def test_a_project_is_known_again_by_its_grant_number_and_keeps_its_unit(office, tmp_path):
    officer = make_officer()
    run(table(tmp_path, LIST), officer)

    plan = run(table(tmp_path, LIST | {"Gesamtkosten": "1.300.000", "Name des Vorhabens": "Anders"}), officer)

    row = EUProject.objects.get()
    assert (row.name_de, row.total_cost, row.unit) == ("Anders", Decimal(1_300_000), office)
    assert plan.rows[0].outcome == RowOutcome.CHANGED


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("Name des Vorhabens", ""),
        ("Datum des Beginns", "bald"),
        ("Datum des Abschlusses", "2020"),
        ("Gesamtkosten", "viel"),
        ("Gesamtkosten", "-5"),
    ],
)
def test_what_is_wrong_is_said_in_its_row(office, tmp_path, heading, value):
    plan = planned(EuFunds(), table(tmp_path, LIST | {heading: value}), make_officer())

    assert [error.row for error in plan.all_errors()] == [2]


def test_without_a_unit_of_the_officer_the_list_must_name_one(tmp_path):
    plan = planned(EuFunds(), table(tmp_path, LIST), make_officer())

    assert [error.row for error in plan.all_errors()] == [2]
