"""The yearly round: planned from the last one, opened after a look at what it asks, assessed, frozen."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Value
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commitments import clock, renewals
from commitments.forms import add_errors
from commitments.jobs import enqueue
from commitments.models import City, OrganisationalUnit, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.texts import long_date
from reviews import letters
from reviews.forms import CYCLE_DATES, CycleForm, ReasonForm
from reviews.models import (
    AssessmentState,
    Confirmation,
    CycleState,
    FollowUp,
    MailKind,
    Reminder,
    ReminderDate,
    ReminderKind,
    ReviewCycle,
)
from reviews.views import progress
from reviews.workflow import cycles as workflow
from reviews.workflow import mails
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
    return workflow.Words(form.cleaned_data["letter_de"], form.cleaned_data["letter_en"])


@require_GET
def cycle(request: UserRequest, year: int) -> HttpResponse:
    """One round: where it stands, its days, and the next step."""
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user).select_related("scale"), year=year)
    today = clock.today()
    context: dict[str, Any] = {"cycle": found, "today": today, "phases": phases(found, today)}
    if request.user.is_city_wide and found.state != CycleState.PLANNED:
        facts = progress.Facts.of(progress.by_unit(request.user, found, today))
        context |= {"facts": facts, **freezing(request.user, found, today, facts)}
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
def opening_mails(request: UserRequest, year: int) -> HttpResponse:
    """The mails that the opening will send, word for word."""
    found = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.OPEN_CYCLE, on=clock.today())
    scope = scope_of(found, clock.today()) if found.state == CycleState.PLANNED else Scope([], [])
    context = {"cycle": found, "letters": _letters(found, scope)}
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


def _letters(cycle: ReviewCycle, scope: Scope) -> list[Preview]:
    """The mails that the opening will send, those first that nobody will get."""
    city = City.objects.first()
    wanted = sorted(mails.letters_of(scope, clock.today()), key=lambda letter: letter.address)
    return [
        Preview(letter, letters.write(cycle, MailKind.REQUEST, letter, city) if letter.address else None)
        for letter in wanted
    ]


def _job(request: UserRequest) -> str:
    """Where the state of the opening that runs is shown; empty where none does."""
    try:
        return reverse("commitments:job", args=[uuid.UUID(request.GET["job"])])
    except (KeyError, ValueError):
        return ""


@dataclass(frozen=True)
class Check:
    """One thing to look at before the freeze; ``kind`` is danger where it stands in the way."""

    kind: str
    title: str
    text: str = ""
    url: str = ""


def freezing(user: User, cycle: ReviewCycle, today: date, facts: progress.Facts) -> dict[str, Any]:
    """What ``reviews/_checks.html`` takes."""
    found = checks(user, cycle, today, facts)
    return {"checks": found, "is_blocked": any(check.kind == "danger" for check in found)}


def checks(user: User, cycle: ReviewCycle, today: date, facts: progress.Facts) -> list[Check]:
    """What stands in the way of the freeze, and what will be in the report all the same."""
    if cycle.is_final:
        return []
    states = dict(cycle.assessments.order_by().values_list("state").annotate(n=Count("pk")))
    total = sum(states.values())
    waiting = total - states.get(AssessmentState.APPROVED, 0)
    overdue = FollowUp.objects.visible_to(user).overdue(today).count()
    found = [_begun(cycle), _assessed(cycle, waiting, total), _released(cycle, facts)]
    if facts.void:
        found.append(_void(cycle, facts.void))
    if overdue:
        title = ngettext("%(n)d promise is overdue", "%(n)d promises are overdue", overdue) % {"n": overdue}
        text = _("This does not stop the freeze, but the report will say so.")
        found.append(Check("warning", title, text, f"{reverse('reviews:follow-up-list')}?state=overdue"))
    return found


def _begun(cycle: ReviewCycle) -> Check:
    if cycle.state == CycleState.ASSESSING:
        return Check("success", _("The assessment has begun"))
    text = _("It can begin with the last reminder on %(day)s.") % {"day": long_date(cycle.last_reminder_on)}
    return Check("danger", _("The assessment has not begun"), text, reverse("reviews:cycle", args=[cycle.year]))


def _assessed(cycle: ReviewCycle, waiting: int, total: int) -> Check:
    if not waiting:
        return Check("success", _("All assessments are approved"))
    title = ngettext(
        "%(n)d of %(total)d assessments is not approved", "%(n)d of %(total)d assessments are not approved", waiting
    ) % {"n": waiting, "total": total}
    text = _("They are due on %(day)s.") % {"day": long_date(cycle.assess_by)}
    return Check("danger", title, text, reverse("reviews:assessment-list", args=[cycle.year]))


def _released(cycle: ReviewCycle, facts: progress.Facts) -> Check:
    missing = facts.unreleased
    if not missing:
        return Check("success", _("All answers are released"))
    title = ngettext("%(n)d answer is not released", "%(n)d answers are not released", missing) % {"n": missing}
    text = _("After %(day)s they count as “no reply”, with the dates of the reminders.") % {
        "day": long_date(cycle.last_reminder_on)
    }
    return Check("warning", title, text, f"{reverse('reviews:board', args=[cycle.year])}?state=open#units")


def _void(cycle: ReviewCycle, count: int) -> Check:
    title = ngettext("%(n)d answer is no longer valid", "%(n)d answers are no longer valid", count) % {"n": count}
    text = _("The measure was changed after the answer. Ask the unit again.")
    return Check("warning", title, text, f"{reverse('reviews:board', args=[cycle.year])}?state=void#units")


@dataclass(frozen=True)
class Sent:
    """Reminders of one kind on one day; ``units`` is None where they are still to come."""

    on: date
    label: str
    units: int | None


TO_COME = -1
"""In place of a number of units: nobody was reminded yet."""


def reminders(user: User, cycle: ReviewCycle, today: date) -> list[Sent]:
    """Every reminder that went out on what the user may see, and those that are still to come; one query."""
    seen = Confirmation.objects.visible_to(user)
    reminded = Reminder.objects.filter(cycle=cycle, confirmation__in=seen).order_by()
    went_out = reminded.values_list("sent_on", "kind").annotate(n=Count("confirmation__unit", distinct=True))
    planned = ReminderDate.objects.none() if cycle.is_final else ReminderDate.objects.planned()
    to_come = planned.filter(cycle=cycle, on__gte=today).order_by().values_list("on", "kind", Value(TO_COME))
    rows = sorted(went_out.union(to_come), key=lambda row: (row[2] == TO_COME, row[0], SEVERITY.index(row[1])))
    return [Sent(on, str(ReminderKind(kind).label), None if n == TO_COME else n) for on, kind, n in rows]


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
    words = {"letter_de": last.letter_de, "letter_en": last.letter_en}
    days = {name: getattr(dates, name) for name in CYCLE_DATES}
    return {"year": last.year + 1, "scale": last.scale_id} | words | days


def _editions() -> str:
    """Where the report's editions are, once there is such a page."""
    try:
        return reverse("reporting:edition-list")
    except NoReverseMatch:
        return ""
