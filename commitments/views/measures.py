"""What the city does: the list of measures, one measure, and changing it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import articles, clock, history, search, workflow
from commitments.forms import MeasureFilter, MeasureForm, add_errors
from commitments.models import (
    UDHR,
    Commitment,
    CommitmentProvision,
    Engagement,
    FieldOfAction,
    LinkState,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureStatus,
    MeasureUnit,
    Part,
    User,
)
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.tracking import history_model
from commitments.views.lists import chip, count_of, page_of

SEARCHED = ("reference", "title_de", "title_en", "description_de", "description_en")
SORTS: dict[str, tuple[Any, ...]] = {
    "": ("reference",),
    "title": ("title_de", "reference"),
    "begin": (F("starts_on").desc(nulls_last=True), "reference"),
    "status": ("shown_status", "reference"),
}


def measures_for(user: User, chosen: dict[str, Any]) -> "QuerySet[Measure]":
    """The measures that someone may see and that a filter leaves, with their shown status."""
    rows = search.matching(Measure.objects.visible_to(user).with_shown_status(), SEARCHED, chosen.get("q", ""))
    plain = {"field": "field", "status": "shown_status"}
    rows = rows.filter(**{column: chosen[name] for name, column in plain.items() if name in chosen})
    if "unit" in chosen:
        part = MeasureUnit.objects.filter(measure=OuterRef("pk"), unit=chosen["unit"], ended_on__isnull=True)
        rows = rows.filter(Exists(part))
    if "article" in chosen:
        rows = rows.filter(Exists(_direct(chosen["article"], user)))
    kind = chosen.get("kind")
    if kind:
        seen = Engagement.objects.visible_to(user).filter(kind=kind)
        rows = rows.filter(engagement__isnull=True) if kind == "none" else rows.filter(engagement__in=seen)
    return rows


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


@require_safe
def measure_list(request: UserRequest) -> HttpResponse:
    filters = MeasureFilter(request.GET)
    chosen = filters.chosen()
    links = MeasureLink.objects.accepted().filter(commitment__in=Commitment.objects.visible_to(request.user))
    rows = with_leads(measures_for(request.user, chosen).order_by(*SORTS[chosen.get("sort", "")])).annotate(
        link_count=count_of(links, "measure")
    )
    page = page_of(request, rows)
    for row in page:
        row.shown_status_label = MeasureStatus(row.shown_status).label  # type: ignore[attr-defined]
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "page": page,
        "chips": [chip(request, "field", "", _("All fields"))]
        + [chip(request, "field", value, str(label)) for value, label in FieldOfAction.choices],
    }
    return render(request, "commitments/measure_list.html", context)


def _links(measure: Measure, user: User) -> list[MeasureLink]:
    seen = MeasureLink.objects.current().filter(measure=measure, commitment__in=Commitment.objects.visible_to(user))
    return list(seen.select_related("commitment", "measure").order_by("-state", "commitment__reference"))


def _provision_links(measure: Measure) -> list[MeasureProvision]:
    rows = MeasureProvision.objects.current().filter(measure=measure)
    return list(
        rows.select_related("provision__version__instrument").order_by(
            "provision__version__instrument__order", "provision__order"
        )
    )


def _reach(links: list[MeasureLink], provision_links: list[MeasureProvision]) -> dict[str, list[int]]:
    """Rule 16: the articles served directly, through a commitment with that basis, and those reached through kin."""
    accepted = {link.commitment_id for link in links if link.state == LinkState.ACCEPTED}
    bases = [
        row.provision
        for row in CommitmentProvision.objects.filter(
            commitment__in=accepted, is_basis=True, ended_on__isnull=True
        ).select_related("provision__version__instrument")
    ]
    leads_to = articles.of_provisions([*bases, *(link.provision for link in provision_links)])
    for link in provision_links:
        link.articles = leads_to[link.provision_id]  # type: ignore[attr-defined]
    direct = {base.order for base in bases if base.version.instrument.key == UDHR}
    kin = [base.pk for base in bases]
    kin += [link.provision_id for link in provision_links if link.state == LinkState.ACCEPTED]
    return {
        "direct": sorted(direct),
        "indirect": sorted({number for pk in kin for number in leads_to[pk]} - direct),
    }


def _story(measure: Measure, user: User) -> list[history.Entry]:
    """The history of the measure, its units and its links, without links to what the reader may not see."""
    links = history_model(MeasureLink).objects.filter(measure_id=measure.pk)
    seen = Commitment.objects.visible_to(user).values("pk")
    provisions = history_model(MeasureProvision).objects.filter(measure_id=measure.pk)
    units = history_model(MeasureUnit).objects.filter(measure_id=measure.pk)
    return history.timeline(
        (
            history.of(Measure, measure.pk, _("Measure entered"), _("Measure changed")),
            history.of_parts(units.select_related("unit"), history.unit_name),
            history.of_links(
                links.filter(commitment_id__in=seen).select_related("commitment"), history.commitment_name
            ),
            history.of_links(provisions.select_related("provision__version__instrument"), history.provision_name),
        )
    )


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
    }


@require_safe
def measure(request: UserRequest, reference: str) -> HttpResponse:
    shown = shown_measure(request.user, reference)
    links, provision_links = _links(shown, request.user), _provision_links(shown)
    family = list(Measure.objects.visible_to(request.user).filter(Q(children=shown) | Q(parent=shown)).distinct()[:50])
    context = {
        **measure_context(shown),
        **_reach(links, provision_links),
        "links": links,
        "provision_links": provision_links,
        "parent": next((each for each in family if each.pk == shown.parent_id), None),
        "children": [each for each in family if each.parent_id == shown.pk],
        "history_url": reverse("commitments:measure-history", args=[reference]),
    }
    return render(request, "commitments/measure.html", context)


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


@require_http_methods(["GET", "POST"])
def measure_edit(request: UserRequest, reference: str) -> HttpResponse:
    shown = get_object_or_404(Measure.objects.visible_to(request.user), reference=reference)
    require(request.user, Verb.EDIT_REGISTER, shown, on=clock.today())
    form = MeasureForm(request.POST or None, initial=MeasureForm.initial_of(shown, workflow.last_change(shown)))
    if form.is_valid():
        data = form.cleaned_data
        edit = workflow.Edit(form.columns(), data["reason"], seen=data["seen"], spelling_only=data["spelling_only"])
        try:
            workflow.edit_measure(shown, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:measure", reference=reference)
    return render(request, "commitments/measure_edit.html", {"measure": shown, "form": form})
