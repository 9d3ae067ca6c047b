"""Tables on their way out: short ones at once, long ones made in the background and then downloaded."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from commitments import clock
from commitments.exchange import handing_out, storage
from commitments.exchange.lookups import Known
from commitments.exchange.registry import SUBJECTS
from commitments.exchange.subjects import Subject
from commitments.exchange.writing import FORMATS, MEDIA_TYPES, write_file
from commitments.forms import CommitmentFilter, EngagementFilter, MeasureFilter
from commitments.models import Direction, Transfer
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.commitments import commitments_for
from commitments.views.engagements import engagements_for
from commitments.views.exchange import subject_of
from commitments.views.measures import measures_for
from commitments.workflow import exchange as workflow
from commitments.workflow.naming import GERMAN

Narrow = Callable[[Any, dict[str, Any]], Any]
LISTS: dict[str, tuple[Any, Narrow]] = {
    "measures": (MeasureFilter, measures_for),
    "commitments": (CommitmentFilter, commitments_for),
    "engagements": (EngagementFilter, engagements_for),
}
"""The lists whose filter an export takes over, by the beginning of the subject's key."""


@require_safe
@never_cache
def export(request: UserRequest, subject: str, form: str) -> HttpResponseBase:
    """The rows that one may see, narrowed by the filter of the list's address; ``?template`` gives headings alone."""
    shown = subject_of(subject)
    is_template = "template" in request.GET
    if form not in FORMATS or not (shown.is_exported or is_template):
        raise Http404
    require(request.user, Verb.EXPORT, on=clock.today())
    summary, rows = ("", None) if is_template else _narrowed(request, shown)
    if rows is not None and rows.count() > handing_out.AT_ONCE:
        return _ordered(request, shown, form, (summary, rows))
    handle, name = tempfile.mkstemp(suffix=f".{form}", dir=settings.FILE_UPLOAD_TEMP_DIR)
    os.close(handle)
    path = Path(name)
    try:
        return _written(request, shown, path, (summary, rows))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("commitments:exchange")
    finally:
        path.unlink(missing_ok=True)  # who has it open still reads it


def _ordered(request: UserRequest, shown: Subject, form: str, what: tuple[str, Any]) -> HttpResponseBase:
    """The background makes it; the page of the transfer says how far it is."""
    summary, rows = what
    order = handing_out.ordered(rows, request.user, form, summary)
    query = request.GET.urlencode()
    with transaction.atomic():
        made = workflow.begin_export(shown.key, _file_name(shown, form), query, actor=request.user, at=clock.now())
        storage.save_order(made.pk, order)
    return redirect("commitments:transfer", made.pk)


def _written(request: UserRequest, shown: Subject, path: Path, what: tuple[str, Any]) -> FileResponse:
    summary, rows = what
    form, at = path.suffix.removeprefix("."), clock.now()
    cells = [] if rows is None else shown.rows_for_export(rows, Known(request.user))
    written = write_file(path, form, shown, cells, handing_out.about_city(request.user.name, summary))
    file_name = _file_name(shown, form, is_template=rows is None)
    if rows is not None:
        facts = workflow.FileFacts(file_name, path.stat().st_size, storage.digest_of(storage.file_chunks(path)))
        taken = workflow.Taken(written.rows, request.GET.urlencode(), written.holds_protected)
        with transaction.atomic():
            workflow.note_export(shown.key, facts, taken, actor=request.user, at=at)
            shown.note_handed_out(rows, request.user, at)
    return _file(path, file_name)


@require_safe
@never_cache
def download(request: UserRequest, pk: int) -> HttpResponseBase:
    """A table that was made, for whoever asked for it; no longer once something in the register became protected."""
    rows = Transfer.objects.visible_to(request.user).filter(direction=Direction.EXPORT, subject__in=SUBJECTS)
    shown = get_object_or_404(rows, pk=pk)
    require(request.user, Verb.EXPORT, on=clock.today())
    path, order, at = storage.table_of(pk), storage.load_order(pk), clock.now()
    if path is None or order is None:
        messages.error(request, _("The file is no longer there. Download the table again."))
        return redirect("commitments:transfer", pk)
    if shown.by_id == request.user.pk and not handing_out.is_still_seen(order, request.user):
        storage.remove(pk)
        messages.error(
            request,
            _(
                "The file was removed: since it was made, something in the register has become protected, or your "
                "rights have changed. Download the table again."
            ),
        )
        return redirect("commitments:transfer", pk)
    with transaction.atomic():
        if workflow.note_downloaded(shown, actor=request.user, at=at):
            subject = SUBJECTS[shown.subject]
            for some in handing_out.rows_of(subject, order, request.user):
                subject.note_handed_out(some, request.user, at)
    return _file(path, shown.file_name)


def _file_name(shown: Subject, form: str, *, is_template: bool = False) -> str:
    ending = _("template") if is_template else clock.today().isoformat()
    return f"{slugify(str(shown.label).translate(GERMAN))}-{ending}.{form}"


def _file(path: Path, name: str) -> FileResponse:
    media_type = MEDIA_TYPES[path.suffix.removeprefix(".")]
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=media_type)


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
