"""The thirty articles, as a portico and as a matrix; each cell opens its measures or its reason."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, texts, workflow
from commitments.forms import GapForm, add_errors
from commitments.models import Commitment, GapCode, GapReason, Measure, MeasureStatus, MeasureUnit, Provision
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.lists import chip
from commitments.workflow import Gap
from reporting.coverage import FIELDS, coverage
from reporting.forms import MatrixFilter
from reporting.tables import articles as picture
from reporting.tables import matrix as tables
from reporting.tables.home import link
from reviews.models import Outcome

PER_PAGE = 50


@require_safe
def matrix(request: UserRequest) -> HttpResponse:
    _require_part(request)
    filters = MatrixFilter(request.GET)
    chosen = filters.chosen()
    reach = coverage(request.user, **chosen)
    table = tables.matrix(reach, tables.udhr_articles(), tables.gap_reasons(), chosen)
    context = {
        "matrix": table,
        "filters": filters,
        "summary": filters.summary(),
        "preline": _state_of_today(),
        "closable_kind": "bad" if table.closable else "good",
        "may_explain": _may_explain(request),
    }
    return render(request, "reporting/matrix.html", context)


@require_safe
def articles(request: UserRequest) -> HttpResponse:
    """The portico by verdict or by number of measures, for all fields of action or seen from one."""
    _require_part(request)
    field = request.GET.get("field", "") if request.GET.get("field") in FIELDS else ""
    by = "measures" if request.GET.get("by") == "measures" else "verdict"
    reach, verdicts = coverage(request.user), picture.latest_verdicts(request.user)
    if verdicts.year is None:
        by = "measures"
    groups = picture.lines(tables.udhr_articles(), reach, verdicts)
    fields = [(name, tables.field_label(name), len(reach.direct_anywhere(name))) for name in FIELDS]
    context = {
        "groups": groups,
        "preline": _said(verdicts) if by == "verdict" else _state_of_today(),
        "legend": verdicts.legend(),
        "field": field,
        "beyond": sum(line.outcome == Outcome.OUT_OF_COMPETENCE for group in groups for line in group.rows),
        "tiles": picture.tiles(groups, field) if by == "verdict" else picture.counted_tiles(groups, reach, field),
        "verdicts": verdicts,
        "by": by,
        "views": [chip(request, "by", "", _("Verdicts")), chip(request, "by", "measures", _("Measures"))],
        "chips": [chip(request, "field", "", _("All fields")), *(chip(request, "field", *row) for row in fields)],
    }
    return render(request, "reporting/articles.html", context)


@require_safe
def article(request: UserRequest, number: int) -> HttpResponse:
    """All measures of an article, whatever their field of action."""
    return _cell(request, number, "")


@require_safe
def cell(request: UserRequest, number: int, field: str) -> HttpResponse:
    """The measures that one cell of the matrix counts."""
    if field not in FIELDS:
        raise Http404
    return _cell(request, number, field)


def _cell(request: UserRequest, number: int, field: str) -> HttpResponse:
    _require_part(request)
    provision = get_object_or_404(Provision.objects.articles().select_related("version__instrument"), order=number)
    filters = MatrixFilter(request.GET)
    reach = coverage(request.user, **filters.chosen())
    found = {"direct": reach.direct(number, field), "indirect": reach.indirect(number, field)}
    way = "indirect" if request.GET.get("way") == "indirect" or not found["direct"] else "direct"
    rows = Measure.objects.visible_to(request.user).with_shown_status().filter(reference__in=found[way])
    units = MeasureUnit.objects.filter(ended_on__isnull=True).select_related("unit")
    rows = rows.prefetch_related(Prefetch("measure_units", queryset=units)).order_by("reference")
    based = [pk for pk, promise in reach.promises.items() if promise.basis == number]
    commitments = Commitment.objects.visible_to(request.user).filter(pk__in=based)
    context: dict[str, Any] = {
        "provision": provision,
        "number": number,
        "field": field,
        "name": tables.cell_name(number, field),
        "text_url": link(
            "reporting:provision",
            provision.version.instrument.key,
            provision.version.number,
            provision.number,
        ),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "way": way,
        "ways": [
            chip(request, "way", "", _("Direct"), len(found["direct"])),
            chip(request, "way", "indirect", _("Indirect"), len(found["indirect"])),
        ],
        "summary": filters.summary(),
        "reason": None if found["direct"] else tables.reason_of(number, field, tables.gap_reasons()),
        "is_gap": not found["direct"],
        "commitments": [_with_url(row) for row in commitments.select_related("lead_unit")],
        "may_explain": _may_explain(request),
    }
    for row in context["page"].object_list:
        row.url = link("commitments:measure", row.reference)
        row.shown_status_label = MeasureStatus(row.shown_status).label
    return render(request, "reporting/cell.html", context)


def _require_part(request: UserRequest) -> None:
    """Whoever may see no content at all would see nothing but gaps."""
    if not request.user.clearance():
        raise PermissionDenied(_("Your role has no part in the content of the register."))


def _with_url(row: Commitment) -> Commitment:
    row.url = link("reporting:commitment", row.reference)  # type: ignore[attr-defined] # for the template
    return row


def _may_explain(request: UserRequest) -> bool:
    return can(request.user, Verb.GIVE_GAP_REASON, on=clock.today())


def _state_of_today() -> str:
    return _("State of %(day)s") % {"day": texts.long_date(clock.today())}


def _said(verdicts: picture.Verdicts) -> str:
    day = texts.long_date(verdicts.reporting_date)
    return _("Review cycle %(year)s, reporting date %(day)s") % {"year": verdicts.year, "day": day}


@require_http_methods(["GET", "POST"])
def gap(request: UserRequest, number: int, field: str = "") -> HttpResponse:
    """Say why an article has no measure in a field of action, or in any."""
    if field and field not in FIELDS:
        raise Http404
    require(request.user, Verb.GIVE_GAP_REASON, on=clock.today())
    provision = get_object_or_404(Provision.objects.articles().select_related("version__instrument"), order=number)
    known = GapReason.objects.filter(article=provision, field=field).first()
    form = GapForm(request.POST or None, initial=_initial(known))
    if form.is_valid():
        said = form.cleaned_data
        given = Gap(GapCode(said["code"]), said["text"], said["next_step"], said["due_on"])
        try:
            workflow.give_gap_reason(provision, field, given, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The reason stands in the matrix."))
            return redirect("reporting:matrix")
    name = tables.cell_name(number, field)
    context = {"form": form, "provision": provision, "name": name, "cancel_url": tables.cell_url(number, field)}
    return render(request, "reporting/gap_reason.html", context)


def _initial(known: GapReason | None) -> dict[str, object]:
    if known is None:
        return {}
    return {"code": known.code, "text": known.text_de, "next_step": known.next_step_de, "due_on": known.due_on}
