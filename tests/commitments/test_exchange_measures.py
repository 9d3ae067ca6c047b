"""Measures out and in again: rules 10, 15 and 20, and what the pages ask for as well."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from commitments import workflow
from commitments.exchange.plans import Act, RowOutcome
from commitments.exchange.registry import SUBJECTS
from commitments.exchange.running import PlanChangedError, Terms, take_over
from commitments.exchange.stands import reason_of
from commitments.ledger import save_all_as, save_as
from commitments.models import Measure, MeasureStatus, MeasureUnit, Part, ProtectedAccess, Protection, Role, User
from tests.commitments.tables import HEADINGS, brought_in, cells, changed, errors_of, plan_of, taken_out, text, xlsx
from tests.factories import LONG_AGO, make_engagement, make_measure, make_officer, make_unit, make_user, saved

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _german() -> Any:
    with translation.override("de"):
        yield


@pytest.fixture
def officer() -> User:
    return make_officer()


def may_see_protected(user: User) -> None:
    today = timezone.localdate()
    access = ProtectedAccess(user=user, valid_from=LONG_AGO, valid_to=today + timedelta(days=9), reason="Fallarbeit")
    access.given_by_officer, access.given_by_dpo = make_officer(), make_user(Role.DPO)
    saved(access)


def by_loader(row: Any) -> None:
    save_as(row, actor=None, reason="Übernommen aus portfolio.json", at=timezone.now())


def outcomes(plan: Any) -> list[str]:
    return [str(row.outcome) for row in plan.rows]


# Rule 15


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_rule_15_what_was_taken_out_changes_nothing_when_brought_in(
    tmp_path: Path, officer: User, ending: str, language: str
) -> None:
    helper = make_unit(name_de="Amt; mit Semikolon")
    parent = make_measure(
        make_unit(), (helper, make_unit()), title_de="=1+1", description_de="- erstens\r\n- zweitens "
    )
    make_measure(
        engagement=make_engagement(),
        parent=parent,
        title_de="'=in Anführung",
        starts_on=LONG_AGO,
        starts_on_precision="month",
        ends_on=LONG_AGO + timedelta(days=900),
        target_groups_de=["Kinder", "Jugendliche"],
        status=MeasureStatus.SUSPENDED,
        status_reason_de="+ Haushalt",
        note_de='Zahl 2022; 4,5 und "Zitat"',
    )
    twin = make_unit(name_de="Zweimal", name_en="Twice")
    make_measure(make_unit(name_de="Zweimal", name_en="Twice"), (twin,), protection=Protection.INTERNAL)
    before = connection_rows()
    with translation.override(language):
        path = taken_out("measures", officer, tmp_path / f"a.{ending}")
    plan = brought_in("measures", path, officer)
    assert outcomes(plan) == [RowOutcome.UNCHANGED] * 3
    assert not plan.writes
    assert connection_rows() == before


def connection_rows() -> list[Any]:
    return [*Measure.objects.order_by("pk").values_list(), *MeasureUnit.objects.order_by("pk").values_list()]


def test_rule_15_a_second_run_changes_nothing(tmp_path: Path, officer: User) -> None:
    unit = make_unit()
    path = xlsx(tmp_path / "a.xlsx", HEADINGS, ("", "Neue Maßnahme", "Europa", "Laufend", unit.name_de))
    assert outcomes(brought_in("measures", path, officer)) == [RowOutcome.NEW]
    history = Measure.history.count()
    again = brought_in("measures", path, officer)
    assert outcomes(again) == [RowOutcome.UNCHANGED]
    assert Measure.objects.count() == 1
    assert Measure.history.count() == history


def test_rule_15_errors_are_told_by_row_and_column_and_nothing_is_written(tmp_path: Path, officer: User) -> None:
    unit = make_unit()
    path = xlsx(
        tmp_path / "a.xlsx",
        (*HEADINGS, "Beginn", "Ende"),
        ("", "Gute Zeile", "Europa", "Laufend", unit.name_de, "2022", "2023"),
        ("", "", "Europa", "Laufend", unit.name_de, "2022", "2023"),
        ("", "Falsche Wörter", "Mond", "läuft", "Amt ohne Namen", "2022", "2023"),
        ("", "Falsche Daten", "Europa", "Laufend", unit.name_de, "2024", "2023"),
        ("M-999", "Ohne Nummer", "Europa", "Laufend", unit.name_de, "", ""),
        ("", "=SUM(A1)", "Europa", str(MeasureStatus.SUSPENDED.label), unit.name_de, "gestern", ""),
    )
    plan = plan_of("measures", path, officer)
    assert errors_of(plan) == [
        (3, "Titel"),
        (4, "Handlungsfeld"),
        (4, "Status"),
        (4, "Federführung"),
        (5, "Ende"),
        (6, "Nummer"),
        (7, "Titel"),
        (7, "Beginn"),
        (7, "Grund für den Status"),
    ]
    assert outcomes(plan) == [RowOutcome.NEW, *[RowOutcome.ERROR] * 5]
    with pytest.raises(PlanChangedError):
        brought_in("measures", path, officer)
    assert not Measure.objects.exists()


def test_rule_15_all_or_nothing_where_the_database_refuses(
    tmp_path: Path, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = make_unit()
    path = xlsx(tmp_path / "a.xlsx", HEADINGS, ("", "Neu", "Europa", "Laufend", unit.name_de))

    def fails(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("the worker is gone")

    monkeypatch.setattr("commitments.exchange.measures.write_parts", fails)
    with pytest.raises(RuntimeError):
        brought_in("measures", path, officer)
    assert not Measure.objects.exists()
    assert not Measure.history.exists()


def test_the_headings_of_all_tables_are_unique_in_both_languages() -> None:
    for subject in SUBJECTS.values():
        headings = [heading for column in subject.columns for heading in column.headings()]
        assert len(headings) == len(set(headings)), subject.key


@pytest.mark.parametrize(
    ("headings", "wrong"),
    [
        (("Nummer", "Titl"), "Titl"),
        (("Nummer", "Titel", "Titel"), "Titel"),
        (("Titel",), "Handlungsfeld"),
        (("", "Titel"), ""),
    ],
)
def test_wrong_headings_are_refused(tmp_path: Path, officer: User, headings: tuple[str, ...], wrong: str) -> None:
    path = text(tmp_path / "a.csv", headings, ["x"] * len(headings))
    plan = plan_of("measures", path, officer)
    assert (1, wrong) in errors_of(plan)
    if wrong == "Titl":
        assert "Titel" in plan.errors[0].sentence


def test_columns_that_a_file_lacks_leave_their_fields(tmp_path: Path, officer: User) -> None:
    measure = make_measure(description_de="Bleibt.", protection=Protection.COUNCIL)
    by_loader(measure)
    measure.note_de = "von der Ladung"
    by_loader(measure)
    path = text(tmp_path / "a.csv", ("Nummer", "Anmerkung", "Schutzklasse"), (measure.reference, "Neu", ""))
    brought_in("measures", path, officer)
    measure.refresh_from_db()
    assert (measure.note_de, measure.description_de, measure.protection) == ("Neu", "Bleibt.", Protection.COUNCIL)


def test_two_rows_for_one_measure_are_refused(tmp_path: Path, officer: User) -> None:
    measure, unit = make_measure(), make_unit()
    new = ("", "Neu", "Europa", "Laufend", unit.name_de)
    row = (measure.reference, "x", "Europa", "Laufend", unit.name_de)
    assert errors_of(plan_of("measures", xlsx(tmp_path / "a.xlsx", HEADINGS, row, row, new, new), officer)) == [
        (3, ""),
        (5, ""),
    ]


def test_a_title_that_is_there_already_asks_for_its_number(tmp_path: Path, officer: User) -> None:
    measure = make_measure(make_unit(name_de="Amt A"))
    path = xlsx(tmp_path / "a.xlsx", HEADINGS, ("", measure.title_de, "Europa", "Laufend", "Amt A"))
    plan = plan_of("measures", path, officer)
    assert errors_of(plan) == [(2, "Nummer")]
    assert measure.reference in plan.rows[0].errors[0].sentence


def test_a_unit_that_no_longer_exists_is_refused_as_on_the_page(tmp_path: Path, officer: User) -> None:
    gone = make_unit(name_de="Altes Amt", valid_to=timezone.localdate() - timedelta(days=30))
    path = xlsx(tmp_path / "a.xlsx", HEADINGS, ("", "Neu", "Europa", "Laufend", gone.name_de))
    assert errors_of(plan_of("measures", path, officer)) == [(2, "Federführung")]


def test_a_measure_becomes_no_part_of_itself(tmp_path: Path, officer: User) -> None:
    one, two = make_measure(), make_measure()
    path = taken_out("measures", officer, tmp_path / "a.xlsx")
    changed(path, 2, "Teil der Maßnahme", two.reference)
    changed(path, 3, "Teil der Maßnahme", one.reference)
    assert errors_of(plan_of("measures", path, officer)) == [(3, "Teil der Maßnahme")]


def test_new_measures_get_numbers_units_and_a_fingerprint(tmp_path: Path, officer: User) -> None:
    make_measure(reference="M-041")
    lead, helper = make_unit(), make_unit()
    path = xlsx(
        tmp_path / "a.xlsx",
        (*HEADINGS, "Mitwirkende Dienststellen"),
        ("", "Eins", "Europa", "Laufend", lead.name_de, helper.key),
        ("", "Zwei", "Europa", "Laufend", lead.key, ""),
    )
    brought_in("measures", path, officer, "Liste vom November")
    one, two = Measure.objects.filter(reference__in=("M-042", "M-043")).order_by("reference")
    parts = [(lead.key, Part.LEAD.value), (helper.key, Part.CONTRIBUTING.value)]
    assert one.fingerprint == one.substance(parts)
    assert two.accepted_on == timezone.localdate()
    entry = one.history.latest()
    assert entry.history_user_id == officer.pk
    assert "a.xlsx" in entry.history_change_reason
    assert "Liste vom November" in entry.history_change_reason


def test_changing_the_lead_swaps_the_units(tmp_path: Path, officer: User) -> None:
    lead, helper = make_unit(), make_unit()
    measure = make_measure(lead, (helper,))
    before = measure.fingerprint
    path = taken_out("measures", officer, tmp_path / "a.xlsx")
    changed(path, 2, "Federführung", helper.name_de)
    changed(path, 2, "Mitwirkende Dienststellen", lead.name_de)
    brought_in("measures", path, officer)
    parts = dict(MeasureUnit.objects.filter(measure=measure, ended_on=None).values_list("unit__key", "part"))
    assert parts == {helper.key: "lead", lead.key: "contributing"}
    measure.refresh_from_db()
    assert measure.fingerprint != before  # rule 4: what was confirmed is void


# Rule 20


def test_rule_20_what_somebody_changed_since_the_export_is_a_conflict(tmp_path: Path, officer: User) -> None:
    measure = make_measure(title_de="Alt", note_de="alt")
    path = taken_out("measures", officer, tmp_path / "a.xlsx")
    edit = workflow.Edit({"title_de": "Von Hand", "description_de": "auch von Hand"}, "Besser so")
    workflow.edit_measure(measure, edit, actor=make_officer(), at=timezone.now())
    changed(path, 2, "Titel", "Aus der Datei")
    changed(path, 2, "Anmerkung", "Aus der Datei")
    plan = brought_in("measures", path, officer)
    assert outcomes(plan) == [RowOutcome.CONFLICT]
    assert [(change.column, change.old, change.new) for change in plan.rows[0].changes if change.kept] == [
        ("Titel", "Von Hand", "Aus der Datei")
    ]
    measure.refresh_from_db()
    assert (measure.title_de, measure.note_de) == ("Von Hand", "Aus der Datei")
    assert measure.description_de == "auch von Hand"  # not touched in the file, so no conflict
    again = brought_in("measures", path, officer)
    assert not again.writes


def test_rule_20_units_changed_since_the_export_are_a_conflict(tmp_path: Path, officer: User) -> None:
    one, two, three = make_unit(), make_unit(), make_unit()
    measure = make_measure(one)
    path = taken_out("measures", officer, tmp_path / "a.xlsx")
    row = MeasureUnit.objects.get(measure=measure)
    row.unit = two
    save_as(row, actor=make_officer(), reason="Umgezogen", at=timezone.now())
    changed(path, 2, "Federführung", three.name_de)
    plan = brought_in("measures", path, officer)
    assert [change.kept for change in plan.rows[0].changes] == [True]
    assert MeasureUnit.objects.get(measure=measure, ended_on=None).unit == two


def test_rule_20_without_a_state_only_what_an_import_wrote_is_overwritten(tmp_path: Path, officer: User) -> None:
    unit = make_unit()
    headings = (*HEADINGS, "Anmerkung")
    row = ["", "Neu", "Europa", "Laufend", unit.name_de, "erste"]
    brought_in("measures", xlsx(tmp_path / "a.xlsx", headings, row), officer)
    measure = Measure.objects.get()
    edit = workflow.Edit({"title_de": "Von Hand"}, "Besser so")
    workflow.edit_measure(measure, edit, actor=make_officer(), at=timezone.now())
    row = [measure.reference, "Neu", "Europa", "Geplant", unit.name_de, "zweite"]
    plan = brought_in("measures", xlsx(tmp_path / "b.xlsx", headings, row), officer)
    assert {change.column: change.kept for change in plan.rows[0].changes} == {
        "Titel": True,
        "Status": False,
        "Anmerkung": False,
    }
    measure.refresh_from_db()
    assert (measure.title_de, measure.status, measure.note_de) == ("Von Hand", MeasureStatus.PLANNED, "zweite")


def test_a_state_of_another_row_is_refused(tmp_path: Path, officer: User) -> None:
    make_measure()
    make_measure()
    path = taken_out("measures", officer, tmp_path / "a.xlsx")
    state = cells(path)[2][-1]
    changed(path, 2, "Exportstand", state)
    changed(path, 2, "Titel", "Anders")
    assert errors_of(plan_of("measures", path, officer)) == [(2, "Exportstand")]


def test_what_was_previewed_is_what_is_taken_over(tmp_path: Path, officer: User) -> None:
    measure = make_measure()
    path = taken_out("measures", officer, tmp_path / "a.xlsx")
    changed(path, 2, "Titel", "Aus der Datei")
    seen = plan_of("measures", path, officer).digest
    edit = workflow.Edit({"title_de": "Von Hand"}, "Besser so")
    workflow.edit_measure(measure, edit, actor=make_officer(), at=timezone.now())
    act = Act(officer, reason_of("a.xlsx", "x"), timezone.now())
    with pytest.raises(PlanChangedError):
        take_over(SUBJECTS["measures"], path, act, Terms(seen))
    measure.refresh_from_db()
    assert measure.title_de == "Von Hand"


# Rule 10


def test_rule_10_an_export_holds_what_its_reader_may_see(tmp_path: Path, officer: User) -> None:
    hidden = make_engagement(name_de="Geheimes Netz", protection=Protection.PROTECTED)
    make_measure(title_de="Offen", engagement=hidden)
    make_measure(title_de="Geschützt", protection=Protection.PROTECTED)
    council = make_user(Role.COUNCIL)
    make_measure(title_de="Intern", protection=Protection.INTERNAL)
    assert [row[1] for row in cells(taken_out("measures", council, tmp_path / "a.xlsx"))[1:]] == ["Offen"]
    path = taken_out("measures", officer, tmp_path / "b.xlsx")
    assert [row[1] for row in cells(path)[1:]] == ["Offen", "Intern"]
    assert "Geheimes Netz" not in str(cells(path))
    may_see_protected(officer)
    told = taken_out("measures", User.objects.get(pk=officer.pk), tmp_path / "c.xlsx")
    assert "Geschützt" in str(cells(told))
    assert "Geheimes Netz" in str(cells(told))


def test_rule_10_an_import_neither_finds_nor_clears_what_one_may_not_see(tmp_path: Path, officer: User) -> None:
    hidden = make_engagement(protection=Protection.PROTECTED)
    shown = make_measure(engagement=hidden)
    secret = make_measure(protection=Protection.PROTECTED)
    path = taken_out("measures", officer, tmp_path / "a.xlsx")
    changed(path, 2, "Titel", "Neuer Titel")
    brought_in("measures", path, officer)
    shown.refresh_from_db()
    assert (shown.title_de, shown.engagement_id) == ("Neuer Titel", hidden.pk)
    unknown = text(tmp_path / "b.csv", ("Nummer", "Titel"), (secret.reference, "x"), ("M-98765", "x"))
    first, second = (row.errors[0].sentence for row in plan_of("measures", unknown, officer).rows)
    assert first == second
    changed(path, 2, "Schutzklasse", "Geschützt")
    assert errors_of(plan_of("measures", path, officer)) == [(2, "Schutzklasse")]


# What it costs


def many(first: int, count: int) -> None:
    unit = make_unit()
    rows = [
        Measure(
            key=f"viele-{n}",
            reference=f"M-{n}",
            title_de=f"Maßnahme {n}",
            field="europe",
            status="ongoing",
            accepted_on=LONG_AGO,
        )
        for n in range(first, first + count)
    ]
    save_all_as(rows, actor=None, reason="Made for a test", at=timezone.now())
    parts = [MeasureUnit(measure=row, unit=unit, part=Part.LEAD) for row in rows]
    save_all_as(parts, actor=None, reason="Made for a test", at=timezone.now())


@pytest.mark.parametrize("what", ["out", "preview", "write"])
def test_a_hundred_times_the_rows_cost_as_many_queries(tmp_path: Path, officer: User, what: str) -> None:
    officer.clearance()  # asked once for each person
    counted = []
    for first, count in ((10_000, 10), (20_000, 590)):
        many(first, count)
        with CaptureQueriesContext(connection) as out:
            path = taken_out("measures", officer, tmp_path / f"{count}.csv")
        rows = path.read_text("utf-8-sig").replace("Maßnahme ", f"Vorhaben {count} ")
        path.write_text(rows, "utf-8-sig")
        with CaptureQueriesContext(connection) as preview:
            plan = plan_of("measures", path, officer)
        assert plan.counts["changed"] >= count
        with CaptureQueriesContext(connection) as write:
            if what == "write":
                brought_in("measures", path, officer)
        counted.append(len({"out": out, "preview": preview, "write": write}[what]))
    small, large = counted
    if what == "write":  # in batches; SQLite takes some twenty-five rows of this width in one
        assert large <= small + 590 // 10
    else:
        assert large == small
        assert small <= 15
