"""Reads the register as it stood at a moment, for one audience, in a constant number of queries.

One query a table, from its history where a moment is asked for; what belongs together is put together in memory. A
row is seen only where its class allowed it then and still allows it now: the strictest class decides, for the past too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models

from commitments.models import Protection

AUDIENCES: Mapping[str, tuple[str, ...]] = {
    "public": (Protection.PUBLIC.value,),
    "council": (Protection.PUBLIC.value, Protection.COUNCIL.value),
}


class Register:
    """Rows by their key. They answer to the same column names, whether they come from a table or from its history."""

    def __init__(self, moment: datetime | None, audience: str) -> None:
        self.moment = moment
        self.seen = AUDIENCES[audience]

    def rows(self, model: type[models.Model], *order: str) -> dict[int, Any]:
        """All rows of a table, as of the moment."""
        if self.moment is None:
            return {row.pk: row for row in model._default_manager.order_by(*order, "pk")}
        key = model._meta.pk.attname if model._meta.pk else "id"
        past = model.history.filter(history_date__lte=self.moment).latest_of_each()  # type: ignore[attr-defined]
        rows = past.filter(erased_on__isnull=True).exclude(history_type="-").order_by(*order, key)
        return {getattr(row, key): row for row in rows}

    def visible(self, model: type[models.Model], *order: str) -> dict[int, Any]:
        """Those that the audience may see."""
        rows = self.rows(model, *order)
        if self.moment is not None:
            still = set(model._default_manager.filter(protection__in=self.seen).values_list("pk", flat=True))
            rows = {pk: row for pk, row in rows.items() if pk in still}
        return {pk: row for pk, row in rows.items() if row.protection in self.seen}


def grouped(rows: Iterable[Any], column: str) -> Mapping[int, list[Any]]:
    """Rows by the row they belong to."""
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups
