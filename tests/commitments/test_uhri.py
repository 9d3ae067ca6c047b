"""Exports of the Universal Human Rights Index: the quirks of the format, and what an import does with them."""

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation
from openpyxl import Workbook

from commitments.exchange import uhri
from commitments.exchange.plans import Act, RowOutcome
from commitments.exchange.recommendations import UhriRecommendations
from commitments.exchange.tables import TableError
from commitments.models import Recommendation, RecommendationSource, Transfer, TransferState
from commitments.workflow import Edit
from commitments.workflow import recommendations as workflow
from tests.factories import make_city, make_commitment, make_officer

HEADINGS = (
    "Text",
    "Countries Concerned",
    "Reccomending Body",
    "Document Symbol",
    "Themes",
    "Affected Persons",
    "Sdgs",
    "Document Publication Date",
    "UPR Reccomending States",
    "UPR Position",
    "Type",
    "OHCHR Annotation Id",
    "UPR Session",
    "Regions Concerned",
)
ROW = {
    "Text": "25. The Committee recommends\nthat the State party\r\n strengthen its measures.",
    "Countries Concerned": "- Germany",
    "Reccomending Body": "- CEDAW",
    "Document Symbol": "CEDAW/C/DEU/CO/9",
    "Themes": "- Violence against women\n- Access to justice & remedy",
    "Affected Persons": "- Women & girls",
    "Sdgs": "- 5.2 - Eliminate violence\n- 16.3 - Promote the rule of law",
    "Document Publication Date": 45076,
    "Type": "- Recommendations",
    "OHCHR Annotation Id": "00000000-0000-4000-8000-000000000001",
}


def workbook(folder: Path, *rows: dict[str, Any], headings=HEADINGS) -> Path:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(list(headings))
    for row in rows:
        sheet.append([row.get(heading) for heading in headings])
    path = folder / "export.xlsx"
    book.save(path)
    return path


def json_file(folder: Path, content) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def read(path: Path, country="Germany"):
    return uhri.annotations(uhri.read_export(path), country)


def test_a_workbook_gives_up_its_quirks(tmp_path):
    export = read(workbook(tmp_path, ROW))

    assert export.errors == []
    assert export.rows[0].columns == {
        "key": "00000000-0000-4000-8000-000000000001",
        "document": "CEDAW/C/DEU/CO/9",
        "body": "CEDAW",
        "source": RecommendationSource.TREATY_BODY,
        "country": "Germany",
        "kind": "Recommendations",
        "themes": ["Violence against women", "Access to justice & remedy"],
        "concerned_groups": ["Women & girls"],
        "sdgs": ["5.2 - Eliminate violence", "16.3 - Promote the rule of law"],
        "text_en": "25. The Committee recommends that the State party strengthen its measures.",
        "made_on": date(2023, 5, 30),
        "made_on_precision": "day",
    }


def test_json_says_the_same_as_the_workbook(tmp_path):
    entry = {
        "AnnotationId": ROW["OHCHR Annotation Id"],
        "Symbol": ROW["Document Symbol"],
        "PublicationDate": "2023-05-30T00:00:00",
        "Body": "- CEDAW",
        "AnnotationType": "- Recommendations",
        "Countries": ["Germany"],
        "Themes": ["Violence against women", {"Name": "Access to justice & remedy"}],
        "AffectedPersons": ["- Women & girls"],
        "Sdgs": ["5.2 - Eliminate violence", "16.3 - Promote the rule of law"],
        "Text": ROW["Text"],
        "Regions": ["Europe"],
    }

    from_json = read(json_file(tmp_path, [entry])).rows
    wrapped = read(json_file(tmp_path, {"Total": 1, "Results": [entry]})).rows

    assert from_json == wrapped == read(workbook(tmp_path, ROW)).rows


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ("UPR", "upr"),
        ("CCPR", "treaty_body"),
        ("CRC-OP-SC", "treaty_body"),
        ("Committee against Torture", "treaty_body"),
        ("SR Housing", "special_procedure"),
        ("WG Business", "special_procedure"),
        ("IE Older persons", "special_procedure"),
        ("Special Rapporteur on the right to food", "special_procedure"),
    ],
)
def test_a_body_says_who_recommends(body, source):
    assert uhri.source(body) == source


@pytest.mark.parametrize(
    "cell",
    [
        45076,
        45076.0,
        "45076",
        "45076.4996282407",
        "2023-05-30",
        "2023-05-30T12:00:00Z",
        date(2023, 5, 30),
        "- 2023-05-30",
    ],
)
def test_a_date_is_read_however_it_is_written(cell):
    assert uhri.day(cell) == date(2023, 5, 30)


def test_rows_on_other_countries_are_passed_over_and_counted(tmp_path):
    other = ROW | {"Countries Concerned": "- France", "OHCHR Annotation Id": "other"}
    several = ROW | {"Countries Concerned": "- France\n- Germany", "OHCHR Annotation Id": "several"}

    export = read(workbook(tmp_path, ROW, other, several))

    assert [each.columns["key"] for each in export.rows] == [ROW["OHCHR Annotation Id"], "several"]
    assert export.skipped == 1
    assert len(read(workbook(tmp_path, ROW, other, several), country="").rows) == 3


@pytest.mark.parametrize(
    ("heading", "value", "word"),
    [
        ("OHCHR Annotation Id", "", "annotation id is missing"),
        ("OHCHR Annotation Id", "a/b", "is no annotation id"),
        ("OHCHR Annotation Id", "x" * 100, "is no annotation id"),
        ("Text", " ", "text of the recommendation is missing"),
        ("Text", "x" * 30_000, "30000 characters"),
        ("Reccomending Body", "- The neighbours", "none of the bodies"),
        ("Reccomending Body", None, "body that recommends it is missing"),
        ("Document Symbol", "x" * 121, "121 characters"),
        ("Document Publication Date", "last summer", "is no date"),
        ("Document Publication Date", 100_000, "cannot be right"),
        ("Document Publication Date", 3_000_000, "is no date"),
        ("Document Publication Date", "2023-02-30", "is no date"),
        ("Themes", "\n".join(f"- Theme {n}" for n in range(200)), "At most 100 values"),
        ("Text", "=1+1", "formula"),
    ],
)
def test_what_is_wrong_is_said_with_row_and_column(tmp_path, heading, value, word):
    with translation.override("en"):
        export = read(workbook(tmp_path, ROW | {"OHCHR Annotation Id": "first"}, ROW | {heading: value}))

    assert [(error.row, error.column) for error in export.errors] == [(3, heading)]
    assert word in export.errors[0].sentence


def test_an_id_that_stands_twice_is_refused(tmp_path):
    export = read(workbook(tmp_path, ROW, ROW))

    assert [(error.row, error.column) for error in export.errors] == [(3, "OHCHR Annotation Id")]


def test_another_table_is_refused_by_its_headings(tmp_path):
    export = read(workbook(tmp_path, {"Name": "x"}, headings=("Name", "Text")))

    assert [(error.row, error.column) for error in export.errors] == [
        (1, "OHCHR Annotation Id"),
        (1, "Reccomending Body"),
    ]


@pytest.mark.parametrize("content", ["[", '{"a": 1}', "[]", '["text"]', "[" * 100_000, '{"a": [], "b": []}'])
def test_json_that_holds_no_annotations_is_refused(tmp_path, content):
    path = tmp_path / "export.json"
    path.write_text(content)

    with pytest.raises(TableError):
        uhri.read_export(path)


# What the import does


def plan(path: Path, user=None, country=None):
    subject = UhriRecommendations(country)
    return subject.plan(subject.read(path), user)


def run(path: Path, user):
    planned = plan(path, user)
    assert not planned.is_refused
    UhriRecommendations().apply(planned, Act(user, "export.xlsx", timezone.now()))
    return planned


@pytest.mark.django_db
def test_rule_15_a_second_run_changes_nothing(tmp_path):
    make_city(country="DE")
    officer = make_officer()
    path = workbook(tmp_path, ROW, ROW | {"OHCHR Annotation Id": "second"})

    first, second = run(path, officer), plan(path, officer)

    assert [row.outcome for row in first.rows] == [RowOutcome.NEW] * 2
    assert [row.outcome for row in second.rows] == [RowOutcome.UNCHANGED] * 2
    assert not second.writes
    made = Recommendation.objects.get(key="second")
    assert (made.body, made.themes) == ("CEDAW", ["Violence against women", "Access to justice & remedy"])
    assert made.history.latest().history_user_id == officer.pk


@pytest.mark.django_db
def test_rule_15_one_wrong_row_refuses_the_whole_file(tmp_path):
    make_city(country="DE")
    path = workbook(tmp_path, ROW, ROW | {"OHCHR Annotation Id": ""})

    planned = plan(path)

    assert planned.is_refused
    assert [row.outcome for row in planned.rows] == [RowOutcome.NEW, RowOutcome.ERROR]
    assert Recommendation.objects.count() == 0


@pytest.mark.django_db
def test_rule_20_what_a_person_changed_is_kept_and_listed(tmp_path):
    make_city(country="DE")
    officer = make_officer()
    run(workbook(tmp_path, ROW), officer)
    row = Recommendation.objects.get()
    workflow.edit(row, Edit({"themes": ["Frauen"]}, "Deutsch"), actor=officer, at=timezone.now())
    newer = ROW | {"Themes": "- Other", "Document Symbol": "CEDAW/C/DEU/CO/9/Rev.1"}

    planned = run(workbook(tmp_path, newer), officer)

    row.refresh_from_db()
    assert (row.themes, row.document) == (["Frauen"], "CEDAW/C/DEU/CO/9/Rev.1")
    assert planned.rows[0].outcome == RowOutcome.CONFLICT
    assert {(change.old, change.new, change.kept) for change in planned.rows[0].changes} == {
        ("Frauen", "Other", True),
        ("CEDAW/C/DEU/CO/9", "CEDAW/C/DEU/CO/9/Rev.1", False),
    }


@pytest.mark.django_db
def test_what_the_import_wrote_itself_follows_the_file(tmp_path):
    make_city(country="DE")
    officer = make_officer()
    run(workbook(tmp_path, ROW), officer)

    planned = run(workbook(tmp_path, ROW | {"Type": "- Concerns/Observations"}), officer)

    assert Recommendation.objects.get().kind == "Concerns/Observations"
    assert planned.rows[0].outcome == RowOutcome.CHANGED


@pytest.mark.django_db
def test_response_and_links_are_never_touched(tmp_path):
    make_city(country="DE")
    officer = make_officer()
    run(workbook(tmp_path, ROW), officer)
    row = Recommendation.objects.get()
    workflow.respond(row, workflow.Response("noted", "Bund."), actor=officer, at=timezone.now())
    workflow.link(row, make_commitment(), actor=officer, at=timezone.now())

    run(workbook(tmp_path, ROW | {"Text": "New text."}), officer)

    row.refresh_from_db()
    assert (row.text_en, row.response, row.response_note_de) == ("New text.", "noted", "Bund.")
    assert row.commitment_links.filter(ended_on__isnull=True).count() == 1


@pytest.mark.django_db
def test_the_city_says_which_country_counts(tmp_path):
    make_city(country="FR")

    planned = plan(workbook(tmp_path, ROW))

    assert planned.rows == []
    assert "1" in planned.notes[0]
    assert "France" in planned.notes[0]


@pytest.mark.django_db
def test_a_plan_costs_the_same_whatever_the_file(tmp_path, django_assert_num_queries):
    make_city(country="DE")
    officer = make_officer()
    rows = [ROW | {"OHCHR Annotation Id": f"id-{n}"} for n in range(30)]
    run(workbook(tmp_path, *rows), officer)
    changed = workbook(tmp_path, *(row | {"Type": "- Other"} for row in rows))

    with django_assert_num_queries(3):
        plan(changed, officer)


@pytest.mark.django_db
def test_the_command_says_what_it_would_do_and_does_it(tmp_path):
    make_city(country="DE")
    path = workbook(tmp_path, ROW, ROW | {"OHCHR Annotation Id": "other", "Countries Concerned": "- France"})
    said = io.StringIO()

    call_command("import_uhri", path, "--dry-run", stdout=said)
    assert Recommendation.objects.count() == 0
    call_command("import_uhri", path, stdout=io.StringIO())
    call_command("import_uhri", path, "--country", "France", stdout=io.StringIO())

    assert "Germany" in said.getvalue()
    assert set(Recommendation.objects.values_list("key", "country")) == {
        (ROW["OHCHR Annotation Id"], "Germany"),
        ("other", "France"),
    }
    assert set(Transfer.objects.values_list("subject", "state")) == {("uhri", TransferState.APPLIED)}


@pytest.mark.django_db
def test_the_command_refuses_with_row_and_column(tmp_path):
    make_city(country="DE")

    with pytest.raises(CommandError, match=r"3.*OHCHR Annotation Id"):
        call_command("import_uhri", workbook(tmp_path, ROW, ROW))
    with pytest.raises(CommandError):
        call_command("import_uhri", tmp_path / "nothing.xlsx")

    assert Recommendation.objects.count() == 0
