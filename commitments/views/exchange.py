"""Tables in and out: the start page with its log, a file brought in, and its preview."""

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock
from commitments.exchange import storage
from commitments.exchange.plans import RowOutcome
from commitments.exchange.registry import SUBJECTS
from commitments.exchange.subjects import Subject
from commitments.exchange.tables import UPLOAD_LIMIT
from commitments.forms import add_errors
from commitments.forms.exchange import ImportForm, TakeOverForm, name_of, suffix_of
from commitments.models import Direction, Job, Transfer, TransferState
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.lists import chip, page_of
from commitments.workflow import exchange as workflow

ROWS_ON_A_PAGE = 50
SHOWN: dict[str, frozenset[str]] = {
    "changes": frozenset({str(RowOutcome.NEW), str(RowOutcome.CHANGED), str(RowOutcome.CONFLICT)}),
    **{str(outcome): frozenset({str(outcome)}) for outcome in RowOutcome},
}
"""What of a preview is shown; without a choice, all of it."""

PAGES = {
    "adoptions": "commitments:instrument-list",
    "budgets": "commitments:measure-list",
    "commitments": "commitments:commitment-list",
    "evidence": "commitments:measure-list",
    "gap-reasons": "reporting:gap-list",
    "indicator-values": "commitments:measure-list",
    "indicators": "commitments:measure-list",
    "links": "commitments:measure-list",
    "measures": "commitments:measure-list",
    "provision-links": "commitments:measure-list",
    "uhri": "commitments:recommendation-list",
}
"""The list on which the entries of a file stand, by the subject's key; the others' are engagements."""

CHECKED_ELSEWHERE = {"answers": "reviews:answer-file-check"}
"""Files that are looked at on a page of their own, by the subject's key."""


@require_safe
def exchange(request: UserRequest) -> HttpResponse:
    today = clock.today()
    rows = Transfer.objects.visible_to(request.user).select_related("by")
    direction = request.GET.get("direction", "")
    if direction in Direction.values:
        rows = rows.filter(direction=direction)
    page = page_of(request, rows)
    for row in page:
        row.subject_label = _label(row.subject)  # type: ignore[attr-defined]
    context = {
        "subjects": list(SUBJECTS.values()),
        "page": page,
        "may_import": can(request.user, Verb.IMPORT, on=today),
        "may_export": can(request.user, Verb.EXPORT, on=today),
        "sees_all": request.user.is_city_wide,
        "chips": [chip(request, "direction", "", _("All"))]
        + [chip(request, "direction", value, str(label)) for value, label in Direction.choices],
    }
    return render(request, "commitments/exchange.html", context)


def _label(key: str) -> str:
    """The name of a table; some go out without being one of those that come in."""
    others = {"matrix": _("Matrix"), "answers": _("Answers"), "ledger": _("Audit ledger"), "sheets": _("Sheets")}
    if key in others:
        return others[key]
    return str(SUBJECTS[key].label) if key in SUBJECTS else key


def subject_of(key: str) -> Subject:
    if key not in SUBJECTS:
        raise Http404
    return SUBJECTS[key]


# In


@require_http_methods(["GET", "POST"])
def import_file(request: UserRequest, subject: str) -> HttpResponse:
    shown = subject_of(subject)
    if not shown.is_imported:
        raise Http404
    if shown.upload_page:
        return redirect(shown.upload_page)
    require(request.user, Verb.IMPORT, on=clock.today())
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(*sent, suffixes=shown.suffixes, most=UPLOAD_LIMIT)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        digest = storage.digest_of(upload.chunks())
        facts = workflow.FileFacts(name_of(upload), upload.size, digest)
        with transaction.atomic():
            transfer = workflow.begin_import(shown.key, facts, actor=request.user, at=clock.now())
            storage.keep(transfer.pk, upload.chunks(), suffix_of(upload))
        return redirect("commitments:transfer", transfer.pk)
    return render(request, "commitments/exchange_import.html", {"subject": shown, "form": form})


@require_safe
@never_cache
def transfer(request: UserRequest, pk: int) -> HttpResponse:
    """One file: while it is checked its progress, then the preview; rows are shown to the importer alone (rule 10)."""
    shown = get_object_or_404(Transfer.objects.visible_to(request.user).select_related("by"), pk=pk)
    if shown.subject in CHECKED_ELSEWHERE and shown.direction == Direction.IMPORT and shown.by_id == request.user.pk:
        return redirect(CHECKED_ELSEWHERE[shown.subject], pk)
    if row := _number(request.GET.get("row", "")):
        return _at_row(request, shown, row)
    return _show(request, shown, TakeOverForm())


def _show(request: UserRequest, shown: Transfer, form: TakeOverForm) -> HttpResponse:
    is_theirs, is_own = shown.by_id == request.user.pk, _is_own(request, shown)
    job = Job.objects.filter(pk=shown.job).first() if is_theirs and shown.job else None
    at_work = bool(job and not job.is_over)
    context: dict[str, Any] = {
        "transfer": shown,
        "subject": SUBJECTS.get(shown.subject),
        "subject_label": _label(shown.subject),
        "entries_url": reverse(PAGES.get(shown.subject, "commitments:engagement-list")),
        "job": job,
        "job_url": reverse("commitments:job", args=[job.pk]) if job else "",
        "at_work": at_work,
        "is_own": is_own,
        "outcomes": _outcomes(shown),
        "waits": is_own and not at_work and shown.state in (TransferState.CHECKING, TransferState.CHECKED),
        "form": form,
    }
    if is_theirs and shown.state in (TransferState.READY, TransferState.MADE) and job:
        context |= {"is_made": True, "may_download": storage.table_of(shown.pk) is not None}
    if is_own and not at_work and shown.state in (TransferState.CHECKED, TransferState.REFUSED):
        context |= _preview(request, shown)
    return render(request, "commitments/exchange_transfer.html", context)


def _outcomes(shown: Transfer) -> list[dict[str, Any]]:
    """How many rows of each outcome."""
    counts = shown.counts or {}
    found = [
        {"label": outcome.label, "number": counts[str(outcome)]} for outcome in RowOutcome if counts.get(str(outcome))
    ]
    return [{"label": _("rows in all"), "number": counts.get("rows", 0)}, *found]


def _preview(request: UserRequest, shown: Transfer) -> dict[str, Any]:
    chosen = request.GET.get("show", "")
    page = _number(request.GET.get("page", "")) or 1
    outcomes = SHOWN.get(chosen, frozenset())
    preview = storage.load_preview(shown.pk, outcomes, page - 1, ROWS_ON_A_PAGE)
    if preview is None:
        return {"is_gone": True}
    counts = shown.counts
    choices = [("", _("All"), counts.get("rows", 0))]
    choices += [(str(each), str(each.label), counts.get(str(each), 0)) for each in RowOutcome]
    for each in preview.rows:
        each.label = RowOutcome(each.outcome).label  # type: ignore[attr-defined]
    return {
        "preview": preview,
        "page": Paginator(range(preview.matching), ROWS_ON_A_PAGE).get_page(preview.page + 1),
        "show": chosen,
        "chips": [chip(request, "show", value, label, count) for value, label, count in choices if count or not value],
        "nothing_changes": not counts.get("writes") and shown.state == TransferState.CHECKED,
        "may_take_over": shown.state == TransferState.CHECKED and counts.get("writes"),
    }


def _number(written: str) -> int:
    """A number of rows or pages that somebody typed; 0 where it is none."""
    return int(written) if re.fullmatch("[0-9]{1,7}", written) else 0


def _at_row(request: UserRequest, shown: Transfer, row: int) -> HttpResponse:
    """Lead to the page of the preview on which a row of the file stands, or where it would stand."""
    address = request.GET.copy()
    address.pop("row")
    outcomes = SHOWN.get(address.get("show", ""), frozenset())
    if _is_own(request, shown):
        address["page"] = str(storage.place_of(shown.pk, outcomes, row) // ROWS_ON_A_PAGE + 1)
    return redirect(f"{request.path}?{address.urlencode()}#row-{row}")


def _is_own(request: UserRequest, shown: Transfer) -> bool:
    return shown.by_id == request.user.pk and shown.direction == Direction.IMPORT


@require_POST
def take_over(request: UserRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Transfer.objects.visible_to(request.user), pk=pk)
    form = TakeOverForm(request.POST)
    if not form.is_valid():
        _require_own(request, shown)
        return _show(request, shown, form)
    try:
        workflow.ask_to_take_over(shown, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
    except ValidationError as error:
        add_errors(form, error)
        return _show(request, shown, form)
    return redirect("commitments:transfer", pk)


def _require_own(request: UserRequest, shown: Transfer) -> None:
    require(request.user, Verb.IMPORT, on=clock.today())
    if shown.by_id != request.user.pk:
        raise PermissionDenied(_("Only the person who brought the file in can do this."))


@require_POST
def discard(request: UserRequest, pk: int) -> HttpResponse:
    shown = get_object_or_404(Transfer.objects.visible_to(request.user), pk=pk)
    try:
        workflow.discard(shown, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("commitments:transfer", pk)
    storage.remove(shown.pk)
    messages.success(request, _("The file is discarded. Nothing was written."))
    return redirect("commitments:exchange")
