"""Budgets, indicators, adoptions, gap reasons and evidence out and in again: rules 10, 15 and 20 for each."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from commitments.exchange.plans import RowOutcome
from commitments.exchange.registry import SUBJECTS
from commitments.models import (
    GapCode,
    GapReason,
    Protection,
    User,
)
from tests.commitments.keyed import FIELD, MADE, TODAY, budget, by_hand, outcomes, yearly
from tests.commitments.pages import make_trusted
from tests.commitments.tables import brought_in, cells, changed, errors_of, plan_of, taken_out, text
from tests.factories import (
    make_article,
    make_commitment,
    make_engagement,
    make_evidence,
    make_indicator,
    make_measure,
    make_officer,
    make_value,
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


# All of them


@pytest.mark.parametrize("subject", MADE)
@pytest.mark.parametrize("ending", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_rule_15_what_was_taken_out_changes_nothing_when_brought_in(
    tmp_path: Path, officer: User, subject: str, ending: str, language: str
) -> None:
    row = MADE[subject]()
    with translation.override(language):
        path = taken_out(subject, officer, tmp_path / f"a.{ending}")
    before = type(row).history.count()
    plan = brought_in(subject, path, officer)
    assert outcomes(plan) == [RowOutcome.UNCHANGED]
    assert type(row).history.count() == before


@pytest.mark.parametrize("subject", MADE)
def test_a_cell_changed_in_the_file_changes_the_row_once(tmp_path: Path, officer: User, subject: str) -> None:
    row = MADE[subject]()
    heading, column, written, wanted, _person = FIELD[subject]
    path = changed(taken_out(subject, officer, tmp_path / "a.xlsx"), 2, heading, written)
    plan = brought_in(subject, path, officer)
    assert outcomes(plan) == [RowOutcome.CHANGED]
    assert [change.column for change in plan.rows[0].changes] == [heading]
    row.refresh_from_db()
    assert getattr(row, column) == wanted
    assert "a.xlsx" in row.history.latest().history_change_reason
    assert not brought_in(subject, path, officer).writes


@pytest.mark.parametrize("subject", MADE)
@pytest.mark.parametrize("state", ["with its state", "without one"])
def test_rule_20_what_a_person_changed_since_is_listed_and_kept(
    tmp_path: Path, officer: User, subject: str, state: str
) -> None:
    row = MADE[subject]()
    heading, column, written, _wanted, by_person = FIELD[subject]
    path = taken_out(subject, officer, tmp_path / "a.xlsx")
    by_hand(row, **{column: by_person})
    changed(path, 2, heading, written)
    if state == "without one":
        changed(path, 2, "Exportstand", None)
    plan = brought_in(subject, path, officer)
    assert outcomes(plan) == [RowOutcome.CONFLICT]
    assert [(change.column, change.kept) for change in plan.rows[0].changes] == [(heading, True)]
    row.refresh_from_db()
    assert getattr(row, column) == by_person


@pytest.mark.parametrize("subject", MADE)
def test_rule_15_a_new_row_comes_once(tmp_path: Path, officer: User, subject: str) -> None:
    row = MADE[subject]()
    path = taken_out(subject, officer, tmp_path / "a.xlsx")
    headings, known = cells(path)
    new = dict(zip(headings, known, strict=True)) | {"Exportstand": None}
    others: dict[str, dict[str, Any]] = {
        "budgets": {"Jahr": 2027},
        "engagement-budgets": {"Jahr": 2027},
        "indicators": {"Name": "Etwas anderes", "Schlüssel": None},
        "indicator-values": {"Stand vom": "2024"},
        "adoptions": {
            "Datum des Beitritts oder Beschlusses": "2001",
            "Beendet am": date(2010, 1, 1),
            "Grund des Endes": "Neu gefasst",
        },
        "gap-reasons": {"Handlungsfeld": None},
        "evidence": {"Nummer der Ratsvorlage": "99/2020", "Titel": "Noch einer"},
    }
    new |= others[subject]
    path = text(tmp_path / "b.csv", headings, ["" if new[name] is None else str(new[name]) for name in headings])
    first = brought_in(subject, path, officer)
    assert outcomes(first) == [RowOutcome.NEW], [str(error) for error in first.all_errors()]
    assert type(row).objects.count() == 2
    assert outcomes(brought_in(subject, path, officer)) == [RowOutcome.UNCHANGED]
    assert type(row).objects.count() == 2


@pytest.mark.parametrize("subject", MADE)
def test_a_preview_of_a_new_row_shows_what_it_will_write(tmp_path: Path, officer: User, subject: str) -> None:
    MADE[subject]()
    path = taken_out(subject, officer, tmp_path / "a.xlsx")
    row = plan_of(subject, path, officer).rows[0]
    assert row.changes == []
    required = [column.heading for column in SUBJECTS[subject].columns if column.required]
    copy = plan_of(subject, nearly_the_same(subject, path), officer).rows[0]
    shown = {change.column: change.new for change in copy.changes}
    assert copy.outcome == RowOutcome.NEW, [str(error) for error in copy.errors]
    assert {str(heading) for heading in required} <= shown.keys()
    assert all(shown.values())
    assert not any(change.old for change in copy.changes)


def nearly_the_same(subject: str, path: Path) -> Path:
    heading, wanted = {
        "budgets": ("Jahr", 2030),
        "engagement-budgets": ("Jahr", 2030),
        "indicators": ("Name", "Neu"),
        "indicator-values": ("Stand vom", "2020"),
        "adoptions": ("Datum des Beitritts oder Beschlusses", "1999"),
        "gap-reasons": ("Handlungsfeld", None),
        "evidence": ("Nummer der Ratsvorlage", "7/2007"),
    }[subject]
    changed(path, 2, heading, wanted)
    if subject == "evidence":
        changed(path, 2, "Titel", "Neu")
    if subject == "indicators":
        changed(path, 2, "Schlüssel", None)
    if subject == "adoptions":
        changed(changed(path, 2, "Beendet am", date(2005, 1, 1)), 2, "Grund des Endes", "Vorbei")
    return changed(path, 2, "Exportstand", None)


@pytest.mark.parametrize("subject", MADE)
def test_two_rows_for_the_same_are_refused(tmp_path: Path, officer: User, subject: str) -> None:
    MADE[subject]()
    path = taken_out(subject, officer, tmp_path / "a.xlsx")
    headings, row = ([str("" if cell is None else cell) for cell in line] for line in cells(path))
    assert errors_of(plan_of(subject, text(tmp_path / "b.csv", headings, row, row), officer)) == [(3, "")]


PROTECTED: dict[str, Callable[[], Any]] = {
    "budgets": lambda: budget(make_measure(protection=Protection.PROTECTED)),
    "engagement-budgets": lambda: yearly(engagement=make_engagement(protection=Protection.PROTECTED)),
    "indicators": lambda: make_indicator(make_measure(protection=Protection.PROTECTED)),
    "indicator-values": lambda: make_value(
        make_indicator(make_commitment(protection=Protection.PROTECTED)), 1, date(2025, 1, 1)
    ),
    "evidence": lambda: make_evidence(protection=Protection.PROTECTED),
}


@pytest.mark.parametrize("subject", PROTECTED)
def test_rule_10_a_protected_row_is_in_no_file_for_those_who_may_not_see_it(
    tmp_path: Path, officer: User, subject: str
) -> None:
    MADE[subject]()
    PROTECTED[subject]()
    for reader in (officer, None):
        assert len(cells(taken_out(subject, reader, tmp_path / "a.xlsx"))) == 2
    trusted = make_trusted()
    path = taken_out(subject, trusted, tmp_path / "b.xlsx")
    assert len(cells(path)) == 3
    assert plan_of(subject, path, trusted).holds_protected
    assert outcomes(brought_in(subject, path, trusted)) == [RowOutcome.UNCHANGED] * 2


@pytest.mark.parametrize("subject", ["budgets", "indicators", "evidence"])
def test_rule_10_an_import_cannot_tell_a_hidden_measure_from_none(tmp_path: Path, officer: User, subject: str) -> None:
    row = MADE[subject]()
    reference = "M-0815"
    path = taken_out(subject, officer, tmp_path / "a.xlsx")
    changed(path, 2, "Maßnahme", reference)
    if subject == "indicators":
        changed(path, 2, "Schlüssel", None)
    changed(path, 2, "Exportstand", None)
    told = [[str(error) for error in plan_of(subject, path, officer).all_errors()]]
    make_measure(reference=reference, protection=Protection.PROTECTED)
    told.append([str(error) for error in plan_of(subject, path, officer).all_errors()])
    assert told[0] == told[1]
    assert len(told[0]) == 1
    assert type(row).objects.count() == 1


@pytest.mark.parametrize("subject", MADE)
def test_what_names_nothing_is_told_by_row_and_column(tmp_path: Path, officer: User, subject: str) -> None:
    """An empty required cell, an unknown word, a formula, a cell that is too long: nothing is written."""
    row = MADE[subject]()
    path = taken_out(subject, officer, tmp_path / "a.xlsx")
    headings, known = ([str("" if cell is None else cell) for cell in line] for line in cells(path))
    first = next(column for column in SUBJECTS[subject].columns if column.required)
    at = headings.index(str(first.heading))
    rows = [[*known[:at], wrong, *known[at + 1 :]] for wrong in ("", "=1+1", "x" * 100_000)]
    before = type(row).history.count()
    plan = plan_of(subject, text(tmp_path / "b.csv", headings, *rows), officer)
    assert {(number, str(first.heading)) for number in (2, 3, 4)} <= set(errors_of(plan))
    assert type(row).history.count() == before


@pytest.mark.parametrize("subject", MADE)
def test_a_file_without_what_says_which_row_is_meant_is_refused(tmp_path: Path, officer: User, subject: str) -> None:
    MADE[subject]()
    last = [column for column in SUBJECTS[subject].columns if not column.exported][-2]
    plan = plan_of(subject, text(tmp_path / "a.csv", [str(last.heading)], ["x"]), officer)
    assert plan.errors
    assert all(error.row == 1 for error in plan.errors)


@pytest.mark.parametrize("subject", MADE)
def test_more_rows_cost_no_more_queries(tmp_path: Path, officer: User, subject: str) -> None:
    officer.clearance()
    MADE[subject]()
    counted = []
    for count in (0, 6):
        for _ in range(count):
            more(subject)
        path = taken_out(subject, officer, tmp_path / "a.xlsx")
        heading, _column, written, *_rest = FIELD[subject]
        for row in range(2, len(cells(path)) + 1):
            changed(path, row, heading, written)
        with CaptureQueriesContext(connection) as queries:
            taken_out(subject, officer, tmp_path / "b.xlsx")
        with CaptureQueriesContext(connection) as preview:
            assert plan_of(subject, path, officer).writes
        counted.append((len(queries), len(preview)))
    assert counted[0] == counted[1]
    assert max(counted[0]) <= 15


def more(subject: str) -> None:
    """One more row, beside others of the same kind."""
    if subject == "gap-reasons":
        number = GapReason.objects.count() + 1
        saved(GapReason(article=make_article(number), code=GapCode.NOT_RELEVANT, text_de="x", stated_on=TODAY))
    else:
        MADE[subject]()
