"""When units are reminded, and what became of each mail."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commitments import clock
from commitments.forms import add_errors
from commitments.models import Protection, User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from reviews.forms import ReasonForm, ReminderDateForm
from reviews.models import Mail, MailState, ReminderDate, ReminderKind, ReviewCycle
from reviews.workflow import mails as workflow
from reviews.workflow import reminders

ROWS_A_PAGE = 50


@require_http_methods(["GET", "POST"])
def mail_list(request: UserRequest, year: int) -> HttpResponse:
    """The days on which reminders go out, and below them every mail; POST plans one more day."""
    cycle = _cycle(request, year)
    may_plan = can(request.user, Verb.PLAN_CYCLE, on=clock.today()) and not cycle.is_final
    form = ReminderDateForm(request.POST if request.method == "POST" else None) if may_plan else None
    if request.method == "POST":
        require(request.user, Verb.PLAN_CYCLE, on=clock.today())
    if form is not None and form.is_valid():
        kind, on = ReminderKind(form.cleaned_data["kind"]), form.cleaned_data["on"]
        try:
            reminders.add_day(cycle, kind, on, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The reminder is planned."))
            return redirect("reviews:mails", year)
    context = {"cycle": cycle, "form": form, "may_plan": may_plan, **_schedule(cycle), **_log(request, cycle)}
    return render(request, "reviews/mail_list.html", context)


def _schedule(cycle: ReviewCycle) -> dict[str, Any]:
    days = ReminderDate.objects.filter(cycle=cycle, dropped_on__isnull=True)
    return {"days": list(days), "today": clock.today()}


def _log(request: UserRequest, cycle: ReviewCycle) -> dict[str, Any]:
    rows = Mail.objects.filter(cycle=cycle)
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    state = request.GET.get("state", "")
    if state in MailState.values:
        rows = rows.filter(state=state)
    chips = [{"label": _("All"), "url": "?", "count": sum(counts.values()), "is_active": state not in MailState.values}]
    chips += [
        {"label": label, "url": f"?state={value}", "count": counts[value], "is_active": value == state}
        for value, label in MailState.choices
        if value in counts
    ]
    shown = rows.select_related("person").prefetch_related("units")
    page = Paginator(shown, ROWS_A_PAGE).get_page(request.GET.get("page"))
    trouble = counts.get(MailState.FAILED, 0) + counts.get(MailState.BOUNCED, 0)
    return {"chips": chips, "page": page, "trouble": trouble}


@require_http_methods(["GET", "POST"])
def reminder_drop(request: UserRequest, pk: int) -> HttpResponse:
    """Take a reminder off the schedule, with a reason."""
    require(request.user, Verb.PLAN_CYCLE, on=clock.today())
    row = get_object_or_404(ReminderDate.objects.select_related("cycle"), pk=pk)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        try:
            reminders.drop_day(row, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The reminder is taken off the schedule."))
            return redirect("reviews:mails", row.cycle.year)
    return render(request, "reviews/reminder_drop.html", {"row": row, "form": form, "cycle": row.cycle})


@require_GET
def mail(request: UserRequest, pk: int) -> HttpResponse:
    """One mail: its words, and what became of it."""
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    row = get_object_or_404(Mail.objects.select_related("cycle", "person").prefetch_related("units"), pk=pk)
    if _counts_more(row, request.user):
        row.text, row.words_withheld = "", True  # type: ignore[attr-defined] # for the template
    undelivered = row.state in (MailState.FAILED, MailState.BOUNCED)
    may_repeat = undelivered and not row.cycle.is_final and can(request.user, Verb.ASK_AGAIN, on=clock.today())
    return render(request, "reviews/mail.html", {"mail": row, "cycle": row.cycle, "may_repeat": may_repeat})


def _counts_more(row: Mail, reader: User) -> bool:
    """Whether a mail may count protected entries that this reader may not even count (rule 10)."""
    if row.person is None or Protection.PROTECTED in reader.clearance():
        return False
    return row.person.protected_accesses.exists()


@require_POST
def mail_again(request: UserRequest, pk: int) -> HttpResponse:
    """Send a mail that did not arrive once more."""
    require(request.user, Verb.ASK_AGAIN, on=clock.today())
    row = get_object_or_404(Mail.objects.select_related("cycle"), pk=pk)
    try:
        workflow.send_again(row, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The mail is sent once more."))
    return redirect("reviews:mails", row.cycle.year)


def _cycle(request: UserRequest, year: int) -> ReviewCycle:
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    return get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
