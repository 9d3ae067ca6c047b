"""Rows that people know by what they say: a budget by measure, year and source. They have no number of their own.

What has no class of its own is as protected as the rows it belongs to (rule 10).
"""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import clock
from commitments.exchange.comparing import STAND, Candidate, RegisterSubject, Work, history_mark
from commitments.exchange.kinds import YesNo
from commitments.exchange.plans import Act, Plan
from commitments.exchange.subjects import Column, Progress, Record, missing, quiet
from commitments.exchange.tables import CellError
from commitments.ledger import save_all_as
from commitments.models import Protection

Key = tuple[Any, ...]

ENDED = Column(
    "ended",
    gettext_lazy("No longer holds"),
    YesNo(),
    gettext_lazy("Yes: from today on it no longer counts. Nothing is deleted."),
    width=12,
)
"""The last day of a row, as a table of running rows has it."""


class KeyedSubject(RegisterSubject):
    """``identity``: the columns that say which row is meant. ``owners``: those of the rows that it belongs to."""

    identity: tuple[str, ...]
    owners: tuple[str, ...] = ()

    def key_of(self, row: Any) -> Key:
        """What tells a row of the register from all others."""
        return tuple(self.get(row, column) for column in self.columns if column.code in self.identity)

    def key_in(self, record: Record, work: Work) -> Key | None:
        """The same of a row of the file; None where a cell that it needs is empty or wrong."""
        key = []
        for column in self.columns:
            if column.code not in self.identity:
                continue
            if column.code not in record.values and column.code in work.has:
                return None  # the cell is wrong
            value = record.values.get(column.code, column.kind.empty)
            if column.required and value == column.kind.empty:
                return None
            key.append(value)
        return tuple(key)

    def missing(self, found: dict[int, Column]) -> list[CellError]:
        """All that says which row is meant must be there, though a cell of it may be empty."""
        return missing([column for column in self.columns if column.code in self.identity], found)

    def is_compared(self, column: Column) -> bool:
        return column.code not in self.identity and column is not STAND

    # The rows it belongs to

    def loaded(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        classes = {f"class_of_{code}": F(f"{_path(code)}__protection") for code in self.owners}
        annotated: QuerySet[Any] = rows.annotate(**classes)
        return annotated

    def is_protected(self, row: Any) -> bool:
        classes = [getattr(row, f"class_of_{code}", "") for code in self.owners]
        return Protection.PROTECTED in (*classes, getattr(row, "protection", ""))

    def watched(self) -> tuple[int, ...]:
        """A row also changes hands, or sight, with the rows it belongs to."""
        return super().watched() + self.marks(*(self._owner_model(code) for code in self.owners))

    def _owner_model(self, code: str) -> Any:
        return self.model._meta.get_field(_path(code)).related_model

    @staticmethod
    def marks(*models: type[Any]) -> tuple[int, ...]:
        return history_mark(*models)

    # In

    def prepare(self, work: Work) -> None:
        for row in work.rows.values():
            work.index["row", self.key_of(row)] = row
        for code in self.owners:
            rows = self._owner_model(code).objects.exclude(protection=Protection.PUBLIC).values_list("pk", "protection")
            work.extra[code] = dict(rows)

    def find(self, record: Record, work: Work) -> Any:
        key = self.key_in(record, work)
        row = work.index.get(("row", key)) if key is not None else None
        if row is not None and ENDED in self.columns and row.ended_on is not None:
            record.values.setdefault(ENDED.code, False)  # a file that names it says that it goes on
        return row

    def new(self, record: Record, work: Work) -> Any:
        key = self.key_in(record, work)
        if key is not None:
            first = work.taken.setdefault(("new", key), record.number)
            if first != record.number:
                sentence = _("This row means the same entry as row %(row)s.") % {"row": first}
                record.errors.append(CellError(record.number, "", sentence))
        row = self.fresh(record, work)
        self.attach(row, {})
        return row

    def fresh(self, record: Record, work: Work) -> Any:
        return self.model()

    def get(self, row: Any, column: Column) -> Any:
        return row.ended_on is not None if column is ENDED else super().get(row, column)

    def put(self, row: Any, column: Column, value: Any) -> None:
        if column is ENDED:
            row.ended_on = (row.ended_on or clock.today()) if value else None
            return
        super().put(row, column, value)
        if column.code in self.owners:
            setattr(row, f"class_of_{column.code}", "")

    def attnames(self, column: Column) -> set[str]:
        return {"ended_on"} if column is ENDED else super().attnames(column)

    def check(self, candidate: Candidate, work: Work) -> None:
        row = candidate.row
        for code in self.owners:
            setattr(row, f"class_of_{code}", work.extra[code].get(getattr(row, code), Protection.PUBLIC))
        if candidate.is_new and ENDED in self.columns and row.ended_on is not None:
            candidate.error(self.heading(ENDED.code), _("What is not there cannot end. Delete this row."))

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        rows = [each.row for each in plan.work.written]
        progress(0, len(rows), _("Writing the rows"))
        save_all_as(rows, **act.columns)

    def name_of(self, candidate: Candidate, work: Work, *codes: str) -> str:
        """What a row is called in a preview: its cells of some columns."""
        chosen = [column for column in self.columns if column.code in codes]
        words = [column.kind.words(self.get(candidate.row, column), work.known) for column in chosen]
        return ", ".join(filter(None, words)) or _("without a name")


def _path(code: str) -> str:
    return code.removesuffix("_id")
