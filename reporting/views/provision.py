"""One provision of an instrument, such as Article 25 of the Declaration."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from commitments.models import UDHR, Provision
from commitments.requests import UserRequest
from reporting.tables import provision as table


@require_safe
def provision(request: UserRequest, key: str, version: int, number: str) -> HttpResponse:
    shown = get_object_or_404(
        Provision.objects.select_related("version__instrument"),
        version__instrument__key=key,
        version__number=version,
        number=number,
    )
    is_article = key == UDHR
    promises, years = table.promises(shown, request.user)
    context = {
        "provision": shown,
        "instrument": shown.version.instrument,
        "is_article": is_article,
        "kin": table.kin(shown),
        "promises": promises,
        "years": years,
        "measures": table.measures(shown, request.user),
        "most": table.MOST,
        "gaps": table.gaps(shown) if is_article else [],
    }
    return render(request, "reporting/provision.html", context)
