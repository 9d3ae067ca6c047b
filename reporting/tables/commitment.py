"""One commitment with everything said about it, today or as it stood on a day. Few queries, whatever the size."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import evidence_history, history, texts
from commitments.models import (
    UDHR,
    Commitment,
    CommitmentProvision,
    CommitmentUnit,
    Contribution,
    LinkState,
    Measure,
    MeasureLink,
    MeasureStatus,
    MeasureUnit,
    Part,
    Relation,
    User,
)
from commitments.tracking import history_model
from reporting.tables.commitment_notes import review_entries
from reporting.tables.verdicts import Ladder
from reviews.models import (
    ANSWERED,
    Assessment,
    AssessmentState,
    Confirmation,
    ConfirmationResult,
    ConfirmationState,
    Dissent,
    FollowUp,
    Reminder,
    ReviewCycle,
    Statement,
)

OBLIGATIONS = {
    "respect": (gettext_lazy("Respect"), gettext_lazy("The city itself violates nobody's right.")),
    "protect": (gettext_lazy("Protect"), gettext_lazy("The city keeps others from violating it.")),
    "fulfil": (gettext_lazy("Fulfil"), gettext_lazy("The city does what makes the right real.")),
}


@dataclass(frozen=True)
class Badge:
    state: str
    label: str


@dataclass
class Served:
    """A provision under which the commitment stands."""

    provision: Any
    is_basis: bool
    articles: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Deed:
    """A measure that serves the commitment."""

    measure: Any
    link: Any
    status: Badge
    unit: str = ""
    answers: list[tuple[str, Badge]] = field(default_factory=list)


def obligations(commitment: Any) -> list[tuple[str, str]]:
    """The levels of obligation that apply, each with what it means for a city."""
    return [(str(name), str(text)) for level, (name, text) in OBLIGATIONS.items() if getattr(commitment, level)]


# Today


def provisions(commitment: Commitment) -> list[Served]:
    """The provisions with their text and the articles that they lead to, the basis first. One query."""
    rows = (
        CommitmentProvision.objects.filter(commitment=commitment, ended_on__isnull=True)
        .select_related("provision__version__instrument")
        .annotate(
            relation=F("provision__links__relation"),
            article=F("provision__links__target__order"),
            towards=F("provision__links__target__version__instrument__key"),
        )
        .order_by("-is_basis", "order", "provision__links__target__order")
    )
    found: dict[int, Served] = {}
    for row in rows:
        served = found.setdefault(row.provision_id, Served(row.provision, row.is_basis))
        if row.towards == UDHR and row.article:
            served.articles.append((str(Relation(row.relation).label), row.article))
    return list(found.values())


def deeds(commitment: Commitment, user: User) -> list[Deed]:
    """The measures that serve the commitment, each with its unit in charge. One query."""
    leads = MeasureUnit.objects.filter(measure=OuterRef("measure"), part=Part.LEAD, ended_on__isnull=True)
    shown: QuerySet[Any, Any] = Measure.objects.filter(pk=OuterRef("measure")).with_shown_status()
    rows: QuerySet[Any] = (
        MeasureLink.objects.current()
        .filter(commitment=commitment, measure__in=Measure.objects.visible_to(user))
        .select_related("measure")
        .annotate(
            unit_de=Subquery(leads.values("unit__name_de")[:1]),
            unit_en=Subquery(leads.values("unit__name_en")[:1]),
            shown_status=Subquery(shown.values("shown_status")[:1]),
        )
        .order_by("state", "measure__reference")
    )
    return [
        Deed(row.measure, row, Badge(row.shown_status, str(MeasureStatus(row.shown_status).label)), _unit(row))
        for row in rows
    ]


def _unit(row: Any) -> str:
    return texts.localized(row, "unit")


def answers(commitment: Commitment, user: User, today: date) -> list[Confirmation]:
    """What the units said in the latest cycle, on the measures or on the commitment itself. One query."""
    asked = ReviewCycle.objects.visible_to(user).filter(imported=False, opened_at__isnull=False).order_by("-year")
    linked = MeasureLink.objects.accepted().filter(commitment=commitment).values("measure")
    rows = Confirmation.objects.visible_to(user).current().filter(cycle__in=asked.values("pk")[:1])
    rows = rows.filter(measure__in=linked) | rows.filter(commitment=commitment)
    reminded = Exists(Reminder.objects.filter(confirmation=OuterRef("pk")))
    return list(rows.with_void().annotate(is_reminded=reminded).select_related("cycle", "unit").order_by("-part", "pk"))


def standing(answer: Confirmation, today: date) -> Badge:
    """Where an answer stands: silence, dispute and void before the bare state."""
    if answer.is_void:  # type: ignore[attr-defined]
        return Badge("void", _("No longer valid"))
    if answer.state in ANSWERED:
        disputed = answer.result in (ConfirmationResult.DISPUTED, ConfirmationResult.NOT_OURS)
        label = answer.get_result_display() if disputed else answer.get_state_display()
        return Badge(answer.result if disputed else answer.state, str(label))
    if answer.cycle.is_final or answer.cycle.last_reminder_on < today:
        return Badge("silent", _("No reply"))
    if answer.state == ConfirmationState.REQUESTED and answer.is_reminded:  # type: ignore[attr-defined]
        return Badge("reminded", _("Open, reminded"))
    return Badge(answer.state, str(answer.get_state_display()))


def with_answers(rows: list[Deed], said: Iterable[Confirmation], today: date) -> list[Deed]:
    by_measure: dict[int, list[tuple[str, Badge]]] = defaultdict(list)
    for answer in said:
        if answer.measure_id:
            by_measure[answer.measure_id].append((texts.localized(answer.unit, "name"), standing(answer, today)))
    for row in rows:
        row.answers = by_measure[row.measure.pk]
    return rows


def assessments(commitment: Commitment, user: User) -> list[Assessment]:
    """All verdicts that someone may see, newest first; drafts among them only for those who see drafts."""
    rows = Assessment.objects.visible_to(user).filter(commitment=commitment)
    return list(rows.select_related("cycle", "grade").order_by("-cycle__year"))


def voices(assessment: Assessment | None, user: User) -> list[dict[str, Any]]:
    """What others say beside the verdict: objections of units, and civil society. One query."""
    if assessment is None:
        return []
    objections = Dissent.objects.filter(assessment=assessment).values(
        "text_de",
        "text_en",
        kind=Value("dissent", output_field=CharField()),
        name_de=F("unit__name_de"),
        name_en=F("unit__name_en"),
        on=F("stated_on"),
    )
    statements = Statement.objects.filter(
        cycle=assessment.cycle, commitment=assessment.commitment_id, protection__in=user.clearance()
    ).values(
        "text_de",
        "text_en",
        kind=Value("statement", output_field=CharField()),
        name_de=F("organisation"),
        name_en=Value("", output_field=CharField()),
        on=F("received_on"),
    )
    both: QuerySet[Any, Any] = objections.order_by().union(statements.order_by(), all=True).order_by("on")
    return list(both)


def follow_ups(commitment: Commitment, user: User, today: date) -> list[dict[str, Any]]:
    """Agreed next steps, those still open first."""
    rows = FollowUp.objects.visible_to(user).filter(commitment=commitment).select_related("unit", "cycle")
    found = []
    for row in sorted(rows, key=lambda each: (each.state != "open", each.due_on), reverse=False):
        late = (today - row.due_on).days if row.is_overdue(today) else 0
        label = _("Overdue by %(n)d days") % {"n": late} if late else str(row.get_state_display())
        found.append({"row": row, "state": "overdue" if late else row.state, "label": label})
    return found


# As it stood


def stood(commitment: Commitment, day: date) -> Any:
    """The commitment's row at the end of a day, or nothing where it was not in the register yet."""
    return history.as_of(Commitment, day).filter(id=commitment.pk).select_related("lead_unit", "adoption").first()


def provisions_then(commitment: Commitment, day: date) -> list[Served]:
    rows = history.as_of(CommitmentProvision, day).filter(commitment_id=commitment.pk, ended_on__isnull=True)
    known = rows.select_related("provision__version__instrument").order_by("-is_basis", "order")
    return [Served(row.provision, row.is_basis) for row in known]


def helpers_then(commitment: Commitment, day: date) -> list[str]:
    rows = history.as_of(CommitmentUnit, day).filter(commitment_id=commitment.pk, ended_on__isnull=True)
    return sorted(texts.localized(row.unit, "name") for row in rows.select_related("unit"))


def deeds_then(commitment: Commitment, user: User, day: date) -> list[Deed]:
    """The measures of that day; those that are protected today stay out of sight (rule 10). One query."""
    links = history.as_of(MeasureLink, day).filter(
        commitment_id=commitment.pk, state=LinkState.ACCEPTED, measure_id=OuterRef("id")
    )
    leads = history.as_of(MeasureUnit, day).filter(measure_id=OuterRef("id"), part=Part.LEAD, ended_on__isnull=True)
    rows = (
        history.as_of(Measure, day)
        .filter(Exists(links), id__in=Measure.objects.visible_to(user).values("pk"))
        .annotate(
            contribution=Subquery(links.values("contribution")[:1]),
            rationale_de=Subquery(links.values("rationale_de")[:1]),
            rationale_en=Subquery(links.values("rationale_en")[:1]),
            unit_de=Subquery(leads.values("unit__name_de")[:1]),
            unit_en=Subquery(leads.values("unit__name_en")[:1]),
        )
        .order_by("reference")
    )
    return [
        Deed(row, _reasons(row), Badge(row.status, str(MeasureStatus(row.status).label)), _unit(row)) for row in rows
    ]


def _reasons(row: Any) -> dict[str, str]:
    """The link of that day, as a template asks for it."""
    return {
        "get_contribution_display": str(Contribution(row.contribution).label),
        "rationale_de": row.rationale_de,
        "rationale_en": row.rationale_en,
        "state": LinkState.ACCEPTED.value,
    }


def approved_by(rows: Iterable[Assessment], day: date) -> list[Assessment]:
    """The verdicts that had been approved by the end of a day."""
    end = history.end_of(day)
    return [each for each in rows if each.approved_at is not None and each.approved_at < end]


# What happened


def story(commitment: Commitment, user: User, ladder: Ladder) -> list[history.Entry]:
    """The history of the commitment, its provisions, units, links and verdicts, as far as someone may see them."""
    pk = commitment.pk
    provisions = history_model(CommitmentProvision).objects.filter(commitment_id=pk)
    units = history_model(CommitmentUnit).objects.filter(commitment_id=pk)
    links = history_model(MeasureLink).objects.filter(
        commitment_id=pk, measure_id__in=Measure.objects.visible_to(user).values("pk")
    )
    return history.timeline(
        (
            history.of(Commitment, pk, _("Commitment entered"), _("Commitment changed")),
            history.of_parts(provisions.select_related("provision__version__instrument"), history.provision_name),
            history.of_parts(units.select_related("unit"), history.unit_name),
            history.of_links(links.select_related("measure"), history.measure_name),
            *evidence_history.strands_of(commitment, user),
        ),
        also=[*_approvals(commitment, user, ladder), *review_entries(commitment, user)],
    )


def _approvals(commitment: Commitment, user: User, ladder: Ladder) -> list[history.Entry]:
    rows = [each for each in assessments(commitment, user) if each.state == AssessmentState.APPROVED]
    return [
        history.Entry(
            at=timezone.localtime(each.approved_at),
            who=_("Second pair of eyes"),
            title=_("Verdict %(year)s approved: %(verdict)s")
            % {"year": each.cycle.year, "verdict": _in_words(each, ladder)},
            url=reverse("reporting:commitment", args=[commitment.reference]) + f"?on={_day(each)}",
        )
        for each in rows
        if each.approved_at is not None
    ]


def _in_words(assessment: Assessment, ladder: Ladder) -> str:
    verdict = ladder.verdict(assessment)
    return f"{verdict['code']}, {verdict['label']}" if verdict["rank"] else str(verdict["label"])


def _day(assessment: Assessment) -> str:
    assert assessment.approved_at is not None
    return timezone.localtime(assessment.approved_at).date().isoformat()
