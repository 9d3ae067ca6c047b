"""Corrections of a released edition: enter one, decide on it, release the edition that prints them."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from reporting.content.correcting import NotCorrectable, Place
from reporting.correction_forms import CorrectionForm, RefusalForm, TargetForm, add_refusal
from reporting.documents.corrected import Listed, Naming
from reporting.locking import holds_erased, is_locked
from reporting.models import CorrectionState, EditionState, ProposedCorrection, ReportEdition
from reporting.printing import content_of
from reporting.workflow import corrections as workflow


@dataclass(frozen=True)
class Row:
    """A proposed correction and how it is shown."""

    proposal: ProposedCorrection
    shown: Listed
    is_own: bool
    form: RefusalForm

    @property
    def title_id(self) -> str:
        return f"correction-{self.proposal.pk}-title"


@dataclass(frozen=True)
class Choice:
    """A place that can be corrected, with what stands there."""

    place: Place
    name: str
    value: str


@require_safe
def correction_list(request: UserRequest, year: int, number: int) -> HttpResponse:
    """The corrections of an edition with their states, and what the reader may do."""
    edition = _edition(request, year, number)
    if closed := _closed(request, edition):
        return closed
    return render(request, "reporting/corrections.html", _listed(request, edition))


@require_http_methods(["GET", "POST"])
def correction_new(request: UserRequest, year: int, number: int) -> HttpResponse:
    """Choose the entry, then the place in it, then say what should stand there. Each step has an address."""
    edition = _edition(request, year, number)
    require(request.user, Verb.CORRECT_EDITION, on=clock.today())
    if closed := _closed(request, edition):
        return closed
    if edition.state != EditionState.RELEASED:
        messages.error(request, _("Only the edition that is valid now can be corrected. Nothing was changed."))
        return redirect("reporting:correction-list", year, number)
    naming = Naming(content_of(edition))
    choosing = TargetForm(request.GET if "target" in request.GET else None, naming=naming)
    context = {"edition": edition, "choosing": choosing}
    if not choosing.is_valid():
        return render(request, "reporting/correction_new.html", context, status=400 if choosing.is_bound else 200)
    target = choosing.cleaned_data["target"]
    places = naming.targets.places(target)
    context |= {
        "target": target,
        "subject": naming.subject(target),
        "choices": [_choice(naming, each) for each in places],
    }
    if not request.GET.get("field"):
        return render(request, "reporting/correction_new.html", context)
    try:
        place = naming.targets.place(target, request.GET["field"])
    except NotCorrectable as refusal:
        choosing.add_error(None, workflow.refused(refusal))
        return render(request, "reporting/correction_new.html", context, status=400)
    return _entered(request, edition, place, naming, context)


def _entered(
    request: UserRequest, edition: ReportEdition, place: Place, naming: Naming, context: dict[str, object]
) -> HttpResponse:
    shown = {"new": place.value, "seen": place.value}
    form = CorrectionForm(request.POST or None, initial=shown, place=place, naming=naming)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                workflow.propose_correction(edition, form.error(), actor=request.user, at=clock.now())
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("The correction is entered. Another person decides on it."))
                return redirect("reporting:correction-list", edition.cycle.year, edition.number)
    context |= {"form": form, "chosen": _choice(naming, place)}
    return render(request, "reporting/correction_new.html", context, status=status)


@require_POST
def correction_approve(request: UserRequest, year: int, number: int, pk: int) -> HttpResponse:
    edition, proposal = _proposal(request, year, number, pk)
    try:
        workflow.approve_correction(proposal, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The correction is approved. It is printed in the next edition."))
    return redirect("reporting:correction-list", edition.cycle.year, edition.number)


@require_POST
def correction_decline(request: UserRequest, year: int, number: int, pk: int) -> HttpResponse:
    edition, proposal = _proposal(request, year, number, pk)
    form = RefusalForm(request.POST)
    if form.is_valid():
        try:
            workflow.decline_correction(
                proposal, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The correction is declined. The edition stays as it is."))
            return redirect("reporting:correction-list", edition.cycle.year, edition.number)
    if closed := _closed(request, edition):
        return closed
    return render(
        request, "reporting/corrections.html", _listed(request, edition) | {"refused": form, "at": pk}, status=400
    )


@require_POST
def erratum_release(request: UserRequest, year: int, number: int) -> HttpResponse:
    """Release the approved corrections as an edition of their own."""
    edition = _edition(request, year, number)
    require(request.user, Verb.RELEASE_EDITION, on=clock.today())
    try:
        erratum = workflow.release_erratum(edition, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reporting:correction-list", year, number)
    messages.success(request, _("The corrected edition is released. Its documents are being drawn."))
    return redirect("reporting:edition", year, erratum.number)


def _listed(request: UserRequest, edition: ReportEdition) -> dict[str, object]:
    proposals = ProposedCorrection.objects.visible_to(request.user).filter(edition=edition)
    naming = Naming(content_of(edition))
    rows = [
        _row(request, naming, each) for each in proposals.select_related("entered_by", "decided_by", "published_in")
    ]
    today = clock.today()
    is_valid = edition.state == EditionState.RELEASED
    return {
        "edition": edition,
        "rows": rows,
        "may_enter": is_valid and can(request.user, Verb.CORRECT_EDITION, on=today),
        "may_decide": can(request.user, Verb.DECIDE_CORRECTION, on=today),
        "is_valid": is_valid,
        "may_release": is_valid
        and can(request.user, Verb.RELEASE_EDITION, on=today)
        and any(row.proposal.state == CorrectionState.APPROVED for row in rows),
    }


def _row(request: UserRequest, naming: Naming, proposal: ProposedCorrection) -> Row:
    values = (proposal.old, proposal.new)
    number = proposal.published_in.number if proposal.published_in else 0
    shown = naming.listed(proposal.target, proposal.field, values, proposal.reason, number, proposal.entered_on)
    form = RefusalForm(auto_id=f"decline-{proposal.pk}-%s")
    return Row(proposal, shown, proposal.entered_by_id == request.user.pk, form)


def _choice(naming: Naming, place: Place) -> Choice:
    return Choice(place, naming.field(place.field), naming.value(place, place.value))


def _closed(request: UserRequest, edition: ReportEdition) -> HttpResponse | None:
    """What is answered where the content may not be shown to this person any more."""
    if holds_erased(edition):
        return render(request, "reporting/document_erased.html", {"sha256": edition.content_sha256}, status=403)
    if is_locked(request.user, edition.released_at or clock.now()):
        return render(request, "reporting/document_locked.html", {"sha256": edition.content_sha256}, status=403)
    try:
        content_of(edition)
    except ValidationError as error:
        said = {"edition": edition, "error": " ".join(error.messages)}
        return render(request, "reporting/document_altered.html", said, status=500)
    return None


def _edition(request: UserRequest, year: int, number: int) -> ReportEdition:
    """A released edition, for those who make and check reports."""
    rows = ReportEdition.objects.visible_to(request.user) if request.user.is_city_wide else ReportEdition.objects.none()
    rows = rows.exclude(content_file="").select_related("cycle")
    return get_object_or_404(rows, cycle__year=year, number=number)


def _proposal(request: UserRequest, year: int, number: int, pk: int) -> tuple[ReportEdition, ProposedCorrection]:
    edition = _edition(request, year, number)
    rows = ProposedCorrection.objects.visible_to(request.user).filter(edition=edition).select_related("edition")
    proposal = get_object_or_404(rows, pk=pk)
    require(request.user, Verb.DECIDE_CORRECTION, on=clock.today())
    return edition, proposal
