"""Rows that belong to another one: units, budgets, provisions. What is taken away ends, what comes back runs again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from commitments.ledger import save_as
from commitments.models import User
from commitments.tracking import TrackedModel

Key = TypeVar("Key")
Part = TypeVar("Part", bound=TrackedModel)


@dataclass(frozen=True)
class Act:
    """Who changes parts, for whom, why and when."""

    actor: User
    acting_for: User | None
    reason: str
    at: datetime

    def save(self, row: TrackedModel) -> None:
        save_as(row, actor=self.actor, acting_for=self.acting_for, reason=self.reason, at=self.at)


@dataclass(frozen=True)
class Parts(Generic[Key, Part]):
    """The parts that a row has, by what tells them apart, and how a new one is made."""

    model: type[Part]
    owner: Mapping[str, Any]
    rows: Mapping[Key, Part]
    identity: tuple[str, ...]

    def changed(self, wanted: Mapping[Key, Mapping[str, Any]], on: date) -> list[Part]:
        """The rows that must be saved so that exactly the wanted parts run, those that end before those that begin."""
        ending = [row for key, row in self.rows.items() if key not in wanted and row.ended_on is None]  # type: ignore[attr-defined]
        for row in ending:
            row.ended_on = on  # type: ignore[attr-defined]
        others = [self._row(key, columns) for key, columns in wanted.items()]
        return ending + [row for row in others if row is not None]

    def _row(self, key: Key, columns: Mapping[str, Any]) -> Part | None:
        """The part as it is wanted; nothing where it already is so."""
        columns = {**columns, "ended_on": None}
        row = self.rows.get(key)
        if row is None:
            values = key if isinstance(key, tuple) else (key,)
            return self.model(**self.owner, **dict(zip(self.identity, values, strict=True)), **columns)
        differing = {name: value for name, value in columns.items() if getattr(row, name) != value}
        for name, value in differing.items():
            setattr(row, name, value)
        return row if differing else None


def by(rows: Iterable[Part], *names: str) -> dict[Any, Part]:
    """Rows by one column, or by several of them together."""
    return {tuple(getattr(row, name) for name in names) if names[1:] else getattr(row, names[0]): row for row in rows}


def written(row: TrackedModel, changes: Mapping[str, Any]) -> frozenset[str]:
    """Write values into a row; the names of those that differed. An empty set where nothing did."""
    changed = {name for name, value in changes.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, changes[name])
    return frozenset(changed)
