"""How the answers came in: released, submitted and open on each day since the opening, read from the history.

A row of the history that somebody may not see is in no sum (rule 10). Three patterns and their words say what the
colours say; the same figures stand in a table beside the picture.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from commitments.models import Measure, User
from commitments.texts import long_date, short_date
from commitments.tracking import history_model
from reviews.models import Confirmation, ConfirmationState, CycleState, ReviewCycle

RELEASED, SUBMITTED, OPEN = range(3)
NOT_ASKED = -1
KIND_OF = {ConfirmationState.RELEASED.value: RELEASED, ConfirmationState.SUBMITTED.value: SUBMITTED}
MOST_ROWS = 60
"""Longer tables name the days on which something changed alone."""


class Day(NamedTuple):
    """How many answers stood how at the end of a day."""

    on: date
    released: int
    submitted: int
    open: int
    is_reminder: bool = False

    @property
    def total(self) -> int:
        return self.released + self.submitted + self.open


@dataclass(frozen=True)
class Mark:
    """A place on an axis of the picture: per cent from the left, or pixels from the top, and its word."""

    at: str
    label: str = ""


@dataclass(frozen=True)
class Picture:
    """Answers by day as areas that lie on each other; last year's as a line."""

    released: str
    submitted: str
    open: str
    before: str
    days: list[Mark]
    levels: list[Mark]
    reminders: list[Mark]
    planned: list[Mark]
    deadline: Mark | None
    sentence: str
    rows: list[Day]
    last: Day


ACROSS, HEIGHT, TOP = 600, 180, 20
"""The measure of the areas, and where they begin below the upper edge; about as many pixels on a screen."""

LEFT, WIDTH = 8, 90
"""Where the axis of days lies, in per cent of the picture's width."""


def picture(
    user: User,
    cycle: ReviewCycle,
    today: date,
    reminders: Iterable[date],
    planned: Iterable[date],
    *,
    with_last_year: bool = True,
) -> Picture | None:
    """Three queries, whatever the size; nothing before the opening or where nothing was asked.

    ``reminders``: the days on which units were reminded; ``planned``: those that are still to come.
    """
    if cycle.state == CycleState.PLANNED:
        return None
    until = min(today, localdate(cycle.frozen_at)) if cycle.frozen_at else today
    first = min(cycle.opens_on, localdate(cycle.opened_at)) if cycle.opened_at else cycle.opens_on
    counted = list(_days(_steps(user, cycle), first, max(until, first)))
    if not counted or not counted[-1].total:
        return None
    reminded = sorted(set(reminders))
    to_come = sorted({day for day in planned if day > until})
    counted = [day._replace(is_reminder=day.on in reminded) for day in counted]
    axis = Axis(first, max(cycle.last_reminder_on if not cycle.is_final else cycle.confirm_by, until, *to_come[-1:]))
    before = _last_year(user, cycle, axis.length) if with_last_year else []
    top = max(*(day.total for day in counted), *before, 1)
    released = [day.released for day in counted]
    submitted = [day.released + day.submitted for day in counted]
    every = [day.total for day in counted]
    return Picture(
        released=axis.area(released, [0] * len(counted), top),
        submitted=axis.area(submitted, released, top),
        open=axis.area(every, submitted, top),
        before=axis.line(before, top),
        days=axis.days(),
        levels=[Mark(str(round(TOP + HEIGHT * (1 - n / top))), str(n)) for n in _levels(top)],
        reminders=[Mark(axis.across(day), _short(day)) for day in reminded if first <= day <= axis.last],
        planned=[Mark(axis.across(day), _short(day)) for day in to_come],
        deadline=Mark(axis.across(cycle.confirm_by)) if first <= cycle.confirm_by <= axis.last else None,
        sentence=_sentence(counted[-1]),
        rows=_table(counted),
        last=counted[-1],
    )


@dataclass(frozen=True)
class Axis:
    """The days of the picture, from left to right."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return max((self.last - self.first).days, 1)

    def across(self, day: date) -> str:
        return f"{LEFT + WIDTH * (day - self.first).days / self.length:.1f}%"

    def points(self, values: list[int], top: int) -> list[str]:
        """Where the values of the days from the first one on lie, in the measure of the areas."""
        return [
            f"{ACROSS * min(offset, self.length) / self.length:.1f} {HEIGHT * (1 - value / top):.1f}"
            for offset, value in enumerate(values)
        ]

    def area(self, upper: list[int], lower: list[int], top: int) -> str:
        back = reversed(self.points(lower, top))
        return f"M{'L'.join(self.points(upper, top))}L{'L'.join(back)}Z"

    def line(self, values: list[int], top: int) -> str:
        return f"M{'L'.join(self.points(values, top))}" if values else ""

    def days(self) -> list[Mark]:
        offsets = sorted({0, self.length // 2, self.length})
        return [
            Mark(self.across(day), _short(day)) for offset in offsets for day in [self.first + timedelta(days=offset)]
        ]


class Step(NamedTuple):
    """On a day an answer passes from one kind to another."""

    on: date
    before: int
    after: int


def _steps(user: User, cycle: ReviewCycle) -> Iterator[Step]:
    """What happened to every answer that the reader may see, in the order in which it was written down."""
    seen: QuerySet[Confirmation] = Confirmation.objects.visible_to(user).filter(cycle=cycle)
    past = history_model(Confirmation).objects.filter(cycle_id=cycle.pk, id__in=seen.order_by().values("pk"))
    stands: dict[int, int] = {}
    for pk, state, follows, at in past.order_by("history_id").values_list("id", "state", "follows_id", "history_date"):
        kind, day = KIND_OF.get(state, OPEN), localdate(at)
        if pk not in stands and follows in stands:  # asked again: the new request stands in the place of the old one
            yield Step(day, stands.pop(follows), NOT_ASKED)
        before = stands.get(pk, NOT_ASKED)
        if before != kind:
            yield Step(day, before, kind)
        stands[pk] = kind
    for pk, at in _void(seen):
        if stands.get(pk, OPEN) != OPEN:
            yield Step(localdate(at), stands[pk], OPEN)


def _void(seen: QuerySet[Confirmation]) -> Iterable[tuple[int, datetime]]:
    """Answers that no longer hold, with the moment since when: the last change of their measure (rule 4)."""
    changed = history_model(Measure).objects.filter(id=OuterRef("measure_id")).order_by("-history_id")
    void = seen.current().with_void().filter(is_void=True)  # type: ignore[attr-defined]
    return void.order_by().values_list("pk", Subquery(changed.values("history_date")[:1]))  # type: ignore[no-any-return]


def _days(steps: Iterable[Step], first: date, until: date) -> Iterator[Day]:
    """The sums at the end of each day; what happened outside the days counts on the nearest one."""
    changes: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for step in steps:
        on = min(max(step.on, first), until)
        if step.before != NOT_ASKED:
            changes[on][step.before] -= 1
        if step.after != NOT_ASKED:
            changes[on][step.after] += 1
    sums = (0, 0, 0)
    for offset in range((until - first).days + 1):
        day = first + timedelta(days=offset)
        if day in changes:
            released, submitted, open_ = changes[day]
            sums = (sums[RELEASED] + released, sums[SUBMITTED] + submitted, sums[OPEN] + open_)
        yield Day(day, *sums)


def _last_year(user: User, cycle: ReviewCycle, length: int) -> list[int]:
    """Last year's released answers by the days since their opening; of what is frozen the row itself tells the day."""
    rows = Confirmation.objects.visible_to(user).current().filter(state=ConfirmationState.RELEASED)
    rows = rows.filter(Q(cycle__year=cycle.year - 1), released_at__isnull=False)
    days = [0] * (length + 1)
    found = False
    for opened, at in rows.order_by().values_list("cycle__opens_on", "released_at"):
        days[min(max((localdate(at) - opened).days, 0), length)] += 1
        found = True
    return list(accumulate(days)) if found else []


def _sentence(day: Day) -> str:
    sentence = _(
        "On %(day)s, %(released)s of %(total)s answers are released, %(submitted)s submitted and %(open)s still open."
    )
    named = {"released": day.released, "submitted": day.submitted, "open": day.open, "total": day.total}
    return sentence % {"day": long_date(day.on), **named}


def _table(counted: list[Day]) -> list[Day]:
    """All days; where they are many, those on which something changed or a reminder went out, and the last one."""
    if len(counted) <= MOST_ROWS:
        return counted
    kept = [counted[0]]
    for before, day in pairwise(counted):
        if day[1:4] != before[1:4] or day.is_reminder:
            kept.append(day)
    return kept if kept[-1] == counted[-1] else [*kept, counted[-1]]


def _short(day: date) -> str:
    """Day and month alone."""
    return short_date(day)[:6].rstrip("/")


def _levels(top: int) -> list[int]:
    step = next(
        step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if top / step <= 4 or step > 999
    )
    return [*range(0, top - step // 2, step), top]
