"""Erasing content, and pseudonymising a person who leaves: proposed by one office, signed by another."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock
from commitments.forms import add_errors
from commitments.models import Erasure, ErasureKind, ErasureState, Ground, User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.lists import page_of
from commitments.workflow import erasure as acts
from commitments.workflow import leaving
from commitments.workflow.erasure import Proposal, subject_of
from reporting import erasing
from reporting.audit import erasures, words
from reporting.erasure_forms import DropForm, ErasureForm, LeavingForm

ROWS_A_PAGE = 25


def _seen_by(user: User) -> "QuerySet[Erasure]":
    """Whoever reads the ledger sees them all; the administration those of people alone."""
    rows = Erasure.objects.select_related("person", "proposed_by", "signed_by")
    if can(user, Verb.READ_LEDGER, on=clock.today()):
        return rows
    require(user, Verb.PSEUDONYMISE, on=clock.today())
    return rows.filter(kind=ErasureKind.PERSON)


@require_safe
def erasure_list(request: UserRequest) -> HttpResponse:
    """All erasures, the latest first, with where they stand."""
    page = page_of(request, _seen_by(request.user).order_by("-pk"), ROWS_A_PAGE)
    context = {
        "page": page,
        "shown": erasures.listed(list(page), request.user),
        "may_erase": can(request.user, Verb.ERASE, on=clock.today()),
    }
    return render(request, "reporting/erasure_list.html", context)


@require_http_methods(["GET", "POST"])
def erasure_new(request: UserRequest, kind: str, pk: int) -> HttpResponse:
    """Choose what of an entry is erased, and sign for it first."""
    require(request.user, Verb.ERASE, on=clock.today())
    model = erasures.model_named(kind)
    row = erasures.visible_row(model, pk, request.user) if model else None
    if model is None or row is None:
        raise Http404
    columns = erasures.columns_held(model, pk)
    form = ErasureForm(request.POST if request.method == "POST" else None, columns=columns)
    if form.is_valid():
        said = form.cleaned_data
        proposal = Proposal([subject_of(model, pk, said["columns"])], Ground(said["ground"]), said["reason"])
        try:
            made = acts.propose(proposal, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Proposed. Nothing is erased before the second signature."))
            return redirect("reporting:erasure", made.pk)
    called = f"{words.kind(kind)} {erasures.name_of(model, pk, request.user)}"
    context = {"form": form, "row": row, "called": called, "columns": columns}
    return render(request, "reporting/erasure_new.html", context)


@require_safe
def erasure(request: UserRequest, pk: int) -> HttpResponse:
    """One erasure: what it empties and locks; the second signature, or why nothing is erased."""
    return _page(request, _erasure(request, pk), DropForm())


@require_POST
def erasure_sign(request: UserRequest, pk: int) -> HttpResponse:
    shown = _erasure(request, pk)
    try:
        erasing.carry_out(shown, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Carried out. What was named is gone for good; files and caches follow at once."))
    return redirect("reporting:erasure", pk)


@require_POST
def erasure_drop(request: UserRequest, pk: int) -> HttpResponse:
    shown, form = _erasure(request, pk), DropForm(request.POST)
    if form.is_valid():
        try:
            acts.drop(shown, form.cleaned_data["reason"], actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Nothing is erased. The reason stands in the ledger."))
            return redirect("reporting:erasure", pk)
    return _page(request, shown, form)


@require_http_methods(["GET", "POST"])
def person_pseudonymise(request: UserRequest, pk: int) -> HttpResponse:
    """A person leaves: what stands in the way, what goes and what stays; and the first signature."""
    require(request.user, Verb.PSEUDONYMISE, on=clock.today())
    person = get_object_or_404(User, pk=pk)
    obstacles = erasing.obstacles(person, clock.now())
    form = LeavingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            if obstacles:
                raise ValidationError(obstacles)
            made = leaving.propose_pseudonym(person, form.cleaned_data["reason"], actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Proposed. The other office signs; until then nothing is changed."))
            return redirect("reporting:erasure", made.pk)
    context = {"form": form, "person": person, "obstacles": obstacles, "states": erasures.states_of(person)}
    return render(request, "reporting/person_pseudonymise.html", context)


def _erasure(request: UserRequest, pk: int) -> Erasure:
    found = get_object_or_404(_seen_by(request.user), pk=pk)
    if not erasures.is_visible(found, request.user):
        raise Http404
    return found


def _page(request: UserRequest, shown: Erasure, form: DropForm) -> HttpResponse:
    today = clock.today()
    waits = shown.state == ErasureState.PROPOSED
    context: dict[str, Any] = {
        "erasure": shown,
        "form": form,
        "parts": erasures.parts(shown, request.user),
        "counts": _counted(shown),
        "editions": erasing.previewed(shown) if waits else erasing.locked_by(shown),
        "may_sign": acts.may_sign(shown, request.user, today),
        "may_drop": waits and can(request.user, acts.VERBS[ErasureKind(shown.kind)], on=today),
        "obstacles": erasing.obstacles(shown.person, clock.now()) if waits and shown.person else [],
    }
    return render(request, "reporting/erasure.html", context)


def _counted(shown: Erasure) -> list[tuple[str, int, int]]:
    """What was emptied, by kind of entry."""
    return [(words.kind(label.split(".")[1]), rows, past) for label, (rows, past) in shown.counts.items()]
