"""A sheet as a workbook: its table, and a second page that says where it comes from. The same content, the same bytes.

A workbook is a packed folder; openpyxl writes the hour of the day into it, so it is packed once more with the moment of
the stamp.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from commitments.exchange.tables import UNPRINTABLE, neutral
from commitments.texts import long_date, reader_language
from reporting.content.canonical import content_hash
from reporting.documents.stamp import Stamp
from reporting.sheets.facts import Sheet
from reporting.sheets.source import Table
from reporting.templatetags.paper import plain

LONGEST_CELL = 32_000
HEAD, DARK = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor="15304F")
WRAPPED = Alignment(vertical="top", wrap_text=True)
NO_TITLE = re.compile(r"[\[\]:*?/\\]")
MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
EPOCH = (1980, 1, 1, 0, 0, 0)


def write_workbook(title: str, table: Table, sheet: Sheet, stamp: Stamp) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None  # a new workbook has one
    page.title = NO_TITLE.sub(" ", title)[:31]
    _write(page, [table.head, *table.rows])
    for position, width in enumerate(table.widths, 1):
        page.column_dimensions[get_column_letter(position)].width = width
    page.freeze_panes = "B2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(table.head))}{len(table.rows) + 1}"
    about = book.create_sheet(_("Explanation"))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 30, 90
    _write(about, _explained(title, sheet, stamp), headed=False)
    out = io.BytesIO()
    book.save(out)
    moment = stamp.moment(sheet.report.cycle.reporting_date).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _settled(out.getvalue(), moment.encode())


def _explained(title: str, sheet: Sheet, stamp: Stamp) -> list[Sequence[Any]]:
    cycle = sheet.report.cycle
    edition = f"{cycle.year}/{stamp.edition}" + (f", {_('Draft, not released')}" if stamp.is_draft else "")
    rows: list[Sequence[Any]] = [
        (_("Table"), title),
        (_("City"), plain(sheet.report.city.name)),
        (_("Report and edition"), edition),
        (_("Reporting date"), long_date(cycle.reporting_date)),
        (_("Hash of this sheet’s content"), content_hash(sheet)),
        (_("Hash of the report’s content"), sheet.taken_from),
    ]
    if sheet.report.is_sample:
        rows.append((_("Notice"), plain(sheet.report.sample_notice)))
    return rows


def _write(page: Any, rows: Sequence[Sequence[Any]], *, headed: bool = True) -> None:
    for line, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = page.cell(line, column)
            cell.value = neutral(UNPRINTABLE.sub("", value))[:LONGEST_CELL] if isinstance(value, str) else value
            cell.alignment = WRAPPED
            if isinstance(value, date):
                cell.number_format = "DD.MM.YYYY" if reader_language() == "de" else "YYYY-MM-DD"
            if headed and line == 1:
                cell.font, cell.fill = HEAD, DARK


def _settled(data: bytes, moment: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as settled:
        for name in made.namelist():
            part = made.read(name)
            if name == "docProps/core.xml":
                part = MODIFIED.sub(rb"\g<1>" + moment + rb"\g<3>", part)
            settled.writestr(zipfile.ZipInfo(name, EPOCH), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
