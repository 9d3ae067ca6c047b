"""What a file holds once it has been read: headings and rows, and what is wrong with a cell of them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

MEBIBYTE: Final = 1024 * 1024

Cell = str | int | float | bool | Decimal | date | datetime | None
"""A cell as a file holds it; a CSV file holds texts only."""

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|[\ud800-\udfff]")
STARTS_A_FORMULA = re.compile(r"[=+\-@\t\r]")
NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True)
class Limits:
    """How much of a file is read; more is refused. Sizes are in bytes."""

    size: int = 100 * MEBIBYTE
    unpacked: int = 200 * MEBIBYTE
    words: int = 60 * MEBIBYTE
    ratio: int = 400
    rows: int = 50_000
    columns: int = 200
    cell: int = 32_767


DEFAULT_LIMITS: Final = Limits()

UPLOAD_LIMIT: Final = 25 * MEBIBYTE
"""How large a file may be that is sent by the browser, in bytes; the command reads larger ones."""


@dataclass(frozen=True)
class CellError:
    """What is wrong, in a sentence, and where: the row as a spreadsheet counts it, and the heading of the column.

    Row 0 stands for the file as a whole, an empty column for the row as a whole.
    """

    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        if not self.row:
            return self.sentence
        where = {"row": self.row, "column": self.column, "sentence": self.sentence}
        if not self.column:
            return _("Row %(row)s: %(sentence)s") % where
        return _("Row %(row)s, column “%(column)s”: %(sentence)s") % where


class TableError(Exception):
    """The file was refused as a whole, or cells of it; nothing was written."""

    def __init__(self, errors: Iterable[CellError]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def refused(sentence: str, row: int = 0, column: str = "") -> TableError:
    return TableError([CellError(row, column, sentence)])


@dataclass
class Table:
    """Headings as they stand in the file, and its rows, each with its number; empty rows are left out.

    ``errors`` are cells that cannot be read (a formula, a cell that is too long); there the row holds None.
    """

    headings: list[str]
    rows: list[tuple[int, list[Cell]]]
    errors: list[CellError] = field(default_factory=list)


def neutral(text: str) -> str:
    """The text as a spreadsheet shows it without calculating: what begins like a formula gets an apostrophe."""
    begins = STARTS_A_FORMULA.match(text) or NEUTRALISED.match(text)
    return f"'{text}" if begins else text


def restored(text: str) -> str:
    """The text without the apostrophe that ``neutral`` gave it."""
    return text[1:] if NEUTRALISED.match(text) else text


def plain(text: str) -> str:
    """A text as the register compares it: one kind of line break, nothing around it, nothing that cannot be printed."""
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def folded(text: str) -> str:
    """A heading or name as people mean it, whatever its case, spaces and quotation marks."""
    words = unicodedata.normalize("NFC", text).replace("\u00a0", " ").split()
    return " ".join(words).strip("\"'* :").casefold()
