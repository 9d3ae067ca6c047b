"""An entry changes hands: a contact gives it to a colleague, the officer to the unit whose it is."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.models import OrganisationalUnit
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.texts import localized
from reviews.answer_forms import HandOverForm, PassOnForm
from reviews.forms import ReasonForm
from reviews.models import Confirmation, ConfirmationResult
from reviews.views import shown
from reviews.views.sheets import load_sheet
from reviews.workflow import handing_over as workflow


@require_http_methods(["GET", "POST"])
def hand_over(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """Give entries of the list to a colleague: one that the address names, or all that are still open."""
    sheet = load_sheet(request.user, year, unit)
    require(request.user, Verb.ANSWER, on=sheet.today)
    open_ = [item for item in sheet.items if item.form]
    people = [person for person in workflow.colleagues(sheet.unit, sheet.today) if person.pk != request.user.pk]
    ticked = request.POST.getlist("entry") if request.method == "POST" else request.GET.getlist("entry")
    for item in open_:
        item.is_ticked = str(item.confirmation.pk) in ticked if ticked or request.method == "POST" else True
    form = HandOverForm(request.POST or None, people=[*people, request.user])
    if form.is_valid():
        chosen = [item.confirmation for item in open_ if item.is_ticked]
        colleague = form.chosen()
        try:
            count = workflow.hand_to_colleague(
                chosen, colleague, form.cleaned_data["note"], actor=request.user, at=clock.now()
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _handed(count, colleague.name, is_own=colleague == request.user))
            return redirect("reviews:confirm", year, unit)
    return render(request, "reviews/hand_over.html", {"sheet": sheet, "open": open_, "people": people, "form": form})


@require_http_methods(["GET", "POST"])
def whose(request: UserRequest, pk: int) -> HttpResponse:
    """The officer decides whose an entry is of which a unit says that it is not its own."""
    row = get_object_or_404(_seen(request), pk=pk)
    require(request.user, Verb.ASK_AGAIN, row, on=clock.today())
    units = list(OrganisationalUnit.objects.existing(clock.today()).exclude(pk=row.unit_id))
    named = row.named_unit.key if row.named_unit else ""
    is_other = "unit" in request.POST
    initial = {"unit": named, "reason": row.statement_de}
    other = PassOnForm(request.POST if is_other else None, units=units, initial=initial)
    back = ReasonForm(
        request.POST if request.method == "POST" and not is_other else None,
        prefix="back",
        hint=_("The unit reads it above its new request."),
    )
    try:
        if other.is_valid():
            unit = other.chosen()
            workflow.pass_on(row, unit, actor=request.user, at=clock.now(), reason=other.cleaned_data["reason"])
            messages.success(request, _("%(unit)s is asked now.") % {"unit": localized(unit, "name")})
            return redirect("reviews:unit", row.cycle.year, unit.key)
        if back.is_valid():
            workflow.ask_back(row, actor=request.user, at=clock.now(), reason=back.cleaned_data["reason"])
            messages.success(request, _("%(unit)s is asked again.") % {"unit": localized(row.unit, "name")})
            return redirect("reviews:unit", row.cycle.year, row.unit.key)
    except ValidationError as error:
        add_errors(other if is_other else back, error)
    may_decide = row.result == ConfirmationResult.NOT_OURS and not hasattr(row, "followed_by")
    context = {"row": row, "subject": shown.subject(row), "other": other, "back": back, "may_decide": may_decide}
    return render(request, "reviews/whose.html", context)


def _seen(request: UserRequest) -> QuerySet[Confirmation]:
    rows = Confirmation.objects.visible_to(request.user)
    return rows.select_related("cycle", "unit", "measure", "commitment", "named_unit", "followed_by")


def _handed(count: int, name: str, *, is_own: bool) -> str:
    if is_own:
        return ngettext("%(n)d entry is in your hands.", "%(n)d entries are in your hands.", count) % {"n": count}
    sentence = ngettext(
        "%(n)d entry is in the hands of %(name)s, who gets a mail. You can still answer it.",
        "%(n)d entries are in the hands of %(name)s, who gets a mail. You can still answer them.",
        count,
    )
    return sentence % {"n": count, "name": name}
