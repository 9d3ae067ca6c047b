"""How an indicator stands: its numbers in words and in the places of a small picture. Needs no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from babel import numbers
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import Indicator, IndicatorValue

WIDTH, HEIGHT = 360, 184
LEFT, RIGHT, TOP, BOTTOM = 16, 340, 36, 146


class Reading(NamedTuple):
    """A number of an indicator, with the day as exactly as it is known."""

    on: date | None
    precision: str
    value: Decimal
    row: IndicatorValue | None = None

    @property
    def day(self) -> str:
        return texts.partial_date(self.on, self.precision)

    @property
    def number(self) -> str:
        return written(self.value)


class Point(NamedTuple):
    x: int
    y: int
    number: str
    label_y: int
    anchor: str


class Chart(NamedTuple):
    """Places of the picture: the way from the baseline over what was counted, and the line of the target."""

    width: int
    left: int
    right: int
    height: int
    path: str
    baseline: Point | None
    points: list[Point]
    target: Point | None
    target_number: str
    first_year: str
    last_year: str


def written(value: Decimal) -> str:
    """The number as readers see it, to the last digit that was entered: 1.250,0625."""
    locale = texts.LOCALES.get(texts.reader_language(), texts.LOCALES[texts.FALLBACK])
    return numbers.format_decimal(value, "#,##0.####", locale=locale)


@dataclass(frozen=True)
class Standing:
    """An indicator with what was counted, oldest first."""

    indicator: Indicator
    values: list[IndicatorValue]

    @property
    def readings(self) -> list[Reading]:
        return [Reading(row.on, row.on_precision, row.value, row) for row in self.values]

    @property
    def baseline(self) -> Reading | None:
        row = self.indicator
        return None if row.baseline is None else Reading(row.baseline_on, row.baseline_on_precision, row.baseline)

    @property
    def target(self) -> Reading | None:
        row = self.indicator
        return None if row.target is None else Reading(row.target_on, row.target_on_precision, row.target)

    @property
    def latest(self) -> Reading | None:
        return self.readings[-1] if self.values else None

    @property
    def has_chart(self) -> bool:
        """One point alone is no picture; two numbers are."""
        places = [each for each in (self.baseline, self.target, *self.readings) if each and each.on]
        return len(places) > 1 and bool(self.readings or self.baseline)

    @property
    def progress(self) -> str:
        """How far it is on the way to its target, in words."""
        latest, target = self.latest, self.target
        if latest is None:
            return _("Nothing has been counted yet.")
        if target is None:
            return _("No target is set.")
        if self.is_reached:
            return _("The target is reached.")
        share = self.share
        if share is None:
            return _("The target is not reached yet.")
        if share < 0:
            return _("Further from the target than at the start.")
        return _("%(percent)s of the way to the target") % {"percent": texts.percent(Decimal(int(share * 100)) / 100)}

    @property
    def is_reached(self) -> bool:
        latest, target = self.latest, self.target
        if latest is None or target is None:
            return False
        return latest.value >= target.value if self.indicator.more_is_better else latest.value <= target.value

    @property
    def share(self) -> Decimal | None:
        """Which part of the way from the baseline to the target is done; None where there is no way."""
        first, latest, target = self.baseline, self.latest, self.target
        if first is None or latest is None or target is None or first.value == target.value:
            return None
        return (latest.value - first.value) / (target.value - first.value)

    @property
    def description(self) -> str:
        """The picture for those who do not see it."""
        parts = []
        if self.baseline:
            parts.append(_("Baseline: %(number)s") % {"number": _dated(self.baseline)})
        if self.readings:
            counted = "; ".join(_dated(each) for each in self.readings)
            parts.append(_("Counted: %(numbers)s") % {"numbers": counted})
        if self.target:
            parts.append(_("Target: %(number)s") % {"number": _dated(self.target)})
        return ". ".join([*parts, self.progress])

    @property
    def chart(self) -> Chart:
        return _chart(self.baseline, self.readings, self.target)


def _dated(reading: Reading) -> str:
    return f"{reading.number} ({reading.day})" if reading.on else reading.number


def _chart(baseline: Reading | None, readings: Sequence[Reading], target: Reading | None) -> Chart:
    shown = [each for each in (baseline, *readings, target) if each is not None]
    days = sorted(each.on for each in shown if each.on)
    scale = _Scale(days, [each.value for each in shown])
    start = scale.point(baseline, days[0]) if baseline else None
    points = [scale.point(each, days[0]) for each in readings]
    goal = scale.point(target, days[-1]) if target else None
    line = [*([start] if start else []), *points]
    return Chart(
        width=WIDTH,
        left=LEFT,
        right=RIGHT,
        height=HEIGHT,
        path="M" + "L".join(f"{point.x} {point.y}" for point in line) if len(line) > 1 else "",
        baseline=start,
        points=points,
        target=goal,
        target_number=goal.number if goal else "",
        first_year=str(days[0].year),
        last_year=str(days[-1].year) if days[-1].year != days[0].year else "",
    )


class _Scale:
    """From days and numbers to pixels; the ground is zero, where that does not flatten the picture."""

    def __init__(self, days: Sequence[date], values: Sequence[Decimal]) -> None:
        self.first, self.last = days[0], days[-1]
        self.low, self.high = min(values), max(values)
        if self.low > 0 and self.high - self.low > self.high / 4:
            self.low = Decimal(0)

    def point(self, reading: Reading, otherwise: date) -> Point:
        span, height = (self.last - self.first).days, self.high - self.low
        along = ((reading.on or otherwise) - self.first).days / span if span else 0.5
        up = float((reading.value - self.low) / height) if height else 0.5
        x, y = round(LEFT + along * (RIGHT - LEFT)), round(BOTTOM - up * (BOTTOM - TOP))
        anchor = "start" if along < 0.2 else "end" if along > 0.8 else "middle"
        return Point(x, y, reading.number, y - 10, anchor)
