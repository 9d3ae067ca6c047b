"""Verdicts: the officer writes them with everything in view, somebody else approves them."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.forms.measures import difference
from commitments.models import Grade, LinkState, Measure, User
from commitments.permissions import Verb, can, grant, require
from commitments.requests import UserRequest, posted_number
from commitments.tracking import history_model
from commitments.workflow import last_change
from reviews.assessment_forms import AssessmentForm, Sheet
from reviews.forms import DissentForm, ReasonForm, ReviewEntryForm, StatementForm
from reviews.models import Assessment, AssessmentMeasure, AssessmentState, Confirmation, Outcome, Statement
from reviews.views.basis import basis, evidence
from reviews.views.board import require_city_wide
from reviews.workflow import assessments as workflow
from reviews.workflow.steps import locked_cycle

A_DAY = 24 * 60 * 60
"""So long a window remembers what it saved itself, in seconds."""


@require_http_methods(["GET", "POST"])
def assess(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Write verdict and finding; POST keeps the draft, or lays it before the approver."""
    row = _assessment(request, year, reference)
    if request.method == "GET" and not can(request.user, Verb.ASSESS, row, on=clock.today()):
        return redirect("reviews:decide", year, reference)
    require(request.user, Verb.ASSESS, row, on=clock.today())
    if row.state in (AssessmentState.SUBMITTED, AssessmentState.APPROVED) or row.cycle.is_final:
        return _too_late(request, row) if request.method == "POST" else redirect("reviews:decide", year, reference)
    shown_basis = basis(request, row)
    measures = [entry.measure for entry in shown_basis["basis"]]
    start = shown_basis["before"] if "start" in request.GET else None
    named = _named(row) if request.method == "POST" else frozenset(shown_basis["named"])
    form = _form(request, row, measures, named, complete="submit" in request.POST, start=start)
    if form.is_valid() and _saved(form, request):
        return redirect("reviews:decide" if form.complete else "reviews:assess", year, reference)
    differing = _meanwhile(form, row) if form.has_error(NON_FIELD_ERRORS, "changed") else []
    return render(request, "reviews/assess.html", shown_basis | {"form": form, "differing": differing})


@require_http_methods(["POST"])
def save(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Keep the draft while somebody types; answers with a line that says so."""
    row = _assessment(request, year, reference)
    require(request.user, Verb.ASSESS, row, on=clock.today())
    form = _form(request, row, list(_measures(request.user, row)), _named(row))
    saved = form.is_valid() and _kept(form, request)
    return render(request, "reviews/_assess_saved.html", {"saved": saved, "form": form, "now": clock.now()})


def _form(
    request: UserRequest, row: Assessment, measures: list[Measure], named: frozenset[int], **options: Any
) -> AssessmentForm:
    seen: int = row.seen  # type: ignore[attr-defined] # annotated
    return AssessmentForm(row, request.POST or None, of=Sheet(measures, named, seen, **options))


def _named(row: Assessment) -> frozenset[int]:
    """The measures that the finding rests on, as it stands."""
    named = AssessmentMeasure.objects.filter(assessment=row, ended_on__isnull=True)
    return frozenset(named.values_list("measure_id", flat=True))


def _measures(user: User, row: Assessment) -> Any:
    """The measures that serve the commitment, as far as somebody may see them."""
    linked = Measure.objects.visible_to(user)
    return linked.filter(links__commitment=row.commitment, links__state=LinkState.ACCEPTED)


def _too_late(request: UserRequest, row: Assessment) -> HttpResponse:
    """Somebody has submitted it meanwhile: what was typed is shown once more, so that nothing is lost."""
    form = _form(request, row, list(_measures(request.user, row)), _named(row))
    if not form.has_changed():
        return redirect("reviews:decide", row.cycle.year, row.commitment.reference)
    sentence = _("Somebody has submitted this assessment meanwhile. What you wrote is not saved; it stands below.")
    messages.warning(request, sentence)
    context = {"row": row, "commitment": row.commitment, "cycle": row.cycle, "form": form}
    return render(request, "reviews/assess_late.html", context, status=409)


def _meanwhile(form: AssessmentForm, row: Assessment) -> list[dict[str, str]]:
    """Where what was typed differs from what somebody else has saved; whoever saves again was told of it."""
    row.refresh_from_db()
    now = AssessmentForm(row, of=Sheet(form.of.measures, _named(row)))
    form.as_seen_now(last_change(row))
    return difference(form, now.initial)


@require_GET
def evidence_of(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """What bears out the commitment and its measures: fetched once the page stands, without script a page."""
    row = _assessment(request, year, reference)
    may_add = can(request.user, Verb.ADD_EVIDENCE, row.commitment, on=clock.today())
    context = {"row": row, "commitment": row.commitment, "cycle": row.cycle, "may_write": may_add}
    context["evidence"] = list(evidence(request, row))
    page = "_basis_evidence" if request.headers.get("HX-Request") else "assess_evidence"
    return render(request, f"reviews/{page}.html", context)


@require_http_methods(["GET", "POST"])
def decide(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Read an assessment with everything in view; whoever may, approves it."""
    row = _assessment(request, year, reference)
    if request.method == "POST":
        require(request.user, Verb.DECIDE_ASSESSMENT, row, on=clock.today())
        try:
            seen = posted_number(request, "seen") or 0  # what nobody has seen is not approved
            workflow.approve(row, actor=request.user, at=clock.now(), seen=seen)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("%(reference)s is approved.") % {"reference": reference})
            return redirect("reviews:assessment-list", year)
    return _show_decision(request, row, ReasonForm(label=_("What is to be put right?")))


@require_http_methods(["POST"])
def send_back(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Return an assessment to its author with a reason."""
    row = _assessment(request, year, reference)
    require(request.user, Verb.DECIDE_ASSESSMENT, row, on=clock.today())
    form = ReasonForm(request.POST, label=_("What is to be put right?"))
    if form.is_valid():
        try:
            workflow.return_to_author(row, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(reference)s went back to its author.") % {"reference": reference})
            return redirect("reviews:assessment-list", year)
    return _show_decision(request, row, form)


@require_http_methods(["GET", "POST"])
def add_entry(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """A dated, reasoned note that nobody edits."""
    row = _assessment(request, year, reference)
    require(request.user, Verb.LOG_REVIEW, row, on=clock.today())
    form = ReviewEntryForm(request.POST or None)
    if form.is_valid():
        entry = form.cleaned_data
        workflow.log_entry(row.commitment, entry["text"], entry["reason"], actor=request.user, at=clock.now())
        messages.success(request, _("The review entry is written."))
        return redirect("reviews:decide", year, reference)
    return _show_note(request, row, form, _("Write a review entry"))


@require_http_methods(["GET", "POST"])
def add_statement(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Civil society's view, printed beside the finding."""
    row = _assessment(request, year, reference)
    require(request.user, Verb.ASSESS, row, on=clock.today())
    form = StatementForm(request.POST or None, instance=Statement(cycle=row.cycle, commitment=row.commitment))
    if form.is_valid():
        try:
            workflow.add_statement(form.instance, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The statement is entered."))
            return redirect("reviews:decide", year, reference)
    return _show_note(request, row, form, _("Enter a statement"))


@require_http_methods(["GET", "POST"])
def add_dissent(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """A unit's objection to the verdict, printed beside it."""
    row = _assessment(request, year, reference)
    require(request.user, Verb.ASSESS, row, on=clock.today())
    form = DissentForm(request.POST or None, units=_units_of(row))
    if form.is_valid():
        text = (form.cleaned_data["text_de"], form.cleaned_data["text_en"])
        try:
            workflow.add_dissent(row, form.cleaned_data["unit"], *text, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The objection is entered."))
            return redirect("reviews:decide", year, reference)
    return _show_note(request, row, form, _("Enter a unit's objection"))


def _assessment(request: UserRequest, year: int, reference: str) -> Assessment:
    """The verdict on a commitment in a round, drafts only for those who see the work of all units."""
    seen = Assessment.objects.visible_to(request.user).select_related(
        "cycle__scale", "commitment__lead_unit", "grade", "author", "author_for", "approver", "approver_for"
    )
    past = history_model(Assessment).objects.filter(id=OuterRef("pk")).order_by("-history_id")
    seen = seen.annotate(seen=Subquery(past.values("history_id")[:1]))
    row = get_object_or_404(seen, cycle__year=year, commitment__reference=reference)
    require_city_wide(request.user)
    return row


def _kept(form: AssessmentForm, request: UserRequest) -> bool:
    """Save the draft where something changed; false where a rule forbids it, or somebody else was faster."""
    if not form.has_changed():
        return True
    window = f"assess-{form.assessment.pk}-{request.user.pk}-{form.cleaned_data['window'] or uuid.uuid4()}"
    try:
        with transaction.atomic():
            locked_cycle(form.assessment.cycle_id)  # waits for what this window is saving at this moment
            seen = cache.get(window) or form.cleaned_data["seen"]  # what a window has saved itself, it has seen
            workflow.save_assessment(form.assessment, _finding(form), actor=request.user, at=clock.now(), seen=seen)
            cache.set(window, last_change(form.assessment), A_DAY)
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True


def _finding(form: AssessmentForm) -> workflow.Finding:
    verdict = form.cleaned_data["verdict"]
    grade: Grade | None = next((grade for grade in form.grades if grade.code == verdict), None)
    return workflow.Finding(
        outcome=Outcome.GRADE if grade else verdict,
        grade=grade,
        measures=form.named_measures(),
        **{name: form.cleaned_data[name] for name in ("trend", "finding_de", "finding_en", "self_assessed")},
    )


def _saved(form: AssessmentForm, request: UserRequest) -> bool:
    """Save, and submit where that was asked."""
    if not _kept(form, request):
        return False
    if form.complete:
        try:
            workflow.submit(form.assessment, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
            return False
    messages.success(request, _("Submitted for approval.") if form.complete else _("Saved as a draft."))
    return True


def _show_decision(request: UserRequest, row: Assessment, form: ReasonForm) -> HttpResponse:
    may_add = can(request.user, Verb.ASSESS, row, on=clock.today()) and not row.cycle.is_final
    context = basis(request, row) | {"form": form, "why_not": _why_not(request, row), "may_add": may_add}
    return render(request, "reviews/decide.html", context)


def _why_not(request: UserRequest, row: Assessment) -> str:
    """Why the reader cannot decide this; empty where nothing stands in the way."""
    role = grant(request.user, Verb.DECIDE_ASSESSMENT, row, on=clock.today())
    if role is None:
        return _("You read this page; the approver decides.")
    own = workflow.authors_of(row) & {request.user.pk, role.acting_for_id or request.user.pk}
    if own:
        return _("You wrote this assessment, or act for the one who did. Somebody else decides on it.")
    if row.cycle.is_final:
        return _("The cycle is frozen. What is found now is noted in the next one.")
    if row.state not in (AssessmentState.SUBMITTED, AssessmentState.APPROVED):
        return _("The assessment is still being written.")
    return ""


def _show_note(request: UserRequest, row: Assessment, form: Any, title: str) -> HttpResponse:
    context = {"row": row, "commitment": row.commitment, "cycle": row.cycle, "form": form, "title": title}
    return render(request, "reviews/assessment_note.html", context)


def _units_of(row: Assessment) -> list[int]:
    """The units that answered on the commitment, with the one that leads it."""
    asked = Confirmation.objects.filter(cycle=row.cycle)
    asked = asked.filter(Q(measure__links__commitment=row.commitment) | Q(commitment=row.commitment))
    return [row.commitment.lead_unit_id, *asked.values_list("unit_id", flat=True).distinct()]
