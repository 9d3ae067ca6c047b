"""The canonical form of a content: one sequence of bytes for one set of facts, and the way back.

UTF-8 JSON with sorted keys, fixed separators and dates in ISO form. A float is refused: it has more than one spelling.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from reporting.content.facts import SCHEMA, PartialDate, ReportContent

Record = TypeVar("Record")


def canonical_json(content: object) -> bytes:
    """Of a report's content, or of another record that is made of facts alone."""
    return json.dumps(_plain(content), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_hash(content: object) -> str:
    return sha256(canonical_json(content)).hexdigest()


def from_json(document: bytes) -> ReportContent:
    """The facts of a stored content. Refuses another schema and anything a content cannot hold."""
    data = json.loads(document)
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ValueError(f"This is not a report content of the form {SCHEMA}.")
    return _record(ReportContent, data)


def _plain(value: object) -> object:
    if isinstance(value, PartialDate):
        return str(value)
    if is_dataclass(value):
        stored = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(item) for field, item in stored if not _came_later(field, item)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError(f"A report content cannot hold a {type(value).__name__}.")


def _came_later(field: Field[Any], item: object) -> bool:
    """A field that older contents do not have says nothing as long as it is empty: their hash stays what it was."""
    return bool(field.metadata.get("later")) and item == field.default


@cache
def _hints(record: Any) -> Mapping[str, Any]:
    return get_type_hints(record)


def _record(record: type[Record], data: Mapping[str, Any]) -> Record:
    kind: Any = record
    hints = _hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise ValueError(f"{record.__name__} has no {', '.join(unknown)}.")
    return record(**{name: _value(hints[name], item) for name, item in data.items()})


def _value(hint: Any, item: Any) -> Any:
    if get_origin(hint) in (types.UnionType, Union):
        if item is None:
            return None
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], part) for part in item)
    if hint is PartialDate:
        return PartialDate.parse(item)
    if hint is date:
        return date.fromisoformat(item)
    if is_dataclass(hint) and isinstance(hint, type):
        return _record(hint, item)
    if not isinstance(item, hint):
        raise TypeError(f"{item!r} is not of the kind {hint.__name__}.")
    return item
