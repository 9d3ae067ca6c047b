"""The canonical form of a history row, on which digest and leaf rest; the same on every database.

The digest covers the content with the reason, salted, so that an erased row cannot be guessed back. The leaf
covers the metadata and that digest. Times are UTC with microseconds, decimals are strings (DESIGN.md section 5).
"""

import hashlib
import json
import secrets
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

METADATA = ("history_id", "history_type", "history_user_id", "acting_for_id", "schema", "digest")


def new_salt() -> str:
    return secrets.token_hex(16)


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no white space, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain).encode()


def plain(value: Any) -> Any:
    """A value as JSON can hold it, the same before and after a database has stored it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return str(value)


def stored(field: "models.Field[Any, Any]", value: Any) -> Any:
    """The value as the column gives it back: decimals with all their places, choices as their codes."""
    if isinstance(field, models.DecimalField) and value is not None:
        return Decimal(value).quantize(Decimal(1).scaleb(-field.decimal_places))
    return field.to_python(value)


def content_fields(history: type[models.Model]) -> list[str]:
    """Names of the columns that a table's digests cover today."""
    tracked = history.tracked_fields  # type: ignore[attr-defined]
    return sorted(field.attname for field in tracked)


def content_digest(row: Any, fields: list[str]) -> str:
    """SHA-256 over salt and content of a history row; ``fields`` is the list of its schema."""
    columns = {field.attname: field for field in row.tracked_fields}
    values = {name: stored(columns[name], getattr(row, name)) for name in fields if name in columns}
    content = {"table": row._meta.db_table, "fields": fields, "values": values, "reason": row.history_change_reason}
    return hashlib.sha256(bytes.fromhex(row.salt) + canonical_json(content)).hexdigest()


def leaf_bytes(row: Any) -> bytes:
    """What a leaf is the hash of: who, when and which row, with the digest of its content."""
    values = {name: getattr(row, name) for name in METADATA}
    values |= {"table": row._meta.db_table, "object": str(getattr(row, row.instance_type._meta.pk.attname))}
    values |= {"history_date": row.history_date, "recorded_at": row.recorded_at}
    return canonical_json(values)


def leaf_hash(row: Any) -> str:
    """RFC 9162 hash of a leaf: SHA-256 over 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf_bytes(row)).hexdigest()
