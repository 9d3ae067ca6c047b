"""What measures happen in: partnerships, EU projects, networks, development cooperation, training."""

from datetime import date
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commitments import clock, search, texts
from commitments.forms import AsOfForm, EngagementFilter
from commitments.kinds import CHILDREN, PLURALS, of_kind
from commitments.models import Engagement, EngagementKind, EngagementStatus, FundingAdvice, Measure, User
from commitments.permissions import Verb, can
from commitments.requests import UserRequest
from commitments.views import engagement_page
from commitments.views.lists import chip, count_of, page_of

IN_ORDER = Case(*(When(kind=kind, then=Value(place)) for place, kind in enumerate(EngagementKind.values)))
"""Kinds as they are named everywhere: partnerships first."""

SORTS: dict[str, tuple[Any, ...]] = {
    "": (IN_ORDER, "name_de", "key"),
    "name": ("name_de", "key"),
    "since": (F("starts_on").desc(nulls_last=True), "name_de", "key"),
    "unit": ("unit__name_de", "name_de", "key"),
}


def detail(row: Engagement) -> str:
    """What distinguishes it from others of its kind, in a few words."""
    own = of_kind(row)
    match row.kind:
        case EngagementKind.PARTNERSHIP:
            parts = [own.get_form_display(), texts.country(own.country)]
        case EngagementKind.EU_PROJECT:
            parts = [own.acronym, own.programme]
        case EngagementKind.DEVELOPMENT:
            parts = [own.partner, texts.country(own.country)]
        case EngagementKind.TRAINING:
            parts = [own.topic if own.topic != row.name_de else "", own.audience]
        case _:
            parts = [own.get_level_display(), _("with a pledge") if own.instrument_id else ""]
    return " · ".join(str(part) for part in parts if part)


def engagements_for(user: User, chosen: dict[str, Any]) -> "QuerySet[Engagement]":
    """The engagements that someone may see and that a filter leaves; of all kinds, unless one is chosen."""
    rows = search.matching(Engagement.objects.visible_to(user), chosen.get("q", ""))
    rows = rows.filter(**{name: chosen[name] for name in ("status", "unit", "kind") if name in chosen})
    if "country" in chosen:
        code = chosen["country"]
        rows = rows.filter(Q(partnership__country=code) | Q(developmentproject__country=code))
    if "programme" in chosen:
        rows = rows.filter(euproject__programme__icontains=chosen["programme"])
    return rows.filter(_running_in(chosen["year"])) if "year" in chosen else rows


def _running_in(year: int) -> Q:
    """What ran in a year, as far as its dates are known; without any date, what has not ended."""
    begun = Q(starts_on__lte=date(year, 12, 31)) | Q(starts_on__isnull=True)
    not_over = Q(ends_on__gte=date(year, 1, 1)) | Q(ends_on__isnull=True)
    unknown = Q(starts_on__isnull=True, ends_on__isnull=True, status=EngagementStatus.ENDED)
    return begun & not_over & ~unknown


def countries_of(user: User) -> set[str]:
    """The countries that engagements lie in; one query."""
    rows = Engagement.objects.visible_to(user).order_by()
    pairs = rows.values_list("partnership__country", "developmentproject__country").distinct()
    return {code for pair in pairs for code in pair if code}


def kind_chips(request: UserRequest, counts: dict[str, int], advice: int) -> list[dict[str, Any]]:
    """The kinds with their numbers; the advice on funding stands beside them."""
    chips = [chip(request, "kind", "", _("All"), sum(counts.values()))]
    chips += [chip(request, "kind", kind, str(label), counts.get(kind, 0)) for kind, label in PLURALS.items()]
    address = reverse("commitments:advice-list")
    return [*chips, {"label": _("Advice on funding"), "url": address, "count": advice, "is_active": False}]


@require_safe
def engagement_list(request: UserRequest) -> HttpResponse:
    user = request.user
    filters = EngagementFilter(request.GET, countries=countries_of(user))
    chosen = filters.chosen()
    of_all_kinds = engagements_for(user, {name: value for name, value in chosen.items() if name != "kind"})
    counts = dict(of_all_kinds.order_by().values_list("kind").annotate(n=Count("pk")))
    measures = Measure.objects.visible_to(user).accepted()
    rows = engagements_for(user, chosen).select_related("unit", *CHILDREN.values())
    rows = rows.annotate(measure_count=count_of(measures, "engagement")).order_by(*SORTS[chosen.get("sort", "")])
    page = page_of(request, rows)
    for row in page:
        row.detail = detail(row)  # type: ignore[attr-defined]
    advice = FundingAdvice.objects.visible_to(user).filter(withdrawn_on__isnull=True).count()
    context = {
        "filters": filters,
        "summary": ", ".join(filters.word(name) for name in chosen if name not in ("kind", "sort")),
        "page": page,
        "chips": kind_chips(request, counts, advice),
        "kinds": EngagementKind.choices,
        "chosen_kind": EngagementKind(chosen["kind"]) if "kind" in chosen else None,
    }
    return render(request, "commitments/engagement_list.html", context)


@require_safe
def engagement(request: UserRequest, key: str) -> HttpResponse:
    """One engagement as it stands, or as it stood on a day (rule 13)."""
    kinds = (*CHILDREN.values(), f"{CHILDREN[EngagementKind.NETWORK]}__instrument")
    rows = Engagement.objects.visible_to(request.user).select_related("unit", *kinds)
    shown = get_object_or_404(rows, key=key)
    today = clock.today()
    form = AsOfForm(request.GET if "on" in request.GET else None, today=today)
    day: date | None = form.cleaned_data["on"] if form.is_valid() else None
    context = {
        "engagement": shown,
        "form": form,
        "on": day,
        "may_edit": day is None and can(request.user, Verb.EDIT_REGISTER, on=today),
        "history_url": reverse("commitments:engagement-history", args=[key]),
    }
    if day is None:
        context |= engagement_page.today(shown, request, today)
    else:
        context |= engagement_page.as_it_stood(shown, request, day)
    return render(request, "commitments/engagement.html", context)


@require_safe
def engagement_history(request: UserRequest, key: str) -> HttpResponse:
    """The history alone: a part of the engagement's page, or a page where there is no script."""
    rows = Engagement.objects.visible_to(request.user).select_related(*CHILDREN.values())
    shown = get_object_or_404(rows, key=key)
    context = {
        "entries": engagement_page.story(shown),
        "of": shown,
        "back_url": reverse("commitments:engagement", args=[key]),
    }
    template = "commitments/_history.html" if request.htmx else "commitments/history.html"
    return render(request, template, context)
