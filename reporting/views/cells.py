"""What one cell of the matrix counts, measure by measure, or why it is empty."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

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
    context = _measures(request, {"direct": counts.direct(row, keys), "indirect": counts.indirect(row, keys)})
    context |= {
        "title": line.name,
        "name": ", ".join(filter(None, (tables.row_name(view, line), known.get(column, "")))),
        "summary": filters.summary(),
        "up_url": link("reporting:matrix", query=view.query()),
        "commitments": _commitments(request, [pk for pk, each in counts.promises.items() if each.basis == row]),
    }
    return render(request, "reporting/matrix_cell.html", context)


def _cell(request: UserRequest, number: int, field: str) -> HttpResponse:
    require_part(request.user)
    provision = get_object_or_404(Provision.objects.articles().select_related("version__instrument"), order=number)
    filters = MatrixFilter(request.GET)
    reach = coverage(request.user, **filters.filters())
    direct = reach.direct(number, field)
    instrument = provision.version.instrument
    context = _measures(request, {"direct": direct, "indirect": reach.indirect(number, field)}) | {
        "provision": provision,
        "number": number,
        "field": field,
        "name": gap_tables.cell_name(number, field),
        "text_url": link("reporting:provision", instrument.key, provision.version.number, provision.number),
        "summary": filters.summary(),
        "reason": None if direct else gap_tables.reason_of(number, field, gap_tables.gap_reasons()),
        "is_gap": not direct,
        "commitments": _commitments(request, [pk for pk, each in reach.promises.items() if each.basis == number]),
        "may_explain": may_explain(request.user),
    }
    return render(request, "reporting/cell.html", context)


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
