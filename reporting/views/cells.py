"""What one cell of the matrix counts, measure by measure, or why it is empty."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commitments import articles, history
from commitments.instrument_history import gap_strand
from commitments.models import Commitment, Measure, MeasureStatus, MeasureUnit, Provision
from commitments.requests import UserRequest
from commitments.views.lists import chip
from reporting.coverage import FIELDS, coverage
from reporting.forms import MatrixFilter
from reporting.grid import NOWHERE
from reporting.tables import gaps as gap_tables
from reporting.tables import matrix as tables
from reporting.tables.home import link
from reporting.views.matrix import view_of
from reporting.views.parts import may_explain, require_part

PER_PAGE = 50
Found = Mapping[str, frozenset[str]]
"""References of the measures that reach a row directly, and of those that reach it indirectly."""


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


@require_safe
def matrix_cell(request: UserRequest) -> HttpResponse:
    """The same for every other view: which row and column is said in the address."""
    require_part(request.user)
    filters = MatrixFilter(request.GET)
    view = view_of(filters)
    counts = tables.counts_of(view, request.user)
    row = next((key for key, line in counts.rows.lines.items() if line.key == request.GET.get("row")), None)
    column = request.GET.get("column", "")
    known = {line.key: line.name for line in counts.columns.lines} | {NOWHERE: str(tables.NONE.get(view.columns, ""))}
    if row is None or (column and not known.get(column)):
        raise Http404
    line = counts.rows.lines[row]
    keys = [column] if column else []
    direct = counts.direct(row, keys)
    context = _measures(request, {"direct": direct, "indirect": counts.indirect(row, keys)})
    context |= {"is_empty": not direct}
    context |= {
        "title": line.name,
        "name": ", ".join(filter(None, (tables.row_name(view, line), known.get(column, "")))),
        "summary": filters.summary(),
        "up_url": link("reporting:matrix", query=view.query()),
        "commitments": _commitments(request, [pk for pk, each in counts.promises.items() if each.basis == row]),
        "reasons": _reasons(view, row, column) if context["is_empty"] else [],
        "may_explain": may_explain(request.user),
    }
    return render(request, "reporting/matrix_cell.html", context)


def _reasons(view: tables.View, row: int, column: str) -> list[gap_tables.ArticleReason]:
    """What was said of the articles to which an empty row leads, in the field of the column where it is one."""
    numbers = [row] if view.is_of_articles else sorted(_led_to(view, row))
    field = view.field if view.columns else column
    return gap_tables.reasons_of(numbers, field, gap_tables.gap_reasons())


def _led_to(view: tables.View, row: int) -> set[int]:
    """The articles to which a provision leads, or all provisions of an instrument."""
    within: dict[str, int] = {"pk": row} if view.instrument else {"version__instrument": row}
    provisions = Provision.objects.in_use().filter(**within).select_related("version__instrument")
    return {number for numbers in articles.of_provisions(list(provisions)).values() for number in numbers}


def _cell(request: UserRequest, number: int, field: str) -> HttpResponse:
    require_part(request.user)
    provision = get_object_or_404(Provision.objects.articles().select_related("version__instrument"), order=number)
    filters = MatrixFilter(request.GET)
    reach = coverage(request.user, **filters.filters())
    direct, reasons = reach.direct(number, field), gap_tables.gap_reasons()
    gaps = [] if field else list(gap_tables.gaps_of(number, reach.direct, reasons, also_irrelevant=True))
    instrument = provision.version.instrument
    context = _measures(request, {"direct": direct, "indirect": reach.indirect(number, field)}) | {
        "provision": provision,
        "number": number,
        "field": field,
        "name": gap_tables.cell_name(number, field),
        "text_url": link("reporting:provision", instrument.key, provision.version.number, provision.number),
        "summary": filters.summary(),
        "reason": reasons.get((number, field)) if direct else gap_tables.reason_of(number, field, reasons),
        "is_gap": not direct,
        "has_measures": bool(direct),
        "gaps": gaps if len(gaps) > 1 or (gaps and direct) else [],
        "commitments": _commitments(request, [pk for pk, each in reach.promises.items() if each.basis == number]),
        "may_explain": may_explain(request.user),
        "history_url": link("reporting:gap-history", *((number, field) if field else (number,))),
    }
    return render(request, "reporting/cell.html", context)


@require_safe
def gap_history(request: UserRequest, number: int, field: str = "") -> HttpResponse:
    """What was said of the gaps of an article, in one field or in all: part of the cell's page, or a page alone."""
    require_part(request.user)
    if field and field not in FIELDS:
        raise Http404
    provision = get_object_or_404(Provision.objects.articles(), order=number)
    context = {
        "entries": history.timeline([gap_strand(provision, *((field, "") if field else ()))]),
        "name": gap_tables.cell_name(number, field),
        "back_url": gap_tables.cell_url(number, field),
    }
    template = "commitments/_history.html" if request.htmx else "commitments/history_of.html"
    return render(request, template, context)


def _measures(request: UserRequest, found: Found) -> dict[str, Any]:
    """One page of the direct or the indirect measures; only those that are shown are read."""
    way = "indirect" if request.GET.get("way") == "indirect" or not found["direct"] else "direct"
    page = Paginator(sorted(found[way]), PER_PAGE).get_page(request.GET.get("page"))
    units = MeasureUnit.objects.filter(ended_on__isnull=True).select_related("unit")
    rows = Measure.objects.visible_to(request.user).with_shown_status().filter(reference__in=list(page.object_list))
    shown = list(rows.prefetch_related(Prefetch("measure_units", queryset=units)).order_by("reference"))
    for row in shown:
        row.url = link("commitments:measure", row.reference)  # type: ignore[attr-defined] # for the template
        row.shown_status_label = MeasureStatus(row.shown_status).label  # type: ignore[attr-defined]
    return {
        "page": page,
        "measures": shown,
        "way": way,
        "ways": [
            chip(request, "way", "", _("Direct"), len(found["direct"])),
            chip(request, "way", "indirect", _("Indirect"), len(found["indirect"])),
        ],
    }


def _commitments(request: UserRequest, ids: list[int]) -> list[Commitment]:
    rows = list(Commitment.objects.visible_to(request.user).filter(pk__in=ids).select_related("lead_unit"))
    for row in rows:
        row.url = link("reporting:commitment", row.reference)  # type: ignore[attr-defined] # for the template
    return rows
