"""The yearly round: planned from the last one, opened after a look at what it asks, assessed, frozen."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Value
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commitments import clock, renewals
from commitments.forms import add_errors
from commitments.jobs import enqueue
from commitments.models import City, OrganisationalUnit, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.texts import long_date
from reviews import letters
from reviews.forms import CYCLE_DATES, CYCLE_WORDS, CycleForm, ReasonForm
from reviews.models import (
    Confirmation,
    CycleState,
    MailKind,
    Reminder,
    ReminderDate,
    ReminderKind,
    ReviewCycle,
)
from reviews.views import progress
from reviews.views.checks import freezing
from reviews.views.progress_over_time import Picture, picture
from reviews.workflow import cycles as workflow
from reviews.workflow import mails
from reviews.workflow.pending import pending_answers
from reviews.workflow.schedule import SEVERITY
from reviews.workflow.scope import Scope, scope_of


@require_GET
def cycle_list(request: UserRequest) -> HttpResponse:
    """All rounds, the latest first."""
    rows = ReviewCycle.objects.visible_to(request.user).select_related("scale")
    return render(request, "reviews/cycle_list.html", {"cycles": rows})


@require_http_methods(["GET", "POST"])
def plan(request: UserRequest) -> HttpResponse:
    """Plan a round; the form holds last year's days, a year later."""
    require(request.user, Verb.PLAN_CYCLE, on=clock.today())
    form = CycleForm(request.POST or None, initial=_next_dates())
    if form.is_valid():
        dates = workflow.CycleDates(**{name: form.cleaned_data[name] for name in CYCLE_DATES})
        year, scale = form.cleaned_data["year"], form.cleaned_data["scale"]
        try:
            workflow.plan_cycle(year, dates, scale, _words(form), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The review cycle %(year)s is planned.") % {"year": year})
            return redirect("reviews:cycle", year)
    return render(request, "reviews/cycle_plan.html", {"form": form})


@require_http_methods(["GET", "POST"])
def change_dates(request: UserRequest, year: int) -> HttpResponse:
    """Move the days of a round that is not over."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.PLAN_CYCLE, on=clock.today())
    form = CycleForm(request.POST or None, instance=cycle)
    for name in ("year", "scale"):
        form.fields[name].disabled = True
    reason = ReasonForm(request.POST or None)
    if form.is_valid() and reason.is_valid():
        dates = workflow.CycleDates(**{name: form.cleaned_data[name] for name in CYCLE_DATES})
        try:
            workflow.change_dates(
                cycle, dates, _words(form), actor=request.user, at=clock.now(), reason=reason.cleaned_data["reason"]
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The new dates hold."))
            return redirect("reviews:cycle", year)
    return render(request, "reviews/cycle_dates.html", {"form": form, "reason": reason, "year": year})


def _words(form: CycleForm) -> workflow.Words:
    said = form.cleaned_data
    others = {name: said[name] for name in workflow.Words.OTHERS}
    return workflow.Words(said["letter_de"], said["letter_en"], **others)


@require_GET
def cycle(request: UserRequest, year: int) -> HttpResponse:
    """One round: where it stands, its days, and the next step."""
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user).select_related("scale"), year=year)
    today = clock.today()
    context: dict[str, Any] = {"cycle": found, "today": today, "phases": phases(found, today)}
    if request.user.is_city_wide and found.state != CycleState.PLANNED:
        facts = progress.Facts.of(progress.by_unit(request.user, found, today, with_reminders=False))
        pending = 0 if found.is_final else len(pending_answers(request.user, found))
        context |= {"facts": facts, **freezing(request.user, found, today, facts, pending)}
        context["picture"] = drawn(
            request.user, found, today, reminders(reminded(request.user, found, today)), with_last_year=False
        )
    context["editions"] = _editions()
    context["lapses"] = lapses(request.user, found, today)
    return render(request, "reviews/cycle.html", context)


def lapses(user: User, cycle: ReviewCycle, today: date) -> list[renewals.Renewal]:
    """Renewals that had lapsed: today in a running cycle, on the day of the freeze in one that is over (rule 17)."""
    if cycle.state == CycleState.PLANNED:
        return []
    if not cycle.is_final:
        return renewals.lapsed(user, today)
    return renewals.lapsed_then(user, localdate(cycle.frozen_at) if cycle.frozen_at else cycle.assess_by)


@require_http_methods(["GET", "POST"])
def open_cycle(request: UserRequest, year: int) -> HttpResponse:
    """What will be asked of whom; POST asks it, a large round in the background."""
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.OPEN_CYCLE, on=clock.today())
    scope = scope_of(found, clock.today()).seen_by(request.user)
    if request.method == "POST":
        if len(scope.requests) > MANY:
            job = enqueue("open-cycle", asked_by=request.user, cycle=found.pk, actor=request.user.pk)
            return redirect(f"{reverse('reviews:cycle-open', args=[year])}?job={job.pk}")
        try:
            opening = mails.open_and_ask(found, actor=request.user, at=clock.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, str(opening))
            return redirect("reviews:board", year)
    context = {"cycle": found, "scope": scope, "rows": _asked(scope), "job": _job(request)}
    return render(request, "reviews/cycle_open.html", context)


@require_GET
def mails_to_come(request: UserRequest, year: int) -> HttpResponse:
    """The mails word for word: what the opening will send, what a reminder and the letter to the head would say now."""
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.OPEN_CYCLE, on=clock.today())
    wanted = request.GET.get("kind", "")
    kind = MailKind(wanted) if wanted in PREVIEWED else MailKind.REQUEST
    chips = [
        {"label": MailKind(value).label, "url": f"?kind={value}", "is_active": value == kind} for value in PREVIEWED
    ]
    context = {"cycle": found, "kind": kind, "chips": chips, "letters": _letters(found, kind)}
    return render(request, "reviews/cycle_letters.html", context)


@require_POST
def begin_assessing(request: UserRequest, year: int) -> HttpResponse:
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.OPEN_CYCLE, on=clock.today())
    try:
        workflow.begin_assessing(found, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The assessment has begun. Late answers still come in."))
    return redirect("reviews:cycle", year)


@require_POST
def freeze(request: UserRequest, year: int) -> HttpResponse:
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.FREEZE_CYCLE, on=clock.today())
    try:
        workflow.freeze_cycle(found, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The review cycle %(year)s is frozen.") % {"year": year})
    return redirect("reviews:cycle", year)


@require_http_methods(["GET", "POST"])
def undo_freeze(request: UserRequest, year: int) -> HttpResponse:
    """The approver takes a mistaken freeze back, with a reason."""
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.UNDO_FREEZE, on=clock.today())
    form = ReasonForm(request.POST or None, hint=_("It stays in the audit ledger for good."))
    if form.is_valid():
        try:
            workflow.undo_freeze(found, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The freeze is undone. The cycle is being assessed again."))
            return redirect("reviews:cycle", year)
    return render(request, "reviews/cycle_undo_freeze.html", {"cycle": found, "form": form})


PREVIEWED = (MailKind.REQUEST.value, MailKind.REMINDER.value, MailKind.ESCALATION.value)

MANY = 1000
"""So many requests take longer than a click."""


@dataclass(frozen=True)
class Asked:
    """How much a unit will be asked."""

    unit: OrganisationalUnit
    count: int
    nil: int

    @property
    def measures(self) -> int:
        return self.count - self.nil


def _asked(scope: Scope) -> list[Asked]:
    """The units with the number of their requests, those with the longest list first."""
    nil = Counter(entry.unit for entry in scope.requests if entry.commitment)
    per_unit = Counter(entry.unit for entry in scope.requests).most_common()
    return [Asked(unit, count, nil[unit]) for unit, count in per_unit]


@dataclass(frozen=True)
class Preview:
    """A mail as it will go out; ``words`` is None where there is nobody to write to."""

    letter: mails.Letter
    words: letters.Written | None


def _letters(cycle: ReviewCycle, kind: MailKind) -> list[Preview]:
    """The mails of a kind as they would go out now, those first that nobody will get."""
    city, today = City.objects.first(), clock.today()
    if cycle.state == CycleState.PLANNED:
        wanted = mails.letters_of(scope_of(cycle, today), today, kind)
    elif cycle.is_final or kind == MailKind.REQUEST:
        wanted = []
    else:
        wanted = mails.letters(cycle, kind, today)
    return [
        Preview(letter, letters.write(cycle, kind, letter, city) if letter.address else None)
        for letter in sorted(wanted, key=lambda letter: letter.address)
    ]


def _job(request: UserRequest) -> str:
    """Where the state of the opening that runs is shown; empty where none does."""
    try:
        return reverse("commitments:job", args=[uuid.UUID(request.GET["job"])])
    except (KeyError, ValueError):
        return ""


@dataclass(frozen=True)
class Sent:
    """Reminders of one kind on one day; ``units`` is None where they are still to come."""

    on: date
    label: str
    units: int | None


NOBODY = ""
"""In place of the key of a unit: nobody was reminded yet."""


def reminded(user: User, cycle: ReviewCycle, today: date) -> list[tuple[str, date, str]]:
    """Unit, day and kind of every reminder on what the user may see, with those that are still to come; one query."""
    seen = Confirmation.objects.visible_to(user)
    rows = Reminder.objects.filter(cycle=cycle, confirmation__in=seen).order_by()
    went_out = rows.values_list("confirmation__unit__key", "sent_on", "kind").distinct()
    planned = ReminderDate.objects.none() if cycle.is_final else ReminderDate.objects.planned()
    to_come = planned.filter(cycle=cycle, on__gte=today).order_by().values_list(Value(NOBODY), "on", "kind")
    return list(went_out.union(to_come))


def reminders(rows: Iterable[tuple[str, date, str]]) -> list[Sent]:
    """Reminders of one kind on one day together, those to come after those that went out."""
    counts = Counter((key == NOBODY, on, kind) for key, on, kind in rows)
    order = sorted(counts, key=lambda each: (each[0], each[1], SEVERITY.index(ReminderKind(each[2]))))
    return [
        Sent(on, str(ReminderKind(kind).label), None if to_come else counts[to_come, on, kind])
        for to_come, on, kind in order
    ]


def drawn(
    user: User, cycle: ReviewCycle, today: date, sent: list[Sent], *, with_last_year: bool = True
) -> Picture | None:
    """How the answers came in, with the days of these reminders."""
    went_out, to_come = ([row.on for row in sent if (row.units is None) is planned] for planned in (False, True))
    return picture(user, cycle, today, went_out, to_come, with_last_year=with_last_year)


def phases(cycle: ReviewCycle, today: date) -> list[dict[str, Any]]:
    """The steps of a round for ``components/phases.html``."""
    order = list(CycleState)
    now = order.index(CycleState(cycle.state))
    names = (
        (_("Planned"), _("opens on %(day)s") % {"day": long_date(cycle.opens_on)}),
        (_("Units answer"), _("by %(day)s") % {"day": long_date(cycle.confirm_by)}),
        (_("Assessment"), _("by %(day)s") % {"day": long_date(cycle.assess_by)}),
        (_("Frozen"), long_date(localdate(cycle.frozen_at)) if cycle.frozen_at else ""),
        (_("Report released"), long_date(localdate(cycle.closed_at)) if cycle.closed_at else ""),
    )
    over = cycle.state == CycleState.CLOSED
    return [
        {"label": label, "detail": detail, "progress": _share(cycle, today)}
        | {"state": "done" if step < now or over else "now" if step == now else "next"}
        for step, (label, detail) in enumerate(names)
    ]


def _share(cycle: ReviewCycle, today: date) -> int:
    """How much of the time to answer is over, in tenths."""
    if cycle.state != CycleState.OPEN:
        return 5
    length = max((cycle.confirm_by - cycle.opens_on).days, 1)
    return min(max(round(10 * (today - cycle.opens_on).days / length), 0), 10)


def _next_dates() -> dict[str, Any]:
    last = ReviewCycle.objects.first()
    if last is None:
        return {}
    dates = workflow.dates_like(last, last.year + 1)
    words = {name: getattr(last, name) for name in CYCLE_WORDS}
    days = {name: getattr(dates, name) for name in CYCLE_DATES}
    return {"year": last.year + 1, "scale": last.scale_id} | words | days


def _editions() -> str:
    """Where the report's editions are, once there is such a page."""
    try:
        return reverse("reporting:edition-list")
    except NoReverseMatch:
        return ""
