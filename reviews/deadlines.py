"""What falls due for a person and when, for their calendar: counts and names of units.

A calendar leaves the house, so titles and names stay behind the sign-in, as in mails (rules 10 and 21). What one may
not see is not counted either.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments import renewals, texts
from commitments.models import OrganisationalUnit, Role, User
from reviews.models import (
    ANSWERED,
    FINAL_STATES,
    Assessment,
    AssessmentState,
    Confirmation,
    ConfirmationState,
    CycleState,
    FollowUp,
    ReminderDate,
    ReminderKind,
    ReviewCycle,
)

BEHIND = timedelta(days=365)
"""How long what was not done stays in the calendar."""

AHEAD = timedelta(days=3 * 365)
"""How far ahead renewals are told of."""


@dataclass(frozen=True)
class Deadline:
    """A day on which something is due. ``key`` stays the same while the words and counts change; ``path``: the page."""

    key: str
    on: date
    title: str
    text: str
    path: str


@dataclass
class Owed:
    """How far a unit is in a cycle."""

    open: int = 0
    waiting: int = 0
    total: int = 0
    released: int = 0


@dataclass(frozen=True)
class Reader:
    """Whose calendar it is, on which day, and what they answer and release for."""

    user: User
    today: date
    answers_for: frozenset[int]
    releases_for: frozenset[int]

    @property
    def is_officer(self) -> bool:
        return Role.OFFICER in self.user.roles


def of_person(user: User, today: date) -> list[Deadline]:
    """All that falls due for somebody, in the reader's language. At most ten queries, whatever the size."""
    reader = Reader(user, today, _units(user, Role.CONTACT, today), _units(user, Role.RELEASER, today))
    if not (user.is_city_wide or reader.answers_for or reader.releases_for):
        return []
    running = ReviewCycle.objects.visible_to(user).exclude(state__in=FINAL_STATES)
    cycles = {cycle.pk: cycle for cycle in running}
    owed = _owed(reader, cycles)
    units = OrganisationalUnit.objects.in_bulk({unit for _cycle, unit in owed})
    found: list[Deadline] = []
    for cycle in cycles.values():
        mine = {units[unit]: what for (pk, unit), what in owed.items() if pk == cycle.pk}
        found += _of_units(reader, cycle, mine)
    if user.is_city_wide:
        found += _of_the_city(reader, cycles, owed)
    found += _reminders(reader, cycles, owed)
    found += _promises(reader)
    if reader.is_officer:
        found += _renewals(reader)
    return sorted(found, key=lambda deadline: (deadline.on, deadline.key))


def _units(user: User, role: Role, today: date) -> frozenset[int]:
    """The units for which somebody holds a role, with those that these succeeded (rule 7)."""
    held = {row.unit_id for row in user.assignments_on(today) if row.role == role and row.unit_id}
    return frozenset().union(*(user.reach(unit) for unit in held)) if held else frozenset()


def _owed(reader: Reader, cycles: Iterable[int]) -> dict[tuple[int, int], Owed]:
    """How far each unit that the reader sees is, by cycle and unit; one query."""
    rows: QuerySet[Any] = Confirmation.objects.visible_to(reader.user).current().with_void()
    rows = rows.filter(cycle__in=list(cycles))
    if not reader.user.is_city_wide:
        rows = rows.filter(unit__in=reader.answers_for | reader.releases_for)
    counted = rows.order_by().values_list("cycle_id", "unit_id", "state", "is_void").annotate(n=Count("pk"))
    found: dict[tuple[int, int], Owed] = defaultdict(Owed)
    for cycle, unit, state, is_void, number in counted:
        owed = found[cycle, unit]
        owed.total += number
        owed.open += number if is_void or state not in ANSWERED else 0
        owed.waiting += number if state == ConfirmationState.SUBMITTED and not is_void else 0
        owed.released += number if state == ConfirmationState.RELEASED and not is_void else 0
    return found


# What units owe


def _of_units(reader: Reader, cycle: ReviewCycle, owed: dict[OrganisationalUnit, Owed]) -> Iterator[Deadline]:
    year = {"year": cycle.year}
    if cycle.state == CycleState.PLANNED and not reader.user.is_city_wide:
        path = reverse("reviews:answers")
        text = _("The units are asked on this day. The dates can still be moved.")
        yield Deadline(f"{cycle.year}-opens", cycle.opens_on, _("Answers %(year)s begin") % year, text, path)
        yield Deadline(f"{cycle.year}-due", cycle.confirm_by, _("Answers %(year)s are due") % year, text, path)
        return
    for unit, what in owed.items():
        path = reverse("reviews:confirm", args=[cycle.year, unit.key])
        key, name = f"{cycle.year}-{unit.key}", texts.localized(unit, "name")
        if unit.pk in reader.answers_for:
            yield Deadline(f"{key}-answers", cycle.confirm_by, _answers(what, cycle, name), _how_far(what), path)
            if what.open:
                title = _("Last day for answers %(year)s: %(unit)s") % (year | {"unit": name})
                text = _("What is missing after this day counts as “no reply”. %(far)s") % {"far": _how_far(what)}
                yield Deadline(f"{key}-last", cycle.last_reminder_on, title, text, path)
        if unit.pk in reader.releases_for and what.released < what.total:
            yield Deadline(f"{key}-release", cycle.confirm_by, _releases(what, cycle, name), _how_far(what), path)


def _answers(owed: Owed, cycle: ReviewCycle, unit: str) -> str:
    if not owed.open:
        return _("Answers %(year)s, all submitted: %(unit)s") % {"year": cycle.year, "unit": unit}
    words = ngettext("%(n)d answer %(year)s is due: %(unit)s", "%(n)d answers %(year)s are due: %(unit)s", owed.open)
    return words % {"n": owed.open, "year": cycle.year, "unit": unit}


def _releases(owed: Owed, cycle: ReviewCycle, unit: str) -> str:
    if not owed.waiting:
        return _("Release the answers %(year)s: %(unit)s") % {"year": cycle.year, "unit": unit}
    words = ngettext(
        "%(n)d answer %(year)s waits for your release: %(unit)s",
        "%(n)d answers %(year)s wait for your release: %(unit)s",
        owed.waiting,
    )
    return words % {"n": owed.waiting, "year": cycle.year, "unit": unit}


def _how_far(owed: Owed) -> str:
    counts = {"open": owed.open, "waiting": owed.waiting, "released": owed.released}
    return _("Open: %(open)d. Waiting for release: %(waiting)d. Released: %(released)d.") % counts


# What concerns the whole city


def _of_the_city(
    reader: Reader, cycles: dict[int, ReviewCycle], owed: dict[tuple[int, int], Owed]
) -> Iterator[Deadline]:
    """The days of each cycle, with what is missing for them."""
    verdicts = _verdicts(reader, cycles)
    for cycle in cycles.values():
        path = reverse("reviews:cycle", args=[cycle.year])
        units = [what for (pk, _unit), what in owed.items() if pk == cycle.pk]
        late = sum(bool(what.open) for what in units)
        missing = _("Answers that are open: %(open)d, in %(units)d units.") % {
            "open": sum(what.open for what in units),
            "units": late,
        }
        counts = verdicts[cycle.pk]
        graded = _("Assessments in progress: %(draft)d. Waiting for approval: %(waiting)d.") % {
            "draft": counts[AssessmentState.DRAFT] + counts[AssessmentState.RETURNED],
            "waiting": counts[AssessmentState.SUBMITTED],
        }
        is_planned = cycle.state == CycleState.PLANNED
        days = (
            ("reporting", cycle.reporting_date, _("Reporting date %(year)s"), ""),
            ("opens", cycle.opens_on, _("Answers %(year)s begin"), ""),
            ("due", cycle.confirm_by, _("Answers %(year)s are due"), "" if is_planned else missing),
            ("last", cycle.last_reminder_on, _("Last day for answers %(year)s"), "" if is_planned else missing),
            ("assess", cycle.assess_by, _("Assessments %(year)s are due, then the freeze"), graded),
        )
        for name, on, title, text in days:
            yield Deadline(f"{cycle.year}-{name}", on, title % {"year": cycle.year}, text, path)


def _verdicts(reader: Reader, cycles: Iterable[int]) -> dict[int, Counter[str]]:
    rows = Assessment.objects.visible_to(reader.user).filter(cycle__in=list(cycles))
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for cycle, state, number in rows.order_by().values_list("cycle_id", "state").annotate(n=Count("pk")):
        found[cycle][state] = number
    return found


def _reminders(reader: Reader, cycles: dict[int, ReviewCycle], owed: dict[tuple[int, int], Owed]) -> Iterator[Deadline]:
    """The days on which reminders are still to go out: all for the officer, for a contact their own."""
    asked = [cycle.pk for cycle in cycles.values() if cycle.state != CycleState.PLANNED]
    days = ReminderDate.objects.planned().filter(cycle__in=asked)
    mine = set(reader.answers_for) if not reader.is_officer else None
    if mine is not None and not mine:
        return
    for day in days:
        cycle = cycles[day.cycle_id]
        left = sum(what.open for (pk, unit), what in owed.items() if pk == cycle.pk and (mine is None or unit in mine))
        if mine is not None and (not left or day.kind == ReminderKind.ESCALATION):
            continue
        title = "%s %d" % (day.get_kind_display(), cycle.year)  # noqa: UP031 - two words and a number
        text = ngettext("%(n)d answer is open.", "%(n)d answers are open.", left) % {"n": left}
        path = reverse("reviews:mails", args=[cycle.year]) if mine is None else reverse("reviews:answers")
        yield Deadline(f"reminder-{day.pk}", day.on, title, text, path)


# Promises and renewals


def _promises(reader: Reader) -> Iterator[Deadline]:
    """Open follow-ups: the officer's and approver's by day, a unit's by day and unit; one query."""
    rows = FollowUp.objects.visible_to(reader.user).open().filter(due_on__gte=reader.today - BEHIND)
    sees_all = bool(reader.user.roles & {Role.OFFICER, Role.APPROVER})
    if not sees_all:
        rows = rows.filter(unit__in=reader.answers_for | reader.releases_for)
    columns = ("due_on", "unit__key", "unit__name_de", "unit__name_en")
    counted = rows.order_by("due_on", "unit__name_de").values_list(*columns).annotate(n=Count("pk"))
    by_day: dict[date, list[tuple[str, str, int]]] = defaultdict(list)
    for on, unit, german, english, number in counted:
        by_day[on].append((unit, texts.localized({"name_de": german, "name_en": english}, "name"), number))
    path = reverse("reviews:follow-up-list")
    for on, parts in by_day.items():
        if sees_all:
            total = sum(number for _unit, _name, number in parts)
            title = ngettext("%(n)d follow-up is due", "%(n)d follow-ups are due", total) % {"n": total}
            text = "\n".join(f"{name}: {number}" for _unit, name, number in parts)
            yield Deadline(f"promises-{on}", on, title, text, path)
            continue
        for unit, name, number in parts:
            words = ngettext("%(n)d follow-up is due: %(unit)s", "%(n)d follow-ups are due: %(unit)s", number)
            yield Deadline(f"promises-{unit}-{on}", on, words % {"n": number, "unit": name}, "", path)


def _renewals(reader: Reader) -> Iterator[Deadline]:
    """How many memberships and titles fall due on a day; their names stay behind the sign-in."""
    since = reader.today - BEHIND
    found = renewals.until(reader.user, reader.today, reader.today + AHEAD)
    by_day = Counter(each.due_on for each in found if each.due_on >= since)
    for on, number in sorted(by_day.items()):
        title = ngettext("%(n)d renewal is due", "%(n)d renewals are due", number) % {"n": number}
        yield Deadline(f"renewals-{on}", on, title, _("Memberships and titles"), reverse("reporting:home"))
