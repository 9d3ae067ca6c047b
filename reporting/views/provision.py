"""One provision of an instrument, such as Article 25 of the Declaration."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commitments import clock, texts
from commitments.forms import AsOfForm
from commitments.instrument_history import provision_story
from commitments.models import UDHR, Provision, User
from commitments.requests import UserRequest
from reporting.tables import provision as table
from reporting.tables import provision_then


def _provision(key: str, version: int, number: str) -> Provision:
    return get_object_or_404(
        Provision.objects.select_related("version__instrument", "version__replaced_by"),
        version__instrument__key=key,
        version__number=version,
        number=number,
    )


@require_safe
def provision(request: UserRequest, key: str, version: int, number: str) -> HttpResponse:
    """One provision as it stands, or as it stood on a day (rule 13)."""
    shown = _provision(key, version, number)
    form = AsOfForm(request.GET if "on" in request.GET else None, today=clock.today())
    context = {
        "provision": shown,
        "instrument": shown.version.instrument,
        "is_article": key == UDHR,
        "most": table.MOST,
        "form": form,
        "history_url": reverse("reporting:provision-history", args=[key, version, number]),
    }
    if form.is_valid():
        day = form.cleaned_data["on"]
        then = provision_then.stood(shown, request.user, day)
        return render(request, "reporting/provision_then.html", context | {"on": day} | then)
    return render(request, "reporting/provision.html", context | _today(shown, request.user))


def _today(shown: Provision, user: User) -> dict[str, Any]:
    is_article = shown.version.instrument.key == UDHR
    promises, kin = table.promises(shown, user), table.kin(shown)
    return {
        "kin": kin,
        "is_astray": not is_article and all(group.instrument.key != UDHR for group in kin),
        "newer": getattr(shown.version, "replaced_by", None),
        "promises": promises,
        "years": table.by_years(promises),
        "measures": table.measures(shown, user),
        "recommendations": table.recommendations(shown),
        "gaps": table.gaps(shown) if is_article else [],
    }


@require_safe
def provision_history(request: UserRequest, key: str, version: int, number: str) -> HttpResponse:
    """The history alone: a part of the provision's page, or a page where there is no script."""
    shown = _provision(key, version, number)
    context = {
        "entries": provision_story(shown, request.user),
        "of": shown,
        "name": f"{texts.localized(shown.version.instrument, 'short')} {number}",
        "back_url": reverse("reporting:provision", args=[key, version, number]),
    }
    template = "commitments/_history.html" if request.htmx else "reporting/provision_history.html"
    return render(request, template, context)
