"""How far a job is: the fragment that pages ask for every two seconds."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from commitments.jobs import with_progress
from commitments.models import Job, Protection, User
from commitments.requests import UserRequest


@require_safe
@never_cache
def job(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Job.objects.visible_to(request.user).select_related("asked_by"), pk=pk)
    shown = as_told_to(request.user, with_progress(found))
    shown.result_url = shown.result.get("url", "")  # type: ignore[attr-defined]
    shown.result_label = shown.result.get("label", "")  # type: ignore[attr-defined]
    return render(request, "components/job.html", {"job": shown, "url": reverse("commitments:job", args=[pk])})


def as_told_to(reader: User, job: Job) -> Job:
    """What a job says may quote the rows it worked on: one who sees less than its asker reads only how it ended.

    Somebody who ever had the right to protected content counts as having had it then (rule 10).
    """
    asker = job.asked_by
    if asker is None or asker.pk == reader.pk or Protection.PROTECTED in reader.clearance():
        return job
    if (job.message or job.error) and asker.protected_accesses.exists():
        job.message = ""
        job.error = _("Why is told to the person who asked for it.") if job.error else ""
    return job
