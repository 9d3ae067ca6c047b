"""Recomputes digests and leaves of many rows: the canonical form of ``canonical``, put together column by column.

Whatever does not come out as it was written is left to the slow form in ``verification``, which says why.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

from django.db import connection, models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Cast
from django.utils.dateparse import parse_datetime

from commitments.ledger import canonical
from commitments.models.audit import LedgerLeaf

CHUNK = 2000
"""Rows that are read at once: one statement, so that a row and its leaf are of the same moment."""

BESIDE = ("history_change_reason", "salt", "erased_on")
MICROSECONDS, SECONDS = len("2026-11-23 09:30:00.000012"), len("2026-11-23 09:30:00")

Encoder = Callable[[Any], str]


class Moment(models.Func):
    """A column of time in canonical form, made by PostgreSQL itself."""

    function = "to_char"
    template = """%(function)s(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = models.TextField()


class Table:
    """A history table: reads its rows with their leaves, and says which of them are as they were written."""

    def __init__(
        self, model: type[models.Model], history: type[models.Model], schemas: Mapping[int, list[str]]
    ) -> None:
        self.history, self.schemas = history, schemas
        self.name = history._meta.db_table
        content = canonical.content_fields(history)
        self.columns = list(dict.fromkeys([*canonical.METADATA, *BESIDE, model._meta.pk.attname, *content]))
        self.at = {name: place for place, name in enumerate(self.columns)}
        fields = {field.attname: field for field in history._meta.concrete_fields}
        self.moments = {name for name in self.columns if isinstance(fields[name], models.DateTimeField)}
        self._digested: dict[int, tuple[str, list[tuple[str, int, Encoder]]] | None] = {}
        values = [(name, self.at[name]) for name in canonical.METADATA] + [("object", self.at[model._meta.pk.attname])]
        self._leaf = [
            (f'"{name}":', place, _as_text if name == "object" else self._encoder(name))
            for name, place in sorted([*values, ("table", -1)])
        ]

    def rows(self) -> Iterator[list[tuple[Any, ...]]]:
        """All rows in the order of their ids, in pieces; the last column of each is the hash of its leaf."""
        leaf = LedgerLeaf.objects.filter(table=self.name, history_id=OuterRef("history_id")).values("hash")[:1]
        wanted = [_moment(name) if name in self.moments else F(name) for name in self.columns]
        named = {f"column_{place}": each for place, each in enumerate(wanted)}
        all_rows = models.QuerySet(self.history).order_by("history_id").annotate(**named, its_leaf=Subquery(leaf))
        found = all_rows.values_list(*named, "its_leaf")
        last = 0
        while batch := list(found.filter(history_id__gt=last)[:CHUNK]):
            yield batch
            last = batch[-1][0]

    def holds(self, row: Sequence[Any]) -> bool:
        """Whether digest and leaf of a row come out again; False for one that was erased, too."""
        at = self.at
        schema = row[at["schema"]]
        if schema not in self._digested:
            self._digested[schema] = self._form(schema)
        form = self._digested[schema]
        if form is None or row[at["erased_on"]] is not None:
            return False
        fields, values = form
        content = ",".join([prefix + encode(row[place]) for prefix, place, encode in values])
        reason = _encoded(row[at["history_change_reason"]])
        text = f'{{"fields":{fields},"reason":{reason},"table":"{self.name}","values":{{{content}}}}}'
        try:
            salted = bytes.fromhex(row[at["salt"]]) + text.encode()
        except ValueError:
            return False
        if sha256(salted).hexdigest() != row[at["digest"]]:
            return False
        leaf: str | None = row[-1]
        return sha256(b"\x00" + self._leaf_text(row).encode()).hexdigest() == leaf

    def _leaf_text(self, row: Sequence[Any]) -> str:
        parts = [
            f'"table":"{self.name}"' if place < 0 else prefix + encode(row[place])
            for prefix, place, encode in self._leaf
        ]
        return "{" + ",".join(parts) + "}"

    def _form(self, schema: int) -> tuple[str, list[tuple[str, int, Encoder]]] | None:
        """The list of fields as JSON, and each of them with its place and how it is written; None if unknown."""
        fields = self.schemas.get(schema)
        if fields is None or not set(fields) <= set(self.at):
            return None
        values = [(f'"{name}":', self.at[name], self._encoder(name)) for name in sorted(fields)]
        return canonical.canonical_json(fields).decode(), values

    def _encoder(self, name: str) -> Encoder:
        return _encoded_moment if name in self.moments else _encoded


def _moment(name: str) -> Any:
    return Moment(F(name)) if connection.vendor == "postgresql" else Cast(F(name), models.TextField())


def _encoded_moment(value: str | None) -> str:
    """A moment as PostgreSQL wrote it above, or as SQLite keeps it: naive and in UTC."""
    if value is None:
        return "null"
    if value[-1] == "Z":
        return f'"{value}"'
    if len(value) == MICROSECONDS:
        return f'"{value[:10]}T{value[11:]}Z"'
    if len(value) == SECONDS:
        return f'"{value[:10]}T{value[11:]}.000000Z"'
    moment = parse_datetime(value)
    return f'"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"' if isinstance(moment, datetime) else encode_basestring(value)


def _as_text(value: Any) -> str:
    return encode_basestring(str(value))


def _as_json(value: Any) -> str:
    if not value and isinstance(value, list | dict):
        return "[]" if isinstance(value, list) else "{}"
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=canonical.plain)


ENCODERS: dict[type, Encoder] = {
    str: encode_basestring,
    int: int.__repr__,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "null",
}


def _encoded(value: Any) -> str:
    return ENCODERS.get(type(value), _as_json)(value)
