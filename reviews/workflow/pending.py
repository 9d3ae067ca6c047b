"""Which released answers report changes that the register does not hold yet, found for a whole cycle at once.

``reviews.workflow.changes`` compares one answer with its measure; here the same is asked of all of them. What other
rows say of the measures - units, money, what indicators counted - comes in one query, so that the number of reported
changes costs the same whatever is reported.
"""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast

from commitments.models import IndicatorValue, MeasureBudget, MeasureUnit, Part, User
from reviews.models import Confirmation, ConfirmationResult, ConfirmationState, ReviewCycle
from reviews.workflow.changes import UNITS, current_value, same
from reviews.workflow.figures import COUNTED, MONEY, is_figure, plain

Registered = Mapping[tuple[int, str], Any]
"""What the register says, by measure and field of a reported change."""


def pending_answers(user: User, cycle: ReviewCycle) -> list[int]:
    """Keys of the answers with reported changes that are not in the register, in the order they were released.

    Two queries.
    """
    rows = _reported(user, cycle)
    answers = list(rows.order_by("released_at", "pk").select_related("measure"))
    registered = _registered(rows)
    return [row.pk for row in answers if any(_is_pending(row, field, registered) for field in row.changes)]


def _reported(user: User, cycle: ReviewCycle) -> QuerySet[Confirmation]:
    rows = Confirmation.objects.visible_to(user).current().filter(cycle=cycle, state=ConfirmationState.RELEASED)
    return rows.filter(result=ConfirmationResult.CHANGED, measure__isnull=False).exclude(changes={})


def _is_pending(row: Confirmation, field: str, registered: Registered) -> bool:
    assert row.measure is not None
    new = row.changes[field][1]
    if is_figure(field) or field == UNITS:
        return not same(registered.get((row.measure.pk, field)), new)
    return not same(current_value(row.measure, field), new)


def _registered(answers: QuerySet[Confirmation]) -> Registered:
    """Contributing units, money and counted values of the answers' measures. One query."""
    measures = answers.order_by().values("measure")
    units = MeasureUnit.objects.filter(measure__in=measures, part=Part.CONTRIBUTING, ended_on=None)
    money = MeasureBudget.objects.filter(measure__in=measures, ended_on=None)
    counted = IndicatorValue.objects.filter(indicator__measure__in=measures)
    columns = (
        units.values_list(Value(UNITS), "measure", "unit__key", Value(""), Value("")),
        money.values_list(Value(MONEY), "measure", _text("year"), "source", _text("amount")),
        counted.values_list(Value(COUNTED), "indicator__measure", "indicator__key", _text("on"), _text("value")),
    )
    first, *others = (rows.order_by() for rows in columns)
    found: dict[tuple[int, str], Any] = defaultdict(list)
    for kind, measure, name, rest, number in first.union(*others, all=True):
        if kind == UNITS:
            found[measure, UNITS].append(name)
        else:
            found[measure, f"{kind}:{name}:{rest}"] = plain(Decimal(number))
    return dict(found)


def _text(column: str) -> Cast:
    return Cast(column, CharField())
