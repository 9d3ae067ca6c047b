"""What measures happen in: partnerships, EU projects, networks, development cooperation, training."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from commitments import history, search, texts
from commitments.forms import EngagementFilter
from commitments.models import Adoption, Engagement, EngagementKind, Measure, MeasureStatus, User
from commitments.requests import UserRequest
from commitments.views.lists import chip, count_of, page_of
from commitments.views.measures import with_leads

CHILDREN = {
    EngagementKind.PARTNERSHIP: "partnership",
    EngagementKind.EU_PROJECT: "euproject",
    EngagementKind.NETWORK: "networkmembership",
    EngagementKind.DEVELOPMENT: "developmentproject",
    EngagementKind.TRAINING: "training",
}
"""From an engagement to the row that says what its kind has more."""

LABELS = {
    EngagementKind.PARTNERSHIP: gettext_lazy("Partnerships"),
    EngagementKind.EU_PROJECT: gettext_lazy("EU projects"),
    EngagementKind.NETWORK: gettext_lazy("Networks"),
    EngagementKind.DEVELOPMENT: gettext_lazy("Development cooperation"),
    EngagementKind.TRAINING: gettext_lazy("Training"),
}
SEARCHED = (
    "name_de",
    "name_en",
    "note_de",
    "partnership__city_de",
    "partnership__city_en",
    "euproject__acronym",
    "euproject__programme",
    "euproject__grant_agreement",
    "developmentproject__partner",
)


def of_kind(row: Engagement) -> Any:
    """The partnership, project, membership or training that this engagement is."""
    return getattr(row, CHILDREN[EngagementKind(row.kind)])


def detail(row: Engagement) -> str:
    """What distinguishes it from others of its kind, in a few words."""
    own = of_kind(row)
    match row.kind:
        case EngagementKind.PARTNERSHIP:
            parts = [own.get_form_display(), texts.country(own.country)]
        case EngagementKind.EU_PROJECT:
            parts = [own.acronym, own.programme]
        case EngagementKind.DEVELOPMENT:
            parts = [own.partner]
        case EngagementKind.TRAINING:
            parts = [own.topic, own.audience]
        case _:
            parts = [_("with a pledge")] if own.instrument_id else []
    return " · ".join(str(part) for part in parts if part)


def _filtered(user: User, chosen: dict[str, Any]) -> "QuerySet[Engagement]":
    rows = search.matching(Engagement.objects.visible_to(user), SEARCHED, chosen.get("q", ""))
    return rows.filter(**{name: chosen[name] for name in ("status", "unit") if name in chosen})


@require_safe
def engagement_list(request: UserRequest) -> HttpResponse:
    filters = EngagementFilter(request.GET)
    chosen = filters.chosen()
    rows = _filtered(request.user, chosen)
    counts = dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))
    if "kind" in chosen:
        rows = rows.filter(kind=chosen["kind"])
    measures = Measure.objects.visible_to(request.user)
    rows = rows.select_related("unit", *CHILDREN.values()).annotate(measure_count=count_of(measures, "engagement"))
    page = page_of(request, rows)
    for row in page:
        row.detail = detail(row)  # type: ignore[attr-defined]
    chips = [chip(request, "kind", "", _("All"), sum(counts.values()))]
    chips += [chip(request, "kind", kind, str(label), counts.get(kind, 0)) for kind, label in LABELS.items()]
    summary = ", ".join(filters.word(name) for name in ("q", "status", "unit") if name in chosen)
    context = {"filters": filters, "summary": summary, "page": page, "chips": chips}
    return render(request, "commitments/engagement_list.html", context)


@require_safe
def engagement(request: UserRequest, key: str) -> HttpResponse:
    rows = Engagement.objects.visible_to(request.user).select_related("unit", *CHILDREN.values())
    shown = get_object_or_404(rows, key=key)
    own = of_kind(shown)
    measures = with_leads(Measure.objects.visible_to(request.user).filter(engagement=shown).with_shown_status())
    instrument = getattr(own, "instrument", None)
    page = page_of(request, measures.order_by("reference"))
    for row in page:
        row.shown_status_label = MeasureStatus(row.shown_status).label  # type: ignore[attr-defined]
    context = {
        "engagement": shown,
        "own": own,
        "country": texts.country(own.country) if shown.kind == EngagementKind.PARTNERSHIP else "",
        "instrument": instrument,
        "adoptions": Adoption.objects.filter(version__instrument=instrument) if instrument else [],
        "page": page,
        "history": history.timeline([history.of(type(own), own.pk, _("Entered"), _("Changed"))]),
    }
    return render(request, "commitments/engagement.html", context)
