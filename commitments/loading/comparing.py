"""What the files want against what the register holds: only rows that differ are written, and nothing of a person's.

A row belongs to a loader as long as no person changed it, field by field: who wrote the present value of a field is
read from the history. A date and its precision count as one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as
from commitments.loading.authorship import REASON, brought_in, fields_of_people
from commitments.loading.labels import LABELS
from commitments.loading.problems import LoadingError, Place, Problem, Problems
from commitments.models import LinkState

Identity = tuple[Hashable, ...]


@dataclass(frozen=True)
class Wanted:
    """A row as the file wants it. ``values`` are compared; ``initial`` only counts where the row is new."""

    name: str
    values: dict[str, Any]
    initial: dict[str, Any] = field(default_factory=dict)


@dataclass
class Counts:
    created: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Conflict:
    """A field that a person changed, and that the file would have otherwise."""

    table: str
    record: str
    field: str
    kept: Any
    in_file: Any

    def __str__(self) -> str:
        values = {"kept": _written(self.kept), "in_file": _written(self.in_file)}
        return f"{self.table}, {self.record}, {self.field}: " + (
            _("kept as a person changed it (%(kept)s); the file says %(in_file)s.") % values
        )


def _written(value: Any) -> str:
    text = _("empty") if value in (None, "") else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


@dataclass
class Outcome:
    """What a run did, table by table; in a dry run, what it would do."""

    tables: dict[type[Any], Counts] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    @property
    def is_change(self) -> bool:
        return any(counts.created or counts.changed for counts in self.tables.values())


@dataclass(frozen=True)
class Table:
    """Where rows go: their model, the columns by which a row is known again, and the file they come from.

    ``part_of`` names the column of the record that a row is a part of: what the file no longer names there has ended.
    ``sole`` names a value that only one running part of a record may have (a lead, a basis).
    """

    model: type[Any]
    identity: tuple[str, ...]
    file: str
    part_of: str = ""
    sole: tuple[str, Any] | None = None

    @property
    def name(self) -> str:
        return str(LABELS[self.model])

    def identify(self, row: Any) -> Identity:
        return tuple(getattr(row, name) for name in self.identity)

    def is_sole(self, row: Any) -> bool:
        return self.sole is not None and getattr(row, self.sole[0]) == self.sole[1]


class Run:
    """One run of a loader: dated, and counting what it does."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.day = timezone.localtime(at).date()
        self.outcome = Outcome()
        self.written: defaultdict[type[Any], list[Any]] = defaultdict(list)

    def write(
        self,
        table: Table,
        wanted: Iterable[Wanted],
        *,
        finish: Callable[[Any], None] | None = None,
        complete: bool = True,
        owners: Collection[int] = (),
    ) -> dict[Identity, Any]:
        """Bring a table in line with the file; gives all its rows by their identity.

        ``finish`` is called for each row before it is saved. Where ``complete`` is false the file was not read whole,
        and nothing is said of rows that it does not name. ``owners`` are the records whose parts the file names.
        """
        rows = _by_identity(table)
        counts = self.outcome.tables.setdefault(table.model, Counts())
        new: list[Any] = []
        differing: list[tuple[Any, Wanted]] = []
        others = dict(rows)
        for want in wanted:
            identity = tuple(want.values[name] for name in table.identity)
            others.pop(identity, None)
            if identity not in rows:
                rows[identity] = table.model(**want.values, **want.initial)
                new.append(rows[identity])
            elif _differences(rows[identity], want.values):
                differing.append((rows[identity], want))
            else:
                counts.unchanged += 1
        changed = self._overwrite(table, differing)
        counts.unchanged += len(differing) - len(changed)
        left = [row for row in others.values() if _is_running(row)]
        if table.part_of:  # those of a record that the file does not name are not listed beside it
            left = [row for row in left if getattr(row, table.part_of) in owners]
        left = brought_in(table.model, left) if complete or table.part_of else []
        ended = self._end(table, left) if table.part_of else []
        if complete:
            self.outcome.absent += [f"{table.name}: {row}" for row in left if row not in ended]
        self.save(table, self._without_rivals(table, rows, [*changed, *ended, *new]), finish)
        return rows

    def save(self, table: Table, planned: list[Any], finish: Callable[[Any], None] | None = None) -> None:
        """Write rows that are new or changed; what gives up being the only one of its kind goes first."""
        counts = self.outcome.tables.setdefault(table.model, Counts())
        problems = Problems()
        for row in planned:
            counts.created += row._state.adding
            counts.changed += not row._state.adding
            if finish is not None:
                finish(row)
            _validate(table, row, problems)
        problems.refuse_if_any()
        self.written[table.model] += planned
        first = [row for row in planned if not table.is_sole(row)]
        last = [row for row in planned if table.is_sole(row)]
        try:
            for group in filter(None, (first, last)):
                save_all_as(group, actor=None, reason=f"{REASON} {table.file}", at=self.at)
        except ValidationError as error:
            place = Place(table.file, (table.name,))
            raise LoadingError([Problem(place, sentence) for sentence in error.messages]) from error

    def _overwrite(self, table: Table, differing: list[tuple[Any, Wanted]]) -> list[Any]:
        """Set what differs, save for what a person changed."""
        theirs = fields_of_people(table.model, [row for row, _want in differing])
        changed = []
        for row, want in differing:
            names = _differences(row, want.values)
            kept = [name for name in names if _pair(name) & theirs[row.pk]]
            for name in kept:
                conflict = Conflict(table.name, want.name, name, getattr(row, name), want.values[name])
                self.outcome.conflicts.append(conflict)
            for name in names:
                if name not in kept:
                    setattr(row, name, want.values[name])
            if len(kept) < len(names):
                changed.append(row)
        return changed

    def _end(self, table: Table, parts: list[Any]) -> list[Any]:
        """Parts that their record no longer names in the file end, save for those that a person changed."""
        theirs = fields_of_people(table.model, parts)
        ended = [row for row in parts if not theirs[row.pk]]
        for row in ended:
            row.ended_on = self.day
        return ended

    def _without_rivals(self, table: Table, rows: dict[Identity, Any], planned: list[Any]) -> list[Any]:
        """Leaves out what would give a record two leads, or two bases, because a person chose another one."""
        if table.sole is None:
            return planned
        holders: dict[Any, list[Any]] = {}
        for row in rows.values():
            if table.is_sole(row) and _is_running(row):
                holders.setdefault(getattr(row, table.part_of), []).append(row)
        rivals = {owner: held for owner, held in holders.items() if len(held) > 1}
        for held in rivals.values():
            kept = ", ".join(str(row) for row in held if row not in planned)
            for row in held:
                if row in planned:
                    self.outcome.conflicts.append(Conflict(table.name, str(row), table.sole[0], kept, row))
        return [row for row in planned if getattr(row, table.part_of) not in rivals]


def _validate(table: Table, row: Any, problems: Problems) -> None:
    """What the reading let pass and a column does not take, with the row's name."""
    relations = [column.name for column in row._meta.fields if column.is_relation]
    try:
        row.clean_fields(exclude=relations)
    except ValidationError as error:
        for name, sentences in error.message_dict.items():
            for sentence in sentences:
                problems.add(Place(table.file, (table.name, str(row), name)), sentence)


def _is_running(row: Any) -> bool:
    return getattr(row, "ended_on", None) is None and getattr(row, "state", "") != LinkState.ENDED


def _by_identity(table: Table) -> dict[Identity, Any]:
    """All rows of a table; of several with the same identity the first that has not ended."""
    held: list[Any] = list(models.QuerySet(table.model))
    held.sort(key=lambda row: (_is_running(row), -row.pk))
    return {table.identify(row): row for row in held}


def _differences(row: Any, values: dict[str, Any]) -> list[str]:
    return [name for name, value in values.items() if getattr(row, name) != value]


def _pair(name: str) -> set[str]:
    """A field with the one that belongs to it: a date and its precision."""
    return {name, f"{name}_precision", name.removesuffix("_precision")}
