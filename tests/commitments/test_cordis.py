"""Datasets of CORDIS: the city's projects are found by its code, read row by row, and written as people left them."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone, translation

from commitments.exchange import cordis
from commitments.exchange.cordis_subject import CordisProjects, Options
from commitments.exchange.plans import Act, RowOutcome
from commitments.exchange.running import planned
from commitments.exchange.tables import TableError
from commitments.ledger import save_as
from commitments.models import (
    City,
    EngagementKind,
    EngagementStatus,
    EUProject,
    FieldOfAction,
    PartnerRole,
    ProjectPartner,
    Protection,
    RunBy,
)
from tests.factories import make_city, make_officer, make_unit, saved

CITY, OTHER, THIRD = "999999999", "999999998", "999999997"
PROJECT = {
    "id": "101000001",
    "acronym": "SAMPLE",
    "status": "SIGNED",
    "title": "A sample of a title; with a semicolon",
    "startDate": "2024-09-01",
    "endDate": "2028-08-31",
    "totalCost": "2500000,5",
    "ecMaxContribution": "1999999.99",
    "legalBasis": "HORIZON.2.5",
    "topics": "HORIZON-TOPIC",
    "ecSignatureDate": "2024-06-01",
    "frameworkProgramme": "HORIZON",
    "masterCall": "HORIZON-MASTER",
    "subCall": "HORIZON-SUB",
    "fundingScheme": "HORIZON-IA",
    "nature": "",
    "objective": 'It says "hello"\nand goes on.',
    "contentUpdateDate": "2024-06-02 10:00:00",
    "rcn": "1",
    "grantDoi": "10.3030/101000001",
}
PARTNER = {
    "projectID": "101000001",
    "projectAcronym": "SAMPLE",
    "organisationID": CITY,
    "vatNumber": "",
    "name": "CITY 1",
    "shortName": "",
    "SME": "false",
    "activityType": "PUB",
    "street": "",
    "postCode": "",
    "city": "PLACE 1",
    "country": "DE",
    "nutsCode": "",
    "geolocation": "",
    "organizationURL": "",
    "contactForm": "",
    "contentUpdateDate": "",
    "rcn": "1",
    "order": "1",
    "role": "participant",
    "ecContribution": "300000",
    "netEcContribution": "250000",
    "totalCost": "400000",
    "endOfParticipation": "false",
    "active": "true",
}
LEAD = PARTNER | {
    "organisationID": OTHER,
    "name": "PARTNER 1",
    "role": "coordinator",
    "country": "EL",
    "netEcContribution": "",
}
STRANGER = PARTNER | {"projectID": "101000002", "organisationID": OTHER, "name": "CITY 1"}


def table(*rows: dict[str, str], headings=None, separator=";") -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(headings or rows[0]), delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def archive(folder: Path, projects=(PROJECT,), partners=(PARTNER, LEAD, STRANGER), inside="") -> Path:
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{inside}project.csv", table(*projects))
        packed.writestr(f"{inside}organization.csv", table(*partners))
        packed.writestr("euroSciVoc.csv", "a;b\n")
    return path


def read(path: Path, pics=(CITY,)):
    return cordis.read_dataset(path, None, pics)


def test_the_city_is_found_by_its_code_and_never_by_its_name(tmp_path):
    dataset = read(archive(tmp_path, (PROJECT, PROJECT | {"id": "101000002"})))

    assert [project.grant_agreement for project in dataset.projects] == ["101000001"]
    assert (dataset.projects_read, dataset.participations_read) == (2, 3)


def test_a_project_is_read_with_its_partners(tmp_path):
    project = read(archive(tmp_path)).projects[0]

    assert project.columns == {
        "acronym": "SAMPLE",
        "name_en": "A sample of a title; with a semicolon",
        "programme": "Horizon Europe",
        "call": "HORIZON-SUB",
        "starts_on": date(2024, 9, 1),
        "ends_on": date(2028, 8, 31),
        "total_cost": Decimal("2500000.50"),
        "eu_contribution": Decimal("1999999.99"),
        "city_contribution": Decimal("250000.00"),
    }
    city, lead = project.partners
    assert (city.columns["is_city"], lead.columns["is_city"]) == (True, False)
    assert lead.columns["country"] == "GR"
    assert lead.columns["role"] == PartnerRole.COORDINATOR
    assert lead.columns["eu_contribution"] == Decimal("300000.00")


def test_two_files_say_the_same_as_the_archive(tmp_path):
    projects, organisations = tmp_path / "project.csv", tmp_path / "organization.csv"
    projects.write_text("\ufeff" + table(PROJECT), "utf-8")
    organisations.write_text(table(PARTNER, LEAD, separator=","), "utf-8")

    dataset = cordis.read_dataset(projects, organisations, (CITY,))

    assert dataset.projects == read(archive(tmp_path, inside="a/folder/")).projects


@pytest.mark.parametrize(
    ("columns", "programme"),
    [
        ({"frameworkProgramme": "H2020"}, "Horizon 2020"),
        ({"frameworkProgramme": "FP7"}, "7th Framework Programme"),
        ({"frameworkProgramme": "", "legalBasis": "H2020-EU.3.3."}, "Horizon 2020"),
        ({"frameworkProgramme": "", "legalBasis": "HORIZON.2"}, "Horizon Europe"),
        ({"frameworkProgramme": "ERASMUS2027"}, "ERASMUS2027"),
    ],
)
def test_the_programme_follows_the_framework(tmp_path, columns, programme):
    assert read(archive(tmp_path, (PROJECT | columns,))).projects[0].columns["programme"] == programme


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1234,5", "1234.50"), ("1234.5", "1234.50"), ("1.234,50", "1234.50"), ("1,234.50", "1234.50"), ("0", "0.00")],
)
def test_an_amount_has_a_decimal_comma_or_point(tmp_path, written, amount):
    project = read(archive(tmp_path, (PROJECT | {"totalCost": written},))).projects[0]

    assert project.columns["total_cost"] == Decimal(amount)


def test_an_organisation_with_two_rows_is_one_partner(tmp_path):
    left = PARTNER | {"endOfParticipation": "true", "role": "thirdParty", "netEcContribution": "100"}

    project = read(archive(tmp_path, partners=(left, PARTNER))).projects[0]

    assert [(each.has_ended, each.columns["role"]) for each in project.partners] == [(False, PartnerRole.PARTICIPANT)]
    assert project.columns["city_contribution"] == Decimal("250100.00")


@pytest.mark.parametrize(
    ("project", "partner", "column", "word"),
    [
        ({"totalCost": "a lot"}, {}, "project.csv, totalCost", "no amount"),
        ({"totalCost": "-1"}, {}, "project.csv, totalCost", "no amount"),
        ({"totalCost": "NaN"}, {}, "project.csv, totalCost", "no amount"),
        ({"startDate": "soon"}, {}, "project.csv, startDate", "no date"),
        ({"endDate": "2020-01-01"}, {}, "project.csv, endDate", "before the start"),
        ({"acronym": ""}, {}, "project.csv, acronym", "must not be empty"),
        ({"acronym": "x" * 81}, {}, "project.csv, acronym", "81 characters"),
        ({}, {"organisationID": "12"}, "organization.csv, organisationID", "nine digits"),
        ({}, {"country": "Germany"}, "organization.csv, country", "two letters"),
        ({}, {"name": ""}, "organization.csv, name", "must not be empty"),
        ({"id": "101000003"}, {}, "organization.csv, projectID", "not in project.csv"),
    ],
)
def test_what_is_wrong_is_said_with_file_row_and_column(tmp_path, project, partner, column, word):
    with translation.override("en"):
        dataset = read(archive(tmp_path, (PROJECT | project,), (PARTNER, LEAD | partner)))

    assert [error.column for error in dataset.errors] == [column]
    assert word in dataset.errors[0].sentence
    assert dataset.projects == []


def bad_archive(folder: Path, **files: str | bytes) -> Path:
    path = folder / "upload.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(f"{name}.csv", content)
    return path


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"project": table(PROJECT)},
        {"project": table(PROJECT), "organization": "name;role\n"},
        {"project": "x", "organization": ""},
        {"project": table(PROJECT), "organization": b"\xff\xfe" + table(PARTNER).encode("latin-1")},
        {"project": table(PROJECT), "organization": table(PARTNER).encode() + b"\xe4;"},
        {"project": b"0" * 40_000_000, "organization": table(PARTNER)},
    ],
)
def test_an_archive_that_is_none_of_cordis_is_refused(tmp_path, files):
    with pytest.raises(TableError):
        read(bad_archive(tmp_path, **files))


def test_a_damaged_archive_is_refused(tmp_path):
    path = archive(tmp_path)
    content = bytearray(path.read_bytes())
    content[60:90] = b"\0" * 30
    path.write_bytes(content)

    with pytest.raises(TableError):
        read(path)


def test_nothing_of_an_archive_is_written_to_disk(tmp_path):
    folder = tmp_path / "deep"
    folder.mkdir()
    path = archive(folder, inside="../../")

    read(path)

    assert [each.name for each in tmp_path.rglob("*")] == ["deep", "upload.zip"]


def test_a_hundred_thousand_participations_are_read_row_by_row(tmp_path):
    heading, line, *_rest = table(PARTNER | {"projectID": "101100000", "organisationID": OTHER}).splitlines(
        keepends=True
    )
    path = tmp_path / "upload.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("project.csv", table(PROJECT))
        with packed.open("organization.csv", "w") as file:
            file.write((heading + table(PARTNER).splitlines(keepends=True)[1]).encode())
            for _thousand in range(100):
                file.write((line * 1000).encode())
            file.write(table(LEAD).splitlines(keepends=True)[1].encode())
    told = []

    dataset = cordis.read_dataset(path, None, (CITY,), lambda done, total: told.append((done, total)))

    assert (dataset.projects_read, dataset.participations_read) == (1, 100_002)
    assert [len(project.partners) for project in dataset.projects] == [2]
    assert len(told) == 40
    assert all(done <= total for done, total in told)
    assert [done for done, _total in told] == sorted(done for done, _total in told)


# What the import does


@pytest.fixture
def subject(db):
    make_city()
    unit = make_unit(key="office", is_officers_own=True)
    return CordisProjects(Options((CITY,), unit.key, RunBy.OFFICE))


def run(subject, path, user):
    plan = planned(subject, path, user)
    assert not plan.is_refused
    subject.apply(plan, Act(user, "upload.zip", timezone.now()))
    return plan


def test_rule_15_a_second_run_changes_nothing(subject, tmp_path):
    officer, path = make_officer(), archive(tmp_path)

    first = run(subject, path, officer)
    second = planned(subject, path, officer)

    assert [row.outcome for row in first.rows] == [RowOutcome.NEW] * 3
    assert [row.outcome for row in second.rows] == [RowOutcome.UNCHANGED] * 3
    assert not second.writes
    project = EUProject.objects.get()
    assert (project.grant_agreement, project.acronym, project.run_by) == ("101000001", "SAMPLE", RunBy.OFFICE)
    assert (project.unit.key, project.city_role, project.status) == ("office", "participant", EngagementStatus.ACTIVE)
    assert project.history.latest().history_user_id == officer.pk
    assert set(project.partners.values_list("pic", "is_city")) == {(CITY, True), (OTHER, False)}


def test_rule_15_one_wrong_cell_refuses_the_whole_file(subject, tmp_path):
    second = PROJECT | {"id": "101000002", "totalCost": "x"}
    path = archive(tmp_path, (PROJECT, second), (PARTNER, PARTNER | {"projectID": "101000002"}))

    plan = planned(subject, path, make_officer())

    assert plan.is_refused
    assert RowOutcome.ERROR in [row.outcome for row in plan.rows]
    assert EUProject.objects.count() == 0


def test_rule_20_what_a_person_changed_is_kept_and_listed(subject, tmp_path):
    officer = make_officer()
    run(subject, archive(tmp_path), officer)
    project = EUProject.objects.get()
    project.total_cost, project.unit = Decimal(1), make_unit()
    save_as(project, actor=officer, reason="Nachgerechnet", at=timezone.now())

    plan = run(subject, archive(tmp_path, (PROJECT | {"endDate": "2029-08-31"},)), officer)

    project.refresh_from_db()
    assert (project.total_cost, project.ends_on) == (Decimal(1), date(2029, 8, 31))
    assert project.unit.key != "office"
    assert plan.rows[0].outcome == RowOutcome.CONFLICT
    assert sorted(change.kept for change in plan.rows[0].changes) == [False, True]


@pytest.mark.parametrize(("language", "amount"), [("de", "2.500.000,50"), ("en", "2,500,000.50")])
def test_the_preview_writes_amounts_and_countries_as_people_read_them(subject, tmp_path, language, amount):
    officer = make_officer()
    run(subject, archive(tmp_path, (PROJECT | {"totalCost": "1"},), (PARTNER | {"country": "FR"}, LEAD)), officer)

    with translation.override(language):
        plan = planned(subject, archive(tmp_path), officer)

    told = {word for row in plan.rows for change in row.changes for word in (change.old, change.new)}
    assert any(amount in word and "€" in word for word in told)
    assert not told & {"2500000.50", "FR", "DE"}


def test_a_project_entered_by_hand_is_known_by_its_grant_agreement_and_filled_in(subject, tmp_path):
    officer = make_officer()
    project = EUProject(
        key="sample",
        kind=EngagementKind.EU_PROJECT,
        field=FieldOfAction.EUROPE,
        name_de="Muster",
        acronym="Sample",
        unit=make_unit(),
        grant_agreement="101000001",
    )
    save_as(project, actor=officer, reason="Eingetragen", at=timezone.now())
    save_as(
        ProjectPartner(project=project, name="Stadt", is_city=True), actor=officer, reason="Partner", at=timezone.now()
    )

    run(subject, archive(tmp_path), officer)

    project = EUProject.objects.get()
    assert (project.acronym, project.name_de) == ("Sample", "Muster")
    assert (project.name_en, project.total_cost) == (PROJECT["title"], Decimal("2500000.50"))
    city = ProjectPartner.objects.get(project=project, is_city=True)
    assert (city.name, city.pic) == ("Stadt", CITY)


def test_rule_11_a_partner_that_left_has_ended_and_may_come_back(subject, tmp_path):
    officer = make_officer()
    third = LEAD | {"organisationID": THIRD, "name": "PARTNER 2", "role": "participant"}
    run(subject, archive(tmp_path, partners=(PARTNER, LEAD, third)), officer)

    run(subject, archive(tmp_path, partners=(PARTNER, LEAD | {"endOfParticipation": "true"})), officer)
    left = set(ProjectPartner.objects.filter(ended_on__isnull=False).values_list("pic", flat=True))
    again = planned(subject, archive(tmp_path, partners=(PARTNER, LEAD | {"endOfParticipation": "true"})), officer)
    run(subject, archive(tmp_path, partners=(PARTNER, LEAD, third)), officer)

    assert left == {OTHER, THIRD}
    assert not again.writes
    assert ProjectPartner.objects.filter(ended_on__isnull=True).count() == 3 == ProjectPartner.objects.count()


def test_a_project_that_is_over_has_ended(subject, tmp_path):
    officer = make_officer()
    run(subject, archive(tmp_path), officer)

    run(subject, archive(tmp_path, (PROJECT | {"status": "CLOSED"},)), officer)

    assert EUProject.objects.get().status == EngagementStatus.ENDED


def test_the_codes_stay_with_the_city(subject, tmp_path):
    officer = make_officer()

    run(subject, archive(tmp_path), officer)

    city = City.objects.get()
    assert city.pics == [CITY]
    assert city.history.latest().history_user_id == officer.pk
    assert Options.usual().pics == (CITY,)


def test_rule_10_a_protected_project_is_neither_named_nor_written(subject, tmp_path):
    saved(
        EUProject(
            key="hidden",
            kind=EngagementKind.EU_PROJECT,
            field=FieldOfAction.EUROPE,
            name_de="Geheim",
            acronym="Geheim",
            unit=make_unit(),
            grant_agreement="101000001",
            protection=Protection.PROTECTED,
        )
    )

    plan = run(subject, archive(tmp_path), make_officer())

    assert plan.rows == []
    assert EUProject.objects.get().total_cost is None


def test_a_city_that_takes_part_in_nothing_is_told_so(subject, tmp_path):
    plan = planned(subject, archive(tmp_path, partners=(STRANGER,)), make_officer())

    assert plan.is_refused
    assert len(plan.errors) == 1


def test_a_unit_that_is_no_more_keeps_no_project(subject, tmp_path):
    gone = make_unit(valid_to=date(2020, 1, 1))

    plan = planned(CordisProjects(Options((CITY,), gone.key)), archive(tmp_path), make_officer())

    assert plan.is_refused


def test_a_plan_costs_the_same_whatever_the_files(subject, tmp_path, django_assert_max_num_queries):
    officer = make_officer()
    numbers = [str(101000001 + n) for n in range(12)]
    path = archive(
        tmp_path,
        [PROJECT | {"id": number} for number in numbers],
        [row | {"projectID": number} for number in numbers for row in (PARTNER, LEAD)],
    )
    run(subject, path, officer)

    with django_assert_max_num_queries(7):
        planned(subject, path, officer)
