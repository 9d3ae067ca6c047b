"""The audit ledger as a list: who changed what, when, and for whom. Metadata only; contents stay on their own pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import BigIntegerField, CharField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import texts
from commitments.history import end_of
from commitments.models import Assignment, User
from commitments.tracking import HistoryRow, history_model, tracked_models

COLUMNS = ("history_id", "history_type", "history_date", "recorded_at", "history_user_id", "acting_for_id", "erased_on")


@dataclass(frozen=True)
class Event:
    """One history row without its content."""

    at: datetime
    recorded_at: datetime
    who: str
    acting_for: str
    table: str
    entry: str
    kind: str
    history_id: int

    @property
    def was_dated_back(self) -> bool:
        """When it holds and when it was written are different days: sample data and imports."""
        return self.at.date() != timezone.localtime(self.recorded_at).date()


@cache
def tables() -> Mapping[str, type[models.Model]]:
    """The tracked models of all apps by the name of their table, without the history tables themselves."""
    found = tracked_models(model for model in apps.get_models() if not issubclass(model, HistoryRow))
    return {model._meta.model_name or "": model for model in sorted(found, key=lambda model: model.__name__)}


def rows(table: str = "", first: date | None = None, last: date | None = None) -> "QuerySet[Any]":
    """History rows of one table or of all, newest insertion first; one query over all tables."""
    chosen = [tables()[table]] if table in tables() else list(tables().values())
    filters: dict[str, Any] = {}
    if first:
        filters["history_date__gte"] = end_of(first - timedelta(days=1))
    if last:
        filters["history_date__lt"] = end_of(last)
    parts = [_part(model).filter(**filters) for model in chosen]
    combined: QuerySet[Any] = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return combined.order_by("-recorded_at", "table", "-history_id")


def _part(model: type[models.Model]) -> "QuerySet[Any]":
    key = model._meta.pk.attname if model._meta.pk else "id"
    return (
        history_model(model)
        .objects.order_by()
        .annotate(
            table=Value(model._meta.model_name, output_field=CharField()),
            entry=Cast(F(key), output_field=BigIntegerField()),
        )
        .values(*COLUMNS, "table", "entry")
    )


def events(found: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Two queries for the names of all these people, in the roles that they held."""
    people = {row[name] for row in found for name in ("history_user_id", "acting_for_id")} - {None}
    users = User.objects.in_bulk(people)
    roles: dict[int, list[Assignment]] = {}
    for held in Assignment.objects.filter(user__in=people).select_related("unit"):
        roles.setdefault(held.user_id, []).append(held)
    return [_event(row, users, roles) for row in found]


def _event(row: Mapping[str, Any], users: Mapping[int, User], roles: Mapping[int, list[Assignment]]) -> Event:
    at = timezone.localtime(row["history_date"])
    kinds = {"+": _("Entered"), "~": _("Changed")}
    return Event(
        at=at,
        recorded_at=row["recorded_at"],
        who=_name(row["history_user_id"], at.date(), users, roles),
        acting_for=_name(row["acting_for_id"], at.date(), users, roles) if row["acting_for_id"] else "",
        table=label(row["table"]),
        entry=str(row["entry"]),
        kind=_("Erased") if row["erased_on"] else kinds.get(row["history_type"], row["history_type"]),
        history_id=row["history_id"],
    )


def label(table: str) -> str:
    """The name of a kind of rows as a heading says it."""
    name = str(tables()[table]._meta.verbose_name)
    return name[:1].upper() + name[1:]


def _name(pk: int | None, day: date, users: Mapping[int, User], roles: Mapping[int, list[Assignment]]) -> str:
    if pk is None:
        return _("System")
    held = next((role for role in roles.get(pk, []) if role.is_valid(day)), None)
    if held is None:
        return users[pk].name if pk in users else _("Person no longer here")
    role = str(held.get_role_display())
    return f"{role}, {texts.localized(held.unit, 'name')}" if held.unit else role
