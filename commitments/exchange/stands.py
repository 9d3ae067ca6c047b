"""Who changed what since a file was made: by the state that each exported row carries, else by authorship."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from django.db import models

from commitments.loading.authorship import IN_ONE_QUERY, REASON
from commitments.tracking import history_model

Stand = tuple[int, int]
"""Numbers of the newest history row of a row, and of its parts (0: none)."""


class HasParts(Protocol):
    """A model with its parts, as ``comparing.RegisterSubject`` has them."""

    model: type[Any]
    part_model: type[Any] | None
    part_owner: str
    part_columns: frozenset[str]

    def attach(self, row: Any, parts: list[Any]) -> None: ...


def read_stand(written: Any) -> Stand | None:
    """The state as an export wrote it; what is no state is an impossible one."""
    if not written:
        return None
    match = re.fullmatch(r"(\d{1,15})(?:-(\d{1,15}))?", str(written))
    return (int(match[1]), int(match[2] or 0)) if match else (-1, 0)


def base_states(subject: HasParts, stands: dict[int, Stand]) -> dict[int, Any]:
    """Each row as it was in its state, with its parts; a state that is not the row's own gives none."""
    pk = subject.model._meta.pk.attname
    found: dict[int, Any] = {}
    numbers = [own for own, _parts in stands.values()]
    for entry in _in_batches(subject.model, "history_id", numbers):
        owner = getattr(entry, pk)
        if owner in stands and stands[owner][0] == entry.history_id:
            found[owner] = entry
    parts: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    if subject.part_model is not None:
        for entry in _in_batches(subject.part_model, subject.part_owner, list(found)):
            owner = getattr(entry, subject.part_owner)
            if entry.history_id <= stands[owner][1]:
                parts[owner][entry.id] = entry
    for owner, entry in found.items():
        subject.attach(entry, [part for part in parts[owner].values() if part.ended_on is None])
    return found


def by_hand(subject: HasParts, rows: list[Any]) -> dict[int, set[str]]:
    """For each row the columns whose present value was written by hand, neither by a loader nor by an import."""
    theirs: defaultdict[int, set[str]] = defaultdict(set)
    for row, name in _written_by_hand(subject.model, subject.model._meta.pk.attname, [row.pk for row in rows]):
        theirs[row].add(name)
    if subject.part_model is not None and rows:
        parts = _written_by_hand(subject.part_model, "id", None, {f"{subject.part_owner}__in": [r.pk for r in rows]})
        owners = {entry for entry, _name in parts}
        held: models.QuerySet[Any] = models.QuerySet(subject.part_model).filter(pk__in=owners)
        for owner in held.values_list(subject.part_owner, flat=True):
            theirs[owner] |= subject.part_columns
    return theirs


def _written_by_hand(
    model: type[Any], key: str, pks: list[int] | None, where: dict[str, Any] | None = None
) -> set[tuple[int, str]]:
    names = [column.attname for column in history_of(model).tracked_fields]
    before: dict[int, dict[str, Any]] = {}
    theirs: set[tuple[int, str]] = set()
    entries = _in_batches(model, key, pks) if pks is not None else _where(model, where or {})
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


def _where(model: type[Any], where: dict[str, Any]) -> Iterator[Any]:
    history: models.QuerySet[Any] = models.QuerySet(history_of(model))
    yield from history.filter(**where).order_by("history_id")


def _in_batches(model: type[Any], column: str, values: Iterable[int]) -> Iterator[Any]:
    wanted = list(values)
    for start in range(0, len(wanted), IN_ONE_QUERY):
        yield from _where(model, {f"{column}__in": wanted[start : start + IN_ONE_QUERY]})


def history_of(model: type[models.Model]) -> type[Any]:
    return history_model(model)


def reason_of(file_name: str, reason: str = "") -> str:
    """The reason in the history of each row: by its beginning an import knows its own writing again (rule 20)."""
    return f"{REASON} {file_name}" + (f": {reason}" if reason else "")
