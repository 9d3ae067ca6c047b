"""Exports of the Universal Human Rights Index (uhri.ohchr.org), XLSX or JSON, as recommendations.

The export has quirks, all of them met here: a heading with a spelling mistake ("Reccomending Body"), a dash before
each value, several values in one cell on lines of their own, and dates as the number of days that Excel counts. What
is known of the format, and what is assumed, stands in docs/decisions/0043-uhri-and-cordis.md.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from commitments.exchange.reading import read_table
from commitments.exchange.tables import (
    DEFAULT_LIMITS,
    MEBIBYTE,
    UNPRINTABLE,
    Cell,
    CellError,
    Limits,
    Table,
    refused,
)
from commitments.models import RecommendationSource

LONGEST_TEXT = 20_000
LONGEST_VALUE, MOST_VALUES = 300, 100
FIRST_DAY = date(1899, 12, 30)
"""Day 0 of Excel, which takes 1900 for a leap year."""

ALIASES: dict[str, tuple[str, ...]] = {
    "key": ("ohchrannotationid", "annotationid"),
    "document": ("documentsymbol", "symbol"),
    "body": ("reccomendingbody", "recommendingbody", "body", "mechanism"),
    "country": ("countriesconcerned", "countries", "country"),
    "made_on": ("documentpublicationdate", "publicationdate"),
    "text_en": ("text", "textplaincleaned"),
    "themes": ("themes",),
    "concerned_groups": ("affectedpersons", "concernedgroups"),
    "sdgs": ("sdgs",),
    "kind": ("type", "annotationtype"),
    "position": ("uprposition",),
}
"""By column of the register, the headings that stand for it, letters and digits only."""

NEEDED = ("key", "text_en", "body")
NAMES = {"key": "OHCHR Annotation Id", "text_en": "Text", "body": "Reccomending Body"}

KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
TREATY_BODIES = frozenset(
    {"CAT", "CCPR", "CED", "CEDAW", "CERD", "CESCR", "CMW", "CRC", "CRC-OP-AC", "CRC-OP-SC", "CRPD", "SPT"}
)
TREATY_BODY = re.compile(r"(sub)?committee\b|human rights committee", re.IGNORECASE)
SPECIAL_PROCEDURE = re.compile(
    r"(SR|IE|WG)\b|special (procedure|rapporteur|representative)|independent expert|working group", re.IGNORECASE
)


class WrongValueError(Exception):
    """A cell that cannot be taken over; ``str()`` is the sentence."""


@dataclass(frozen=True)
class Annotation:
    """One row of the export as columns of a recommendation."""

    row: int
    columns: dict[str, Any]


@dataclass
class Export:
    """What was read: the rows for one country, how many there were for others, and what is wrong, row by row."""

    rows: list[Annotation] = field(default_factory=list)
    skipped: int = 0
    errors: list[CellError] = field(default_factory=list)


# The two kinds of file


def read_export(path: Path, limits: Limits = DEFAULT_LIMITS) -> Table:
    """The file as a table, whether XLSX or JSON; raises TableError with sentences."""
    return _read_json(path, limits) if _is_json(path) else read_table(path, limits)


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] in (b"[", b"{")


def _read_json(path: Path, limits: Limits) -> Table:
    """A list of objects, or an object that holds one such list; the first object is row 2, as in a sheet."""
    if path.stat().st_size > limits.size:
        raise refused(
            _("The file is larger than %(limit)s MB. Export the annotations on one country only.")
            % {"limit": limits.size // MEBIBYTE}
        )
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise refused(_("The file is no valid JSON. Export it again from the Universal Human Rights Index.")) from error
    lists = [each for each in found.values() if isinstance(each, list)] if isinstance(found, dict) else [found]
    if len(lists) != 1 or not all(isinstance(entry, dict) for entry in lists[0]) or not lists[0]:
        raise refused(
            _("The file holds no list of annotations. Export it again from the Universal Human Rights Index.")
        )
    if len(lists[0]) > limits.rows:
        raise refused(_("The table has more than %(limit)s rows. Divide it.") % {"limit": limits.rows})
    names = list(dict.fromkeys(str(name) for entry in lists[0] for name in entry))
    rows = [(number, [_cell(entry.get(name)) for name in names]) for number, entry in enumerate(lists[0], 2)]
    return Table(names, rows)


def _cell(value: Any) -> Cell:
    """A value of JSON as a cell: what is a list there stands on lines of its own in a sheet."""
    if isinstance(value, list):
        return "\n".join(_name(part) for part in value)
    return value if value is None or isinstance(value, str | int | float | bool) else _name(value)


def _name(part: Any) -> str:
    """A value that is itself an object, as some programs write them, stands for its name."""
    if isinstance(part, dict):
        return str(next((part[name] for name in ("Name", "name", "Label", "label") if part.get(name)), ""))
    return str(part if part is not None else "")


def annotations(table: Table, country: str, progress: Callable[[int, int], None] | None = None) -> Export:
    """The annotations on one country, by its English name ("Germany"); all of them where it is empty."""
    headings, missing = _headings(table.headings)
    if missing:
        return Export(errors=missing)
    places = {column: table.headings.index(heading) for column, heading in headings.items()}
    used = {*headings.values(), ""}
    export = Export(errors=[error for error in table.errors if error.column in used])
    broken = {error.row for error in export.errors}
    first: dict[str, int] = {}
    for done, (number, row) in enumerate(table.rows, 1):
        cells = {column: row[place] for column, place in places.items()}
        if country and "country" in cells and not _concerns(cells["country"], country):
            export.skipped += 1
        elif number not in broken:
            annotation = _annotation(number, cells, headings, country, export.errors)
            if annotation is not None and _is_first(annotation, first, headings, export.errors):
                export.rows.append(annotation)
        if progress and done % 500 == 0:
            progress(done, len(table.rows))
    return export


def _headings(found: Iterable[str]) -> tuple[dict[str, str], list[CellError]]:
    """The heading of each column that is there, and an error where one that is needed is missing."""
    by_name: dict[str, str] = {}
    for heading in found:
        by_name.setdefault(re.sub(r"[^a-z0-9]", "", heading.lower()), heading)
    known = {
        column: next(by_name[name] for name in names if name in by_name)
        for column, names in ALIASES.items()
        if any(name in by_name for name in names)
    }
    sentence = _(
        "This column is missing, so this is no export of the Universal Human Rights Index. Found instead: %(found)s."
    ) % {"found": ", ".join(list(by_name.values())[:12])[:300] or "–"}
    return known, [CellError(1, NAMES[column], sentence) for column in NEEDED if column not in known]


# One row


def _concerns(cell: Any, country: str) -> bool:
    """Whether the row is about the country; a file without that column is taken to be about one country only."""
    return country.casefold() in (name.casefold() for name in values(cell))


def _annotation(
    number: int, cells: Mapping[str, Any], headings: Mapping[str, str], country: str, errors: list[CellError]
) -> Annotation | None:
    """The row as columns of a recommendation, or None with an error for each cell that is wrong."""
    found: dict[str, Any] = {}
    before = len(errors)
    for column, take in TAKEN.items():
        try:
            found[column] = take(cells.get(column))
        except WrongValueError as problem:
            errors.append(CellError(number, headings.get(column, ""), str(problem)))
    if len(errors) > before:
        return None
    position = one(cells.get("position"))
    if position:
        found["kind"] = f"{found['kind']}, UPR position: {position}".removeprefix(", ")[:120]
    found["source"] = source(found["body"])
    found["country"] = (country or ", ".join(values(cells.get("country"))))[:80]
    found["made_on_precision"] = "day"
    return Annotation(number, found)


def _is_first(
    annotation: Annotation, first: dict[str, int], headings: Mapping[str, str], errors: list[CellError]
) -> bool:
    earlier = first.setdefault(annotation.columns["key"], annotation.row)
    if earlier == annotation.row:
        return True
    sentence = _("This annotation id stands already in row %(row)s. Take one of the two rows out.") % {"row": earlier}
    errors.append(CellError(annotation.row, headings["key"], sentence))
    return False


def values(cell: Any) -> list[str]:
    """The values of a cell: each on a line of its own with a dash before it."""
    lines = str(cell if cell is not None else "").splitlines()
    found = (" ".join(UNPRINTABLE.sub("", line).split()).removeprefix("-").strip() for line in lines)
    return list(dict.fromkeys(value for value in found if value))


def one(cell: Any) -> str:
    return ", ".join(values(cell))


def source(body: str) -> str:
    """Who recommends it, by the body's short or full name; raises WrongValueError where that cannot be said."""
    if body == "UPR" or body.casefold().startswith("universal periodic review"):
        return str(RecommendationSource.UPR)
    if body in TREATY_BODIES or TREATY_BODY.match(body):
        return str(RecommendationSource.TREATY_BODY)
    if SPECIAL_PROCEDURE.match(body):
        return str(RecommendationSource.SPECIAL_PROCEDURE)
    raise WrongValueError(
        _("“%(body)s” is none of the bodies known here: a treaty body such as CEDAW, UPR, or a special procedure.")
        % {"body": body[:60]}
    )


def _key(cell: Any) -> str:
    found = one(cell)
    if not found:
        raise WrongValueError(_("The annotation id is missing; without it the row could not be known again."))
    if not KEY.fullmatch(found):
        raise WrongValueError(
            _("“%(value)s” is no annotation id: letters, digits, dots and dashes, at most 80.") % {"value": found[:60]}
        )
    return found


def _body(cell: Any) -> str:
    found = _short(200)(cell)
    if not found:
        raise WrongValueError(_("The body that recommends it is missing."))
    source(found)
    return found


def _text(cell: Any) -> str:
    """The text with single blanks; line breaks inside it come from the layout of the document."""
    lines = str(cell if cell is not None else "").replace("\r", "\n").split("\n")
    found = " ".join(" ".join(UNPRINTABLE.sub("", line) for line in lines).split()).removeprefix("- ")
    if not found:
        raise WrongValueError(_("The text of the recommendation is missing."))
    if len(found) > LONGEST_TEXT:
        raise WrongValueError(
            _("The text has %(length)s characters; %(limit)s fit.") % {"length": len(found), "limit": LONGEST_TEXT}
        )
    return found


def _short(most: int) -> Callable[[Any], str]:
    def take(cell: Any) -> str:
        found = one(cell)
        if len(found) > most:
            raise WrongValueError(
                _("The cell has %(length)s characters; %(limit)s fit. Shorten it.")
                % {"length": len(found), "limit": most}
            )
        return found

    return take


def _list(cell: Any) -> list[str]:
    found = values(cell)
    if len(found) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in found):
        raise WrongValueError(
            _("At most %(most)s values of at most %(longest)s characters each, one a line.")
            % {"most": MOST_VALUES, "longest": LONGEST_VALUE}
        )
    return found


def day(cell: Any) -> date | None:
    """A date as Excel counts it, or as ISO writes it; raises WrongValueError with a sentence."""
    if isinstance(cell, datetime):
        return cell.date()
    if cell is None or isinstance(cell, date):
        return cell
    written = one(cell)
    if not written:
        return None
    try:
        if re.fullmatch(r"\d{4,6}(\.\d+)?", written) and float(written) > 9999:
            return FIRST_DAY + timedelta(days=int(float(written)))
        return date.fromisoformat(written[:10])
    except (ValueError, OverflowError) as error:
        raise WrongValueError(
            _("“%(value)s” is no date. Write 2018-07-12, or format the cell as a date.") % {"value": written[:40]}
        ) from error


def _past(cell: Any) -> date | None:
    found = day(cell)
    if found is not None and not date(1945, 1, 1) <= found <= date(2100, 1, 1):
        raise WrongValueError(_("The year %(year)s cannot be right.") % {"year": found.year})
    return found


TAKEN: dict[str, Callable[[Any], Any]] = {
    "key": _key,
    "document": _short(120),
    "body": _body,
    "made_on": _past,
    "text_en": _text,
    "themes": _list,
    "concerned_groups": _list,
    "sdgs": _list,
    "kind": _short(80),
}
"""How each column is read; all of them are tried, so that nobody mends a file one error at a time."""
