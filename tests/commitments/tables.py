"""Files for the tests of import and export."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone
from openpyxl import Workbook, load_workbook

from commitments.exchange.lookups import Known
from commitments.exchange.plans import Act, Plan
from commitments.exchange.registry import SUBJECTS
from commitments.exchange.running import Terms, planned, take_over
from commitments.exchange.stands import reason_of
from commitments.exchange.writing import About, write_file
from commitments.models import User

HEADINGS = ("Nummer", "Titel", "Handlungsfeld", "Status", "Federführung")


def xlsx(path: Path, *rows: Sequence[Any]) -> Path:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def text(path: Path, *rows: Sequence[str], encoding: str = "utf-8", separator: str = ";") -> Path:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator).writerows(rows)
    path.write_bytes(written.getvalue().encode(encoding))
    return path


def taken_out(subject: str, user: User | None, path: Path) -> Path:
    """The table as somebody downloads it."""
    found = SUBJECTS[subject]
    rows = found.rows_for_export(found.visible(user), Known(user))
    write_file(path, path.suffix.removeprefix("."), found, rows, About("Musterstadt", timezone.localdate()))
    return path


def plan_of(subject: str, path: Path, user: User | None) -> Plan:
    return planned(SUBJECTS[subject], path, user)


def brought_in(subject: str, path: Path, user: User, reason: str = "Liste der Ämter") -> Plan:
    act = Act(user, reason_of(path.name, reason), timezone.now())
    return take_over(SUBJECTS[subject], path, act, Terms())


def cells(path: Path) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in load_workbook(path).worksheets[0].iter_rows()]


def changed(path: Path, row: int, heading: str, value: Any) -> Path:
    """The workbook with another value in one cell; rows count from 1, the headings."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    sheet.cell(row, headings.index(heading) + 1).value = value
    book.save(path)
    return path


def errors_of(plan: Plan) -> list[tuple[int, str]]:
    return [(error.row, error.column) for error in plan.all_errors()]
