"""Figures that a unit reports with an answer: money by year and source, and what its indicators counted.

In ``Confirmation.changes`` a figure is a field like others: ``money:2026:Haushalt``, ``indicator:m-012-i1:2026-09-30``,
with the old and the new number as decimal text, or None. They are reached over the measure's own rows, so that pages
can fetch those of many measures at once: ``PREFETCHED``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from commitments.indicators import written
from commitments.models import Indicator, Measure, MeasureBudget
from commitments.texts import euro, localized
from commitments.workflow import indicators
from commitments.workflow.parts import Act
from commitments.workflow.steps import Edit
from reviews.models import Confirmation

MONEY, COUNTED = "money", "indicator"
PREFETCHED = ("measure__budgets", "measure__indicators__values")


@dataclass(frozen=True)
class Figure:
    """A number that a unit can report. ``field`` names it among the changes; ``before`` is the last one known."""

    field: str
    label: str
    current: str | None
    before: str = ""
    unit: str = ""

    @property
    def is_money(self) -> bool:
        return is_money(self.field)


def is_figure(field: str) -> bool:
    return field.split(":", 1)[0] in (MONEY, COUNTED)


def is_money(field: str) -> bool:
    return field.startswith(f"{MONEY}:")


def fetched(rows: Iterable[Confirmation]) -> list[Confirmation]:
    """The answers; where any reports figures, what these stand in is fetched for all of them at once."""
    found = list(rows)
    prefetch_related_objects([row for row in found if any(map(is_figure, row.changes))], *PREFETCHED)
    return found


def figures_of(measure: Measure, on: date) -> Iterator[Figure]:
    """What can be reported as of a day: money of its year by source, and each indicator that still runs."""
    budgets = [row for row in measure.budgets.all() if row.ended_on is None]
    known = {(row.year, row.source): row.amount for row in budgets}
    for source in sorted({row.source for row in budgets if row.year >= on.year - 1} or {""}):
        field = f"{MONEY}:{on.year}:{source}"
        now, last = known.get((on.year, source)), known.get((on.year - 1, source))
        before = _("%(year)s: %(amount)s") % {"year": on.year - 1, "amount": euro(last)} if last is not None else ""
        yield Figure(field, label_of(measure, field), None if now is None else plain(now), before, "€")
    for indicator in measure.indicators.all():
        if indicator.ended_on is None:
            yield _counted(measure, indicator, on)


def current_figure(measure: Measure, field: str) -> str | None:
    """What the register says of a figure now."""
    kind, name, rest = field.split(":", 2)
    if kind == MONEY:
        rows = (row for row in measure.budgets.all() if row.ended_on is None)
        return next((plain(row.amount) for row in rows if (str(row.year), row.source) == (name, rest)), None)
    found = _indicator(measure, name)
    values = found.values.all() if found else ()
    return next((plain(value.value) for value in values if value.on.isoformat() == rest), None)


def label_of(measure: Measure | None, field: str) -> str:
    """What a figure is called; an indicator by its key where the measure is not at hand."""
    kind, name, rest = field.split(":", 2)
    if kind == MONEY:
        year = _("Budget %(year)s") % {"year": name}
        return f"{year}, {rest}" if rest else year
    found = _indicator(measure, name) if measure else None
    return localized(found, "name") if found else name


def shown(field: str, value: str | None) -> str:
    """A figure as it is read; nothing where there is none."""
    if not value:
        return ""
    number = Decimal(value)
    return euro(number) if is_money(field) else written(number)


def require_number(field: str, value: object) -> None:
    """Raise ValidationError for what the register could not take."""
    try:
        number = Decimal(str(value)) if value is not None else Decimal(0)
        if not is_money(field):
            date.fromisoformat(field.rsplit(":", 1)[1])
    except (InvalidOperation, ValueError):
        number = Decimal("NaN")
    if not number.is_finite() or (is_money(field) and number < 0):
        raise ValidationError(_("“%(value)s” is not a number that can be reported."), params={"value": str(value)[:40]})


def enter(measure: Measure, field: str, value: str | None, act: Act) -> None:
    """Write a reported figure into the register; one that the unit left empty changes nothing."""
    if value is None:
        return
    kind, name, rest = field.split(":", 2)
    if kind == MONEY:
        row = MeasureBudget.objects.filter(measure=measure, year=int(name), source=rest).first()
        row = row or MeasureBudget(measure=measure, year=int(name), source=rest)
        row.amount, row.ended_on = Decimal(value), None
        act.save(row)
        return
    indicator = Indicator.objects.filter(measure=measure, key=name).first()
    if indicator is None:
        raise ValidationError(_("The indicator “%(key)s” no longer belongs to this measure."), params={"key": name})
    known = indicator.values.filter(on=date.fromisoformat(rest)).first()
    if known is None:
        columns = {"value": Decimal(value), "on": date.fromisoformat(rest), "note": act.reason}
        indicators.enter_value(indicator, columns, actor=act.actor, at=act.at)
    else:
        edit = Edit({"value": Decimal(value)}, act.reason)
        indicators.correct_value(known, edit, actor=act.actor, at=act.at)


def _counted(measure: Measure, indicator: Indicator, on: date) -> Figure:
    field = f"{COUNTED}:{indicator.key}:{on.isoformat()}"
    earlier = [value for value in indicator.values.all() if value.on < on]
    last = max(earlier, key=lambda value: value.on, default=None)
    before = f"{last.on.year}: {written(last.value)}" if last else ""
    current = current_figure(measure, field)
    return Figure(field, localized(indicator, "name"), current, before, indicator.unit_of_measure)


def _indicator(measure: Measure, key: str) -> Indicator | None:
    return next((row for row in measure.indicators.all() if row.key == key), None)


def plain(number: Decimal) -> str:
    """The same text for the same number, however many noughts it was stored with: "72500", "1.5"."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
