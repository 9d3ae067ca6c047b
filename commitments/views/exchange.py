"""Tables in and out: the start page with its log, a file brought in, its preview, and rows taken out."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock, texts
from commitments.exchange import storage
from commitments.exchange.lookups import Known
from commitments.exchange.plans import RowOutcome
from commitments.exchange.registry import SUBJECTS
from commitments.exchange.subjects import Subject
from commitments.exchange.tables import UPLOAD_LIMIT
from commitments.exchange.writing import FORMATS, MEDIA_TYPES, About, write_file
from commitments.forms import CommitmentFilter, EngagementFilter, MeasureFilter, add_errors
from commitments.forms.exchange import ImportForm, TakeOverForm, name_of, suffix_of
from commitments.models import City, Direction, Job, Transfer, TransferState
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.commitments import commitments_for
from commitments.views.engagements import engagements_for
from commitments.views.lists import chip, page_of
from commitments.views.measures import measures_for
from commitments.workflow import exchange as workflow
from commitments.workflow.naming import GERMAN

ROWS_ON_A_PAGE = 50
SHOWN: dict[str, frozenset[str]] = {
    "changes": frozenset({str(RowOutcome.NEW), str(RowOutcome.CHANGED), str(RowOutcome.CONFLICT)}),
    **{str(outcome): frozenset({str(outcome)}) for outcome in RowOutcome},
}
"""What of a preview is shown; without a choice, all of it."""

Narrow = Callable[[Any, dict[str, Any]], Any]
LISTS: dict[str, tuple[Any, Narrow]] = {
    "measures": (MeasureFilter, measures_for),
    "commitments": (CommitmentFilter, commitments_for),
    "engagements": (EngagementFilter, engagements_for),
}
"""The lists whose filter an export takes over, by the beginning of the subject's key."""

PAGES = {
    "commitments": "commitments:commitment-list",
    "links": "commitments:measure-list",
    "measures": "commitments:measure-list",
    "provision": "commitments:measure-list",
    "uhri": "commitments:recommendation-list",
}
"""The list on which the entries of a file stand, by the beginning of the subject's key; the others' are engagements."""


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
    """The name of a table; the matrix goes out without being one of those that come in."""
    if key == "matrix":
        return _("Matrix")
    return str(SUBJECTS[key].label) if key in SUBJECTS else key


def _subject(key: str) -> Subject:
    if key not in SUBJECTS:
        raise Http404
    return SUBJECTS[key]


# In


@require_http_methods(["GET", "POST"])
def import_file(request: UserRequest, subject: str) -> HttpResponse:
    shown = _subject(subject)
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
    return _show(request, shown, TakeOverForm())


def _show(request: UserRequest, shown: Transfer, form: TakeOverForm) -> HttpResponse:
    is_own = shown.by_id == request.user.pk and shown.direction == Direction.IMPORT
    job = Job.objects.filter(pk=shown.job).first() if is_own and shown.job else None
    at_work = bool(job and not job.is_over)
    context: dict[str, Any] = {
        "transfer": shown,
        "subject": SUBJECTS.get(shown.subject),
        "subject_label": _label(shown.subject),
        "entries_url": reverse(PAGES.get(shown.subject.split("-")[0], "commitments:engagement-list")),
        "job": job,
        "job_url": reverse("commitments:job", args=[job.pk]) if job else "",
        "at_work": at_work,
        "is_own": is_own,
        "outcomes": _outcomes(shown),
        "waits": is_own and not at_work and shown.state in (TransferState.CHECKING, TransferState.CHECKED),
        "form": form,
    }
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
    number = request.GET.get("page", "1")
    first = (int(number) - 1) * ROWS_ON_A_PAGE if number.isdigit() and 0 < int(number) <= 10_000 else 0
    outcomes = SHOWN.get(chosen, frozenset())
    preview = storage.load_preview(shown.pk, outcomes, first, ROWS_ON_A_PAGE)
    if preview is None:
        return {"is_gone": True}
    page = Paginator(range(preview.matching), ROWS_ON_A_PAGE).get_page(first // ROWS_ON_A_PAGE + 1)
    counts = shown.counts
    choices = [("", _("All"), counts.get("rows", 0))]
    choices += [(str(each), str(each.label), counts.get(str(each), 0)) for each in RowOutcome]
    for row in preview.rows:
        row.label = RowOutcome(row.outcome).label  # type: ignore[attr-defined]
    return {
        "preview": preview,
        "page": page,
        "chips": [chip(request, "show", value, label, count) for value, label, count in choices if count or not value],
        "nothing_changes": not counts.get("writes") and shown.state == TransferState.CHECKED,
        "may_take_over": shown.state == TransferState.CHECKED and counts.get("writes"),
    }


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


# Out


@require_safe
@never_cache
def export(request: UserRequest, subject: str, form: str) -> HttpResponseBase:
    """The rows that one may see, narrowed by the filter of the list's address; ``?template`` gives headings alone."""
    shown = _subject(subject)
    if form not in FORMATS or not (shown.is_exported or "template" in request.GET):
        raise Http404
    require(request.user, Verb.EXPORT, on=clock.today())
    handle, name = tempfile.mkstemp(suffix=f".{form}", dir=settings.FILE_UPLOAD_TEMP_DIR)
    os.close(handle)
    path = Path(name)
    try:
        return _written(request, shown, form, path)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("commitments:exchange")
    finally:
        path.unlink(missing_ok=True)  # who has it open still reads it


def _written(request: UserRequest, shown: Subject, form: str, path: Path) -> FileResponse:
    is_template = "template" in request.GET
    summary, rows = ("", None) if is_template else _narrowed(request, shown)
    cells = [] if rows is None else shown.rows_for_export(rows, Known(request.user))
    written = write_file(path, form, shown, cells, _about(request, summary))
    day = clock.today().isoformat()
    ending = _("template") if is_template else day
    file_name = f"{slugify(str(shown.label).translate(GERMAN))}-{ending}.{form}"
    if not is_template:
        facts = workflow.FileFacts(file_name, path.stat().st_size, storage.digest_of(storage.file_chunks(path)))
        taken = workflow.Taken(written.rows, request.GET.urlencode(), written.holds_protected)
        workflow.note_export(shown.key, facts, taken, actor=request.user, at=clock.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=file_name, content_type=MEDIA_TYPES[form])


def _narrowed(request: UserRequest, shown: Subject) -> tuple[str, Any]:
    """The filter in words, and the rows that it leaves."""
    rows = shown.visible(request.user)
    name = shown.key.split("-")[0]
    if name not in LISTS or not request.GET:
        return "", rows
    form, narrow = LISTS[name]
    filters = form(request.GET)
    chosen = filters.chosen()
    left = narrow(request.user, {key: value for key, value in chosen.items() if key != "sort"})
    return filters.summary(), rows.filter(pk__in=left.order_by().values("pk"))


def _about(request: UserRequest, summary: str) -> About:
    city = City.objects.first()
    return About(
        city=texts.localized(city, "name") if city else str(settings.CITY_NAME),
        day=clock.today(),
        by=request.user.name,
        filters=summary,
        notice=texts.localized(city, "notice") if city else "",
    )
