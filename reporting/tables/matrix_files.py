"""The matrix as a file: XLSX with the gaps as a second sheet, and CSV with the one or the other."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from commitments import texts
from commitments.exchange.tables import neutral
from reporting.tables.gaps import Gap
from reporting.tables.matrix import Cell, Matrix

Value = str | int
WIDEST = 60
"""Characters; a longer text is wrapped."""

SOFT_HYPHEN = "\N{SOFT HYPHEN}"
"""Where a heading may break on a page; in a file it would keep a heading from being found."""


@dataclass(frozen=True)
class Sheet:
    """A table with what must be said about it above; the first of ``rows`` are its headings."""

    name: str
    lead: list[str]
    rows: list[list[Value]]


def matrix_sheet(table: Matrix, lead: Sequence[str]) -> Sheet:
    """What a reader of the page sees: numbers, and words where a cell is empty."""
    first = _("Article") if table.view.is_of_articles else _("Number")
    head: list[Value] = [
        first,
        _("Title"),
        *(str(column.label).replace(SOFT_HYPHEN, "") for column in table.columns),
        _("Total"),
        _("Indirect in addition"),
    ]
    rows: list[list[Value]] = [head]
    for row in table.rows:
        counts = [_said(cell) for cell in row.cells]
        if row.whole:
            counts = [_said(row.whole), *counts[1:]]
        rows.append([row.line.number, row.line.name, *counts, row.direct, row.indirect])
    direct = [column.direct for column in table.columns]
    every = [column.every for column in table.columns]
    rows.append([_("Linked to a row, counted once"), "", *direct, table.direct_measures, ""])
    rows.append([_("All measures, counted once"), "", *every, table.measures, ""])
    return Sheet(_("Matrix"), list(lead), rows)


def gap_sheet(gaps: Sequence[Gap], lead: Sequence[str]) -> Sheet:
    """Every gap with what was said about it, when and by whom."""
    head: list[Value] = [
        _("Article"),
        _("Fields of action"),
        _("Reason"),
        _("Explanation"),
        _("Next step"),
        _("Due on"),
        _("Stated by"),
        _("Stated on"),
    ]
    rows = [head]
    for gap in gaps:
        fields = ", ".join(field.label for field in gap.fields) or _("all")
        row: list[Value] = [gap.article, fields]
        if gap.reason is None:
            row += [_("Reason missing"), "", "", "", "", ""]
        else:
            row += [
                str(gap.reason.get_code_display()),
                texts.localized(gap.reason, "text"),
                texts.localized(gap.reason, "next_step"),
                gap.reason.due_on.isoformat() if gap.reason.due_on else "",
                gap.reason.stated_by.name if gap.reason.stated_by else "",
                gap.reason.stated_on.isoformat(),
            ]
        rows.append(row)
    return Sheet(_("Gaps"), list(lead), rows)


def _said(cell: Cell) -> Value:
    """The number, or the word that stands in an empty cell."""
    words = {"gap": _("Gap"), "planned": _("Gap, next step with a date"), "out": _("Out of competence")}
    return cell.count if cell.kind == "count" else words.get(cell.kind, "")


def as_csv(sheet: Sheet) -> bytes:
    """For spreadsheets: UTF-8 with its mark, semicolons, nothing that is calculated."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([_safe(value) for value in row] for row in sheet.rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: Sequence[Sheet]) -> bytes:
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type] # a new workbook has an active sheet
    for sheet in sheets:
        _write(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write(book: Workbook, sheet: Sheet) -> None:
    page = book.create_sheet(sheet.name)
    for line in sheet.lead:
        page.append([neutral(line)])
    head = page.max_row + 2 if sheet.lead else 1
    for number, row in enumerate(sheet.rows, head):
        for column, value in enumerate(row, 1):
            cell = page.cell(number, column, _safe(value))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number == head)
    for column in range(1, len(sheet.rows[0]) + 1):
        longest = max((len(str(row[column - 1])) for row in sheet.rows if column <= len(row)), default=8)
        page.column_dimensions[get_column_letter(column)].width = min(max(longest, 8) + 2, WIDEST)
    page.freeze_panes = page.cell(head + 1, 3)
    page.print_title_rows = f"{head}:{head}"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def _safe(value: Value) -> Value:
    return neutral(value) if isinstance(value, str) else value
