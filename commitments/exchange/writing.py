"""Rows as a file: XLSX for people, CSV for other programs. Both hold the same columns, which the import reads again."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from commitments import texts
from commitments.exchange.subjects import Subject
from commitments.exchange.tables import UNPRINTABLE, Cell, neutral

LONGEST_CELL = 32_767
FORMATS = ("xlsx", "csv")
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
DATE_FORMATS = {"de": "DD.MM.YYYY", "en": "YYYY-MM-DD"}
BOLD = Font(bold=True, color="FFFFFF")
DARK = PatternFill("solid", fgColor="174E84")
WRAPPED = Alignment(vertical="top", wrap_text=True)


@dataclass(frozen=True)
class About:
    """What the sheet of explanations says: whose data, of which day, and whether they are a sample."""

    city: str
    day: date
    by: str = ""
    filters: str = ""
    notice: str = ""


@dataclass
class Written:
    """What went out."""

    rows: int = 0
    holds_protected: bool = False


Rows = Iterable[tuple[list[Cell], bool]]


def write_file(path: Path, form: str, subject: Subject, rows: Rows, about: About) -> Written:
    """Write rows as XLSX or CSV; raises ValidationError where a text is longer than a cell can be."""
    written = Written()
    counted = _counted(rows, written, subject)
    if form == "xlsx":
        _write_xlsx(path, subject, counted, about)
    else:
        _write_csv(path, subject, counted)
    return written


def _counted(rows: Rows, written: Written, subject: Subject) -> Iterator[list[Cell]]:
    for cells, is_protected in rows:
        written.rows += 1
        written.holds_protected |= is_protected
        for cell, column in zip(cells, subject.columns, strict=True):
            if isinstance(cell, str) and len(cell) >= LONGEST_CELL:
                sentence = _("Row %(row)s, column “%(column)s”: the text is longer than a cell of a table can be.")
                raise ValidationError(sentence % {"row": written.rows + 1, "column": column.heading})
        yield cells


def _write_csv(path: Path, subject: Subject, rows: Iterable[list[Cell]]) -> None:
    """UTF-8 with its mark and semicolons: what a German Excel opens at a double click."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([str(column.heading) for column in subject.columns])
        for cells in rows:
            writer.writerow([_as_text(cell) for cell in cells])


def _as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date | datetime):
        return cell.isoformat()[:10]
    if isinstance(cell, Decimal):
        written = f"{cell:f}"
        return written.replace(".", ",") if texts.reader_language() == "de" else written
    return neutral(UNPRINTABLE.sub("", str(cell)))


def _write_xlsx(path: Path, subject: Subject, rows: Iterable[list[Cell]], about: About) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(subject.label)[:31])
    sheet.freeze_panes = "B2"
    for position, column in enumerate(subject.columns, 1):
        sheet.column_dimensions[get_column_letter(position)].width = column.width
    sheet.append([_heading(sheet, str(column.heading)) for column in subject.columns])
    day_format = DATE_FORMATS.get(texts.reader_language(), DATE_FORMATS["de"])
    last = 1
    for cells in rows:
        sheet.append([_typed(sheet, cell, day_format) for cell in cells])
        last += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(subject.columns))}{last}"
    _explain(book, subject, about)
    book.save(path)


def _heading(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font, cell.fill, cell.alignment = BOLD, DARK, WRAPPED
    return cell


def _typed(sheet: Any, value: Cell, day_format: str) -> Any:
    """Texts stay texts, days become days; styles cost time, so only days have one."""
    if isinstance(value, str):
        return neutral(UNPRINTABLE.sub("", value)) or None
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, value)  # type: ignore[arg-type] # takes days as well
        cell.number_format = day_format
        return cell
    return value


def _explain(book: Any, subject: Subject, about: About) -> None:
    sheet = book.create_sheet(_("Explanation"))
    for letter, width in (("A", 34), ("B", 80), ("C", 14), ("D", 60)):
        sheet.column_dimensions[letter].width = width
    facts = [
        (about.city, str(subject.label)),
        (_("Day"), texts.long_date(about.day)),
        (_("Taken out by"), about.by),
        (_("Filter"), about.filters),
        (_("Notice"), about.notice),
    ]
    for name, value in facts:
        if value:
            sheet.append([_bold(sheet, neutral(name)), _wrapped(sheet, neutral(value))])
    sheet.append([])
    sheet.append([_heading(sheet, text) for text in (_("Column"), _("Meaning"), _("Required"), _("Words or example"))])
    for column in subject.columns:
        options = "; ".join(column.kind.options()) or column.example
        cells = (str(column.heading), str(column.meaning), _("yes") if column.required else "", options)
        sheet.append([_wrapped(sheet, neutral(text)) for text in cells])


def _bold(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=True)
    return cell


def _wrapped(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text or None)
    cell.alignment = WRAPPED
    return cell
