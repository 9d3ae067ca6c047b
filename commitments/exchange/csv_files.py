"""CSV as spreadsheets write it: several encodings, three separators, line breaks inside quotation marks."""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from commitments.exchange.tables import (
    NEUTRALISED,
    STARTS_A_FORMULA,
    UNPRINTABLE,
    Cell,
    CellError,
    Limits,
    Table,
    TableError,
    refused,
    restored,
)

SEPARATORS = ";,\t"
CHUNK = 1024 * 1024
MOST_ERRORS = 1_000
NUMBER_OR_DATE = re.compile(r"[+-]?[\d.,\s\u00a0]*\d\s?[%€]?|[+-]\d{1,4}([./-]\d{1,4}){1,2}")


def read_csv(path: Path, limits: Limits) -> Table:
    """Raises TableError where the file is no such table; wrong cells are errors of the table."""
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        separator = _separator(file)
        records = _records(csv.reader(file, delimiter=separator, strict=True))
        return _table(records, limits)


def _encoding(path: Path) -> str:
    """UTF-8 or UTF-16 by their mark, UTF-8 where every byte fits, else what Western Windows writes."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(codecs.BOM_UTF8):
        encodings: tuple[str, ...] = ("utf-8-sig",)
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ("utf-16",)
    else:
        encodings = ("utf-8", "cp1252", "latin-1")
    for encoding in encodings:
        if _fits(path, encoding):
            return encoding
    raise refused(_("The file is not in the encoding that its first bytes announce. Save it as CSV UTF-8."))


def _fits(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while part := file.read(CHUNK):
                if "\0" in part:
                    raise refused(_("The file holds null bytes, so it is no CSV file. Choose a CSV or XLSX file."))
    except UnicodeError:
        return False
    return True


def _separator(file: TextIO) -> str:
    """The one that the heading uses most; a first line "sep=;" of Excel says it and is left behind."""
    line = file.readline(65_536)
    if match := re.fullmatch(r"sep=(.)\r?\n?", line):
        return match[1] if match[1] in SEPARATORS else ";"
    file.seek(0)
    outside = re.sub(r'"[^"]*"', "", line)
    return max(SEPARATORS, key=outside.count)


def _records(reader: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Records with the number that a spreadsheet gives them: a record with line breaks inside is one row."""
    number = 0
    rows = iter(reader)
    while True:
        try:
            record = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unreadable(number + 1, str(error)) from error
        number += 1
        yield number, record


def _unreadable(number: int, why: str) -> TableError:
    if "field larger" in why:
        return refused(_("A cell is longer than a spreadsheet's cell can be. Shorten it."), number)
    return refused(
        _("From here on the quotation marks do not match: one is opened and not closed, or stands inside a text."),
        number,
    )


def _table(records: Iterator[tuple[int, list[str]]], limits: Limits) -> Table:
    _number, headings = next(records, (0, []))
    if len(headings) > limits.columns:
        raise refused(_("The table has more than %(limit)s columns.") % {"limit": limits.columns})
    headings = [heading.strip().lstrip("\ufeff") for heading in headings]
    table = Table([restored(heading) for heading in headings], [])
    for number, record in records:
        if not any(cell.strip() for cell in record):
            continue
        if len(table.rows) >= limits.rows:
            raise refused(_("The table has more than %(limit)s rows. Divide it.") % {"limit": limits.rows}, number)
        if len(record) > len(headings):
            if any(cell.strip() for cell in record[len(headings) :]):
                sentence = _("This row has %(cells)s cells, but there are %(headings)s headings.")
                table.errors.append(CellError(number, "", sentence % {"cells": len(record), "headings": len(headings)}))
            record = record[: len(headings)]
        cells: list[Cell] = [
            _cell(text, number, heading, limits, table.errors)
            for text, heading in zip(record, table.headings, strict=False)
        ]
        table.rows.append((number, cells + [None] * (len(headings) - len(cells))))
        if len(table.errors) > MOST_ERRORS:
            raise TableError(table.errors)
    return table


def _is_harmless(text: str) -> bool:
    """What begins with a sign and is none: a number, a date, a lone sign, an item of a list ("- Land")."""
    bare = text.strip()
    return bool(NUMBER_OR_DATE.fullmatch(bare)) or bare in ("-", "+") or text.startswith("- ")


def _cell(text: str, number: int, heading: str, limits: Limits, errors: list[CellError]) -> Cell:
    """The text of a cell, or None with an error."""
    wrong = ""
    if len(text) > limits.cell:
        lengths = {"length": len(text), "limit": limits.cell}
        wrong = _("The cell has %(length)s characters; %(limit)s fit. Shorten it.") % lengths
    elif UNPRINTABLE.search(text):
        wrong = _("The cell holds a character that cannot be printed. Type the text again.")
    elif STARTS_A_FORMULA.match(text) and not _is_harmless(text):
        wrong = _(
            "The cell begins like a formula (“%(start)s”). Write the value itself, or put an apostrophe before it."
        ) % {"start": text.strip()[:20] or repr(text[:1])}
    if wrong:
        errors.append(CellError(number, heading, wrong))
        return None
    return restored(text) if NEUTRALISED.match(text) else text or None
