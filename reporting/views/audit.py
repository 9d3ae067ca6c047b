"""The auditor's pages: the trail of changes, seals, proofs, and the verification of the whole ledger."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from commitments import clock, jobs
from commitments.models import LedgerLeaf, LedgerSeal
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from reporting.audit import proofs, rows, trail, verification
from reporting.audit.people import People
from reporting.forms import TrailFilter

ROWS_A_PAGE = 25
SEALS_A_PAGE = 25
LATEST_SEALS = 5


@require_safe
def audit(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    people = People()
    filters = TrailFilter(request.GET, user=request.user, people=people)
    page = Paginator(trail.leaves(request.user, filters.wanted()), ROWS_A_PAGE).get_page(request.GET.get("page"))
    seals = list(LedgerSeal.objects.order_by("-pk")[: LATEST_SEALS + 1])
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "page": page,
        "events": rows.events(list(page), people, request.user),
        "seals": _checked(seals, LATEST_SEALS),
        "latest": seals[0] if seals else None,
        "verification": verification.latest(),
        "may_export": can(request.user, Verb.EXPORT, on=clock.today()),
        "may_erase": can(request.user, Verb.ERASE, on=clock.today()),
    }
    return render(request, "reporting/audit.html", context)


@require_POST
def verify(request: UserRequest) -> HttpResponse:
    """Ask for a verification; one that is already waiting or at work serves everybody."""
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    if verification.latest().running is None:
        jobs.enqueue(verification.KIND, asked_by=request.user)
    return redirect(f"{reverse('reporting:audit')}#verification")


@require_safe
@never_cache
def verification_state(request: UserRequest) -> HttpResponse:
    """How far the verification is: the part of the page that asks again every two seconds."""
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    return render(request, "reporting/_audit_verification.html", {"verification": verification.latest()})


@require_safe
def seals(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    page = Paginator(LedgerSeal.objects.order_by("-pk"), SEALS_A_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    older = LedgerSeal.objects.filter(pk__lt=shown[-1].pk).order_by("-pk")[:1] if shown else ()
    context = {"page": page, "seals": _checked([*shown, *older], len(shown))}
    return render(request, "reporting/audit_seals.html", context)


def _checked(found: list[LedgerSeal], count: int) -> list[proofs.CheckedSeal]:
    """The first ``count`` of these seals, each beside the one that follows in the list."""
    before = found[count] if len(found) > count else None
    return proofs.checked(found[:count], before)


@require_safe
def consistency(request: UserRequest, pk: int) -> HttpResponse:
    """The proof that a seal continues the one before it, as a file."""
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    seal = get_object_or_404(LedgerSeal, pk=pk)
    older = LedgerSeal.objects.filter(pk__lt=pk).order_by("-pk").first()
    if older is None or older.size == 0:
        raise Http404(_("There is no seal before this one that it could continue."))
    return _file(proofs.consistency_proof(seal, older), proofs.file_name("consistency", older.size, seal.size))


@require_safe
def proof(request: UserRequest, index: int) -> HttpResponse:
    """The proof that a row stands under the last seal, as a file; ``?content`` adds what its digest is made of."""
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    leaf = get_object_or_404(trail.leaves(request.user, trail.Wanted()), index=index)
    position = _position(leaf)
    seal = LedgerSeal.objects.order_by("-pk").first()
    if position is None or seal is None:
        raise Http404(_("This entry is not sealed yet. The next seal is set tonight."))
    found = proofs.inclusion_proof(leaf, position, seal)
    if "content" in request.GET:
        found = proofs.with_content(found, leaf)
    return _file(found, proofs.file_name("inclusion", index))


def _position(leaf: LedgerLeaf) -> int | None:
    node = getattr(leaf, "node", None)
    return node.position if node else None


def _file(content: Mapping[str, Any], name: str) -> HttpResponse:
    response = JsonResponse(content, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
