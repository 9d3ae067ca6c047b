"""Who wrote what a row holds: a loader, or anybody else. Read from the history, field by field."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from commitments.tracking import history_model

REASON = "Übernommen aus"
"""How the reason of every change by a loader begins ("taken over from"); by it a loader knows its own writing again."""

IN_ONE_QUERY = 10_000
"""How many keys go into one query; databases have a limit for them."""


def fields_of_people(model: type[models.Model], rows: list[Any]) -> dict[Any, set[str]]:
    """For each row, by its key, the columns whose present value was not written by a loader."""
    names = [column.attname for column in history_model(model).tracked_fields]
    before: dict[Any, dict[str, Any]] = {}
    theirs: dict[Any, set[str]] = {row.pk: set() for row in rows}
    for pk, entry in _histories(model, rows):
        values = {name: getattr(entry, name) for name in names}
        changed = {name for name, value in values.items() if pk not in before or before[pk][name] != value}
        theirs[pk] = theirs[pk] - changed if _is_by_loader(entry) else theirs[pk] | changed
        before[pk] = values
    return theirs


def brought_in(model: type[models.Model], rows: list[Any]) -> list[Any]:
    """Those rows that a loader created."""
    entries = _histories(model, rows)
    ours = {pk for pk, entry in entries if entry.history_type == "+" and _is_by_loader(entry)}
    return [row for row in rows if row.pk in ours]


def _histories(model: type[models.Model], rows: list[Any]) -> Iterator[tuple[Any, Any]]:
    """The history rows of some rows with the keys of those, in order of insertion."""
    history: models.QuerySet[Any] = models.QuerySet(history_model(model)).order_by("history_id")
    key = str(model._meta.pk.attname)
    for start in range(0, len(rows), IN_ONE_QUERY):
        some = [row.pk for row in rows[start : start + IN_ONE_QUERY]]
        for entry in history.filter(**{f"{key}__in": some}):
            yield getattr(entry, key), entry


def _is_by_loader(entry: Any) -> bool:
    return entry.history_user_id is None and (entry.history_change_reason or "").startswith(REASON)
