"""What the city does: the list of measures, and one measure, today or as it stood on a day (rule 13)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commitments import articles, clock, evidence_history, history, search, texts
from commitments.forms import AsOfForm, MeasureFilter
from commitments.models import (
    UDHR,
    Commitment,
    Engagement,
    FieldOfAction,
    LinkState,
    Measure,
    MeasureBudget,
    MeasureLink,
    MeasureProvision,
    MeasureStatus,
    MeasureUnit,
    Part,
    User,
)
from commitments.permissions import Verb, can
from commitments.requests import UserRequest
from commitments.tracking import history_model
from commitments.views import measure_then
from commitments.views.lists import chip, count_of, page_of
from commitments.workflow.measures import may_withdraw_measure

SORTS: dict[str, tuple[Any, ...]] = {
    "": ("reference",),
    "title": ("title_de", "reference"),
    "begin": (F("starts_on").desc(nulls_last=True), "reference"),
    "status": ("shown_status", "reference"),
    "unit": (F("lead_name").asc(nulls_last=True), "reference"),
}
PROPOSED = {
    "": {"declined_on__isnull": True},
    "yes": {"accepted_on__isnull": True, "declined_on__isnull": True},
    "declined": {"declined_on__isnull": False},
}
"""What a list shows of proposals: by default those that wait stand among the measures, marked as such."""


def measures_for(user: User, chosen: dict[str, Any]) -> "QuerySet[Measure]":
    """The measures that someone may see and that a filter leaves, with their shown status."""
    rows = search.matching(Measure.objects.visible_to(user).with_shown_status(), chosen.get("q", ""))
    rows = rows.filter(**PROPOSED[chosen.get("proposed", "")])
    plain = {"field": "field", "status": "shown_status", "protection": "protection"}
    rows = rows.filter(**{column: chosen[name] for name, column in plain.items() if name in chosen})
    if "unit" in chosen:
        part = MeasureUnit.objects.filter(measure=OuterRef("pk"), unit=chosen["unit"], ended_on__isnull=True)
        rows = rows.filter(Exists(part))
    if "group" in chosen:
        rows = rows.filter(search.holds("target_groups_de", chosen["group"]))
    if "linked" in chosen:
        rows = rows.filter(_is_linked(user) if chosen["linked"] == "yes" else ~_is_linked(user))
    if "article" in chosen:
        rows = rows.filter(Exists(_direct(chosen["article"], user)))
    if year := chosen.get("year"):
        begun = Q(starts_on__isnull=True) | Q(starts_on__lte=date(year, 12, 31))
        rows = rows.filter(begun, Q(ends_on__isnull=True) | Q(ends_on__gte=date(year, 1, 1)))
    return _happening_in(rows, user, chosen.get("kind", ""), chosen.get("engagement", ""))


def _happening_in(rows: "QuerySet[Measure]", user: User, kind: str, key: str) -> "QuerySet[Measure]":
    """Those of a kind of engagement, or of a single one; what the reader may not see is as good as none (rule 10)."""
    seen = Engagement.objects.visible_to(user).order_by()
    if kind == "none":
        rows = rows.exclude(engagement__in=seen)
    elif kind:
        rows = rows.filter(engagement__in=seen.filter(kind=kind))
    return rows.filter(engagement__in=seen.filter(key=key)) if key else rows


def _is_linked(user: User) -> Q:
    """Whether a measure serves something that the reader may see, by a link that the officer has accepted."""
    links = MeasureLink.objects.accepted().filter(
        measure=OuterRef("pk"), commitment__in=Commitment.objects.visible_to(user)
    )
    return Q(Exists(links)) | Q(Exists(MeasureProvision.objects.accepted().filter(measure=OuterRef("pk"))))


def _direct(article: str, user: User) -> "QuerySet[MeasureLink]":
    """Links to commitments whose basis is an article (rule 16)."""
    return MeasureLink.objects.accepted().filter(
        measure=OuterRef("pk"),
        commitment__in=Commitment.objects.visible_to(user),
        commitment__commitment_provisions__is_basis=True,
        commitment__commitment_provisions__ended_on__isnull=True,
        commitment__commitment_provisions__provision__version__instrument__key=UDHR,
        commitment__commitment_provisions__provision__order=int(article),
    )


def with_leads(rows: "QuerySet[Measure]") -> "QuerySet[Measure]":
    """With ``leads``: the unit in charge of each measure."""
    leads = MeasureUnit.objects.filter(part=Part.LEAD, ended_on__isnull=True).select_related("unit")
    return rows.prefetch_related(Prefetch("measure_units", queryset=leads, to_attr="leads"))


def _in_list(rows: "QuerySet[Measure]", user: User) -> "QuerySet[Measure]":
    """With what a list shows beside a measure: how much it serves, what it is part of, who is in charge."""
    links = MeasureLink.objects.accepted().filter(commitment__in=Commitment.objects.visible_to(user))
    leads = MeasureUnit.objects.filter(measure=OuterRef("pk"), part=Part.LEAD, ended_on__isnull=True)
    parents = Measure.objects.visible_to(user).filter(pk=OuterRef("parent"))
    return with_leads(rows).annotate(
        link_count=count_of(links, "measure"),
        lead_name=Subquery(leads.values(f"unit__name_{_language()}")[:1]),
        parent_reference=Subquery(parents.values("reference")[:1]),
    )


def _language() -> str:
    return "en" if texts.reader_language() == "en" else "de"


@require_safe
def measure_list(request: UserRequest) -> HttpResponse:
    filters = MeasureFilter(request.GET, user=request.user)
    chosen = filters.chosen()
    rows = _in_list(measures_for(request.user, chosen), request.user).order_by(*SORTS[chosen.get("sort", "")])
    page = page_of(request, rows)
    for row in page:
        row.shown_status_label = MeasureStatus(row.shown_status).label  # type: ignore[attr-defined]
    enters = can(request.user, Verb.EDIT_REGISTER, on=clock.today())
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "page": page,
        "enters": enters,
        "proposes": not enters and can(request.user, Verb.PROPOSE_MEASURE, on=clock.today()),
        "chips": [chip(request, "field", "", _("All fields"))]
        + [chip(request, "field", value, str(label)) for value, label in FieldOfAction.choices]
        + [chip(request, "proposed", "yes", _("Proposals"))],
    }
    return render(request, "commitments/measure_list.html", context)


@dataclass
class Ground:
    """A provision under which a commitment stands that the measure serves."""

    provision: int
    is_basis: bool
    article: int | None


def _links(measure: Measure, user: User) -> tuple[list[MeasureLink], list[Ground]]:
    """The links to commitments, and what those in force among them rest on. One query."""
    under = "commitment__commitment_provisions"
    rows: QuerySet[Any] = (
        MeasureLink.objects.current()
        .filter(measure=measure, commitment__in=Commitment.objects.visible_to(user))
        .select_related("commitment", "measure")
        .annotate(
            ground=F(f"{under}__provision"),
            ground_is_basis=F(f"{under}__is_basis"),
            ground_ended=F(f"{under}__ended_on"),
            ground_order=F(f"{under}__provision__order"),
            ground_of=F(f"{under}__provision__version__instrument__key"),
        )
        .order_by("-state", "commitment__reference")
    )
    links: dict[int, MeasureLink] = {}
    grounds = []
    for row in rows:
        links.setdefault(row.pk, row)
        holds = row.state == LinkState.ACCEPTED and row.commitment.ended_on is None and row.ground_ended is None
        if holds and row.ground is not None:
            article = row.ground_order if row.ground_of == UDHR else None
            grounds.append(Ground(row.ground, row.ground_is_basis, article))
    return list(links.values()), grounds


def _provision_links(measure: Measure) -> list[MeasureProvision]:
    rows = MeasureProvision.objects.current().filter(measure=measure)
    return list(
        rows.select_related("provision__version__instrument").order_by(
            "provision__version__instrument__order", "provision__order"
        )
    )


def _reach(grounds: list[Ground], provision_links: list[MeasureProvision]) -> dict[str, list[int]]:
    """Rule 16: the articles served directly, through a commitment with that basis, and those reached through kin."""
    touched = [link.provision for link in provision_links]
    leads_to = articles.of_kin([*(each.provision for each in grounds), *(row.pk for row in touched)])
    for link in provision_links:
        own = {link.provision.order} if link.provision.version.instrument.key == UDHR else set()
        link.articles = sorted(leads_to[link.provision_id] | own)  # type: ignore[attr-defined]
    direct = {each.article for each in grounds if each.is_basis and each.article}
    kin = {number for each in grounds for number in leads_to[each.provision] | {each.article or 0}}
    kin |= {number for link in provision_links if link.state == LinkState.ACCEPTED for number in link.articles}  # type: ignore[attr-defined]
    return {"direct": sorted(direct), "indirect": sorted(kin - direct - {0})}


def _story(measure: Measure, user: User) -> list[history.Entry]:
    """The history of the measure, its units and its links, without links to what the reader may not see."""
    links = history_model(MeasureLink).objects.filter(measure_id=measure.pk)
    seen = Commitment.objects.visible_to(user).values("pk")
    provisions = history_model(MeasureProvision).objects.filter(measure_id=measure.pk)
    units = history_model(MeasureUnit).objects.filter(measure_id=measure.pk)
    money = history_model(MeasureBudget).objects.filter(measure_id=measure.pk)
    return history.timeline(
        (
            history.of(Measure, measure.pk, _("Measure entered"), _("Measure changed")),
            history.of_parts(units.select_related("unit"), history.unit_name),
            history.of_parts(money, _budget_name),
            history.of_links(
                links.filter(commitment_id__in=seen).select_related("commitment"), history.commitment_name
            ),
            history.of_links(provisions.select_related("provision__version__instrument"), history.provision_name),
            *evidence_history.strands_of(measure, user),
        )
    )


def _budget_name(row: Any) -> str:
    year = _("Budget %(year)s") % {"year": row.year}
    return f"{year}, {row.source}" if row.source else year


def shown_measure(user: User, reference: str) -> Measure:
    """The measure with its shown status, or 404."""
    seen = Engagement.objects.visible_to(user).filter(pk=OuterRef("engagement"))
    rows = Measure.objects.visible_to(user).with_shown_status().select_related("engagement")
    rows = rows.annotate(shows_engagement=Exists(seen))
    units = Prefetch("measure_units", queryset=MeasureUnit.objects.select_related("unit"))
    return get_object_or_404(rows.prefetch_related(units), reference=reference)


def measure_context(measure: Measure) -> dict[str, Any]:
    """What pages about one measure show in their margin."""
    status: str = measure.shown_status  # type: ignore[attr-defined]
    paused = measure.engagement is not None and measure.engagement.suspends_measures
    in_engagement = measure.engagement if measure.shows_engagement else None  # type: ignore[attr-defined]
    return {
        "measure": measure,
        "engagement": in_engagement,
        "shown_status": status,
        "shown_status_label": MeasureStatus(status).label,
        "is_held_up": paused and status == MeasureStatus.SUSPENDED,
        "units": [row for row in measure.measure_units.all() if row.ended_on is None],
        "former_units": [row for row in measure.measure_units.all() if row.ended_on],
    }


@require_safe
def measure(request: UserRequest, reference: str) -> HttpResponse:
    shown = shown_measure(request.user, reference)
    form = AsOfForm(request.GET if "on" in request.GET else None, today=clock.today())
    day: date | None = form.cleaned_data["on"] if form.is_valid() else None
    context = {
        "measure": shown,
        "form": form,
        "on": day,
        "history_url": reverse("commitments:measure-history", args=[reference]),
    }
    if day:
        then = measure_then.stood(shown, request.user, day)
        return render(request, "commitments/measure_then.html", context | then)
    return render(request, "commitments/measure.html", context | _today(shown, request.user))


def _today(shown: Measure, user: User) -> dict[str, Any]:
    (links, grounds), provision_links = _links(shown, user), _provision_links(shown)
    budgets = list(shown.budgets.filter(ended_on__isnull=True))
    family = list(Measure.objects.visible_to(user).filter(Q(children=shown) | Q(parent=shown)).distinct()[:50])
    return {
        **measure_context(shown),
        **_reach(grounds, provision_links),
        "shown": shown,
        "links": links,
        "provision_links": provision_links,
        "parent": next((each for each in family if each.pk == shown.parent_id), None),
        "children": [each for each in family if each.parent_id == shown.pk and each.declined_on is None],
        "budgets": budgets,
        "budget_total": sum(row.amount for row in budgets),
        "may_decide": (shown.accepted_on or shown.declined_on) is None
        and can(user, Verb.EDIT_REGISTER, shown, on=clock.today()),
        "may_withdraw": may_withdraw_measure(user, shown, on=clock.today()),
    }


@require_safe
def measure_history(request: UserRequest, reference: str) -> HttpResponse:
    """The history alone: a part of the measure's page, or a page where there is no script."""
    shown = get_object_or_404(Measure.objects.visible_to(request.user), reference=reference)
    context = {
        "entries": _story(shown, request.user),
        "of": shown,
        "back_url": reverse("commitments:measure", args=[reference]),
    }
    template = "commitments/_history.html" if request.htmx else "commitments/history.html"
    return render(request, template, context)
