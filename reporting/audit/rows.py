"""The rows of a page of the trail as people read them: who, when, what became of what, and why.

All rows of a page and the row before each of them are fetched in one query, whatever tables they stand in.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import BigIntegerField, CharField, F, Max, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from commitments import texts
from commitments.history import erased_title, grounds
from commitments.ledger.writing import LATENESS
from commitments.models import LedgerLeaf, User
from commitments.tracking import history_model
from commitments.workflow.erasure import can_be_erased
from reporting.audit import codes, words
from reporting.audit.names import Name, Names, columns_about, named_as, reference_of
from reporting.audit.people import People
from reporting.audit.trail import model_of, table_of
from reporting.audit.withheld import Model

LONGEST = 4000
"""Texts longer than this are shown as a whole, not compared word by word."""

HASHES = frozenset({"fingerprint", "sha256", "content_sha256", "content_file"})


@dataclass(frozen=True)
class Change:
    """One column: its word, its old and new value in words, and their language where the column has one."""

    label: str
    old: str
    new: str
    lang: str = ""

    @property
    def is_long(self) -> bool:
        return len(self.old) + len(self.new) > LONGEST


@dataclass(frozen=True)
class Event:
    """One row of the trail. ``position`` is its place in the tree, once it is sealed."""

    index: int
    position: int | None
    kind: str
    title: str
    name: str = ""
    url: str = ""
    at: str = ""
    recorded_at: str = ""
    who: str = ""
    acting_for: str = ""
    reason: str = ""
    changes: list[Change] = field(default_factory=list)
    is_new: bool = False
    erased_on: date | None = None
    erase_url: str = ""

    @property
    def proof_label(self) -> str:
        return _("Proof for entry %(number)s") % {"number": texts.number(self.index)}


@dataclass(frozen=True)
class Row:
    """A history row as the ledger's metadata and its content by column."""

    model: Model
    history_id: int
    history_type: str
    history_date: datetime
    recorded_at: datetime
    who: int | None
    acting_for: int | None
    reason: str
    erased_on: date | None
    pk: int
    content: Mapping[str, Any]


def events(leaves: Sequence[LedgerLeaf], people: People, user: User) -> list[Event]:
    """A page of leaves as ``user`` may read them; two queries, however many rows and tables."""
    rows = _Rows(leaves)
    names = Names(_mentioned(rows.all), user)
    return [_event(leaf, rows, names, people) for leaf in leaves]


def _event(leaf: LedgerLeaf, rows: "_Rows", names: Names, people: People) -> Event:
    node = getattr(leaf, "node", None)
    position: int | None = node.position if node else None
    row = rows.get(leaf)
    if row is None:
        return Event(leaf.index, position, leaf.table, _("This row of the history is missing"))
    before = rows.before(row)
    subject = _subject(row, names)
    return Event(
        index=leaf.index,
        position=position,
        kind=words.kind(row.model._meta.model_name or ""),
        title=_title(row, rows.ground(row)),
        name=subject.full,
        url=subject.url,
        at=_moment(row.history_date),
        recorded_at=_moment(row.recorded_at) if abs(row.recorded_at - row.history_date) > LATENESS else "",
        who=people.shown(row.who, row.history_date),
        acting_for=people.shown(row.acting_for, row.history_date) if row.acting_for else "",
        reason=row.reason,
        changes=_changes(row, before, names),
        is_new=row.history_type == "+",
        erased_on=row.erased_on,
        erase_url=_erase_url(row),
    )


def _erase_url(row: Row) -> str:
    """Where the content of the entry can be erased, or the person pseudonymised."""
    if row.model is User:
        return reverse("reporting:person-pseudonymise", args=[row.pk])
    if not can_be_erased(row.model):
        return ""
    return reverse("reporting:erasure-new", args=[row.model._meta.model_name, row.pk])


def _title(row: Row, ground: str) -> str:
    if row.erased_on:
        return erased_title(row.erased_on, ground)
    return _("Entered") if row.history_type == "+" else _("Changed")


def _moment(value: datetime) -> str:
    local = timezone.localtime(value)
    return f"{texts.short_date(local.date())} {local:%H:%M:%S}"


def _subject(row: Row, names: Names) -> Name:
    """What a row is about: itself where it has a name, else what it belongs to."""
    own = names.get(named_as(row.model), row.pk)
    if own:
        return own
    columns = columns_about(row.model)
    of = [names.get(reference_of(row.model, column), row.content.get(column)) for column in columns]
    known = [name for name in of if name]
    url = next((name.url for name in known if name.url), "")
    if len(known) == 1:
        return Name("", known[0].full, url)
    return Name("", " · ".join(name.short for name in known), url)


# What became of what


def _changes(row: Row, before: Row | None, names: Names) -> list[Change]:
    if row.erased_on or (before and before.erased_on):
        return []
    found = []
    for column in _columns(row.model):
        name = column.attname
        if name in words.UNSAID or not _differs(row, before, column):
            continue
        old = _shown(column, before, names) if before else ""
        new = _shown(column, row, names)
        if old or new:
            lang = name[-2:] if name.endswith(("_de", "_en")) else ""
            found.append(Change(words.column(row.model._meta.model_name or "", name), old, new, lang))
    return found


def _columns(model: Model) -> list["models.Field[Any, Any]"]:
    tracked: list[models.Field[Any, Any]] = history_model(model).tracked_fields
    return [column for column in tracked if not column.attname.endswith("_precision")]


def _differs(row: Row, before: Row | None, column: "models.Field[Any, Any]") -> bool:
    names = (column.attname, f"{column.attname}_precision")
    if before is None:
        return row.content.get(column.attname) not in (None, "", [], {}, False)
    return any(row.content.get(name) != before.content.get(name) for name in names)


def _shown(column: "models.Field[Any, Any]", row: Row, names: Names) -> str:
    """The value of a column as a reader sees it."""
    value = row.content.get(column.attname)
    if value is None or value == "":
        return ""
    target = column.related_model
    if isinstance(target, type):
        return names.shown(named_as(target) or target, value)
    if column.attname in HASHES:
        return f"{value[:16]}…"
    if isinstance(value, date) and not isinstance(value, datetime):
        return texts.partial_date(value, row.content.get(f"{column.attname}_precision") or "day")
    said = codes.in_words(row.model, column.attname, value)
    return _plain(value, dict(column.flatchoices)) if said is None else said


def _plain(value: Any, choices: Mapping[Any, Any]) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, Decimal):
        return texts.number(value)
    if isinstance(value, list):
        return ", ".join(_plain(each, choices) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{words.column('', key)}: {_plain(each, {})}" for key, each in value.items())
    return "" if value is None else str(choices.get(value, value))


# Fetching


class _Rows:
    """The history rows of some leaves, each with the one before it."""

    def __init__(self, leaves: Iterable[LedgerLeaf]) -> None:
        by_model: dict[Model, list[int]] = {}
        for leaf in leaves:
            model = model_of(leaf.table)
            if model is not None:
                by_model.setdefault(model, []).append(leaf.history_id)
        models_by_table = {table_of(model): model for model in by_model}
        parts = [_part(model, ids) for model, ids in by_model.items()]
        found = parts[0].union(*parts[1:], all=True) if parts else ()
        rows = [_row(models_by_table[table], *rest) for table, *rest in found]
        self._grounds = grounds((table_of(row.model), row.history_id) for row in rows if row.erased_on)
        self.all = [
            replace(row, erased_on=None) if self._grounds.get((table_of(row.model), row.history_id)) == "" else row
            for row in rows
        ]
        self._known = {(row.model, row.history_id): row for row in self.all}
        self._of: dict[tuple[Model, int], list[Row]] = {}
        for row in sorted(self.all, key=lambda row: row.history_id):
            self._of.setdefault((row.model, row.pk), []).append(row)

    def ground(self, row: Row) -> str:
        return self._grounds.get((table_of(row.model), row.history_id), "")

    def get(self, leaf: LedgerLeaf) -> Row | None:
        model = model_of(leaf.table)
        return self._known.get((model, leaf.history_id)) if model else None

    def before(self, row: Row) -> Row | None:
        earlier = [each for each in self._of[row.model, row.pk] if each.history_id < row.history_id]
        return earlier[-1] if earlier else None


def _part(model: Model, ids: Sequence[int]) -> "QuerySet[Any]":
    history = history_model(model)
    key = model._meta.pk.attname if model._meta.pk else "id"
    rows: QuerySet[Any] = QuerySet(history).order_by()
    earlier = rows.filter(**{key: OuterRef(key)}, history_id__lt=OuterRef("history_id")).values(key)
    before = rows.filter(history_id__in=ids).annotate(
        row_before=Subquery(earlier.annotate(last=Max("history_id")).values("last"))
    )
    wanted = rows.filter(Q(history_id__in=ids) | Q(history_id__in=before.values("row_before")))
    found: QuerySet[Any] = wanted.annotate(
        its_table=Value(history._meta.db_table, output_field=CharField()),
        its_key=Cast(F(key), BigIntegerField()),
        content=JSONObject(**{column.attname: _json(column) for column in history.tracked_fields}),
    ).values_list(
        "its_table",
        "history_id",
        "history_type",
        "history_date",
        "recorded_at",
        "history_user_id",
        "acting_for_id",
        "history_change_reason",
        "erased_on",
        "its_key",
        "content",
    )
    return found


def _json(column: "models.Field[Any, Any]") -> Any:
    """A column within JSON, the same on both databases: lists and decimals as text."""
    is_text = isinstance(column, models.JSONField | models.DecimalField)
    return Cast(F(column.attname), TextField()) if is_text else F(column.attname)


def _row(model: Model, *columns: Any) -> Row:
    *metadata, content = columns
    known = {column.attname: column for column in history_model(model).tracked_fields}
    values = {name: _value(known[name], value) for name, value in content.items()}
    number, kind, at, recorded_at, who, acting_for, reason, erased_on, key = metadata
    return Row(model, number, kind, at, recorded_at, who, acting_for, reason or "", erased_on, key, values)


def _value(column: "models.Field[Any, Any]", value: Any) -> Any:
    """The value that the column itself would have given."""
    if value is None:
        return None
    reading = next((read for kind, read in READINGS if isinstance(column, kind)), None)
    return reading(value) if reading else value


def _utc(value: str) -> datetime | None:
    moment = parse_datetime(value)
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


READINGS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (models.JSONField, json.loads),
    (models.DecimalField, Decimal),
    (models.BooleanField, bool),
    (models.DateTimeField, _utc),
    (models.DateField, parse_date),
)


def _mentioned(rows: Iterable[Row]) -> dict[Model, set[int]]:
    """The rows themselves and everything that they refer to."""
    found: dict[Model, set[int]] = {}
    for row in rows:
        own = named_as(row.model)
        if own:
            found.setdefault(own, set()).add(row.pk)
        for column in _columns(row.model):
            target, value = column.related_model, row.content.get(column.attname)
            if isinstance(target, type) and isinstance(value, int):
                found.setdefault(named_as(target) or target, set()).add(value)
    return found
