"""What a recommendation concerns: found by typing or suggested from kin provisions, linked one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock, search, texts
from commitments.forms import add_errors
from commitments.forms.recommendations import LinkSearch, UnlinkForm
from commitments.models import (
    Commitment,
    CommitmentProvision,
    Provision,
    ProvisionLink,
    Recommendation,
    RecommendationCommitment,
    RecommendationProvision,
    User,
)
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.recommendations import linked_commitments, linked_provisions, page_context
from commitments.workflow import recommendations as workflow

HITS = 12
"""So many hits of each kind are shown; whoever needs more types another word."""

SUGGESTIONS = 8
Target = Commitment | Provision


@dataclass(frozen=True)
class Hit:
    """Something that the recommendation can be linked to."""

    target: Target
    is_taken: bool = False
    why: str = ""

    @property
    def code(self) -> str:
        return f"{'c' if self.is_commitment else 'p'}{self.target.pk}"

    @property
    def is_commitment(self) -> bool:
        return isinstance(self.target, Commitment)

    @property
    def name(self) -> str:
        return _name(self.target)

    @property
    def title(self) -> str:
        return texts.localized(self.target, "title")


def _name(target: Target) -> str:
    if isinstance(target, Commitment):
        return target.reference
    return f"{texts.localized(target.version.instrument, 'short')} {target.number}"


def _commitments(user: User) -> "QuerySet[Commitment]":
    return Commitment.objects.visible_to(user).in_force()


def _provisions() -> "QuerySet[Provision]":
    current = Provision.objects.in_use()
    return current.select_related("version__instrument")


def _target(code: str, user: User) -> Target:
    """What a code stands for, as far as someone may see it; else 404."""
    number = code[1:]
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        raise Http404
    rows: QuerySet[Any] = {"c": _commitments(user), "p": _provisions()}.get(code[:1], Provision.objects.none())
    found: Target = get_object_or_404(rows, pk=int(number))
    return found


def _taken(row: Recommendation) -> tuple[set[int], set[int]]:
    """Ids of the commitments and of the provisions that are linked already."""
    running = {"recommendation": row, "ended_on__isnull": True}
    commitments = RecommendationCommitment.objects.filter(**running).values_list("commitment", flat=True)
    provisions = RecommendationProvision.objects.filter(**running).values_list("provision", flat=True)
    return set(commitments), set(provisions)


def _hits(row: Recommendation, typed: str, user: User) -> list[Hit]:
    """Commitments and provisions with the typed words. Four queries, or none where nothing was typed."""
    if not typed:
        return []
    commitments, provisions = _taken(row)
    found = [
        Hit(each, is_taken=each.pk in commitments)
        for each in search.ranked(_commitments(user), typed).order_by("rank", "reference")[:HITS]
    ]
    rows = search.ranked(_provisions(), typed)
    rows = rows.order_by("rank", "version__instrument__order", "version", "order")
    return found + [Hit(each, is_taken=each.pk in provisions) for each in rows[:HITS]]


def _suggestions(
    provision_links: Sequence[RecommendationProvision], commitment_links: Sequence[RecommendationCommitment], user: User
) -> list[Hit]:
    """Commitments under the linked provisions and their kin, then the kin themselves. Three queries."""
    linked = {link.provision_id: link.provision for link in provision_links}
    if not linked:
        return []
    kin: dict[int, Provision] = {}
    pairs = ProvisionLink.objects.current().filter(Q(source__in=linked) | Q(target__in=linked))
    for source, target in pairs.values_list("source", "target"):
        other, known = (target, source) if source in linked else (source, target)
        if other not in linked:
            kin[other] = linked[known]
    taken = {link.commitment_id for link in commitment_links}
    under = (
        CommitmentProvision.objects.filter(ended_on__isnull=True, provision__in=[*linked, *kin])
        .filter(commitment__in=_commitments(user).exclude(pk__in=taken))
        .select_related("commitment")
        .order_by("commitment__reference")
    )
    found: dict[int, Hit] = {}
    for each in under:
        origin = linked.get(each.provision_id) or kin[each.provision_id]
        found.setdefault(each.commitment_id, Hit(each.commitment, why=_because(origin)))
    provisions = _provisions().filter(pk__in=kin).order_by("version__instrument__order", "order")
    return [
        *list(found.values())[:SUGGESTIONS],
        *(Hit(each, why=_because(kin[each.pk])) for each in provisions[:SUGGESTIONS]),
    ]


def _because(provision: Provision) -> str:
    return _("because of %(name)s") % {"name": _name(provision)}


def _shown(request: UserRequest, row: Recommendation, ending: str = "", unlink: UnlinkForm | None = None) -> Any:
    """The page; ``unlink`` is the form that came back for the link ``ending``."""
    finder = LinkSearch(request.GET)
    typed = finder.cleaned_data.get("q", "").strip() if finder.is_valid() else ""
    provision_links = linked_provisions(row)
    commitment_links = linked_commitments(row, request.user)
    rows: list[Any] = [*provision_links, *commitment_links]
    for link in rows:
        link.code = f"{'p' if isinstance(link, RecommendationProvision) else 'c'}{link.pk}"
        link.form = unlink if unlink is not None and link.code == ending else UnlinkForm(prefix=link.code)
    context = page_context(row) | {
        "finder": finder,
        "searched": bool(typed),
        "typed": typed,
        "hits": _hits(row, typed, request.user),
        "suggestions": _suggestions(provision_links, commitment_links, request.user),
        "provision_links": provision_links,
        "commitment_links": commitment_links,
        "ending": ending,
        "unlink": unlink,
    }
    return render(request, "commitments/recommendation_links.html", context)


@require_safe
def recommendation_links(request: UserRequest, key: str) -> HttpResponse:
    row = get_object_or_404(Recommendation, key=key)
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    if request.htmx:  # the hits alone, while somebody types
        typed = request.GET.get("q", "").replace("\x00", "").strip()
        context = {
            "recommendation": row,
            "hits": _hits(row, typed, request.user),
            "searched": bool(typed),
            "typed": typed[: search.LONGEST],
        }
        return render(request, "commitments/_recommendation_hits.html", context)
    page: HttpResponse = _shown(request, row)
    return page


@require_POST
def recommendation_link(request: UserRequest, key: str) -> HttpResponse:
    """Link it to the one thing that was chosen, and go on with the same search."""
    row = get_object_or_404(Recommendation, key=key)
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    target = _target(request.POST.get("target", ""), request.user)
    try:
        workflow.link(row, target, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Linked to %(name)s.") % {"name": _name(target)})
    typed = request.POST.get("q", "")[: search.LONGEST]
    query = f"?{urlencode({'q': typed})}" if typed else ""
    return redirect(f"{reverse('commitments:recommendation-links', args=[key])}{query}")


@require_http_methods(["POST"])
def recommendation_unlink(request: UserRequest, key: str) -> HttpResponse:
    """End one link, with a reason."""
    row = get_object_or_404(Recommendation, key=key)
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    code = request.POST.get("link", "")
    rows: list[Any] = [*linked_provisions(row), *linked_commitments(row, request.user)]
    kinds = {"p": RecommendationProvision, "c": RecommendationCommitment}
    kind = kinds.get(code[:1])
    link: Any = next((each for each in rows if type(each) is kind and str(each.pk) == code[1:]), None)
    if link is None:
        raise Http404
    form = UnlinkForm(request.POST, prefix=code)
    if form.is_valid():
        try:
            workflow.unlink(link, reason=form.cleaned_data["reason"], actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The link has ended."))
            return redirect("commitments:recommendation-links", key=key)
    page: HttpResponse = _shown(request, row, code, form)
    return page
