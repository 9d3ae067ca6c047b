"""What others recommended to the city: the list, one recommendation, and the city's response."""

from datetime import date
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import articles, clock, history, search, texts
from commitments.context import address
from commitments.forms import AsOfForm, add_errors
from commitments.forms.recommendations import (
    GIVEN,
    MISSING,
    RecommendationEdit,
    RecommendationFilter,
    RecommendationForm,
    ResponseForm,
)
from commitments.models import (
    UDHR,
    Commitment,
    Provision,
    ProvisionLink,
    Recommendation,
    RecommendationCommitment,
    RecommendationProvision,
    RecommendationResponse,
    User,
)
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.tracking import history_model
from commitments.views.lists import chip, count_of, page_of
from commitments.workflow import Edit, last_change
from commitments.workflow import recommendations as workflow

NEWEST = F("made_on").desc(nulls_last=True)
SORTS: dict[str, tuple[Any, ...]] = {
    "": (NEWEST, "key"),
    "oldest": (F("made_on").asc(nulls_last=True), "key"),
    "body": ("body", NEWEST, "key"),
    "document": ("document", "key"),
    "open": (Case(When(response="", then=Value(0)), default=Value(1)), NEWEST, "key"),
}
MOST_THEMES = 500
"""So many themes can be chosen; the United Nations use about a hundred."""


class Reading(NamedTuple):
    """A text as the reader gets it: in their language, or else in the one that there is."""

    text: str
    language: str
    is_own: bool


def reading(row: Any, name: str) -> Reading:
    """The text of ``name`` in the reader's language, else German, else English."""
    own = texts.reader_language()
    for language in dict.fromkeys((own, texts.FALLBACK, "en")):
        if found := getattr(row, f"{name}_{language}", ""):
            return Reading(found, language, language == own)
    return Reading("", own, is_own=True)


def other_reading(row: Any, name: str, shown: Reading) -> Reading | None:
    """The same text in the other language, where there is one."""
    other = "en" if shown.language == "de" else "de"
    found = getattr(row, f"{name}_{other}", "")
    return Reading(found, other, is_own=False) if found else None


def heading(row: Recommendation) -> str:
    """What a recommendation is called: who made it, and in which paper."""
    return " · ".join(filter(None, (row.body or str(row.get_source_display()), row.document))) or row.key


# The list


def _found() -> dict[str, list[str]]:
    """The bodies, themes and years that a filter can choose. Three queries."""
    rows = Recommendation.objects.order_by()
    themes = {theme for each in rows.exclude(themes=[]).values_list("themes", flat=True) for theme in each}
    bodies = rows.exclude(body="").values_list("body", flat=True).distinct()
    years = rows.filter(made_on__isnull=False).values_list("made_on__year", flat=True).distinct()
    return {
        "body": sorted(bodies, key=str.casefold),
        "theme": sorted((str(theme) for theme in themes), key=str.casefold)[:MOST_THEMES],
        "year": [str(year) for year in sorted(years, reverse=True)],
    }


def _about(article: int) -> "QuerySet[RecommendationProvision]":
    """Links to an article of the Declaration, or to a provision that leads to it."""
    this = {"version__instrument__key": UDHR, "order": article}
    kin = ProvisionLink.objects.current()
    leading = Provision.objects.filter(
        Q(**this)
        | Q(pk__in=kin.filter(**{f"target__{name}": value for name, value in this.items()}).values("source"))
        | Q(pk__in=kin.filter(**{f"source__{name}": value for name, value in this.items()}).values("target"))
    )
    return RecommendationProvision.objects.filter(
        recommendation=OuterRef("pk"), ended_on__isnull=True, provision__in=leading.values("pk")
    )


def recommendations_for(chosen: dict[str, Any]) -> "QuerySet[Recommendation]":
    """The recommendations that a filter leaves."""
    rows = search.matching(Recommendation.objects.all(), chosen.get("q", ""))
    rows = rows.filter(**{name: chosen[name] for name in ("source", "body") if name in chosen})
    match chosen.get("response"):
        case None:
            pass
        case value if value == MISSING:
            rows = rows.filter(response="")
        case value if value == GIVEN:
            rows = rows.exclude(response="")
        case value:
            rows = rows.filter(response=value)
    if "theme" in chosen:
        rows = rows.filter(search.holds("themes", chosen["theme"]))
    if "article" in chosen:
        rows = rows.filter(Exists(_about(int(chosen["article"]))))
    if "year" in chosen:
        rows = rows.filter(made_on__year=int(chosen["year"]))
    return rows


@require_safe
def recommendation_list(request: UserRequest) -> HttpResponse:
    filters = RecommendationFilter(request.GET, found=_found())
    chosen = filters.chosen()
    seen = RecommendationCommitment.objects.filter(
        ended_on__isnull=True, commitment__in=Commitment.objects.visible_to(request.user)
    )
    rows = recommendations_for(chosen).order_by(*SORTS[chosen.get("sort", "")])
    page = page_of(request, rows.annotate(commitment_count=count_of(seen, "recommendation")))
    for row in page:
        row.reading = reading(row, "text")  # type: ignore[attr-defined]
        row.heading = heading(row)  # type: ignore[attr-defined]
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "page": page,
        "is_filtered": bool(chosen),
        "import_url": address("commitments:exchange"),
        "chips": [
            chip(request, "response", "", _("All recommendations")),
            chip(request, "response", MISSING, _("No response yet")),
            *(chip(request, "response", value, str(label)) for value, label in RecommendationResponse.choices),
        ],
    }
    return render(request, "commitments/recommendation_list.html", context)


# One recommendation


def linked_provisions(row: Recommendation) -> list[RecommendationProvision]:
    """The provisions it rests on, each with the articles that they lead to. Two queries."""
    links = list(
        RecommendationProvision.objects.filter(recommendation=row, ended_on__isnull=True)
        .select_related("provision__version__instrument")
        .order_by("provision__version__instrument__order", "provision__order")
    )
    numbers = articles.of_provisions([link.provision for link in links])
    for link in links:
        link.articles = numbers[link.provision_id]  # type: ignore[attr-defined]
    return links


def linked_commitments(row: Recommendation, user: User) -> list[RecommendationCommitment]:
    """The commitments that answer it, as far as someone may see them."""
    return list(
        RecommendationCommitment.objects.filter(
            recommendation=row, ended_on__isnull=True, commitment__in=Commitment.objects.visible_to(user)
        )
        .select_related("commitment__lead_unit")
        .order_by("commitment__reference")
    )


def page_context(row: Recommendation) -> dict[str, Any]:
    """What every page about one recommendation shows."""
    shown, note = reading(row, "text"), reading(row, "response_note")
    return {
        "recommendation": row,
        "heading": heading(row),
        "shown": shown,
        "other": other_reading(row, "text", shown),
        "note": note,
    }


@require_safe
def recommendation(request: UserRequest, key: str) -> HttpResponse:
    """One recommendation as it stands, or as it stood on a day (rule 13)."""
    shown = get_object_or_404(Recommendation, key=key)
    form = AsOfForm(request.GET if "on" in request.GET else None, today=clock.today())
    context = {"form": form, "history_url": reverse("commitments:recommendation-history", args=[key])}
    if form.is_valid():
        day = form.cleaned_data["on"]
        context |= {"on": day, "key": key, **_as_it_stood(shown, request.user, day)}
        return render(request, "commitments/recommendation_then.html", context)
    context |= page_context(shown) | {
        "provision_links": linked_provisions(shown),
        "commitment_links": linked_commitments(shown, request.user),
    }
    return render(request, "commitments/recommendation.html", context)


def _as_it_stood(shown: Recommendation, user: User, day: date) -> dict[str, Any]:
    """The row and its links of that day; commitments out of the reader's sight stay out of it (rule 10)."""
    row = history.as_of(Recommendation, day).filter(id=shown.pk).first()
    if row is None:
        return {"recommendation": None, "heading": heading(shown)}
    running = {"recommendation_id": shown.pk, "ended_on__isnull": True}
    provisions = history.as_of(RecommendationProvision, day).filter(**running)
    seen = Commitment.objects.visible_to(user).values("pk")
    commitments = history.as_of(RecommendationCommitment, day).filter(**running, commitment_id__in=seen)
    return page_context(row) | {
        "provision_links": provisions.select_related("provision__version__instrument").order_by(
            "provision__version__instrument__order", "provision__order"
        ),
        "commitment_links": commitments.select_related("commitment__lead_unit").order_by("commitment__reference"),
    }


def _step(step: history.Step) -> str:
    if step.is_first:
        return _("Recommendation entered")
    for value, label in RecommendationResponse.choices:
        if step.became("response", value):
            return _("Response of the city: %(response)s") % {"response": label}
    return _("Recommendation changed")


def _story(row: Recommendation, user: User) -> list[history.Entry]:
    """The history of the recommendation and its links, without links to what the reader may not see."""
    rows = history_model(Recommendation).objects.filter(id=row.pk)
    provisions = history_model(RecommendationProvision).objects.filter(recommendation_id=row.pk)
    seen = Commitment.objects.visible_to(user).values("pk")
    commitments = history_model(RecommendationCommitment).objects.filter(
        recommendation_id=row.pk, commitment_id__in=seen
    )
    return history.timeline(
        (
            history.Strand(rows, _step, is_main=True),
            history.of_parts(provisions.select_related("provision__version__instrument"), history.provision_name),
            history.of_parts(commitments.select_related("commitment"), history.commitment_name),
        )
    )


@require_safe
def recommendation_history(request: UserRequest, key: str) -> HttpResponse:
    """The history alone: a part of the recommendation's page, or a page where there is no script."""
    row = get_object_or_404(Recommendation, key=key)
    context = {"entries": _story(row, request.user), "recommendation": row, "heading": heading(row)}
    template = "commitments/_history.html" if request.htmx else "commitments/recommendation_history.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
def recommendation_add(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    form = RecommendationForm(request.POST or None, initial={"source": "council"})
    if form.is_valid():
        try:
            row = workflow.enter(form.columns(), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The recommendation is entered. Now link it to what it concerns."))
            return redirect("commitments:recommendation-links", key=row.key)
    return render(request, "commitments/recommendation_edit.html", {"form": form, "recommendation": None})


@require_http_methods(["GET", "POST"])
def recommendation_edit(request: UserRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Recommendation, key=key)
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    form = RecommendationEdit(request.POST or None, initial=RecommendationEdit.initial_of(row, last_change(row)))
    if form.is_valid():
        data = form.cleaned_data
        change = Edit(form.columns(), reason=data["reason"], seen=data["seen"])
        try:
            workflow.edit(row, change, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:recommendation", key=key)
    context = {"form": form, "recommendation": row, "heading": heading(row)}
    return render(request, "commitments/recommendation_edit.html", context)


@require_http_methods(["GET", "POST"])
def recommendation_respond(request: UserRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Recommendation, key=key)
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    form = ResponseForm(request.POST or None, initial=ResponseForm.initial_of(row, last_change(row)))
    if form.is_valid():
        data = form.cleaned_data
        response = workflow.Response(
            data["response"], data["response_note_de"], data["response_note_en"], data["responded_on"], data["seen"]
        )
        try:
            workflow.respond(row, response, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The response of the city is saved."))
            return redirect("commitments:recommendation", key=key)
    return render(request, "commitments/recommendation_respond.html", page_context(row) | {"form": form})
