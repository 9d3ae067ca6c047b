"""How far the units are with their answers, counted by unit in the database."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.models import User
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
