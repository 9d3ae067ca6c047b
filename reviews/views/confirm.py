"""The unit's list: the contact answers, the releasing person releases. All that is typed is kept as a draft."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commitments import clock
from commitments.forms import add_errors
from commitments.models import OrganisationalUnit
from commitments.permissions import Verb, require
from commitments.requests import UserRequest, posted_number
from commitments.workflow import last_change
from reviews.forms import ReasonForm
from reviews.models import Confirmation, ConfirmationResult, ReviewCycle
from reviews.views import shown
from reviews.views.drafts import save_draft
from reviews.views.sheets import Sheet, load_sheet, return_form
from reviews.workflow import confirmations as workflow

NAMED = 8
"""So many titles are named in a message; the others are counted."""


@require_GET
def answers(request: UserRequest) -> HttpResponse:
    """The way to one's own list; who answers for several units chooses."""
    units = OrganisationalUnit.objects.filter(pk__in=request.user.unit_ids, confirmations__isnull=False).distinct()
    cycle = ReviewCycle.objects.filter(confirmations__unit__in=request.user.unit_ids).first()
    if cycle and len(units) == 1:
        return redirect("reviews:confirm", cycle.year, units[0].key)
    return render(request, "reviews/answers.html", {"units": units, "cycle": cycle})


@require_http_methods(["GET", "POST"])
def confirm(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """The whole list on one page; POST keeps what is on it as drafts."""
    opened = request.GET.getlist("open")
    if request.method == "POST":
        sheet = _posted(request, year, unit)
        if _save_drafts(sheet, request):
            messages.success(request, _("Saved as a draft."))
            return _onward(request, sheet) or _back(request, sheet)
        return _show(request, sheet)
    return _show(request, load_sheet(request.user, year, unit, opened=opened))


@require_POST
def confirm_unchanged(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """Submit all that are ticked as unchanged."""
    sheet = _posted(request, year, unit)
    ticked = request.POST.getlist("unchanged")
    for item in sheet.quick:
        item.is_ticked = str(item.confirmation.pk) in ticked
    if _save_drafts(sheet, request):
        chosen = [item.confirmation for item in sheet.quick if item.is_ticked]
        try:
            count = workflow.submit_unchanged(chosen, actor=request.user, at=clock.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _submitted(count))
            return _back(request, sheet)
    return _show(request, sheet)


@require_POST
def submit(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """Give all answers that were chosen to the releasing person, or none where one is incomplete."""
    sheet = _posted(request, year, unit)
    count = _submit_drafts(sheet, request) if _save_drafts(sheet, request) else 0
    if count:
        messages.success(request, _submitted(count))
        return _back(request, sheet)
    return _show(request, sheet)


@require_http_methods(["GET", "POST"])
def answer(request: UserRequest, pk: int) -> HttpResponse:
    """One request's form as a fragment; POST keeps it as a draft while somebody types."""
    row = get_object_or_404(Confirmation.objects.visible_to(request.user), pk=pk)
    data = request.POST if request.method == "POST" else None
    sheet = load_sheet(request.user, row.cycle.year, sheet_unit(request, row), data=data, opened=[str(pk)])
    item = sheet.item(pk)
    if item.form is None:
        fragment = "_answer_gone" if request.method == "POST" else "_answer_shown"
        return render(request, f"reviews/{fragment}.html", {"item": item, "sheet": sheet})
    if request.method == "GET":
        return render(request, "reviews/_answer.html", {"item": item, "sheet": sheet, "focus": True})
    saved = save_draft(item, request)
    row.refresh_from_db()
    context = {"item": item, "row": row, "saved": saved, "now": clock.now(), "seen": last_change(row)}
    context |= {"changes": shown.changes(row), "standing": shown.standing(row, sheet.today)}
    return render(request, "reviews/_answer_saved.html", context)


@require_http_methods(["GET", "POST"])
def withdraw(request: UserRequest, pk: int) -> HttpResponse:
    """Take a submitted or released answer back, until the freeze."""
    row = get_object_or_404(Confirmation.objects.visible_to(request.user), pk=pk)
    require(request.user, Verb.ANSWER, row, on=clock.today())
    form = ReasonForm(request.POST or None, hint=_("The releasing person and the officer will read it."))
    address = reverse("reviews:confirm", args=[row.cycle.year, sheet_unit(request, row)])
    if form.is_valid():
        try:
            workflow.withdraw(row, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The answer is a draft again. Submit it anew once it is right."))
            return redirect(f"{address}#answer-{pk}")
    return render(
        request,
        "reviews/answer_withdraw.html",
        {"subject": shown.subject(row), "form": form, "year": row.cycle.year, "back": address},
    )


@require_POST
def release(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """Release all that are ticked and still stand as the releasing person saw them."""
    sheet = load_sheet(request.user, year, unit)
    require(request.user, Verb.RELEASE_ANSWER, on=sheet.today)
    ticked = request.POST.getlist("release")
    for item in sheet.items:
        item.is_ticked = str(item.confirmation.pk) in ticked
    chosen = [item.confirmation for item in sheet.items if item.is_ticked]
    seen = {row: posted_number(request, f"seen-{row.pk}") for row in chosen}
    try:
        count, changed = workflow.release_seen(seen, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        for item in sheet.items:
            row: Any = item.confirmation
            item.is_ticked = item.is_ticked and seen[row] == row.seen  # what changed is not ticked unread
        return _show(request, sheet)
    if count:
        sentence = ngettext("%(n)d answer is released.", "%(n)d answers are released.", count)
        messages.success(request, sentence % {"n": count})
    if changed:
        messages.warning(request, _changed_since([row for row in chosen if row in changed]))
    return redirect("reviews:confirm", year, unit)


def _changed_since(rows: list[Confirmation]) -> str:
    sentence = ngettext(
        "%(names)s was changed after you opened the page and is not released. Please look at it once more.",
        "%(names)s were changed after you opened the page and are not released. Please look at them once more.",
        len(rows),
    )
    names = ", ".join(_("“%(title)s”") % {"title": shown.subject(row)} for row in rows[:NAMED])
    if len(rows) > NAMED:
        names = _("%(names)s and %(n)s more") % {"names": names, "n": len(rows) - NAMED}
    return sentence % {"names": names}


@require_POST
def send_back(request: UserRequest, pk: int) -> HttpResponse:
    """Return a submitted answer to the contact with what is to be put right."""
    row = get_object_or_404(Confirmation.objects.visible_to(request.user), pk=pk)
    require(request.user, Verb.RELEASE_ANSWER, row, on=clock.today())
    form = return_form(row, request.POST)
    unit = sheet_unit(request, row)
    if form.is_valid():
        try:
            workflow.return_to_contact(row, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The answer went back to the contact."))
            return redirect("reviews:confirm", row.cycle.year, unit)
    sheet = load_sheet(request.user, row.cycle.year, unit)
    sheet.item(pk).return_form = form
    return _show(request, sheet)


def _show(request: UserRequest, sheet: Sheet) -> HttpResponse:
    return render(request, "reviews/confirm.html", {"sheet": sheet, "cycles": sheet.cycles})


def _onward(request: UserRequest, sheet: Sheet) -> HttpResponse | None:
    """To the page for evidence of the measure whose button was pressed; back from there to its answer."""
    chosen = request.POST.get("evidence", "")
    item = next((item for item in sheet.items if str(item.confirmation.pk) == chosen), None)
    if item is None or item.confirmation.measure is None:
        return None
    page = reverse("commitments:measure-evidence-add", args=[item.confirmation.measure.reference])
    back = reverse("reviews:confirm", args=[sheet.cycle.year, sheet.unit.key])
    return redirect(f"{page}?{urlencode({'back': f'{back}?open={chosen}#answer-{chosen}'})}")


def _posted(request: UserRequest, year: int, unit: str) -> Sheet:
    """The list with what was typed; only a contact sends it."""
    opened = request.POST.getlist("opened")
    sheet = load_sheet(request.user, year, unit, data=request.POST, opened=opened)
    require(request.user, Verb.ANSWER, on=sheet.today)
    if set(opened) - {str(item.confirmation.pk) for item in sheet.items if item.form}:
        messages.warning(
            request, _("Somebody else has submitted an answer meanwhile. What you typed there is not kept.")
        )
    return sheet


def _opened(request: UserRequest) -> list[str]:
    """Requests that are answered singly, with the one out of the first part that was just chosen."""
    return [value for value in request.POST.getlist("opened") + request.POST.getlist("open") if value.isdigit()]


def _back(request: UserRequest, sheet: Sheet) -> HttpResponse:
    """To the list again, with the forms open that were open, at the one that was just opened."""
    address = reverse("reviews:confirm", args=[sheet.cycle.year, sheet.unit.key])
    opened = _opened(request)
    last = request.POST.get("open", "")
    query = f"?{urlencode({'open': opened}, doseq=True)}" if opened else ""
    return redirect(f"{address}{query}{f'#answer-{last}' if last.isdigit() else ''}")


def _save_drafts(sheet: Sheet, request: UserRequest) -> bool:
    """Keep whatever was typed; false where something cannot be kept as it stands."""
    saved = [save_draft(item, request) for item in sheet.items if item.form]
    for item in sheet.items:
        if item.overtaken and item.form:
            item.form.see(item.overtaken.seen)  # it is shown now: to save again is to decide
    return all(saved)


@transaction.atomic
def _submit_drafts(sheet: Sheet, request: UserRequest) -> int:
    """Submit every answer that was chosen; nothing where one of them is incomplete."""
    chosen = [item for item in sheet.items if item.form and item.has_result]
    for item in chosen:
        assert item.form is not None
        try:
            workflow.submit(item.confirmation, actor=request.user, at=clock.now())
        except ValidationError as error:
            contested = item.form["result"].value() in (ConfirmationResult.DISPUTED, ConfirmationResult.NOT_OURS)
            item.form.add_error("statement_de" if contested else "result", error.messages)
    if any(form.errors for form in sheet.forms):
        transaction.set_rollback(True)
        return 0
    if not chosen:
        messages.error(request, _("Choose an answer before you submit it."))
    return len(chosen)


def sheet_unit(request: UserRequest, row: Confirmation) -> str:
    """The unit on whose list the user finds a request: its own, or the one that succeeded it."""
    own = {held.unit_id: held.unit for held in request.user.assignments_on(clock.today()) if held.unit}
    if row.unit_id in own or not own:
        return row.unit.key
    return next(iter(own.values())).key


def _submitted(count: int) -> str:
    return ngettext(
        "%(n)d answer is submitted. It now waits for the releasing person.",
        "%(n)d answers are submitted. They now wait for the releasing person.",
        count,
    ) % {"n": count}
