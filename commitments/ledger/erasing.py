"""Erases content for good, in the row and in its history; the third writer of tracked rows beside the other two.

The event comes first: rows of ``ErasedRow``, entered in the ledger like everything else, name each row and its columns.
Only then the triggers admit that those columns are emptied. Digest and leaf stay, the salt goes, so that nobody can
find out by trying what stood there. What stays in a row is bound by a digest in the event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from commitments import search
from commitments.ledger import canonical
from commitments.ledger.erasable import HASHED, REASON, nothing, notice, of_model
from commitments.ledger.writing import Act, record, save_all_as
from commitments.models.audit import LedgerSchema
from commitments.models.erasures import ErasedRow, Erasure
from commitments.models.people import User
from commitments.tracking import history_model

EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Subject:
    """A row and the columns that are erased in it; ``instead`` is what stands in some of them afterwards."""

    model: type[models.Model]
    pk: int
    columns: frozenset[str]
    instead: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return self.model._meta.db_table


@dataclass(frozen=True)
class Plan:
    """What an erasure would empty: in the row itself, and in which rows of its history. Nothing is written by it.

    ``texts`` are the texts of the columns, without the reasons of changes, which are printed nowhere.
    """

    subject: Subject
    live: frozenset[str]
    past: Mapping[int, frozenset[str]]
    texts: frozenset[str]

    @property
    def is_empty(self) -> bool:
        return not self.live and not self.past


@dataclass(frozen=True)
class By:
    """Who erases, for whom, when, and the reason that stands in the history."""

    actor: User
    acting_for: User | None
    reason: str
    at: datetime


def planned(subject: Subject) -> Plan:
    """Two queries: the row and its history."""
    known = of_model(subject.model)
    chosen = [name for name in known if name in subject.columns]
    rows: models.QuerySet[Any, Any] = models.QuerySet(subject.model).filter(pk=subject.pk)
    row = rows.values(*chosen).first() if chosen else None
    live = frozenset(name for name, value in (row or {}).items() if value not in EMPTY)
    texts = {value for name in live for value in strings((row or {})[name])}
    past = {}
    for then in _history(subject).values("history_id", REASON, *chosen):
        names = frozenset(name for name in [*chosen, REASON] if name in subject.columns and then[name] not in EMPTY)
        if names - HASHED or (names and subject.columns <= HASHED):
            past[then["history_id"]] = names
            texts |= {value for name in names - {REASON} for value in strings(then[name])}
    return Plan(subject, live, past, frozenset(texts))


def strings(value: Any) -> Iterable[str]:
    """The texts within a value of a column."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in strings(each)]
    return [text for each in value for text in strings(each)] if isinstance(value, list | tuple) else []


def _history(subject: Subject) -> Any:
    key = subject.model._meta.pk.attname
    return history_model(subject.model)._default_manager.filter(**{key: subject.pk}).order_by("history_id")


def erase(erasure: Erasure, plans: Iterable[Plan], by: By) -> dict[str, int]:
    """Enter the event, then empty what it names; how many rows by table. The caller holds the transaction."""
    assert erasure.carried_out_on is not None  # the caller has carried it out
    wanted = [_Emptying(plan, erasure) for plan in plans if not plan.is_empty]
    events = [event for each in wanted for event in each.events()]
    save_all_as(events, actor=by.actor, acting_for=by.acting_for, reason=by.reason, at=by.at)
    counts: dict[str, int] = {}
    for each in wanted:
        each.empty(by)
        for table, number in each.counts().items():
            counts[table] = counts.get(table, 0) + number
    return counts


class _Emptying:
    """One row with its history, on the way from the event to the emptied columns."""

    def __init__(self, plan: Plan, erasure: Erasure) -> None:
        self.plan, self.erasure = plan, erasure
        self.subject, self.known = plan.subject, of_model(plan.subject.model)
        self.table = history_model(self.subject.model)._meta.db_table
        self.schemas = {row.pk: list(row.fields) for row in LedgerSchema.objects.filter(table=self.table)}
        rows = _history(self.subject).filter(history_id__in=list(plan.past)).values()
        self.past = {row["history_id"]: self._emptied(row) for row in rows}

    def _emptied(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the history as it will stand; a new salt where something is left that must not be guessed."""
        names = self.plan.past[row["history_id"]]
        after = dict(row) | {name: None if name == REASON else nothing(self.known[name]) for name in names}
        is_left = any(after[name] not in EMPTY for name in [*self.known, REASON])
        return after | {"salt": canonical.new_salt() if is_left else "", "erased_on": self.erasure.carried_out_on}

    def events(self) -> list[ErasedRow]:
        events = [
            self._event(self.table, number, names, self._rest(self.past[number]))
            for number, names in self.plan.past.items()
        ]
        if self.plan.live:
            events.append(self._event(self.subject.table, self.subject.pk, self.plan.live, ""))
        return events

    def _event(self, table: str, row: int, names: Iterable[str], rest: str) -> ErasedRow:
        columns = f",{','.join(sorted(names))},"
        on = self.erasure.carried_out_on
        assert on is not None
        return ErasedRow(erasure=self.erasure, table=table, row=row, columns=columns, emptied_on=on, rest=rest)

    def _rest(self, row: Mapping[str, Any]) -> str:
        return canonical.content_digest(self.table, self.schemas[row["schema"]], row)

    def empty(self, by: By) -> None:
        """The row first: its new state is entered in the history, which then loses the states before."""
        if self.plan.live:
            self._empty_row(by)
        rows: models.QuerySet[Any] = models.QuerySet(history_model(self.subject.model))
        for number, names in self.plan.past.items():
            after = self.past[number]
            columns = {name: after[name] for name in [*names, "salt", "erased_on"]}
            rows.filter(history_id=number).update(**columns)

    def _empty_row(self, by: By) -> None:
        assert self.erasure.carried_out_on is not None
        row: Any = models.QuerySet(self.subject.model).get(pk=self.subject.pk)
        instead = {name: notice(self.known[name], self.erasure.carried_out_on) for name in self.plan.live}
        instead |= {
            name: value
            for name, value in self.subject.instead.items()
            if name not in self.known or name in self.plan.live
        }
        models.QuerySet(self.subject.model).filter(pk=row.pk).update(**instead)
        for name, value in instead.items():
            setattr(row, name, value)
        record([row], "~", Act(by.actor, by.acting_for, by.reason, by.at))
        search.index([row])

    def counts(self) -> dict[str, int]:
        found = {self.table: len(self.past)} if self.past else {}
        return found | ({self.subject.table: 1} if self.plan.live else {})
