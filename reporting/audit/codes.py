"""Columns whose values are codes of the system itself - tables, columns, reported changes - in the words people use."""

from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import ErasedRow, Erasure
from commitments.workflow.erasure import FILE
from reporting.audit import words
from reporting.audit.trail import model_of
from reporting.audit.withheld import Model
from reviews.models import Confirmation
from reviews.views import shown
from reviews.workflow.changes import LABELS


def in_words(model: Model, column: str, value: Any) -> str | None:
    """What such a column says; None where a column holds something else."""
    say = COLUMNS.get((model, column))
    return say(value) if say else None


def _changes(reported: Mapping[str, list[Any]]) -> str:
    """What a unit reported to be otherwise: "Status: laufend → abgeschlossen"."""
    found = (
        f"{capfirst(shown.label(name))}: {shown.written(name, old) or '…'} → {shown.written(name, new) or '…'}"
        for name, (old, new) in sorted(reported.items(), key=_place)
    )
    return "; ".join(found)


def _place(change: tuple[str, list[Any]]) -> tuple[int, str]:
    """Fields in the order of the form, then figures: PostgreSQL keeps JSON in an order of its own."""
    fields = list(LABELS)
    return (fields.index(change[0]) if change[0] in fields else len(fields)), change[0]


def _subjects(rows: list[Mapping[str, Any]]) -> str:
    """What an erasure names, each entry with its columns: "Maßnahme 12 (Titel, Beschreibung)"."""
    found = []
    for each in rows:
        model = apps.get_model(each["model"])
        columns = ", ".join(_column(model, name) for name in each["columns"])
        found.append(f"{words.kind(model._meta.model_name or '')} {each['row']} ({columns})")
    return "; ".join(found)


def _counts(kinds: Mapping[str, list[int]]) -> str:
    """How many rows of which kind were emptied, and how many of their history: "Maßnahme: 1, im Verlauf 4"."""
    found = (
        _("%(kind)s: %(rows)s, in the history %(past)s")
        % {"kind": words.kind(label.split(".")[-1]), "rows": texts.number(rows), "past": texts.number(past)}
        for label, (rows, past) in kinds.items()
    )
    return "; ".join(found)


def _table(table: str) -> str:
    past = model_of(table)
    if past is not None:
        return _("History of: %(kind)s") % {"kind": words.kind(past._meta.model_name or "")}
    live = next((model for model in apps.get_models() if model._meta.db_table == table), None)
    return words.kind(live._meta.model_name or "") if live else table


def _columns(names: str) -> str:
    return ", ".join(words.column("", name) for name in names.split(",") if name)


def _column(model: type[models.Model], name: str) -> str:
    return _("stored file") if name == FILE else words.column(model._meta.model_name or "", name)


COLUMNS: Mapping[tuple[Model, str], Callable[[Any], str]] = {
    (Confirmation, "changes"): _changes,
    (Erasure, "subjects"): _subjects,
    (Erasure, "counts"): _counts,
    (ErasedRow, "table"): _table,
    (ErasedRow, "columns"): _columns,
}
