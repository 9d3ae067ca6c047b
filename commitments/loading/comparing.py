"""What the files want against what the register holds: only rows that differ are written, and nothing of a person's.

A row belongs to a loader as long as no person changed it, field by field: who wrote the present value of a field is
read from the history. A date and its precision count as one.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as
from commitments.loading.labels import LABELS
from commitments.loading.problems import LoadingError, Place, Problem
from commitments.models import LinkState
from commitments.tracking import history_model

REASON = "Loaded from"
"""How the reason of every change by a loader begins; by it a loader knows its own writing again."""

IN_ONE_QUERY = 10_000
"""How many keys go into one query; databases have a limit for them."""

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
    text = "-" if value in (None, "") else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


@dataclass
class Outcome:
    """What a run did, table by table; in a dry run, what it would do."""

    tables: dict[str, Counts] = field(default_factory=dict)
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
    ) -> dict[Identity, Any]:
        """Bring a table in line with the file; gives all its rows by their identity.

        ``finish`` is called for each row before it is saved. Where ``complete`` is false the file was not read whole,
        and nothing is said of rows that it does not name.
        """
        rows = _by_identity(table)
        counts = self.outcome.tables.setdefault(table.name, Counts())
        new: list[Any] = []
        differing: list[tuple[Any, Wanted]] = []
        named = set()
        for want in wanted:
            identity = tuple(want.values[name] for name in table.identity)
            named.add(identity)
            if identity not in rows:
                rows[identity] = table.model(**want.values, **want.initial)
                new.append(rows[identity])
            elif _differences(rows[identity], want.values):
                differing.append((rows[identity], want))
            else:
                counts.unchanged += 1
        changed = self._overwrite(table, differing)
        counts.unchanged += len(differing) - len(changed)
        if complete:
            changed += self._no_longer_named(table, rows, named)
        planned = self._without_rivals(table, rows, [*changed, *new])
        self.save(table, planned, finish)
        return rows

    def save(self, table: Table, planned: list[Any], finish: Callable[[Any], None] | None = None) -> None:
        """Write rows that are new or changed; what gives up being the only one of its kind goes first."""
        counts = self.outcome.tables.setdefault(table.name, Counts())
        for row in planned:
            counts.created += row._state.adding
            counts.changed += not row._state.adding
            if finish is not None:
                finish(row)
        self.written[table.model] += planned
        last = [row for row in planned if table.is_sole(row)]
        first = [row for row in planned if not table.is_sole(row)]
        try:
            for group in filter(None, (first, last)):
                save_all_as(group, actor=None, reason=f"{REASON} {table.file}", at=self.at)
        except ValidationError as error:
            place = Place(table.file, (table.name,))
            raise LoadingError([Problem(place, sentence) for sentence in error.messages]) from error

    def _overwrite(self, table: Table, differing: list[tuple[Any, Wanted]]) -> list[Any]:
        """Set what differs, save for what a person changed."""
        theirs = _fields_of_people(table.model, [row.pk for row, _want in differing])
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

    def _no_longer_named(self, table: Table, rows: dict[Identity, Any], named: set[Identity]) -> list[Any]:
        """Parts of a record that the file no longer names end; other rows of the loader's own are listed."""
        gone = _loaded(table.model, [row for key, row in rows.items() if key not in named and _is_running(row)])
        if not table.part_of:
            self.outcome.absent += [f"{table.name}: {row}" for row in gone]
            return []
        position = table.identity.index(table.part_of)
        owners = {identity[position] for identity in named}
        theirs = _fields_of_people(table.model, [row.pk for row in gone])
        ended = [row for row in gone if getattr(row, table.part_of) in owners and not theirs[row.pk]]
        for row in ended:
            row.ended_on = self.day
        return ended

    def _without_rivals(self, table: Table, rows: dict[Identity, Any], planned: list[Any]) -> list[Any]:
        """Leaves out what would give a record two leads, or two bases, because a person chose another one."""
        holders: dict[Any, list[Any]] = {}
        for row in rows.values():
            if table.is_sole(row) and _is_running(row):
                holders.setdefault(getattr(row, table.part_of), []).append(row)
        rivals = {owner for owner, held in holders.items() if len(held) > 1}
        for owner in rivals:
            ours = [row for row in holders[owner] if row in planned]
            theirs = [row for row in holders[owner] if row not in planned]
            for row in ours:
                name = table.sole[0] if table.sole else ""
                self.outcome.conflicts.append(Conflict(table.name, str(row), name, ", ".join(map(str, theirs)), row))
        return [row for row in planned if not table.part_of or getattr(row, table.part_of) not in rivals]


def _is_running(row: Any) -> bool:
    return getattr(row, "ended_on", None) is None and getattr(row, "state", "") != LinkState.ENDED


def _by_identity(table: Table) -> dict[Identity, Any]:
    """All rows of a table; of several with the same identity one that has not ended."""
    held: list[Any] = list(models.QuerySet(table.model))
    rows = sorted(held, key=lambda row: (_is_running(row), row.pk))
    return {table.identify(row): row for row in rows}


def _differences(row: Any, values: dict[str, Any]) -> list[str]:
    return [name for name, value in values.items() if getattr(row, name) != value]


def _pair(name: str) -> set[str]:
    """A field with the one that belongs to it: a date and its precision."""
    return {name, f"{name}_precision", name.removesuffix("_precision")}


def _histories(model: type[models.Model], pks: list[Any]) -> Iterator[Any]:
    """The history rows of some rows, in order of insertion."""
    history = history_model(model)
    key = history_key(model)
    for start in range(0, len(pks), IN_ONE_QUERY):
        some = pks[start : start + IN_ONE_QUERY]
        yield from models.QuerySet(history).filter(**{f"{key}__in": some}).order_by("history_id")


def history_key(model: type[models.Model]) -> str:
    """The column of a history table that holds the row's own key."""
    return str(model._meta.pk.attname)


def _is_by_loader(entry: Any) -> bool:
    return entry.history_user_id is None and (entry.history_change_reason or "").startswith(REASON)


def _fields_of_people(model: type[models.Model], pks: list[Any]) -> dict[Any, set[str]]:
    """For each row, the fields whose present value was not written by a loader."""
    key = history_key(model)
    names = [column.attname for column in history_model(model).tracked_fields]
    before: dict[Any, dict[str, Any]] = {}
    theirs: dict[Any, set[str]] = {pk: set() for pk in pks}
    for entry in _histories(model, pks):
        pk = getattr(entry, key)
        values = {name: getattr(entry, name) for name in names}
        changed = {name for name, value in values.items() if pk not in before or before[pk][name] != value}
        theirs[pk] = theirs[pk] - changed if _is_by_loader(entry) else theirs[pk] | changed
        before[pk] = values
    return theirs


def _loaded(model: type[models.Model], rows: list[Any]) -> list[Any]:
    """Those rows that a loader brought in."""
    key = history_key(model)
    entries = _histories(model, [row.pk for row in rows])
    ours = {getattr(entry, key) for entry in entries if entry.history_type == "+" and _is_by_loader(entry)}
    return [row for row in rows if row.pk in ours]
