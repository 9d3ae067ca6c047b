"""Which rows a reader of the ledger does not see (rule 10).

The class that holds now decides, for the past as well; and whatever belongs to a withheld row is withheld with it:
an answer on a protected measure, the reminder of that answer, a link to that measure.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from django.apps import apps
from django.db import models
from django.db.models import CharField, Q, QuerySet, Value

from commitments.models import Engagement, Measure, Protection
from commitments.tracking import HistoryRow, history_model, tracked_models

CLASSES = ("protection", "audience")
"""Columns that hold a class of protection."""

MENTIONS = frozenset({(Measure, "engagement"), (Measure, "parent")})
"""References that name something else without being a part of it."""

Model = type[models.Model]


class Reader(Protocol):
    """Somebody who reads: a person, or nobody in particular."""

    def clearance(self) -> frozenset[str]: ...


@cache
def tracked() -> tuple[Model, ...]:
    """The models whose rows stand in the ledger; a bare engagement never does."""
    found = tracked_models(model for model in apps.get_models() if not issubclass(model, HistoryRow))
    return tuple(model for model in found if model is not Engagement)


@cache
def paths(model: Model) -> tuple[str, ...]:
    """The lookups that lead from a row to its own class and to those of the rows that it belongs to."""
    found = [field.name for field in model._meta.fields if field.name in CLASSES and _is_class(field)]
    for field in model._meta.concrete_fields:
        target = field.related_model
        if not isinstance(target, type) or target is model or (model, field.name) in MENTIONS:
            continue
        if not getattr(field.remote_field, "parent_link", False):
            found += [f"{field.name}__{path}" for path in paths(target)]
    return tuple(found)


def _is_class(field: "models.Field[Any, Any]") -> bool:
    return dict(field.flatchoices) == dict(Protection.choices)


def withheld_rows(model: Model, user: Reader) -> "QuerySet[Any] | None":
    """The rows of a model that someone may not see; None where this can never be."""
    beyond = sorted(set(Protection.values) - user.clearance())
    if not beyond or not paths(model):
        return None
    hidden = Q()
    for path in paths(model):
        hidden |= Q(**{f"{path}__in": beyond})
    return QuerySet(model).filter(hidden)


def withheld(user: Reader) -> Mapping[Model, "QuerySet[Any]"]:
    """The models of which something is withheld from someone now, with those history rows; one query."""
    found = {model: rows for model in tracked() if (rows := withheld_rows(model, user)) is not None}
    parts = [
        rows.order_by().annotate(of=Value(model._meta.label, output_field=CharField())).values_list("of").distinct()
        for model, rows in found.items()
    ]
    if not parts:
        return {}
    labels = {label for (label,) in parts[0].union(*parts[1:])}
    return {model: _history(model, rows) for model, rows in found.items() if model._meta.label in labels}


def _history(model: Model, rows: "QuerySet[Any]") -> "QuerySet[Any]":
    key = model._meta.pk.attname if model._meta.pk else "pk"
    return history_model(model).objects.order_by().filter(**{f"{key}__in": rows.order_by().values("pk")})  # type: ignore[no-any-return]
