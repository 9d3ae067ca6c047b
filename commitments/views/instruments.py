"""What is promised in the world: the list of instruments, one with its versions, and two versions side by side."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, F, IntegerField, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from commitments import articles, clock, history, renewals, search
from commitments.comparison import Comparison, compare
from commitments.forms import AsOfForm, add_errors
from commitments.forms.catalogue import ByNumberForm, InstrumentFilter, ProvisionFilter
from commitments.instrument_history import story
from commitments.models import (
    UDHR,
    Adoption,
    Commitment,
    CommitmentProvision,
    Instrument,
    InstrumentVersion,
    LinkState,
    Measure,
    MeasureProvision,
    Provision,
    Relation,
    User,
)
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.lists import count_of, page_of
from commitments.workflow import provision_links

SORTS: dict[str, tuple[Any, ...]] = {
    "": ("order", "key"),
    "title": ("title_de", "key"),
    "newest": (F("text_of").desc(nulls_last=True), "order"),
    "commitments": ("-commitment_count", "order"),
    "renewal": (F("renewal_on").asc(nulls_last=True), "order"),
}


def _running() -> "QuerySet[Adoption]":
    """Adoptions of an instrument that the city stands by."""
    return Adoption.objects.filter(version__instrument=OuterRef("pk"), ended_on__isnull=True)


def _under(user: User) -> "QuerySet[CommitmentProvision]":
    """What places commitments that somebody may see under provisions."""
    seen = Commitment.objects.visible_to(user).in_force()
    return CommitmentProvision.objects.filter(ended_on__isnull=True, commitment__in=seen)


def _filtered(chosen: dict[str, Any], user: User, today: date) -> "QuerySet[Instrument]":
    rows = search.matching(Instrument.objects.all(), chosen.get("q", ""))
    if "kind" in chosen:
        rows = rows.filter(kind=chosen["kind"])
    if "binding" in chosen:
        rows = rows.filter(binding=chosen["binding"] == "yes")
    if "adopted" in chosen:
        rows = rows.filter(Exists(_running()) if chosen["adopted"] == "yes" else ~Exists(_running()))
    if "competence" in chosen:
        held = _under(user).filter(
            provision__version__instrument=OuterRef("pk"), commitment__competence=chosen["competence"]
        )
        rows = rows.filter(Exists(held))
    if "renewal" in chosen:
        rows = rows.filter(Exists(_running().filter(_renewal(chosen["renewal"], today))))
    return rows


def _renewal(wanted: str, today: date) -> Q:
    if wanted == "lapsed":
        return Q(renewal_due_on__lt=today)
    if wanted == "due":
        return Q(renewal_due_on__gte=today, renewal_due_on__lte=today + renewals.WITHIN)
    return Q(renewal_due_on__isnull=False)


def _counted(rows: "QuerySet[Instrument]", user: User) -> "QuerySet[Instrument]":
    """With ``commitment_count``, ``text_of`` and ``renewal_on``."""
    by = "provision__version__instrument"
    counted = _under(user).filter(**{by: OuterRef("pk")}).order_by().values(by)
    counted = counted.annotate(n=Count("commitment", distinct=True)).values("n")
    newest = InstrumentVersion.objects.filter(instrument=OuterRef("pk")).order_by("-number").values("adopted_on")[:1]
    first = _running().order_by().values("version__instrument").annotate(first=Min("renewal_due_on")).values("first")
    return rows.annotate(
        commitment_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
        text_of=Subquery(newest),
        renewal_on=Subquery(first),
    )


@require_safe
def instrument_list(request: UserRequest) -> HttpResponse:
    filters, today = InstrumentFilter(request.GET), clock.today()
    chosen = filters.chosen()
    adoptions = Adoption.objects.filter(ended_on__isnull=True).order_by("adopted_on")
    versions = InstrumentVersion.objects.annotate(n=Count("provisions")).prefetch_related(
        Prefetch("adoptions", queryset=adoptions)
    )
    rows = (
        _counted(_filtered(chosen, request.user, today), request.user)
        .annotate(has_adoption=Exists(_running()))
        .order_by(*SORTS[chosen.get("sort", "")])
        .prefetch_related(Prefetch("versions", queryset=versions))
    )
    page = page_of(request, rows, per_page=50)
    for row in page:
        _with_renewals([adoption for each in row.versions.all() for adoption in each.adoptions.all()], today)
    context = {"filters": filters, "summary": filters.summary(), "page": page}
    return render(request, "commitments/instrument_list.html", context)


def _with_renewals(adoptions: Sequence[Adoption], today: date) -> list[Adoption]:
    """With ``renewal``: what is due or has lapsed (rule 17)."""
    for adoption in adoptions:
        adoption.renewal = renewals.of(adoption, today)  # type: ignore[attr-defined] # for the template
    return list(adoptions)


def provisions_of(version: InstrumentVersion, user: User, competence: str = "") -> list[Provision]:
    """The provisions of a version with ``articles``, ``commitment_count`` and ``measure_count``."""
    under = _under(user)
    served = MeasureProvision.objects.filter(state=LinkState.ACCEPTED, measure__in=Measure.objects.visible_to(user))
    rows = version.provisions.select_related("version__instrument").order_by("order")
    if competence:
        held = under.filter(provision=OuterRef("pk"), commitment__competence=competence)
        rows = rows.filter(Exists(held))
    found = list(
        rows.annotate(commitment_count=count_of(under, "provision"), measure_count=count_of(served, "provision"))
    )
    leads_to = articles.of_provisions(found)
    for row in found:
        row.articles = leads_to[row.pk]  # type: ignore[attr-defined]
    return found


def _asked_for(versions: Sequence[Any], number: str) -> InstrumentVersion | None:
    """The version that the address names, else the newest one the city stands by, else the newest that is known."""
    named = [each for each in versions if str(each.number) == number]
    adopted = [each for each in versions if any(row.ended_on is None for row in each.adoptions.all())]
    known = [each for each in versions if each.provision_count]
    return next(iter([*named, *adopted, *known, *versions]), None)


@require_safe
def instrument(request: UserRequest, key: str) -> HttpResponse:
    shown = get_object_or_404(Instrument.objects.prefetch_related("bases__basis"), key=key)
    today = clock.today()
    form = AsOfForm(request.GET if "on" in request.GET else None, today=today)
    if form.is_valid():
        return _as_it_stood(request, shown, form)
    versions = list(
        shown.versions.select_related("replaces")
        .annotate(provision_count=Count("provisions"))
        .prefetch_related("adoptions")
        .order_by("-number")
    )
    version = _asked_for(versions, request.GET.get("version", ""))
    initial = {"version": version.number if version else ""}
    filters = ProvisionFilter(request.GET if "competence" in request.GET else None, initial=initial)
    competence = filters.cleaned_data.get("competence", "") if filters.is_valid() else ""
    provisions = provisions_of(version, request.user, competence) if version else []
    context = {
        "instrument": shown,
        "versions": versions,
        "version": version,
        "provisions": provisions,
        "astray": [row for row in provisions if not row.articles],  # type: ignore[attr-defined] # set above
        "unread": [row for row in provisions if not row.verified],
        "filters": filters,
        "competence": dict(filters.fields["competence"].choices).get(competence, "") if competence else "",  # type: ignore[attr-defined]
        "adoptions": _with_renewals([row for each in versions for row in each.adoptions.all()], today),
        "is_udhr": shown.key == UDHR,
        "derived": Instrument.objects.filter(bases__basis=shown).order_by("order")[:60],
        "form": form,
        "history_url": reverse("commitments:instrument-history", args=[key]),
    }
    return render(request, "commitments/instrument.html", context)


def _as_it_stood(request: UserRequest, shown: Instrument, form: AsOfForm) -> HttpResponse:
    """Instrument, versions, adoptions and provisions at the end of a day (rule 13)."""
    day: date = form.cleaned_data["on"]
    versions = list(history.as_of(InstrumentVersion, day).filter(instrument_id=shown.pk).order_by("-number"))
    adoptions = history.as_of(Adoption, day).filter(version_id__in=[row.id for row in versions])
    named = [row for row in versions if str(row.number) == request.GET.get("version", "")]
    version = next(iter([*named, *versions]), None)
    provisions = history.as_of(Provision, day).filter(version_id=version.id).order_by("order") if version else []
    context = {
        "instrument": shown,
        "then": history.as_of(Instrument, day).filter(id=shown.pk).first(),
        "on": day,
        "versions": versions,
        "version": version,
        "adoptions": list(adoptions.order_by("adopted_on")),
        "provisions": list(provisions),
        "form": form,
    }
    return render(request, "commitments/instrument_as_of.html", context)


@require_safe
def instrument_history(request: UserRequest, key: str) -> HttpResponse:
    """The history alone: a part of the instrument's page, or a page where there is no script."""
    shown = get_object_or_404(Instrument, key=key)
    context = {
        "entries": story(shown),
        "of": shown,
        "back_url": reverse("commitments:instrument", args=[key]),
    }
    template = "commitments/_history.html" if request.htmx else "commitments/instrument_history.html"
    return render(request, template, context)


@require_http_methods(["GET", "POST"])
def version_compare(request: UserRequest, key: str, number: int) -> HttpResponse:
    """A version beside the one that it replaced: what is new, changed, unchanged and gone, by the links between them.

    The officer maps from here what has the same number, all of it at once.
    """
    version = get_object_or_404(
        InstrumentVersion.objects.select_related("instrument", "replaces"), instrument__key=key, number=number
    )
    if version.replaces is None:
        raise Http404
    by_number = ByNumberForm(
        request.POST or None, initial={"note": _("Mapped by number only; the wording has not been compared.")}
    )
    if request.method == "POST":
        require(request.user, Verb.EDIT_REGISTER, on=clock.today())
        if by_number.is_valid() and _mapped(request, version, by_number):
            return redirect("commitments:version-compare", key=key, number=number)
    comparison: Comparison = compare(version)
    context = {
        "instrument": version.instrument,
        "version": version,
        "comparison": comparison,
        "form": by_number,
        "shown_states": comparison.only(request.GET.get("state", "")),
        "state": request.GET.get("state", ""),
    }
    return render(request, "commitments/instrument_compare.html", context)


def _mapped(request: UserRequest, version: InstrumentVersion, form: ByNumberForm) -> bool:
    kinship = provision_links.Kinship(Relation.INTERSECTS, form.cleaned_data["note"])
    try:
        made = provision_links.link_same_numbers(version, kinship, actor=request.user, at=clock.now())
    except ValidationError as error:
        add_errors(form, error)
        return False
    n = len(made)
    words = ngettext("One provision is mapped by its number.", "%(n)s provisions are mapped by their number.", n)
    messages.success(request, words % {"n": n})
    return True


def in_force() -> Q:
    """Provisions that bind the city or that it took on: of law, of declarations, and of the versions it adopted."""
    adopted = Adoption.objects.filter(version=OuterRef("version"), ended_on__isnull=True)
    binding = Q(version__instrument__binding=True) | Q(version__instrument__kind="declaration")
    return (binding & Q(version__replaced_by__isnull=True)) | Q(Exists(adopted))
