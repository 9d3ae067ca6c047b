"""How far the units are with their answers: counted by unit in the database, and drawn over time."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.models import User
from commitments.texts import long_date, short_date
from reviews.models import ANSWERED, Confirmation, ConfirmationResult, ConfirmationState, Reminder, ReviewCycle
from reviews.views import shown

FILTERS = {
    "": gettext_lazy("All"),
    "silent": gettext_lazy("No reaction"),
    "open": pgettext_lazy("answers", "Open"),
    "waiting": gettext_lazy("Waiting for release"),
    "disputed": gettext_lazy("Disputed"),
    "void": gettext_lazy("No longer valid"),
    "done": pgettext_lazy("unit", "Done"),
}


@dataclass
class UnitProgress:
    """One unit's answers in a cycle, counted."""

    key: str
    name_de: str
    name_en: str
    total: int = 0
    released: int = 0
    submitted: int = 0
    draft: int = 0
    open: int = 0
    silent: int = 0
    disputed: int = 0
    void: int = 0
    last: datetime | None = None
    reminders: list[date] = field(default_factory=list)

    @property
    def parts(self) -> list[tuple[str, int]]:
        return [(name, getattr(self, name)) for name in ("released", "submitted", "draft", "open", "silent")]

    @property
    def is_done(self) -> bool:
        return self.released == self.total

    @property
    def states(self) -> set[str]:
        """Under which filters the unit is found."""
        found = {
            "silent": self.silent,
            "open": self.open + self.draft + self.silent,
            "waiting": self.submitted,
            "disputed": self.disputed,
            "void": self.void,
            "done": self.is_done,
        }
        return {"", *(name for name, holds in found.items() if holds)}

    def standing(self, *, is_over: bool) -> shown.Standing:
        """The unit in one word: what it waits for."""
        if self.is_done:
            return shown.Standing("done", _("Done"))
        if self.silent and self.silent + self.released == self.total:
            return shown.Standing("silent", _("No reply")) if is_over else shown.Standing("reminded", _("No reaction"))
        if not (self.open or self.draft or self.silent):
            return shown.Standing("submitted", _("Waiting for release"))
        untouched = not (self.draft or self.submitted or self.released)
        return shown.Standing("requested", _("Open")) if untouched else shown.Standing("draft", _("In progress"))


def by_unit(user: User, cycle: ReviewCycle, today: date, *, with_reminders: bool = True) -> list[UnitProgress]:
    """Each unit's count of what the user may see; two queries, whatever the size, or one without the reminders."""
    unanswered = ~Q(state__in=ANSWERED)
    silent = Q(state=ConfirmationState.REQUESTED) & Q(reminded=True)
    if shown.is_silent(cycle, today):
        silent = unanswered
    valid = Q(is_void=False)
    counted = {
        "total": Q(),
        "released": Q(state=ConfirmationState.RELEASED) & valid,
        "submitted": Q(state=ConfirmationState.SUBMITTED) & valid,
        "silent": silent,
        "draft": Q(state__in=(ConfirmationState.DRAFT, ConfirmationState.RETURNED)) & ~silent,
        "open": (Q(state=ConfirmationState.REQUESTED) & ~silent) | Q(is_void=True),
        "disputed": Q(result__in=(ConfirmationResult.DISPUTED, ConfirmationResult.NOT_OURS), state__in=ANSWERED),
        "void": Q(is_void=True),
    }
    rows = Confirmation.objects.visible_to(user).filter(cycle=cycle).current().with_void()
    rows = rows.annotate(reminded=Exists(Reminder.objects.filter(confirmation=OuterRef("pk"))))
    counts = rows.order_by("unit__name_de").values("unit__key", "unit__name_de", "unit__name_en")
    counts = counts.annotate(
        **{name: Count("pk", filter=condition) if condition else Count("pk") for name, condition in counted.items()},
        submitted_last=Max("submitted_at"),
        released_last=Max("released_at"),
    )
    reminders = _reminders(user, cycle) if with_reminders else {}
    return [_unit({**row}, reminders.get(row["unit__key"], [])) for row in counts]


def _unit(row: dict[str, Any], reminders: list[date]) -> UnitProgress:
    moments = [row.pop(name) for name in ("submitted_last", "released_last")]
    named = {name.removeprefix("unit__"): value for name, value in row.items()}
    last = max((moment for moment in moments if moment), default=None)
    return UnitProgress(**named, last=last, reminders=reminders)


def _reminders(user: User, cycle: ReviewCycle) -> dict[str, list[date]]:
    """On which days a unit was reminded of what the user may see."""
    seen = Confirmation.objects.visible_to(user)
    rows = Reminder.objects.filter(cycle=cycle, confirmation__in=seen).order_by("sent_on")
    found: dict[str, list[date]] = {}
    for key, day in rows.values_list("confirmation__unit__key", "sent_on").distinct():
        found.setdefault(key, []).append(day)
    return found


@dataclass(frozen=True)
class Facts:
    """All units together."""

    total: int
    released: int
    submitted: int
    draft: int
    open: int
    silent: int
    disputed: int
    void: int

    @classmethod
    def of(cls, units: list[UnitProgress]) -> "Facts":
        return cls(**{name: sum(getattr(unit, name) for unit in units) for name in cls.__dataclass_fields__})

    @property
    def unreleased(self) -> int:
        return self.total - self.released


@dataclass(frozen=True)
class Mark:
    """A place on an axis of the picture: per cent from the left, or pixels from the top, and its word."""

    at: str
    label: str


@dataclass(frozen=True)
class Picture:
    """Released answers since the opening, in per cent of width and height; last year's beside them."""

    now: str
    area: str
    before: str
    days: list[Mark]
    levels: list[Mark]
    reminders: list[Mark]
    today: Mark
    sentence: str
    rows: list[tuple[date, int]]


HEIGHT, TOP = 180, 20


def picture(user: User, cycle: ReviewCycle, today: date, reminders: list[date], total: int) -> Picture | None:
    """One query for both years; nothing before the opening."""
    if not total:
        return None
    released = Confirmation.objects.visible_to(user).current().with_void()
    released = released.filter(Q(is_void=False), state=ConfirmationState.RELEASED)
    days = released.filter(cycle__year__in=(cycle.year, cycle.year - 1)).annotate(day=TruncDate("released_at"))
    counts = days.order_by("day").values_list("cycle__year", "cycle__opens_on", "day")
    length = max((cycle.confirm_by - cycle.opens_on).days, 1)
    sums: dict[int, dict[int, int]] = {cycle.year: {}, cycle.year - 1: {}}
    for year, opened, day, count in counts.annotate(n=Count("pk")):
        offset = min(max((day - opened).days, 0), length)
        sums[year][offset] = sums[year].get(offset, 0) + count
    until = min(max((today - cycle.opens_on).days, 0), length)
    now = _cumulative(sums[cycle.year], until)
    before = _cumulative(sums[cycle.year - 1], length) if sums[cycle.year - 1] else []
    top = max(total, *before, 1)
    line = _line(now, length, top)
    marks = [(day - cycle.opens_on).days for day in reminders if cycle.opens_on <= day <= cycle.confirm_by]
    sentence = _("On %(day)s, %(released)s of %(total)s answers are released.")
    return Picture(
        now=line,
        area=f"{line}L{100 * until / length:.1f} 100L0 100Z",
        before=_line(before, length, top) if before else "",
        days=[_day(cycle.opens_on, offset, length) for offset in (0, length // 2, length)],
        levels=[Mark(str(round(TOP + HEIGHT * (1 - n / top))), str(n)) for n in _levels(top)],
        reminders=[Mark(_across(offset, length), "") for offset in sorted(set(marks))],
        today=Mark(_across(until, length), str(now[-1])),
        sentence=sentence % {"day": long_date(today), "released": now[-1], "total": total},
        rows=[(cycle.opens_on + timedelta(days=offset), now[offset]) for offset in sorted(sums[cycle.year])],
    )


def _cumulative(by_day: dict[int, int], until: int) -> list[int]:
    found, running = [], 0
    for offset in range(until + 1):
        running += by_day.get(offset, 0)
        found.append(running)
    return found


def _line(values: list[int], length: int, top: int) -> str:
    points = [f"{100 * offset / length:.1f} {100 * (1 - value / top):.1f}" for offset, value in enumerate(values)]
    return "M" + "L".join(points)


def _across(offset: int, length: int) -> str:
    """Where a day lies in the picture, whose axis runs from 8 to 98 per cent."""
    return f"{8 + 90 * offset / length:.1f}%"


def _day(first: date, offset: int, length: int) -> Mark:
    return Mark(_across(offset, length), short_date(first + timedelta(days=offset))[:5])


def _levels(top: int) -> list[int]:
    step = next(
        step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if top / step <= 4 or step > 999
    )
    return [*range(0, top - step // 2, step), top]
