"""The matrix in all its views: as a page, on paper and as a file."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commitments import clock
from commitments.models import UDHR, Instrument, Protection
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.lists import chip
from commitments.workflow.downloads import Download, log_download
from reporting.forms import MatrixFilter
from reporting.tables import gaps as gap_tables
from reporting.tables import matrix as tables
from reporting.tables import matrix_files as files
from reporting.views.parts import may_explain, require_part, state_of_today

KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def view_of(filters: MatrixFilter, page: str | None = None) -> tables.View:
    """What the address asks for; rows that nobody knows are the articles."""
    chosen = filters.chosen()
    rows, columns = chosen.get("rows", ""), chosen.get("columns", "")
    instrument = None
    if rows and rows != "instruments":
        instrument = Instrument.objects.filter(key=rows).exclude(key=UDHR).first()
    return tables.View(
        rows=rows if instrument or rows == "instruments" else "",
        columns=columns,
        instrument=instrument,
        page=int(page) if page and page.isascii() and page.isdigit() and 0 < len(page) < 5 and int(page) else 1,
        name=chosen.get("name", "") if columns else "",
        chosen=filters.filters(),
    )


@require_safe
def matrix(request: UserRequest) -> HttpResponse:
    require_part(request.user)
    filters = MatrixFilter(request.GET)
    view = view_of(filters, request.GET.get("page"))
    reasons = gap_tables.gap_reasons() if view.is_of_articles else {}
    counts = tables.counts_of(view, request.user)
    table = tables.matrix(view, counts, reasons)
    context = {
        "matrix": table,
        "gaps": gap_tables.gaps_in(counts, reasons) if view.has_gaps else [],
        "filters": filters,
        "summary": filters.summary(),
        "preline": state_of_today(),
        "rule": tables.counting_rule(),
        "closable_kind": "bad" if table.closable else "good",
        "may_explain": may_explain(request.user),
        "may_export": can(request.user, Verb.EXPORT, on=clock.today()),
        "rows": [chip(request, "rows", name, str(label)) for name, label in tables.ROWS.items()],
        "columns": [chip(request, "columns", name, str(label)) for name, label in tables.COLUMNS.items()],
        "query": view.query(page=0),
    }
    return render(request, "reporting/matrix.html", context)


@require_safe
def matrix_file(request: UserRequest, kind: str) -> HttpResponse:
    """The view as a file, all columns side by side; what was taken out, and by whom, is written down."""
    require_part(request.user)
    require(request.user, Verb.EXPORT, on=clock.today())
    if kind not in KINDS:
        raise Http404
    filters = MatrixFilter(request.GET)
    view = view_of(filters)
    reasons = gap_tables.gap_reasons() if view.is_of_articles else {}
    counts = tables.counts_of(view, request.user)
    table = tables.matrix(view, counts, reasons, whole=True)
    lead = [view.title, state_of_today(), filters.summary() or _("All accepted measures"), tables.counting_rule()]
    sheets = [files.matrix_sheet(table, lead)]
    gaps = gap_tables.gaps_in(counts, reasons) if view.has_gaps else []
    if gaps:
        sheets.append(files.gap_sheet(gaps, lead[:3]))
    if request.GET.get("sheet") == "gaps":
        sheets = sheets[1:] or [files.gap_sheet([], lead[:3])]
    content = files.as_xlsx(sheets) if kind == "xlsx" else files.as_csv(sheets[0])
    subject = _("matrix") if sheets[0].name == _("Matrix") else _("gaps")
    name = f"{subject}-{clock.today():%Y-%m-%d}.{kind}"
    rows = sum(len(sheet.rows) - 1 for sheet in sheets)
    made = Download(
        "matrix", name, content, request.GET.urlencode(), rows, Protection.PROTECTED in request.user.clearance()
    )
    log_download(made, actor=request.user, at=clock.now())
    response = HttpResponse(content, content_type=KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
