"""Entering, proposing, deciding on and changing a measure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock, search
from commitments.forms import add_errors
from commitments.forms.measures import (
    BudgetRows,
    DeclineForm,
    MeasureEntryForm,
    MeasureFields,
    MeasureForm,
    MeasureProposalForm,
    ProposalEdit,
    WithdrawForm,
    budgets_of,
    difference,
)
from commitments.models import FieldOfAction, Measure, MeasureUnit, User
from commitments.permissions import ALLOWED, Verb, can, require
from commitments.requests import UserRequest
from commitments.views.ways import way_back
from commitments.workflow import last_change
from commitments.workflow import measures as workflow

MORE_ROWS = 3
SUGGESTED = 12


@dataclass
class Sheet:
    """What one page about a measure asks for: the measure, and its money row by row."""

    form: MeasureFields
    budgets: BudgetRows

    def is_complete(self) -> bool:
        return all([self.form.is_valid(), self.budgets.is_valid()])

    def asks_for_more(self) -> bool:
        """More rows for money: whatever was typed stays, and nothing is judged yet."""
        if "more" not in self.form.data:
            return False
        self.budgets = self.budgets.with_more(MORE_ROWS)
        self.form.spare()
        return True

    def save(self, act: Callable[[], Measure]) -> Measure | None:
        """What the act brought about; nothing where it was refused, with the sentence at its field."""
        try:
            return act()
        except ValidationError as error:
            add_errors(self.form, error)
            return None

    def doers(self) -> workflow.Doers:
        return workflow.Doers(*self.form.doers())

    @property
    def forms(self) -> list[Any]:
        return [self.form, *self.budgets.forms]


@require_http_methods(["GET", "POST"])
def measure_new(request: UserRequest) -> HttpResponse:
    """The officer enters a measure, a contact proposes one of their own unit."""
    today = clock.today()
    require(request.user, Verb.PROPOSE_MEASURE, on=today)
    enters = can(request.user, Verb.EDIT_REGISTER, on=today)
    sheet = Sheet(_new_form(request, enters), BudgetRows.of(request.POST))
    if request.POST and not sheet.asks_for_more() and sheet.is_complete():
        act = workflow.enter_measure if enters else workflow.propose_measure

        def entered() -> Measure:
            entry = workflow.Entry(sheet.form.columns(), sheet.doers(), sheet.budgets.budgets())
            return act(entry, actor=request.user, at=clock.now())

        if measure := sheet.save(entered):
            said = _("%(number)s is in the register.") if enters else _("%(number)s is proposed. The officer decides.")
            messages.success(request, said % {"number": measure.reference})
            back = way_back(request)
            return redirect(back) if back else _to_measure(request.user, measure)
    context = {"sheet": sheet, "enters": enters, "back": way_back(request)}
    return render(request, "commitments/measure_new.html", context)


def _new_form(request: UserRequest, enters: bool) -> MeasureFields:  # noqa: FBT001
    """Empty but for what the address says: a link on a page of an engagement or measure fills it in."""
    initial: dict[str, Any] = {
        name: request.GET[name] for name in ("field", "engagement", "parent") if name in request.GET
    }
    initial.setdefault("field", FieldOfAction.PARTNERSHIPS)
    known: dict[str, Any] = {"user": request.user, "today": clock.today(), "initial": initial}
    if enters:
        return MeasureEntryForm(request.POST or None, **known)
    own = _own_units(request.user)
    form = MeasureProposalForm(request.POST or None, own=own, **known)
    if len(own) == 1:
        form.initial["lead"] = next(key for key, _label in form.fields["lead"].choices if key)  # type: ignore[attr-defined]
    return form


def _own_units(user: User) -> frozenset[int]:
    """The units for which somebody may propose a measure."""
    held = [row.unit_id for row in user.assignments_on(clock.today()) if Verb.PROPOSE_MEASURE in ALLOWED[row.role]]
    return frozenset().union(*(user.reach(unit) for unit in held if unit))


def _to_measure(user: User, measure: Measure) -> HttpResponse:
    """Its page; the list where one may no longer see it, having made it protected."""
    if Measure.objects.visible_to(user).filter(pk=measure.pk).exists():
        return redirect("commitments:measure", reference=measure.reference)
    return redirect("commitments:measure-list")


@require_http_methods(["GET", "POST"])
def measure_edit(request: UserRequest, reference: str) -> HttpResponse:
    """The officer changes a measure, a contact what their unit has proposed, until it is decided."""
    shown = _measure(request.user, reference)
    if not workflow.may_edit_measure(request.user, shown, on=clock.today()):
        require(request.user, Verb.EDIT_REGISTER, shown, on=clock.today())
    now = MeasureForm.initial_of(shown, last_change(shown))
    form = _edit_form(request, shown, now)
    rows = BudgetRows.of(request.POST, budgets_of(shown))
    sheet, differing = Sheet(form, rows), []
    if request.POST and not sheet.asks_for_more() and sheet.is_complete():

        def changed() -> Measure:
            data, doers, money = form.cleaned_data, sheet.doers(), sheet.budgets.budgets()
            why: dict[str, Any] = {
                "reason": data["reason"],
                "seen": data["seen"],
                "spelling_only": data.get("spelling_only", False),
            }
            edit = workflow.MeasureEdit(form.columns(), **why, doers=doers, budgets=money)
            return workflow.edit_measure(shown, edit, actor=request.user, at=clock.now())

        if measure := sheet.save(changed):
            messages.success(request, _("The change is saved and stands in the history."))
            return _to_measure(request.user, measure)
        if form.has_error("__all__", "changed"):
            differing = difference(form, now)
            form.see(now["seen"])
    context = {"measure": shown, "sheet": sheet, "differing": differing}
    return render(request, "commitments/measure_edit.html", context)


def _edit_form(request: UserRequest, shown: Measure, now: dict[str, Any]) -> MeasureForm | ProposalEdit:
    known: dict[str, Any] = {"initial": now, "user": request.user, "measure": shown, "today": clock.today()}
    if workflow.may_withdraw_measure(request.user, shown, on=clock.today()):
        return ProposalEdit(request.POST or None, own=_own_units(request.user), **known)
    return MeasureForm(request.POST or None, **known)


@require_http_methods(["GET", "POST"])
def measure_withdraw(request: UserRequest, reference: str) -> HttpResponse:
    """A unit takes back what it proposed, as long as nobody has decided on it."""
    shown = _measure(request.user, reference)
    if not workflow.may_withdraw_measure(request.user, shown, on=clock.today()):
        raise PermissionDenied(_("Only the unit that made a proposal can withdraw it, until it is decided."))
    form = WithdrawForm(request.POST or None)
    if form.is_valid():
        try:
            workflow.withdraw_measure(shown, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The proposal is withdrawn. It stays here with your reason."))
            return redirect("commitments:measure", reference=reference)
    return render(request, "commitments/measure_withdraw.html", {"measure": shown, "form": form})


def _measure(user: User, reference: str) -> Measure:
    units = Prefetch("measure_units", queryset=MeasureUnit.objects.select_related("unit"))
    rows = Measure.objects.visible_to(user).select_related("engagement", "parent").prefetch_related(units, "budgets")
    return get_object_or_404(rows, reference=reference)


@require_POST
def measure_accept(request: UserRequest, reference: str) -> HttpResponse:
    shown = _measure(request.user, reference)
    require(request.user, Verb.EDIT_REGISTER, shown, on=clock.today())
    try:
        workflow.accept_measure(shown, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("%(number)s is in the register now and counts from today on.") % {"number": reference}
        )
    return redirect("commitments:measure", reference=reference)


@require_http_methods(["GET", "POST"])
def measure_decline(request: UserRequest, reference: str) -> HttpResponse:
    shown = _measure(request.user, reference)
    require(request.user, Verb.EDIT_REGISTER, shown, on=clock.today())
    form = DeclineForm(request.POST or None)
    if form.is_valid():
        try:
            workflow.decline_measure(shown, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The proposal is declined. The unit sees it, with your reason."))
            return redirect("commitments:measure", reference=reference)
    return render(request, "commitments/measure_decline.html", {"measure": shown, "form": form})


@require_safe
def measure_suggestions(request: UserRequest) -> HttpResponse:
    """Measures for a field in which one is chosen by typing, as the options of its list."""
    typed = request.GET.get("parent", "").strip()
    rows = search.matching(Measure.objects.visible_to(request.user), typed).order_by("reference")
    found = rows[:SUGGESTED] if typed else []
    return render(request, "commitments/_measure_options.html", {"measures": found})
