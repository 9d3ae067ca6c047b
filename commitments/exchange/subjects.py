"""What can be imported and exported: the columns of a table, its rows, and how a file becomes a plan and is written."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from commitments.exchange.kinds import LANGUAGES, Kind
from commitments.exchange.lookups import Known
from commitments.exchange.plans import Act, Plan
from commitments.exchange.reading import read_table
from commitments.exchange.tables import DEFAULT_LIMITS, Cell, CellError, Limits, Table, folded
from commitments.models import User
from commitments.permissions import Verb

Progress = Callable[[int, int, str], None]
"""Is told how much of how much is done, and what it is."""


def quiet(done: int, total: int, message: str = "") -> None:
    """For whoever does not watch."""


@dataclass(frozen=True)
class Column:
    """A column of import and export alike; ``heading`` and ``meaning`` are lazy texts.

    ``code`` names the field; ``aliases`` are further headings under which foreign files have it. A column that is
    only ``exported`` may stand in a file and is not read. ``required`` holds for rows that are new; a heading that is
    missing altogether leaves the field of known rows alone.
    """

    code: str
    heading: Any
    kind: Kind
    meaning: Any = ""
    required: bool = False
    example: str = ""
    aliases: tuple[str, ...] = ()
    exported: bool = False
    width: int = 20

    def headings(self) -> set[str]:
        """All the headings that mean this column, folded: both languages', the code and the aliases."""
        found = {folded(self.code), *(folded(alias) for alias in self.aliases)}
        for language in LANGUAGES:
            with translation.override(language):
                found.add(folded(str(self.heading)))
        return found


@dataclass
class Record:
    """A row of a file: its values by code, of the columns that the file has."""

    number: int
    values: dict[str, Any]
    errors: list[CellError] = field(default_factory=list)


class Subject(ABC):
    """A kind of rows that can be taken out as a file and brought in again. One instance serves everybody."""

    key: str
    label: Any
    columns: tuple[Column, ...]
    suffixes: tuple[str, ...] = (".xlsx", ".csv")
    verb: Verb = Verb.EDIT_REGISTER
    is_imported = True
    is_exported = True
    upload_page = ""
    """Name of the address where its files are brought in, where more is asked than for a file."""
    ignores_unknown = False
    """Whether headings that nobody knows are passed over, as in files of other systems, or refused."""

    def visible(self, user: User | None) -> "QuerySet[Any]":
        """The rows that a person may export, in order; without a person whatever is not protected."""
        raise NotImplementedError

    def rows_for_export(self, rows: "QuerySet[Any]", known: Known) -> Iterator[tuple[list[Cell], bool]]:
        """For each row its cells in the order of ``columns``, and whether it is protected; read in batches."""
        raise NotImplementedError

    def note_handed_out(self, rows: "QuerySet[Any]", user: User, at: datetime) -> int:
        """Within the transaction that notes an export: whatever else the ledger must know of it; of how many rows."""
        return 0

    def read(self, path: Path, limits: Limits = DEFAULT_LIMITS) -> Table:
        """The table in a file; raises TableError. A subject with a format of its own reads it here."""
        return read_table(path, limits)

    @abstractmethod
    def plan(self, table: Table, user: User | None, progress: Progress = quiet) -> Plan:
        """What the file would do, written nowhere. Never raises for what a file holds."""

    @abstractmethod
    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        """Write a plan without errors, within the caller's transaction; raises ValidationError with sentences."""

    def lock(self, plan: Plan) -> int:
        """Hold the rows that a plan changes until the transaction ends, so that nobody else writes them; how many."""
        return 0

    def watched(self) -> tuple[int, ...]:
        """Numbers that are others as soon as anybody has written a row that a plan rests on."""
        return ()


class Headed(Protocol):
    """Whatever knows which columns a table has."""

    @property
    def columns(self) -> tuple[Column, ...]: ...

    @property
    def ignores_unknown(self) -> bool: ...


def columns_of(subject: Headed, table: Table) -> tuple[dict[int, Column], list[CellError]]:
    """Which column of the file is which of the subject's, and what is wrong with the headings."""
    by_heading = {heading: column for column in subject.columns for heading in column.headings()}
    found: dict[int, Column] = {}
    errors: list[CellError] = []
    if not table.headings:
        return {}, [CellError(0, "", _("The file holds no table: its first row must have the headings."))]
    for position, heading in enumerate(table.headings):
        column = by_heading.get(folded(heading))
        if not heading.strip():
            if any(cells[position] not in (None, "") for _number, cells in table.rows):
                errors.append(CellError(1, "", _("Column %(n)s has no heading.") % {"n": position + 1}))
        elif column is None:
            if not subject.ignores_unknown:
                errors.append(CellError(1, heading[:80], _unknown(heading, subject)))
        elif column in found.values():
            errors.append(CellError(1, heading[:80], _("This column is there twice. Delete one of the two.")))
        else:
            found[position] = column
    return found, errors


def missing(columns: Sequence[Column], found: dict[int, Column]) -> list[CellError]:
    """Errors for headings without which nothing can be done."""
    names = [str(column.heading) for column in columns if column not in found.values()]
    sentence = _("The column “%(name)s” is missing. Take the headings from an export.")
    return [CellError(1, name, sentence % {"name": name}) for name in names]


def _unknown(heading: str, subject: Headed) -> str:
    known = {folded(str(column.heading)): str(column.heading) for column in subject.columns}
    near = get_close_matches(folded(heading), list(known), n=1)
    if near:
        return _("There is no column with this heading. Is “%(name)s” meant?") % {"name": known[near[0]]}
    return _("There is no column with this heading. Delete it, or take the headings from an export.")


def records_of(table: Table, columns: dict[int, Column], known: Known) -> list[Record]:
    """The rows of a file with the values of their cells; a cell that is wrong has an error and no value."""
    records = []
    broken: dict[int, list[CellError]] = {}
    for error in table.errors:
        broken.setdefault(error.row, []).append(error)
    for number, cells in table.rows:
        record = Record(number, {}, broken.pop(number, []))
        wrong = {error.column for error in record.errors}
        for position, column in columns.items():
            if table.headings[position] in wrong or column.exported:
                continue
            cell = cells[position]
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                record.values[column.code] = column.kind.empty
                continue
            try:
                record.values[column.code] = column.kind.read(cell, known)
            except ValidationError as error:
                sentence = " ".join(error.messages)
                record.errors.append(CellError(number, table.headings[position], sentence))
        records.append(record)
    return records
