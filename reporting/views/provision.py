"""One provision of an instrument, such as Article 25 of the Declaration."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commitments import texts
from commitments.instrument_history import provision_story
from commitments.models import UDHR, Provision
from commitments.requests import UserRequest
from reporting.tables import provision as table


def _provision(key: str, version: int, number: str) -> Provision:
    return get_object_or_404(
        Provision.objects.select_related("version__instrument", "version__replaced_by"),
        version__instrument__key=key,
        version__number=version,
        number=number,
    )


@require_safe
def provision(request: UserRequest, key: str, version: int, number: str) -> HttpResponse:
    shown = _provision(key, version, number)
    is_article = key == UDHR
    promises, years = table.promises(shown, request.user)
    kin = table.kin(shown)
    context = {
        "provision": shown,
        "instrument": shown.version.instrument,
        "is_article": is_article,
        "kin": kin,
        "is_astray": not is_article and all(group.instrument.key != UDHR for group in kin),
        "newer": getattr(shown.version, "replaced_by", None),
        "promises": promises,
        "years": years,
        "measures": table.measures(shown, request.user),
        "recommendations": table.recommendations(shown),
        "most": table.MOST,
        "gaps": table.gaps(shown) if is_article else [],
        "history_url": reverse("reporting:provision-history", args=[key, version, number]),
    }
    return render(request, "reporting/provision.html", context)


@require_safe
def provision_history(request: UserRequest, key: str, version: int, number: str) -> HttpResponse:
    """The history alone: a part of the provision's page, or a page where there is no script."""
    shown = _provision(key, version, number)
    context = {
        "entries": provision_story(shown),
        "of": shown,
        "name": f"{texts.localized(shown.version.instrument, 'short')} {number}",
        "back_url": reverse("reporting:provision", args=[key, version, number]),
    }
    template = "commitments/_history.html" if request.htmx else "reporting/provision_history.html"
    return render(request, template, context)
