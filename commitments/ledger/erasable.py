"""What of a row can be erased, what stands there afterwards, and the one change that the triggers then admit.

Texts and lists can be erased; references, dates, figures, choices and the hashes of files cannot: they name nobody.
An erased row of a history keeps its metadata and its digest, so that its leaf still holds (DESIGN.md, section 5).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models

from commitments.tracking import ERASED_DE, ERASED_EN, HistoryRow, history_model

Field = models.Field[Any, Any]

REASON = "history_change_reason"
"""The reason of a change is erased like a column."""

KEPT = frozenset(
    {"sha256", "content_sha256", "content_file", "council_content_sha256", "council_content_file", "media_type"}
    | {"template_version", "rest", "digest"}
)
"""Texts that say nothing of anybody: hashes of files stay public (rule 10)."""

HASHED = frozenset({"fingerprint"})
"""Hashes of texts, from which a text could be guessed by trying: they go with the texts."""

SHORTEST = 8
"""Shorter columns hold codes."""

NOTICE_LENGTH = 22

EVENTS = "commitments_erasedrow"

FINAL = frozenset(
    {"ledgerseal", "erasure", "erasedrow", "lockededition", "reportdocument", "evidenceread", "protecteduse"}
)
"""Models whose rows say that something happened; nothing in them is ever erased."""


def is_final(model: type[models.Model]) -> bool:
    """Whether nothing of a model's rows, or of the rows of its history, is ever erased."""
    return getattr(model, "instance_type", model)._meta.model_name in FINAL


def is_erasable(field: Field) -> bool:
    if isinstance(field, models.JSONField):
        return True
    if not isinstance(field, models.CharField | models.TextField) or field.primary_key or field.flatchoices:
        return False
    is_number = field.unique and field.attname == "reference"  # M-012: given by the register, names nobody
    is_code = field.max_length is not None and field.max_length < SHORTEST
    return field.attname not in KEPT and not is_number and not is_code


def erasable(fields: Iterable[Field]) -> dict[str, Field]:
    """The columns that can be erased, by their name."""
    return {field.attname: field for field in fields if is_erasable(field)}


def of_model(model: type[models.Model]) -> dict[str, Field]:
    """The columns of a tracked model that can be erased."""
    return erasable(history_model(model).tracked_fields)


def nothing(field: Field) -> Any:
    """What stands in a column of the history afterwards."""
    if field.null:
        return None
    if isinstance(field, models.JSONField):
        return field.get_default() or []
    return ""


def notice(field: Field, on: date) -> Any:
    """What stands in a column of the row itself afterwards: that something was erased and when, where there is room."""
    is_short = field.max_length is not None and field.max_length < NOTICE_LENGTH
    is_address = isinstance(field, models.SlugField | models.EmailField | models.URLField)
    if isinstance(field, models.JSONField) or is_short or is_address or field.attname in HASHED:
        return nothing(field)
    return f"{ERASED_EN if field.attname.endswith('_en') else ERASED_DE}{on:%d.%m.%Y}"


@dataclass(frozen=True)
class Admitted:
    """The update of a guarded table that its trigger lets pass, because an entered erasure names row and columns."""

    model: type[models.Model]

    def sql(self, vendor: str) -> str:
        """A query that finds the event which admits an update; nothing where there is none."""
        conditions = self._of_history(vendor) if issubclass(self.model, HistoryRow) else self._of_row(vendor)
        return f"SELECT 1 FROM {EVENTS} e WHERE {' AND '.join(conditions)}"  # noqa: S608 - our own names

    def _named(self) -> list[str]:
        table, key = self.model._meta.db_table, self.model._meta.pk.column
        return [f"e.\"table\" = '{table}'", f'e."row" = OLD."{key}"']

    def _of_history(self, vendor: str) -> list[str]:
        """Named columns emptied, ``erased_on`` set and the salt gone; something must change by it, so never twice."""
        content = erasable(self.model.tracked_fields)  # type: ignore[attr-defined]
        changed = ['OLD."erased_on" IS NULL'] + [f"NOT ({_same(vendor, name)})" for name in [*content, REASON]]
        found = [*self._named(), 'NEW."erased_on" = e."emptied_on"', 'NEW."salt" <> OLD."salt"']
        for field in self.model._meta.concrete_fields:
            if field.column in content:
                found.append(_either(vendor, field.column, _empty(vendor, content[field.column])))
            elif field.column == REASON:
                found.append(_either(vendor, REASON, f'NEW."{REASON}" IS NULL'))
            elif field.column not in ("salt", "erased_on"):
                found.append(_same(vendor, field.column))
        return [*found, f"({' OR '.join(changed)})"]

    def _of_row(self, vendor: str) -> list[str]:
        content = erasable(self.model._meta.concrete_fields)
        return self._named() + [
            _either(vendor, field.column, _gone(vendor, field))
            if field.attname in content
            else _same(vendor, field.column)
            for field in self.model._meta.concrete_fields
        ]


def _same(vendor: str, column: str | None) -> str:
    return f'NEW."{column}" {"IS NOT DISTINCT FROM" if vendor == "postgresql" else "IS"} OLD."{column}"'


def _either(vendor: str, column: str | None, gone: str) -> str:
    """As it was, or gone where the event names the column."""
    find = "strpos" if vendor == "postgresql" else "instr"
    return f"({_same(vendor, column)} OR ({find}(e.\"columns\", ',{column},') > 0 AND {gone}))"


def _empty(vendor: str, field: Field) -> str:
    if field.null:
        return f'NEW."{field.column}" IS NULL'
    if isinstance(field, models.JSONField):
        written = "{}" if isinstance(nothing(field), dict) else "[]"
        return f"NEW.\"{field.column}\" = '{written}'{'::jsonb' if vendor == 'postgresql' else ''}"
    return f"NEW.\"{field.column}\" = ''"


def _gone(vendor: str, field: Field) -> str:
    """Empty, or the notice of the day of the event."""
    if isinstance(field, models.JSONField):
        return _empty(vendor, field)
    words = ERASED_EN if field.attname.endswith("_en") else ERASED_DE
    days = {"postgresql": "to_char(e.emptied_on, 'DD.MM.YYYY')", "sqlite": "strftime('%d.%m.%Y', e.emptied_on)"}
    return f"({_empty(vendor, field)} OR NEW.\"{field.column}\" = '{words}' || {days[vendor]})"
