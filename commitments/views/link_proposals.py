"""Links that units have proposed: the officer takes them or not, several at once."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.forms.mapping import ProposalDecision
from commitments.models import Commitment, LinkState, MeasureLink, MeasureProvision, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.mapping.items import ids_of
from commitments.workflow import links as workflow

PER_PAGE = 50
Link = MeasureLink | MeasureProvision


def waiting(user: User) -> tuple["QuerySet[MeasureLink]", "QuerySet[MeasureProvision]"]:
    """Proposed links whose both ends someone may see (rule 10)."""
    seen = Commitment.objects.visible_to(user)
    links = MeasureLink.objects.visible_to(user).filter(state=LinkState.PROPOSED, commitment__in=seen)
    provisions = MeasureProvision.objects.visible_to(user).filter(state=LinkState.PROPOSED)
    return (
        links.select_related("measure", "commitment").order_by("measure__reference", "pk"),
        provisions.select_related("measure", "provision__version__instrument").order_by("measure__reference", "pk"),
    )


@require_http_methods(["GET", "POST"])
def link_proposals(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.ACCEPT_LINK, on=clock.today())
    form = ProposalDecision(request.POST or None)
    chosen = request.POST.getlist("link")
    if request.method == "POST" and form.is_valid():
        try:
            done = _decide(request, form, _chosen(chosen, request.user))
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, done)
            return redirect("commitments:link-proposals")
    links, provisions = waiting(request.user)
    rows: list[Link] = sorted([*links, *provisions], key=lambda link: (link.measure.reference, link.pk))
    for row in rows:
        row.code = _code(row)  # type: ignore[union-attr] # for the template
        row.is_chosen = _code(row) in chosen  # type: ignore[union-attr] # for the template
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "commitments/link_proposals.html", {"page": page, "form": form, "total": len(rows)})


def _decide(request: UserRequest, form: ProposalDecision, links: Sequence[Link]) -> str:
    """All of the chosen ones or none; returns what happened, as a sentence."""
    if not links:
        raise ValidationError(_("Choose at least one proposal that still waits."))
    n, at = len(links), clock.now()
    if "accept" in request.POST:
        workflow.accept_links(links, actor=request.user, at=at)
        return ngettext("One link is accepted.", "%(n)s links are accepted.", n) % {"n": n}
    workflow.decline_links(links, actor=request.user, at=at, reason=form.cleaned_data["reason"])
    return ngettext("One link is declined.", "%(n)s links are declined.", n) % {"n": n}


def _chosen(codes: Sequence[str], user: User) -> list[Link]:
    links, provisions = waiting(user)
    return [*links.filter(pk__in=ids_of(codes, "c")), *provisions.filter(pk__in=ids_of(codes, "p"))]


def _code(link: Link) -> str:
    return f"{'c' if isinstance(link, MeasureLink) else 'p'}{link.pk}"
