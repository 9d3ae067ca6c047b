"""The canonical form of a history row, on which digest and leaf rest; the same on every database.

The digest covers the content with the reason, salted, so that an erased row cannot be guessed back. The leaf
covers the metadata and that digest. Times are UTC with microseconds, decimals are strings (DESIGN.md section 5).
"""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db import models

from commitments.ledger import merkle

METADATA = (
    "history_id",
    "history_type",
    "history_date",
    "recorded_at",
    "history_user_id",
    "acting_for_id",
    "schema",
    "digest",
)


def new_salt() -> str:
    return secrets.token_hex(16)


def canonical_json(value: Any) -> bytes:
    """Sorted keys, no white space, UTF-8."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain).encode()


def plain(value: Any) -> str:
    """A value as JSON can hold it, the same before and after a database has stored it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, date):
        return value.isoformat()
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


def content_digest(table: str, fields: list[str], row: Mapping[str, Any]) -> str:
    """SHA-256 over salt and content of a history row; ``fields`` is the list of its schema."""
    values = {name: row[name] for name in fields}
    content = {"table": table, "fields": fields, "values": values, "reason": row["history_change_reason"]}
    return sha256(bytes.fromhex(row["salt"]) + canonical_json(content)).hexdigest()


def leaf_bytes(table: str, key: str, row: Mapping[str, Any]) -> bytes:
    """What a leaf is the hash of: which row of which object, by whom, when, with the digest of its content."""
    values = {name: row[name] for name in METADATA}
    return canonical_json(values | {"table": table, "object": str(row[key])})


def leaf_hash(table: str, key: str, row: Mapping[str, Any]) -> str:
    """The leaf hash of RFC 9162, as hexadecimal digits."""
    return merkle.leaf_hash(leaf_bytes(table, key, row)).hex()
