"""Who changed what since a file was made: by the state that each exported row carries, else by authorship."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import models

from commitments.loading.authorship import IN_ONE_QUERY, REASON
from commitments.tracking import history_model

Held = Mapping[type[Any], list[Any]]
"""The running parts of a row, by their model."""

Stand = tuple[int, ...]
"""Numbers of the newest history row of a row, and of its parts, table by table (0: none)."""


@dataclass(frozen=True)
class PartTable:
    """A table of parts: the column that names the row they belong to, and the columns of the file they make up."""

    model: type[Any]
    owner: str
    columns: frozenset[str]


class HasParts(Protocol):
    """A model with its parts, as ``comparing.RegisterSubject`` has them."""

    model: type[Any]
    parts: tuple[PartTable, ...]

    def attach(self, row: Any, held: Held) -> None: ...


def read_stand(written: Any) -> Stand | None:
    """The state as an export wrote it; what is no state is an impossible one."""
    if not written:
        return None
    if not re.fullmatch(r"\d{1,15}(-\d{1,15}){0,5}", str(written)):
        return (-1,)
    return tuple(int(number) for number in str(written).split("-"))


def base_states(subject: HasParts, stands: dict[int, Stand]) -> dict[int, Any]:
    """Each row as it was in its state, with its parts; a state that is not the row's own gives none."""
    pk = subject.model._meta.pk.attname
    found: dict[int, Any] = {}
    numbers = [stand[0] for stand in stands.values()]
    for entry in _in_batches(subject.model, "history_id", numbers):
        owner = getattr(entry, pk)
        if owner in stands and stands[owner][0] == entry.history_id and len(stands[owner]) == 1 + len(subject.parts):
            found[owner] = entry
    held: dict[int, dict[type[Any], list[Any]]] = {owner: {} for owner in found}
    for position, table in enumerate(subject.parts, 1):
        states: defaultdict[int, dict[int, Any]] = defaultdict(dict)
        for entry in _in_batches(table.model, table.owner, list(found)):
            owner = getattr(entry, table.owner)
            if entry.history_id <= stands[owner][position]:
                states[owner][entry.id] = entry
        for owner in found:
            held[owner][table.model] = [part for part in states[owner].values() if part.ended_on is None]
    for owner, entry in found.items():
        subject.attach(entry, held[owner])
    return found


def by_hand(subject: HasParts, rows: list[Any]) -> dict[int, set[str]]:
    """For each row the columns whose present value was written by hand, neither by a loader nor by an import."""
    theirs: defaultdict[int, set[str]] = defaultdict(set)
    if not rows:
        return theirs
    pks = [row.pk for row in rows]
    key = subject.model._meta.pk.attname
    for row, name in _written_by_hand(subject.model, key, _in_batches(subject.model, key, pks)):
        theirs[row].add(name)
    for table in subject.parts:
        entries = list(_in_batches(table.model, table.owner, pks))
        owners = {entry.id: getattr(entry, table.owner) for entry in entries}
        for part, _name in _written_by_hand(table.model, "id", entries):
            theirs[owners[part]] |= table.columns
    return theirs


def _written_by_hand(model: type[Any], key: str, entries: Iterable[Any]) -> set[tuple[int, str]]:
    names = [column.attname for column in history_of(model).tracked_fields]
    before: dict[int, dict[str, Any]] = {}
    theirs: set[tuple[int, str]] = set()
    for entry in entries:
        pk = getattr(entry, key)
        values = {name: getattr(entry, name) for name in names}
        changed = {(pk, name) for name, value in values.items() if pk not in before or before[pk][name] != value}
        if is_import(entry):
            theirs -= changed
        else:
            theirs |= changed
        before[pk] = values
    return theirs


def is_import(entry: Any) -> bool:
    """Whether a history row was written by a loader or an import: their reasons begin alike."""
    return (entry.history_change_reason or "").startswith(REASON)


def _in_batches(model: type[Any], column: str, values: Iterable[int]) -> Iterator[Any]:
    wanted = list(values)
    history: models.QuerySet[Any] = models.QuerySet(history_of(model))
    for start in range(0, len(wanted), IN_ONE_QUERY):
        some = {f"{column}__in": wanted[start : start + IN_ONE_QUERY]}
        yield from history.filter(**some).order_by("history_id")


def history_of(model: type[models.Model]) -> type[Any]:
    return history_model(model)


def reason_of(file_name: str, reason: str = "") -> str:
    """The reason in the history of each row: by its beginning an import knows its own writing again (rule 20)."""
    return f"{REASON} {file_name}" + (f": {reason}" if reason else "")
