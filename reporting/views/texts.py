"""Texts of a report around its tables: which are written; one of them with its preview and last year's beside it."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock, history
from commitments.forms import add_errors
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.workflow.steps import last_change
from reporting.models import ReportText
from reporting.text_forms import ReportTextForm
from reporting.workflow import texts as workflow
from reporting.workflow.texts import COLUMNS, PLACES, Place
from reviews.models import CycleState, ReviewCycle


@dataclass(frozen=True)
class Row:
    """A place with its text, and the text of an earlier report where there is one."""

    place: Place
    text: ReportText | None
    earlier: ReportText | None

    @property
    def german(self) -> bool:
        return _is_written(self.text, "de")

    @property
    def english(self) -> bool:
        return _is_written(self.text, "en")


def _is_written(text: ReportText | None, language: str) -> bool:
    return text is not None and bool(getattr(text, f"text_{language}") or getattr(text, f"title_{language}"))


@require_safe
def text_list(request: UserRequest, year: int) -> HttpResponse:
    cycle = _cycle(request, year)
    written = {row.key: row for row in ReportText.objects.visible_to(request.user).filter(cycle=cycle)}
    earlier = workflow.earlier_texts(cycle)
    rows = [Row(place, written.get(place.key), earlier.get(place.key)) for place in PLACES]
    may_write = _may_write(request, cycle)
    context = {
        "cycle": cycle,
        "rows": rows,
        "may_write": may_write,
        "is_closed": cycle.state == CycleState.CLOSED,
        "missing": sum(1 for row in rows if row.german and not row.english),
        "to_take_over": sum(1 for row in rows if row.text is None and row.earlier) if may_write else 0,
    }
    return render(request, "reporting/text_list.html", context)


@require_http_methods(["GET", "POST"])
def text(request: UserRequest, year: int, key: str) -> HttpResponse:
    """One text: written by the officer, read by the others who see all."""
    cycle, place = _cycle(request, year), _place(key)
    known = ReportText.objects.visible_to(request.user).filter(cycle=cycle, key=key).first()
    form, preview = None, None
    if request.method == "POST":
        require(request.user, Verb.WRITE_REPORT_TEXT, on=clock.today())
        form = ReportTextForm(request.POST, place=place)
        if form.is_valid():
            if "preview" in request.POST:
                preview = form.cleaned_data
            elif _is_saved(request, cycle, place, form, known):
                return redirect("reporting:text-list", year)
    elif _may_write(request, cycle):
        form = ReportTextForm(initial=_initial(known), place=place)
    context = {
        "cycle": cycle,
        "place": place,
        "text": known,
        "form": form,
        "preview": preview,
        "is_closed": cycle.state == CycleState.CLOSED,
        "earlier": workflow.earlier_texts(cycle).get(key),
        "entries": _entries(known),
    }
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, "reporting/text.html", context, status=status)


@require_POST
def text_take_over(request: UserRequest, year: int, key: str) -> HttpResponse:
    cycle, place = _cycle(request, year), _place(key)
    try:
        workflow.take_over(cycle, place.key, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The earlier text stands here now. Read it through and change what is different."))
    return redirect("reporting:text", year, key)


@require_POST
def text_take_over_missing(request: UserRequest, year: int) -> HttpResponse:
    cycle = _cycle(request, year)
    try:
        workflow.take_over_missing(cycle, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, _("The missing texts were taken over. Read them through and change what is different.")
        )
    return redirect("reporting:text-list", year)


def _is_saved(
    request: UserRequest, cycle: ReviewCycle, place: Place, form: ReportTextForm, known: ReportText | None
) -> bool:
    try:
        workflow.write_text(cycle, place.key, form.writing(), actor=request.user, at=clock.now())
    except ValidationError as error:
        add_errors(form, error)
        if getattr(error, "code", "") == "changed" and known is not None:
            form.see(last_change(known))
        return False
    messages.success(request, _("The text is saved."))
    return True


def _initial(known: ReportText | None) -> dict[str, object]:
    if known is None:
        return {"seen": 0}
    return {name: getattr(known, name) for name in COLUMNS} | {"seen": last_change(known)}


def _entries(known: ReportText | None) -> list[history.Entry]:
    if known is None:
        return []
    return history.timeline([history.of(ReportText, known.pk, _("Text written"), _("Text changed"))])


def _may_write(request: UserRequest, cycle: ReviewCycle) -> bool:
    return cycle.state != CycleState.CLOSED and can(request.user, Verb.WRITE_REPORT_TEXT, on=clock.today())


def _cycle(request: UserRequest, year: int) -> ReviewCycle:
    """A cycle that gets a report, for those who see the work of all units; for others it has no texts."""
    if not request.user.is_city_wide:
        raise Http404
    return get_object_or_404(ReviewCycle.objects.visible_to(request.user).filter(imported=False), year=year)


def _place(key: str) -> Place:
    found = workflow.place_of(key)
    if found is None:
        raise Http404
    return found
