"""XLSX: the first sheet of a workbook as a table. A workbook is a packed folder of XML, and is mistrusted as such."""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from commitments.exchange.tables import (
    NEUTRALISED,
    UNPRINTABLE,
    Cell,
    CellError,
    Limits,
    Table,
    TableError,
    refused,
    restored,
)

PARTS = 2_000
SHARED_WORDS = "xl/sharedStrings.xml"
WORKBOOK = "xl/workbook.xml"
MOST_ERRORS = 1_000
DAMAGED = (expat.ExpatError, zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zlib.error)
SMALL = 10 * 1024 * 1024
EXPLANATIONS = frozenset({"erläuterung", "explanation"})
"""Names of the sheet that an export adds; it is never read."""


def read_workbook(path: Path, limits: Limits) -> Table:
    """Raises TableError where the workbook is refused; wrong cells are errors of the table."""
    _inspect(path, limits)
    with path.open("rb") as file:
        try:
            book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except Exception as error:  # what a damaged part makes of openpyxl is not foreseeable
            raise _broken() from error
        try:
            return _first_table(book, limits)
        except TableError:
            raise
        except Exception as error:  # the sheet is read while it is iterated
            raise _broken() from error
        finally:
            book.close()


def _first_table(book: Any, limits: Limits) -> Table:
    sheets = [sheet for sheet in book.worksheets if sheet.title.casefold() not in EXPLANATIONS]
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
    if not visible:
        raise refused(_("The workbook has no sheet with a table."))
    visible[0].reset_dimensions()
    return _table(_rows(visible[0], limits), limits)


def _broken() -> TableError:
    return refused(
        _("The workbook is damaged and cannot be read. Open it in your spreadsheet program and save it anew.")
    )


def _inspect(path: Path, limits: Limits) -> None:
    """Refuses what would unpack to too much, what holds programs, and XML that defines words of its own."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise _broken() from error
    with archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
        words = max((entry.file_size for entry in entries if entry.filename == SHARED_WORDS), default=0)
        too_dense = unpacked > SMALL and unpacked > limits.ratio * max(packed, 1)
        if len(entries) > PARTS or unpacked > limits.unpacked or words > limits.words or too_dense:
            raise refused(
                _(
                    "Unpacked, this workbook would be far larger than a table of this kind can be, so it was not "
                    "opened. Save the table alone as a new workbook, or as CSV."
                )
            )
        if any(entry.flag_bits & 1 for entry in entries):
            raise refused(_("The file has a password. Save it without one."))
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise refused(_("The workbook holds macros (.xlsm). Save it as a workbook without macros (.xlsx)."))
        if WORKBOOK not in names or "[Content_Types].xml" not in names:
            raise refused(_("This is no Excel workbook (.xlsx). Choose a CSV or XLSX file."))
        for entry in entries:
            if entry.filename.lower().endswith((".xml", ".rels")):
                _refuse_definitions(archive, entry)


def _refuse_definitions(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """XML that defines entities could unfold without end; a definition can only stand before the first element."""
    parser = expat.ParserCreate()
    begun = False

    def defined(*_args: Any) -> None:
        raise refused(_("The workbook holds definitions that no spreadsheet program writes, so it was not opened."))

    def element(*_args: Any) -> None:
        nonlocal begun
        begun = True

    parser.StartDoctypeDeclHandler = defined
    parser.StartElementHandler = element
    try:
        with archive.open(entry) as part:
            while not begun and (chunk := part.read(4096)):
                parser.Parse(chunk)
    except (
        expat.ExpatError,
        zipfile.BadZipFile,
        NotImplementedError,
        OSError,
        EOFError,
        ValueError,
        zlib.error,
    ) as error:
        raise _broken() from error


def _rows(sheet: Any, limits: Limits) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Rows with their numbers, empty ones left out; ends where the last one that may be read has been."""
    seen = 0
    for number, row in enumerate(sheet.iter_rows(max_col=limits.columns + 1), 1):
        if all(cell.value is None for cell in row):
            if number > 20 * limits.rows:
                raise refused(_("The table has rows far below all others. Delete the empty rows between them."), number)
            continue
        seen += 1
        if seen > limits.rows + 1:
            raise refused(_("The table has more than %(limit)s rows. Divide it.") % {"limit": limits.rows}, number)
        yield number, row


def _table(rows: Iterator[tuple[int, tuple[Any, ...]]], limits: Limits) -> Table:
    _number, first = next(rows, (0, ()))
    headings = [restored(str(cell.value).strip()) if cell.value is not None else "" for cell in first]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > limits.columns:
        raise refused(_("The table has more than %(limit)s columns.") % {"limit": limits.columns})
    table = Table(headings, [])
    for number, row in rows:
        cells: list[Cell] = []
        for cell, heading in zip(row, headings, strict=False):
            sentence = "" if cell.value is None else _wrong(cell, limits)
            if sentence:
                table.errors.append(CellError(number, heading, sentence))
            cells.append(None if sentence else _value(cell.value))
        if any(cell.value is not None for cell in row[len(headings) :]):
            table.errors.append(CellError(number, "", _("A cell to the right of the table has no heading above it.")))
        table.rows.append((number, cells + [None] * (len(headings) - len(cells))))
        if len(table.errors) > MOST_ERRORS:
            raise TableError(table.errors)
    return table


def _wrong(cell: Any, limits: Limits) -> str:
    """Why a cell is refused; empty where it is not."""
    value = cell.value
    if cell.data_type == "f" or (isinstance(value, str) and value.startswith("=")):
        return _("The cell holds a formula. Put its value there instead (copy, then paste as values).")
    if cell.data_type == "e":
        return _("The cell shows an error of the spreadsheet program (%(value)s).") % {"value": value}
    if isinstance(value, str) and len(value) > limits.cell:
        lengths = {"length": len(value), "limit": limits.cell}
        return _("The cell has %(length)s characters; %(limit)s fit. Shorten it.") % lengths
    if isinstance(value, str) and UNPRINTABLE.search(value):
        return _("The cell holds a character that cannot be printed. Type the text again.")
    if isinstance(value, time | timedelta) or not isinstance(value, str | int | float | bool | date | datetime):
        return _("The cell holds a time. Write a date or a text.")
    return ""


def _value(value: Any) -> Cell:
    known: Cell = restored(value) if isinstance(value, str) and NEUTRALISED.match(value) else value
    return known
