"""Verdicts: the officer writes them with everything in view, somebody else approves them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.models import Contribution, Grade, LinkState, Measure, MeasureLink, MeasureStatus
from commitments.permissions import Verb, can, grant, require
from commitments.requests import UserRequest
from reviews.forms import AssessmentFilter, AssessmentForm, DissentForm, ReasonForm, ReviewEntryForm, StatementForm
from reviews.models import (
    ANSWERED,
    Assessment,
    AssessmentState,
    Confirmation,
    ConfirmationResult,
    FollowUp,
    Outcome,
    ReviewCycle,
    ReviewEntry,
    Statement,
)
from reviews.views import shown
from reviews.views.board import require_city_wide
from reviews.workflow import assessments as workflow

ROWS_A_PAGE = 25


@require_GET
def assessment_list(request: UserRequest, year: int) -> HttpResponse:
    """A round's verdicts, narrowed by state, verdict and keyword."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user).select_related("scale"), year=year)
    require_city_wide(request.user)
    rows = Assessment.objects.visible_to(request.user).filter(cycle=cycle)
    form = AssessmentFilter(request.GET, cycle=cycle)
    found = _narrowed(rows, form.chosen()).select_related("commitment__lead_unit", "grade")
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    context = {
        "cycle": cycle,
        "page": Paginator(found.order_by("commitment__reference"), ROWS_A_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "summary": form.summary(),
        "chips": _chips(counts, request.GET.get("state", "")),
    }
    return render(request, "reviews/assessment_list.html", context)


@require_http_methods(["GET", "POST"])
def assess(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Write verdict and finding; POST keeps the draft, or lays it before the approver."""
    row = _assessment(request, year, reference)
    if request.method == "GET" and not can(request.user, Verb.ASSESS, row, on=clock.today()):
        return redirect("reviews:decide", year, reference)
    require(request.user, Verb.ASSESS, row, on=clock.today())
    if row.state in (AssessmentState.SUBMITTED, AssessmentState.APPROVED) or row.cycle.is_final:
        if request.method == "POST" and AssessmentForm(row, request.POST).has_changed():
            messages.warning(request, _("This assessment is submitted already. What you have just typed is not kept."))
        return redirect("reviews:decide", year, reference)
    shown_basis = basis(request, row)
    start = shown_basis["before"] if "start" in request.GET else None
    form = AssessmentForm(row, request.POST or None, complete="submit" in request.POST, start=start)
    if form.is_valid() and _saved(form, request):
        return redirect("reviews:decide" if form.complete else "reviews:assess", year, reference)
    return render(request, "reviews/assess.html", shown_basis | {"form": form})


@require_http_methods(["POST"])
def save(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Keep the draft while somebody types; answers with a line that says so."""
    row = _assessment(request, year, reference)
    require(request.user, Verb.ASSESS, row, on=clock.today())
    form = AssessmentForm(row, request.POST)
    saved = form.is_valid() and _kept(form, request)
    before = workflow.last_approved(row)
    context = {"saved": saved, "form": form, "now": clock.now(), "before": before}
    return render(request, "reviews/_assess_saved.html", context)


@require_http_methods(["GET", "POST"])
def decide(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Read an assessment with everything in view; whoever may, approves it."""
    row = _assessment(request, year, reference)
    if request.method == "POST":
        require(request.user, Verb.DECIDE_ASSESSMENT, row, on=clock.today())
        try:
            workflow.approve(row, actor=request.user, at=clock.now())
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


@dataclass(frozen=True)
class Answered:
    """A unit's answer in short."""

    row: Confirmation
    standing: shown.Standing
    changes: list[shown.Change]

    @property
    def is_disputed(self) -> bool:
        return self.row.result == ConfirmationResult.DISPUTED and self.row.state in ANSWERED


@dataclass(frozen=True)
class Basis:
    """A measure that serves the commitment, with what its units answered."""

    measure: Measure
    contribution: str
    status: str
    answers: list[Answered]


def basis(request: UserRequest, row: Assessment) -> dict[str, Any]:
    """Everything that a verdict on a commitment rests on, as far as the reader may see it."""
    user, today = request.user, clock.today()
    commitment, classes = row.commitment, user.clearance()
    answers = _answers(request, row)
    measures = list(_basis(request, row, answers))
    promises = list(FollowUp.objects.visible_to(user).filter(commitment=commitment).select_related("unit", "cycle"))
    entries = ReviewEntry.objects.filter(commitment=commitment, protection__in=classes)
    contradictions = workflow.contradictions_among(
        row,
        statuses=[entry.measure.status for entry in measures],
        disputed=sum(found.is_disputed for entry in measures for found in entry.answers),
        overdue=sum(promise.is_overdue(today) for promise in promises),
    )
    return {
        "row": row,
        "commitment": commitment,
        "cycle": row.cycle,
        "before": workflow.last_approved(row),
        "contradictions": list(contradictions),
        "basis": measures,
        "nil_answers": answers.get(None, []),
        "follow_ups": promises,
        "entries": entries.select_related("author"),
        "statements": Statement.objects.filter(commitment=commitment, cycle=row.cycle, protection__in=classes),
        "dissents": row.dissents.select_related("unit"),
        "today": today,
    }


def _answers(request: UserRequest, row: Assessment) -> dict[int | None, list[Answered]]:
    """This year's answers by measure; those on the commitment itself under None."""
    rows = Confirmation.objects.visible_to(request.user).filter(cycle=row.cycle).current().with_void()
    linked = MeasureLink.objects.accepted().filter(commitment=row.commitment).values("measure")
    found: dict[int | None, list[Answered]] = {}
    for answer in (
        rows.filter(Q(measure__in=linked) | Q(commitment=row.commitment))
        .select_related("cycle", "unit")
        .prefetch_related("reminders")
    ):
        entry = Answered(answer, shown.standing(answer, clock.today()), shown.changes(answer))
        found.setdefault(answer.measure_id, []).append(entry)
    return found


def _basis(request: UserRequest, row: Assessment, answers: dict[int | None, list[Answered]]) -> Iterator[Basis]:
    measures = Measure.objects.visible_to(request.user).with_shown_status()
    measures = measures.filter(links__commitment=row.commitment, links__state=LinkState.ACCEPTED)
    for measure in measures.annotate(contribution=F("links__contribution")):
        contribution = Contribution(measure.contribution)  # type: ignore[attr-defined] # annotated
        status = MeasureStatus(measure.shown_status)  # type: ignore[attr-defined] # annotated
        yield Basis(measure, str(contribution.label), str(status.label), answers.get(measure.pk, []))


def _assessment(request: UserRequest, year: int, reference: str) -> Assessment:
    """The verdict on a commitment in a round, drafts only for those who see the work of all units."""
    seen = Assessment.objects.visible_to(request.user).select_related(
        "cycle__scale", "commitment__lead_unit", "grade", "author", "author_for", "approver", "approver_for"
    )
    row = get_object_or_404(seen, cycle__year=year, commitment__reference=reference)
    require_city_wide(request.user)
    return row


def _narrowed(rows: QuerySet[Assessment], chosen: dict[str, str]) -> QuerySet[Assessment]:
    if chosen["state"]:
        rows = rows.filter(state=chosen["state"])
    if chosen["verdict"]:
        rows = rows.filter(Q(grade__code=chosen["verdict"]) | Q(outcome=chosen["verdict"]))
    if chosen["q"]:
        words = Q()
        for field in ("commitment__reference", "commitment__title_de", "commitment__title_en", "finding_de"):
            words |= Q(**{f"{field}__icontains": chosen["q"]})
        rows = rows.filter(words)
    return rows


def _chips(counts: dict[str, int], state: str) -> list[dict[str, object]]:
    every = [("", _("All"), sum(counts.values()))]
    states = [(name, label, counts.get(name, 0)) for name, label in AssessmentState.choices]
    return [
        {"label": label, "url": f"?state={name}", "count": count, "is_active": name == state}
        for name, label, count in every + states
    ]


def _kept(form: AssessmentForm, request: UserRequest) -> bool:
    """Save the draft where something changed; false where a rule forbids it."""
    if not form.has_changed():
        return True
    verdict = form.cleaned_data["verdict"]
    grade: Grade | None = next((grade for grade in form.grades if grade.code == verdict), None)
    finding = workflow.Finding(
        outcome=Outcome.GRADE if grade else verdict,
        grade=grade,
        **{name: form.cleaned_data[name] for name in ("trend", "finding_de", "finding_en")},
    )
    try:
        workflow.save_assessment(form.assessment, finding, actor=request.user, at=clock.now())
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True


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
