"""A period of the ledger as a file: asked for here, made in the background, downloaded by the one who asked."""

import uuid

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock
from commitments.forms import add_errors
from commitments.jobs import with_progress
from commitments.models import Job, JobState, Protection
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from reporting import locking
from reporting.audit import exporting
from reporting.forms import PeriodForm


@require_http_methods(["GET", "POST"])
def export(request: UserRequest) -> HttpResponse:
    """The form for a period, and one's own files of today."""
    _require(request)
    form = PeriodForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            exporting.ask_for_export(form.period(), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            return redirect("reporting:audit-export")
    return render(request, "reporting/audit_export.html", {"form": form, "files": _files(request)})


def _require(request: UserRequest) -> None:
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    require(request.user, Verb.EXPORT, on=clock.today())


def _files(request: UserRequest) -> list[Job]:
    found = [with_progress(job) for job in exporting.files_of(request.user)]
    for job in found:
        period = exporting.period_of(job.arguments)
        job.period = period  # type: ignore[attr-defined]
        job.result_url = job.result.get("url", "") if exporting.is_there(job) else ""  # type: ignore[attr-defined]
        job.result_label = job.result.get("label", "")  # type: ignore[attr-defined]
        job.is_gone = job.state == JobState.DONE and not job.result_url  # type: ignore[attr-defined]
    return found


@require_safe
@never_cache
def export_file(request: UserRequest, pk: uuid.UUID) -> FileResponse:
    """The file, for the one who asked for it, as long as they may still see what stands in it."""
    _require(request)
    job = get_object_or_404(Job, pk=pk, kind=exporting.KIND, asked_by=request.user)
    if not exporting.is_there(job):
        raise Http404(_("This file is no longer there. Ask for it again."))
    name = exporting.file_name(exporting.period_of(job.arguments))
    if exporting.holds_protected(job) and Protection.PROTECTED not in request.user.clearance():
        raise PermissionDenied(_("This file holds protected entries, and your right to them has ended."))
    if locking.is_locked(request.user, job.asked_at):
        raise PermissionDenied(_("This file holds entries that were protected since. Ask for a new one."))
    file = exporting.path_of(job).open("rb")
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/x-ndjson")
