"""What every act on the register shares: the row is locked, seen by nobody else meanwhile, and really changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.tracking import history_model

Row = TypeVar("Row", bound=models.Model)
"""A tracked row; people are tracked without inheriting it."""


def locked(row: Row) -> Row:
    found: Row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)  # type: ignore[attr-defined]
    return found


def day(at: datetime) -> date:
    return timezone.localtime(at).date()


def last_change(row: models.Model) -> int:
    """Number of a row's newest history row: what an edit form remembers to notice that somebody was faster."""
    return int(row.history.values_list("history_id", flat=True)[0])  # type: ignore[attr-defined]


def last_changes(rows: Collection[models.Model]) -> dict[int, int]:
    """``last_change`` of many rows of one kind, by their ids; one query."""
    if not rows:
        return {}
    past = history_model(type(next(iter(rows)))).objects.filter(id__in=[row.pk for row in rows])
    return dict(past.order_by().values_list("id").annotate(last=Max("history_id")))


def unchanged_since(row: models.Model, seen: int | None) -> None:
    if seen is not None and last_change(row) != seen:
        raise ValidationError(
            _(
                "Somebody has changed this entry while you were writing. What you wrote is still here: compare it with "
                "the entry as it stands now, then save again."
            ),
            code="changed",
        )


def apply(row: models.Model, changes: Mapping[str, Any]) -> frozenset[str]:
    """Write the values into the row; the names of those that differ."""
    changed = {name for name, value in changes.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, changes[name])
    if not changed:
        raise ValidationError(_("Nothing was changed."), code="unchanged")
    return frozenset(changed)


@dataclass(frozen=True)
class Edit:
    """What someone changes and why. ``seen`` is ``last_change`` of the row that they saw."""

    changes: Mapping[str, Any]
    reason: str
    seen: int | None = None
    spelling_only: bool = False
