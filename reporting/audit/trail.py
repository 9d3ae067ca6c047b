"""The trail of changes: which leaves of the ledger someone asks for, filtered in the database, newest first.

The order of the ledger is the order of insertion, which is the leaf's index; who, when and why stand in the history
tables. So a filter is one condition on leaves with a subquery for each table, and a page is a page of leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value

from commitments import search
from commitments.history import end_of
from commitments.models import (
    Commitment,
    Engagement,
    Instrument,
    LedgerLeaf,
    Measure,
    OrganisationalUnit,
    User,
)
from commitments.tracking import history_model
from reporting.audit.withheld import Model, tracked, withheld, withheld_rows
from reviews.models import ReviewCycle

SYSTEM = "system"
"""Stands for acts of the system itself, where a person is asked for."""

ACTS = ("+", "~", "erased")


@dataclass(frozen=True)
class Wanted:
    """What of the trail is asked for; whatever is empty does not narrow it."""

    kind: str = ""
    who: str = ""
    acting_for: str = ""
    about: "tuple[Model, int] | None" = None
    act: str = ""
    first: date | None = None
    last: date | None = None
    why: str = ""

    @property
    def models(self) -> Sequence[Model]:
        return [model for model in tracked() if self.kind in ("", model._meta.model_name)]

    @property
    def narrows_rows(self) -> bool:
        """Whether the history tables must be asked, not only the leaves."""
        return any((self.who, self.acting_for, self.about, self.act, self.first, self.last, self.why))

    def rows(self, model: Model) -> "QuerySet[Any] | None":
        """The history rows of one model that are asked for; None where there cannot be any."""
        found = history_model(model).objects.order_by()
        if self.about:
            of_it = _about(model, *self.about)
            if not of_it:
                return None
            found = found.filter(of_it)
        found = found.filter(self._people(), self._when())
        if self.act:
            found = found.filter(self._act())
        return search.containing(found, ("history_change_reason",), self.why)

    def _people(self) -> Q:
        asked = Q()
        if self.who:
            asked &= Q(history_user_id__isnull=True) if self.who == SYSTEM else Q(history_user_id=int(self.who))
        if self.acting_for:
            asked &= Q(acting_for_id=int(self.acting_for))
        return asked

    def _when(self) -> Q:
        asked = Q()
        if self.first:
            asked &= Q(history_date__gte=end_of(self.first - timedelta(days=1)))
        if self.last:
            asked &= Q(history_date__lt=end_of(self.last))
        return asked

    def _act(self) -> Q:
        erased = Q(erased_on__isnull=False)
        return erased if self.act == "erased" else Q(history_type=self.act) & ~erased


def _about(model: Model, target: Model, pk: int) -> Q:
    """The condition for history rows of a model that are about a row or name it."""
    asked = Q()
    for field in model._meta.concrete_fields:
        names_it = field.related_model is target
        if names_it or (field.primary_key and issubclass(model, target)):
            asked |= Q(**{field.attname: pk})
    return asked


REFERENCES: tuple[tuple[Model, str], ...] = (
    (Measure, "reference"),
    (Commitment, "reference"),
    (Engagement, "key"),
    (Instrument, "key"),
    (OrganisationalUnit, "key"),
)


def find(reference: str, user: User) -> "tuple[Model, int] | None":
    """What a reference stands for, as people write it: M-012, K-003, a year, or the key in an address."""
    asked = reference.strip()
    places = ((ReviewCycle, "year"),) if asked.isdecimal() else REFERENCES
    parts = [_referred(model, column, asked, user) for model, column in places]
    for label, pk in parts[0].union(*parts[1:]) if parts[1:] else parts[0]:
        return next(model for model, _column in places if model._meta.label == label), pk
    return None


def _referred(model: Model, column: str, asked: str, user: User) -> "QuerySet[Any]":
    """The row of a model that someone may see and that is called so."""
    rows: QuerySet[Any] = QuerySet(model).order_by().filter(**{f"{column}__iexact": asked})
    hidden = withheld_rows(model, user)
    seen: QuerySet[Any] = rows if hidden is None else rows.exclude(pk__in=hidden.values("pk"))
    named: QuerySet[Any] = seen.annotate(of=Value(model._meta.label, output_field=CharField())).values_list("of", "pk")
    return named


def table_of(model: Model) -> str:
    return str(history_model(model)._meta.db_table)


def model_of(table: str) -> Model | None:
    return _tables().get(table)


@cache
def _tables() -> Mapping[str, Model]:
    return {table_of(model): model for model in tracked()}


def leaves(user: User, wanted: Wanted) -> "QuerySet[LedgerLeaf]":
    """The leaves of the rows that are asked for and that someone may see, the last written first."""
    hidden = withheld(user)
    found = _of_rows(wanted, hidden) if wanted.narrows_rows else _of_tables(wanted, hidden)
    return found.select_related("node").order_by("-index")


def _of_tables(wanted: Wanted, hidden: Mapping[Model, "QuerySet[Any]"]) -> "QuerySet[LedgerLeaf]":
    found = LedgerLeaf.objects.all()
    if wanted.kind:
        found = found.filter(table__in=[table_of(model) for model in wanted.models])
    for model, rows in hidden.items():
        found = found.exclude(table=table_of(model), history_id__in=rows.values("history_id"))
    return found


def _of_rows(wanted: Wanted, hidden: Mapping[Model, "QuerySet[Any]"]) -> "QuerySet[LedgerLeaf]":
    asked = Q(pk__in=())
    for model in wanted.models:
        rows = wanted.rows(model)
        if rows is None:
            continue
        if model in hidden:
            rows = rows.exclude(history_id__in=hidden[model].values("history_id"))
        asked |= Q(table=table_of(model), history_id__in=rows.values("history_id"))
    return LedgerLeaf.objects.filter(asked)
