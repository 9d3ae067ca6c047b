"""Compares rows as they stand with the last ones of their history: the database finds what differs, Python confirms."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Exists, Max, OuterRef

from commitments.ledger import canonical
from commitments.tracking import tracked_models

Model = type[models.Model]


def kinds_of(model: Model) -> list[Model]:
    """The models that a row of this one can be a part of: an engagement is a partnership, a project, a membership."""
    return [other for other in tracked_models(apps.get_models()) if model in other._meta.parents]


def without_history(model: Model, history: Model) -> int | None:
    """The first row that was never entered."""
    key = model._meta.pk.attname
    entered: models.QuerySet[Any, Any] = models.QuerySet(history).filter(**{key: OuterRef("pk")})
    return _first(models.QuerySet(model).filter(~Exists(entered)).order_by("pk").values_list("pk", flat=True))


def without_row(model: Model, history: Model) -> int | None:
    """The first row that was entered and stands there no longer."""
    key = model._meta.pk.attname
    standing: models.QuerySet[Any, Any] = models.QuerySet(model).filter(pk=OuterRef(key))
    return _first(models.QuerySet(history).filter(~Exists(standing)).order_by(key).values_list(key, flat=True))


def without_kind(model: Model) -> int | None:
    """The first row of a parent table to which no row of its kinds belongs."""
    rows: models.QuerySet[Any] = models.QuerySet(model)
    for kind in kinds_of(model):
        rows = rows.filter(~Exists(models.QuerySet(kind).filter(pk=OuterRef("pk"))))
    return _first(rows.order_by("pk").values_list("pk", flat=True))


def _first(found: "models.QuerySet[Any, Any]") -> int | None:
    number: int | None = found.first()
    return number


def differing(model: Model, history: Model) -> Iterator[int]:
    """Keys of rows that are not what the last row of their history says."""
    fields = canonical.content_fields(history)
    for key in _suspected(model, history, fields):
        then, live, afterwards = _entry(model, history, key), _row(model, key, fields), _entry(model, history, key)
        if then != afterwards:  # somebody has just changed it: once more, now that they are through
            then, live = afterwards, _row(model, key, fields)
        past = models.QuerySet(history).filter(history_id=then).values(*fields).first()
        if live and past and live != past:
            yield key


def _entry(model: Model, history: Model, key: int) -> int | None:
    """The number of the last entry of a row."""
    last: int | None = (
        models.QuerySet(history).filter(**{model._meta.pk.attname: key}).aggregate(n=Max("history_id"))["n"]
    )
    return last


def _row(model: Model, key: int, fields: list[str]) -> Any:
    return models.QuerySet(model).filter(pk=key).values(*fields).first()


def _suspected(model: Model, history: Model, fields: list[str]) -> list[int]:
    """Rows whose columns are not the same to the database: all that differ, and some whose JSON is only written so."""
    pk = model._meta.pk
    columns = {field.attname: field.column for field in model._meta.concrete_fields}
    then = {field.attname: field.column for field in history._meta.concrete_fields}
    live, parameters = models.QuerySet(model).order_by().values(pk.attname, *fields).query.sql_with_params()
    differs = "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    unequal = " OR ".join(f'now."{columns[name]}" {differs} past."{then[name]}"' for name in fields)
    latest, more = (
        models.QuerySet(history)
        .order_by()
        .values(pk.attname)
        .annotate(its_last=Max("history_id"))
        .query.sql_with_params()
    )
    statement = (
        f'SELECT now."{pk.column}" FROM ({live}) now '  # noqa: S608 - our own names
        f'JOIN ({latest}) latest ON latest."{then[pk.attname]}" = now."{pk.column}" '
        f'JOIN "{history._meta.db_table}" past ON past."history_id" = latest."its_last" '
        f'WHERE {unequal} ORDER BY now."{pk.column}"'
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, *more])
        return [key for (key,) in cursor.fetchall()]
