"""Rows of a file against rows of the register: what differs, and what of it a person changed meanwhile (rule 20).

Each exported row carries its state, the numbers of its newest history rows. A field that the file has otherwise than
it was in that state was changed in the file; where the register has it otherwise as well, that is a conflict, and the
register keeps it. A field that only the register has changed since is left alone. A row without a state is compared
by authorship instead: what was last written by hand, and not by a loader or an import, is a conflict.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.dates import get_partial, set_partial
from commitments.exchange.kinds import Choice, One, Partial, Text
from commitments.exchange.lookups import Known, seen
from commitments.exchange.plans import Change, Plan, PlannedRow, RowOutcome
from commitments.exchange.stands import Held, PartTable, base_states, by_hand, history_of, read_stand
from commitments.exchange.subjects import Column, Progress, Record, Subject, columns_of, missing, quiet, records_of
from commitments.exchange.tables import Cell, CellError, Table
from commitments.models import Protection, User

STAND = Column(
    "export_state",
    gettext_lazy("State of the export"),
    Text(80, lines=False),
    gettext_lazy("Leave it as it is: by it an import notices what others have changed in the meantime."),
    width=18,
)
STEP = 500


@dataclass
class Candidate:
    """A row of the file with the row of the register that it means, new or known."""

    record: Record
    row: Any
    is_new: bool
    differing: list[Column] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    kept: list[Column] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    before: Any = None

    def error(self, heading: str, sentence: str) -> None:
        self.record.errors.append(CellError(self.record.number, heading, sentence))


@dataclass
class Work:
    """One run: what it knows, and what it will write."""

    known: Known
    user: User | None
    has: frozenset[str]
    rows: dict[int, Any] = field(default_factory=dict)
    index: dict[Any, Any] = field(default_factory=dict)
    taken: dict[Any, int] = field(default_factory=dict)
    candidates: list[Candidate] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def written(self) -> list[Candidate]:
        return [each for each in self.candidates if each.is_new or each.changed]


class RegisterSubject(Subject):
    """A subject whose rows are those of one tracked model, with parts of their own (units, provisions)."""

    model: type[Any]
    parts: tuple[PartTable, ...] = ()

    # What a subject says of itself

    def find(self, record: Record, work: Work) -> Any:
        """The row that a record means, or None where it is a new one; says what is wrong in the record's errors."""
        raise NotImplementedError

    def new(self, record: Record, work: Work) -> Any:
        """An unsaved row for a record that means none of the register."""
        raise NotImplementedError

    def check(self, candidate: Candidate, work: Work) -> None:
        """The rules that the pages keep as well; says in the candidate's errors what breaks them."""

    def name(self, candidate: Candidate, work: Work) -> str:
        return str(candidate.row)

    def loaded(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        return rows

    def all_rows(self, user: User | None) -> "QuerySet[Any]":
        """The rows that an import may mean, ended ones as well."""
        return self.visible(user)

    def visible(self, user: User | None) -> "QuerySet[Any]":
        return seen(self.model.objects.all(), user)

    def is_protected(self, row: Any) -> bool:
        return bool(getattr(row, "protection", "") == Protection.PROTECTED)

    # Values of a row, by column

    def get(self, row: Any, column: Column) -> Any:
        if isinstance(column.kind, Partial) and column.kind.is_pair:
            return get_partial(row, column.code)
        return getattr(row, column.code)

    def put(self, row: Any, column: Column, value: Any) -> None:
        if isinstance(column.kind, Partial) and column.kind.is_pair:
            set_partial(row, column.code, value)
        else:
            setattr(row, column.code, value)

    def attnames(self, column: Column) -> set[str]:
        return {column.code, f"{column.code}_precision"}

    def attach(self, row: Any, held: Held) -> None:
        """Give a row, or a past state of it, its running parts."""
        row.held = held

    # Out

    def rows_for_export(self, rows: "QuerySet[Any]", known: Known) -> Iterator[tuple[list[Cell], bool]]:
        held = self._held(rows)
        stands = self.stands(rows)
        for row in self.loaded(rows).iterator(chunk_size=STEP):
            self.attach(row, held.get(row.pk, {}))
            cells = [
                stands.get(row.pk, "") if column is STAND else column.kind.write(self.get(row, column), known)
                for column in self.columns
            ]
            yield cells, self.is_protected(row)

    def stands(self, rows: "QuerySet[Any]") -> dict[int, str]:
        """The state of each row: the number of its newest history row, and of its parts' newest."""
        found = {pk: str(number) for pk, number in _newest(self.model, self.model._meta.pk.attname, rows)}
        for table in self.parts:
            numbers = dict(_newest(table.model, table.owner, rows))
            found = {pk: f"{stand}-{numbers.get(pk, 0)}" for pk, stand in found.items()}
        return found

    def _held(self, rows: "QuerySet[Any]") -> dict[int, dict[type[Any], list[Any]]]:
        found: defaultdict[int, dict[type[Any], list[Any]]] = defaultdict(dict)
        for table in self.parts:
            owned = {f"{table.owner}__in": rows.order_by().values("pk")}
            for part in table.model.objects.filter(**owned, ended_on__isnull=True).order_by("pk"):
                found[getattr(part, table.owner)].setdefault(table.model, []).append(part)
        return found

    # In

    def plan(self, table: Table, user: User | None, progress: Progress = quiet) -> Plan:
        found, errors = columns_of(self, table)
        errors += self.missing(found) if found else []
        if errors:
            return Plan(errors=errors + table.errors)
        work = Work(Known(user), user, frozenset(column.code for column in found.values()))
        self._load(work)
        records = records_of(table, found, work.known)
        total = 2 * len(records)
        for done, record in enumerate(records):
            if done % STEP == 0:
                progress(done, total, _("Comparing the rows with the register"))
            work.candidates.append(self._candidate(record, work))
        self._keep_what_people_changed(work)
        plan = Plan(work=work)
        for done, candidate in enumerate(work.candidates):
            if done % STEP == 0:
                progress(len(records) + done, total, _("Checking the rows"))
            plan.rows.append(self._decided(candidate, work))
        plan.holds_protected = any(self.is_protected(each.row) for each in work.candidates)
        return plan

    def missing(self, found: dict[int, Column]) -> list[CellError]:
        """Without the column by which rows are known again, a file must have all that a new row needs."""
        has = {column.code for column in found.values()}
        if self.columns[0].code in has:
            return []
        return missing([column for column in self.columns if column.required], found)

    def _load(self, work: Work) -> None:
        rows = self.all_rows(work.user)
        held = self._held(rows)
        for row in self.loaded(rows):
            self.attach(row, held.get(row.pk, {}))
            work.rows[row.pk] = row
        self.prepare(work)

    def prepare(self, work: Work) -> None:
        """Put into ``work.index`` by what rows are found."""

    def _candidate(self, record: Record, work: Work) -> Candidate:
        known = len(record.errors)
        row = self.find(record, work)
        if row is None:
            candidate = Candidate(record, self.new(record, work), is_new=True)
            if len(record.errors) == known:  # else it is not known whether the row is new
                self._require(candidate, work)
            return candidate
        candidate = Candidate(record, row, is_new=False)
        first = work.taken.setdefault(row.pk, record.number)
        if first != record.number:
            candidate.error("", _("This row means the same entry as row %(row)s.") % {"row": first})
            return candidate
        self._require(candidate, work)
        candidate.differing = [
            column
            for column in self.columns
            if column.code in record.values and self.is_compared(column)
            if not _is_left_open(column, record.values[column.code])
            if not self._same(column, row, record.values[column.code], work.known)
        ]
        return candidate

    def is_compared(self, column: Column) -> bool:
        """Neither the state nor the columns by which a row is found are values of it."""
        return column is not STAND and column is not self.columns[0]

    def _same(self, column: Column, row: Any, value: Any, known: Known) -> bool:
        present = self.get(row, column)
        if isinstance(column.kind, One) and present is not None and value is None:
            return present not in known[column.kind.table]  # rule 10: what one may not see, one does not clear
        return column.kind.same(present, value)

    def _require(self, candidate: Candidate, work: Work) -> None:
        """A required cell is filled; for a row that is known, only where the file has the column."""
        wrong = {error.column for error in candidate.record.errors}
        for column in self.columns:
            if not column.required:
                continue
            if column.code not in candidate.record.values:
                if candidate.is_new and column.code not in work.has:
                    candidate.error(str(column.heading), _("A new entry needs this; the file has no such column."))
            elif candidate.record.values[column.code] == column.kind.empty and str(column.heading) not in wrong:
                candidate.error(str(column.heading), _("This cell must not be empty."))

    def _keep_what_people_changed(self, work: Work) -> None:
        differing = [each for each in work.candidates if each.differing]
        stands = {each.row.pk: read_stand(each.record.values.get("export_state")) for each in differing}
        bases = base_states(self, {pk: stand for pk, stand in stands.items() if stand})
        for each in differing:
            if stands[each.row.pk] and each.row.pk not in bases:
                each.error(str(STAND.heading), _("This is not the state of this entry. Take it from an export anew."))
        hand = by_hand(self, [each.row for each in differing if not stands[each.row.pk]])
        for each in differing:
            base = bases.get(each.row.pk)
            if base is not None:
                self._against_base(each, base)
            elif not stands[each.row.pk]:
                each.kept = [column for column in each.differing if self.attnames(column) & hand[each.row.pk]]

    def _against_base(self, candidate: Candidate, base: Any) -> None:
        wanted = []
        for column in candidate.differing:
            before, value = self.get(base, column), candidate.record.values[column.code]
            if column.kind.same(before, value):
                continue  # not touched in the file: the register has moved on
            wanted.append(column)
            if not column.kind.same(before, self.get(candidate.row, column)):
                candidate.kept.append(column)
        candidate.differing = wanted

    def _decided(self, candidate: Candidate, work: Work) -> PlannedRow:
        record, row = candidate.record, candidate.row
        if candidate.is_new:
            columns = [column for column in self.columns if column.code in record.values and column is not STAND]
            for column in columns:
                self.put(row, column, record.values[column.code])
            candidate.changed = {column.code for column in columns}
        else:
            candidate.before = self.remember(row, work)
            for column in candidate.differing:
                self._change(candidate, column, work.known)
        if candidate.is_new or candidate.changed:
            self.check(candidate, work)
        if candidate.is_new and not record.errors:
            candidate.changes = self._first_values(candidate, work.known)
        errors = list(dict.fromkeys(record.errors))
        outcome = self._outcome(candidate) if not errors else RowOutcome.ERROR
        return PlannedRow(record.number, self.name(candidate, work)[:200], outcome, candidate.changes, errors)

    def remember(self, row: Any, work: Work) -> Any:
        """What must be known of a row before it changes."""
        return None

    def _change(self, candidate: Candidate, column: Column, known: Known) -> None:
        row, value = candidate.row, candidate.record.values[column.code]
        is_kept = column in candidate.kept
        old, new = (column.kind.words(each, known) for each in (self.get(row, column), value))
        candidate.changes.append(Change(str(column.heading), old, new, is_kept))
        if not is_kept:
            self.put(row, column, value)
            candidate.changed.add(column.code)

    def _first_values(self, candidate: Candidate, known: Known) -> list[Change]:
        """What a new row will hold, as far as the file says it: neither empty cells nor what is not so."""
        values = candidate.record.values
        told = [each for each in self.columns if each.code in candidate.changed]
        told = [each for each in told if values[each.code] != each.kind.empty]
        return [Change(str(each.heading), "", each.kind.words(values[each.code], known)) for each in told]

    @staticmethod
    def _outcome(candidate: Candidate) -> RowOutcome:
        if candidate.is_new:
            return RowOutcome.NEW
        if candidate.kept:
            return RowOutcome.CONFLICT
        return RowOutcome.CHANGED if candidate.changed else RowOutcome.UNCHANGED

    def watched(self) -> tuple[int, ...]:
        return history_mark(self.model, *(table.model for table in self.parts))

    def heading(self, code: str) -> str:
        return str(next(column.heading for column in self.columns if column.code == code))

    def lock(self, plan: Plan) -> int:
        pks = sorted(each.row.pk for each in plan.work.written if not each.is_new)
        for start in range(0, len(pks), 5_000):
            some = self.model.objects.filter(pk__in=pks[start : start + 5_000]).order_by("pk")
            list(some.select_for_update(of=("self",)).values_list("pk", flat=True))
        return len(pks)


def _is_left_open(column: Column, value: Any) -> bool:
    """An empty cell where one of a few words must stand leaves the field of a known row as it is."""
    return isinstance(column.kind, Choice) and not column.kind.blank and not value


def _newest(model: type[Any], owner: str, rows: "QuerySet[Any]") -> Iterable[tuple[int, int]]:
    history: QuerySet[Any] = models.QuerySet(history_of(model)).order_by()
    of_these = history.filter(**{f"{owner}__in": rows.order_by().values("pk")})
    found: Iterable[tuple[int, int]] = of_these.values_list(owner).annotate(newest=Max("history_id"))
    return found


def history_mark(*tables: type[models.Model]) -> tuple[int, ...]:
    """The newest history numbers of some tables: others as soon as anybody has written there."""
    histories: list[QuerySet[Any]] = [models.QuerySet(history_of(table)) for table in tables]
    return tuple(history.aggregate(newest=Max("history_id"))["newest"] or 0 for history in histories)
