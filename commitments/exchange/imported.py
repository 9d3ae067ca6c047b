"""What an import may overwrite: whatever no person has changed since (rule 20), read field by field from the history.

For imports of other systems' files. They write with a reason of their own, by which they know their writing again,
whoever started the import.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from commitments import texts
from commitments.exchange.plans import Act, Change
from commitments.loading.authorship import IN_ONE_QUERY, REASON
from commitments.tracking import history_model

SHOWN = 200
"""So much of a long text stands in a preview."""


class Author(StrEnum):
    """Who wrote the present value of a field."""

    IMPORT = "import"
    LOADER = "loader"
    PERSON = "person"


def reason_of(origin: str) -> str:
    """How the reason of every change by this import begins."""
    return f"{REASON} {origin}"


def as_import(act: Act, origin: str, file: str = "") -> Act:
    """The act with the reason by which the import knows its own writing again."""
    return replace(act, reason=f"{reason_of(origin)}: {file}" if file else reason_of(origin))


def authors(model: type[models.Model], rows: list[Any], origin: str) -> dict[Any, dict[str, Author]]:
    """For each row, by its key, who wrote each of its columns; what was never filled in has no author."""
    names = [column.attname for column in history_model(model).tracked_fields]
    before: dict[Any, dict[str, Any]] = {}
    found: dict[Any, dict[str, Author]] = {row.pk: {} for row in rows}
    ours = reason_of(origin)
    for pk, entry in _histories(model, rows):
        values = {name: getattr(entry, name) for name in names}
        known = before.get(pk)
        changed = (
            name for name in names if (_is_filled(values[name]) if known is None else known[name] != values[name])
        )
        found[pk] |= dict.fromkeys(changed, _author(entry, ours))
        before[pk] = values
    return found


def _author(entry: Any, ours: str) -> Author:
    reason = entry.history_change_reason or ""
    if reason.startswith(ours):
        return Author.IMPORT
    return Author.LOADER if entry.history_user_id is None and reason.startswith(REASON) else Author.PERSON


def _histories(model: type[models.Model], rows: list[Any]) -> Iterator[tuple[Any, Any]]:
    history: models.QuerySet[Any] = models.QuerySet(history_model(model)).order_by("history_id")
    key = str(model._meta.pk.attname)
    for start in range(0, len(rows), IN_ONE_QUERY):
        some = [row.pk for row in rows[start : start + IN_ONE_QUERY]]
        for entry in history.filter(**{f"{key}__in": some}):
            yield getattr(entry, key), entry


def _is_filled(value: Any) -> bool:
    return value not in (None, "", [], False)


@dataclass
class Comparison:
    """What differs between a row and the file, and what of it may be written."""

    changes: list[Change] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def is_kept(self) -> bool:
        """Whether something stays as a person has it."""
        return any(change.kept for change in self.changes)


def compare(
    row: Any,
    wanted: Mapping[str, Any],
    wrote: Mapping[str, Author],
    labels: Mapping[str, Any],
    yielding: Iterable[str] = (),
) -> Comparison:
    """Fields whose value a person wrote are kept; those in ``yielding`` also where a loader wrote them.

    A date and its precision count as one field, named by the date.
    """
    found = Comparison()
    yielding = frozenset(yielding)
    for name, value in wanted.items():
        if name.endswith("_precision"):
            continue
        pair = {each: wanted[each] for each in (name, f"{name}_precision") if each in wanted}
        if all(getattr(row, each) == pair[each] for each in pair):
            continue
        author = next((wrote[each] for each in pair if wrote.get(each) is Author.PERSON), wrote.get(name))
        kept = author is Author.PERSON or (author is Author.LOADER and name in yielding)
        old, new = shown(row, name), shown_value(value, str(wanted.get(f"{name}_precision", "day")))
        if name == "country":
            old, new = texts.country(old), texts.country(new)
        found.changes.append(Change(str(labels.get(name, name)), old, new, kept))
        if not kept:
            found.values |= pair
    return found


def first_values(row: Any, labels: Mapping[str, Any]) -> list[Change]:
    """What a new row will hold, as a preview shows it: the columns that have a name and a value."""
    names = [name for name in labels if _is_filled(getattr(row, name, None))]
    told = ((name, shown(row, name)) for name in names)
    return [Change(str(labels[name]), "", texts.country(words) if name == "country" else words) for name, words in told]


def shown(row: Any, name: str) -> str:
    """The value of a field in words."""
    display = getattr(row, f"get_{name}_display", None)
    if display is not None:
        return str(display())
    return shown_value(getattr(row, name), str(getattr(row, f"{name}_precision", "day")))


def shown_value(value: Any, precision: str = "day") -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))[:SHOWN]
    if isinstance(value, Decimal | models.Choices):
        return texts.euro(value) if isinstance(value, Decimal) else str(value.label)
    if hasattr(value, "isoformat"):
        return texts.partial_date(value, precision)
    text = str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
