"""The columns of a unit's answer file: what is known, what is to be filled in, and the key of the request.

An empty cell says nothing. Where a date, a note or the contributing units are to go, the word “empty” stands there.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.exchange.kinds import Choice, Kind, Line, Many, One, Partial, Text, written
from commitments.exchange.lookups import Known
from commitments.exchange.subjects import Column
from commitments.exchange.tables import Cell, folded
from commitments.models import MeasureStatus
from reviews.models import ConfirmationResult

NOTHING = "\0"
"""The value of a cell that says: this is to be empty from now on."""

EMPTY_WORDS = frozenset({"leer", "empty", "-", "–"})


class OrEmpty(Kind):
    """A value, or the word “empty”; a cell without anything says nothing."""

    empty = None

    def __init__(self, inner: Kind) -> None:
        self.inner = inner

    def read(self, cell: Cell, known: Known) -> Any:
        return NOTHING if folded(written(cell)) in EMPTY_WORDS else self.inner.read(cell, known)

    def write(self, value: Any, known: Known) -> Cell:
        if value is None:
            return None
        return _("empty") if value == NOTHING else self.inner.write(value, known)

    def words(self, value: Any, known: Known) -> str:
        return "" if value in (None, NOTHING) else self.inner.words(value, known)


class Optional(OrEmpty):
    """A value that may be left as it is, but cannot be taken away."""

    def read(self, cell: Cell, known: Known) -> Any:
        if folded(written(cell)) in EMPTY_WORDS:
            raise ValidationError(_("This cannot be empty. Write the new value, or nothing where it stays as it is."))
        return self.inner.read(cell, known)

    def options(self) -> Sequence[str]:
        return self.inner.options()


KNOWN = (
    Column("reference", gettext_lazy("Number"), Line(), exported=True, width=9),
    Column("title", gettext_lazy("Title"), Line(), exported=True, width=42),
    Column("standing", gettext_lazy("State"), Line(), exported=True, width=14),
    Column("part", gettext_lazy("Your part"), Line(), exported=True, width=16),
    Column("status_now", gettext_lazy("Status in the register"), Line(), exported=True, width=18),
    Column("period_now", gettext_lazy("Period in the register"), Line(), exported=True, width=24),
    Column("last_year", gettext_lazy("Answer last year"), Line(), exported=True, width=30),
)
"""What a unit reads; nothing of it is read back."""

SAID = (
    Column(
        "result",
        gettext_lazy("Answer"),
        Choice(ConfirmationResult),
        gettext_lazy("Choose from the list. Empty: not answered yet."),
        width=16,
    ),
    Column(
        "statement",
        gettext_lazy("Your text"),
        Text(),
        gettext_lazy("Why you dispute it, or what the columns to the right do not say."),
        width=44,
    ),
    Column(
        "named_unit",
        gettext_lazy("Whose it is"),
        One("unit"),
        gettext_lazy("Only with “Not ours”: the unit, as far as you know it."),
        width=26,
    ),
)
CHANGED = (
    Column("status", gettext_lazy("New status"), Optional(Choice(MeasureStatus)), width=18),
    Column("title_de", gettext_lazy("New German title"), Optional(Line()), width=34),
    Column("title_en", gettext_lazy("New English title"), OrEmpty(Line()), width=34),
    Column("start", gettext_lazy("New start"), OrEmpty(Partial()), example="28.11.2022, 11.2022, 2022", width=14),
    Column("end", gettext_lazy("New end"), OrEmpty(Partial()), example="28.11.2022, 11.2022, 2022", width=14),
    Column("note", gettext_lazy("New note"), OrEmpty(Text()), width=34),
    Column(
        "contributing_units",
        gettext_lazy("New contributing units"),
        OrEmpty(Many("unit")),
        gettext_lazy("All of them, parted by semicolons."),
        width=34,
    ),
)
"""Only with “Changed”; the codes are the fields of ``reviews.workflow.changes``."""

KEY = Column("key", gettext_lazy("Key (leave as it is)"), Line(200), required=True, width=4)
FILLED = (*SAID, *CHANGED)
REPORTED = tuple(column.code for column in CHANGED)
BY_CODE = {column.code: column for column in FILLED}


class AnswerTable:
    """Its columns, as ``commitments.exchange.subjects`` looks for them in a file."""

    columns = (*KNOWN, *FILLED, KEY)
    ignores_unknown = False
