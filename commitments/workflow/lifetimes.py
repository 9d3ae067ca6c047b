"""Whether a unit was there when it is said to have done something.

The unit that a measure names must exist when the measure ends, or today where it still runs: earlier years may well
have been another unit's, and what comes later goes to the successor by itself (rule 7). A date that is known to its
month or year only refuses nothing that it may mean.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import Measure, MeasureStatus, OrganisationalUnit, Precision, UnitSuccession

DATES = frozenset({"starts_on", "starts_on_precision", "ends_on", "ends_on_precision", "status"})
"""Columns of a measure that say when it runs."""

OVER = (MeasureStatus.COMPLETED, MeasureStatus.DISCONTINUED)


@dataclass(frozen=True)
class Span:
    """The days on one of which a unit must exist."""

    first: date
    last: date


def last_day(first: date, precision: str) -> date:
    """The last day that a date known to its year or month only may mean."""
    if precision == Precision.YEAR:
        return date(first.year, 12, 31)
    if precision == Precision.MONTH:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        return following - timedelta(days=1)
    return first


def span_of(measure: Measure, today: date) -> Span:
    start = measure.starts_on
    if measure.ends_on and last_day(measure.ends_on, measure.ends_on_precision) <= today:
        return Span(measure.ends_on, last_day(measure.ends_on, measure.ends_on_precision))
    if measure.status in OVER:
        return Span(start or date.min, today)
    if start and start > today:
        return Span(start, last_day(start, measure.starts_on_precision))
    return Span(today, today)


def require_existing(field: str, units: Iterable[OrganisationalUnit], span: Span) -> None:
    """Raises ValidationError at the field, naming the unit's dates and who came after or before it."""
    sentences = [_sentence(unit, span) for unit in units if not _exists(unit, span)]
    if sentences:
        raise ValidationError({field: sentences})


def _exists(unit: OrganisationalUnit, span: Span) -> bool:
    return (unit.valid_from is None or unit.valid_from <= span.last) and (
        unit.valid_to is None or unit.valid_to >= span.first
    )


def _sentence(unit: OrganisationalUnit, span: Span) -> str:
    name = texts.localized(unit, "name")
    if unit.valid_to is not None and unit.valid_to < span.first:
        known = {"unit": name, "until": texts.long_date(unit.valid_to)}
        heirs = _names(UnitSuccession.objects.filter(unit=unit).select_related("successor"), "successor")
        if heirs:
            sentence = _("“%(unit)s” existed until %(until)s only; its successor is %(heirs)s. Choose that one.")
            return sentence % (known | {"heirs": heirs})
        return _("“%(unit)s” existed until %(until)s only. Choose a unit that exists when the measure runs.") % known
    known = {"unit": name, "since": texts.long_date(unit.valid_from)}
    before = _names(UnitSuccession.objects.filter(successor=unit).select_related("unit"), "unit")
    if before:
        sentence = _("“%(unit)s” exists since %(since)s only; before that it was %(before)s. Choose that one.")
        return sentence % (known | {"before": before})
    return _("“%(unit)s” exists since %(since)s only. Choose a unit that exists when the measure runs.") % known


def _names(rows: Iterable[UnitSuccession], end: str) -> str:
    return ", ".join(sorted(texts.localized(getattr(row, end), "name") for row in rows))
