"""How far a job is: the fragment that pages ask for every two seconds."""

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from commitments.jobs import with_progress
from commitments.models import Job
from commitments.requests import UserRequest


@require_safe
@never_cache
def job(request: UserRequest, pk: uuid.UUID) -> HttpResponse:
    shown = with_progress(get_object_or_404(Job.objects.visible_to(request.user), pk=pk))
    shown.result_url = shown.result.get("url", "")  # type: ignore[attr-defined]
    shown.result_label = shown.result.get("label", "")  # type: ignore[attr-defined]
    return render(request, "components/job.html", {"job": shown, "url": reverse("commitments:job", args=[pk])})
