"""Reads the register as it stood at a moment, for one audience, in a constant number of queries.

One query a table, from its history; what belongs together is put together in memory. What was entered only after that
moment is read as it was when it was last known, for instance at the freeze. A row is seen only where its class allowed
it then and still allows it now: the strictest class decides, for the past too. What was erased says
so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from commitments.models import Protection

AUDIENCES: Mapping[str, tuple[str, ...]] = {
    "public": (Protection.PUBLIC.value,),
    "council": (Protection.PUBLIC.value, Protection.COUNCIL.value),
}


class Register:
    """Rows by their key. They answer to the same column names, whether they come from a table or from its history."""

    def __init__(self, moment: datetime, audience: str, *, known_by: datetime) -> None:
        self.moment = moment
        self.known_by = max(moment, known_by)
        self.seen = AUDIENCES[audience]

    def rows(self, model: type[models.Model], *order: str) -> dict[int, Any]:
        """All rows of a table, as of the moment; those that came later, as they were when last known."""
        key = model._meta.pk.attname
        history = model.history.filter(history_date__lte=self.known_by)  # type: ignore[attr-defined]
        then = Max("history_id", filter=Q(history_date__lte=self.moment))
        chosen = history.order_by().values(key).annotate(row=Coalesce(then, Max("history_id"))).values("row")
        rows = model.history.filter(history_id__in=chosen)  # type: ignore[attr-defined]
        rows = rows.exclude(history_type="-").order_by(*order, key)
        return {getattr(row, key): row for row in rows}

    def visible(self, model: type[models.Model], *order: str) -> dict[int, Any]:
        """Those that the audience may see."""
        still = set(model._default_manager.filter(protection__in=self.seen).values_list("pk", flat=True))
        rows = self.rows(model, *order).items()
        return {pk: row for pk, row in rows if pk in still and row.protection in self.seen}


def grouped(rows: Iterable[Any], column: str) -> Mapping[int, list[Any]]:
    """Rows by the row they belong to."""
    groups: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups
