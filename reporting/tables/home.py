"""What needs each role today. One class a role, each with few queries, whatever the size of the register."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Value, When, Window
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from commitments import texts
from commitments.models import Measure, User
from commitments.permissions import Verb, grant
from commitments.texts import short_date
from commitments.views.link_proposals import waiting
from reporting.models import CorrectionState, EditionState, ProposedCorrection, ReportDocument, ReportEdition
from reporting.tables import promised
from reporting.tables.deadlines import Deadlines, deadlines
from reporting.tables.matrix import field_label
from reporting.tables.picture import Picture, picture
from reviews.models import (
    Assessment,
    AssessmentState,
    Confirmation,
    ConfirmationState,
    CycleState,
    FollowUp,
    ReviewCycle,
)
from reviews.views.cycles import phases
from reviews.views.progress import UnitProgress, by_unit
from reviews.views.shown import days_left
from reviews.workflow.succession import still_holding

SHOWN = 8
"""How many rows of a list the first screen shows; the rest is behind a link."""

SOON = 8
"""Days before a deadline from which on it is pressing."""


def link(name: str, *args: object, query: str = "") -> str:
    """The address of a page."""
    return reverse(name, args=args) + query


@dataclass(frozen=True)
class Task:
    """One thing that needs somebody today, as ``components/tasks.html`` shows it."""

    title: str
    url: str
    text: str = ""
    state: str = ""
    kind: str = "neutral"
    icon: str = "edit"


@dataclass(frozen=True)
class UnitLine:
    """A unit with its answers in a cycle, and where they are."""

    unit: UnitProgress
    label: str
    url: str


@dataclass(frozen=True)
class Progress:
    """The answers of all units that someone may see, those with the most first."""

    lines: Sequence[UnitLine]

    @property
    def done(self) -> int:
        return sum(line.unit.released for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.unit.total for line in self.lines)

    @property
    def shown(self) -> Sequence[UnitLine]:
        return self.lines[:SHOWN]

    def named(self, what: str) -> list[str]:
        """Names of the units of which something is true: ``disputed``, ``void`` or ``silent``."""
        return [line.label for line in self.lines if getattr(line.unit, what)]

    def sum(self, what: str) -> int:
        return sum(getattr(line.unit, what) for line in self.lines)


def current_cycle(user: User) -> ReviewCycle | None:
    """The running cycle, or else the latest one that is not merely planned."""
    rows = ReviewCycle.objects.visible_to(user).exclude(state=CycleState.PLANNED)
    running = Case(When(state__in=(CycleState.OPEN, CycleState.ASSESSING), then=Value(0)), default=Value(1))
    return rows.order_by(running, "-year").first()


def progress(cycle: ReviewCycle, user: User, today: date, page: str) -> Progress:
    """Counted as the board counts; ``page`` is where a unit's line leads."""
    lines = [
        UnitLine(unit, texts.localized({"name_de": unit.name_de, "name_en": unit.name_en}, "name"), url)
        for unit in by_unit(user, cycle, today, with_reminders=False)
        for url in [link(page, cycle.year, unit.key)]
    ]
    return Progress(sorted(lines, key=lambda line: (-line.unit.total, line.label)))


# Roles


@dataclass(frozen=True)
class OfficerHome:
    cycle: ReviewCycle | None
    phases: list[dict[str, Any]]
    tasks: list[Task]
    progress: Progress
    deadlines: Deadlines
    picture: Picture
    overdue: Sequence[FollowUp]
    board_url: str


def officer_home(user: User, today: date) -> OfficerHome:
    cycle = current_cycle(user)
    answers = progress(cycle, user, today, "reviews:unit") if cycle else Progress([])
    owed = promised.for_officer(FollowUp.objects.visible_to(user), today, SHOWN)
    overdue = [_shown(row, today) for row in promised.late_of(owed, today)]
    tasks: list[Task] = []
    if cycle is not None and not cycle.is_final:
        tasks += [*_of_answers(cycle, answers), *_of_assessments(cycle, user)]
    tasks += _of_follow_ups(owed, overdue, today)
    due = deadlines(cycle, user, today)
    tasks += _of_renewals(due)
    tasks += _of_proposals_and_units(user, today)
    if cycle is None:
        tasks.append(_to_plan())
    return OfficerHome(
        cycle=cycle,
        phases=phases(cycle, today) if cycle else [],
        tasks=tasks,
        progress=answers,
        deadlines=due,
        picture=picture(user),
        overdue=overdue,
        board_url=link("reviews:board", cycle.year) if cycle else "",
    )


def _shown(row: FollowUp, today: date) -> FollowUp:
    """With what the template shows beside it."""
    row.url = link("reviews:follow-up", row.pk)  # type: ignore[attr-defined]
    row.days_late = max((today - row.due_on).days, 0)  # type: ignore[attr-defined]
    return row


def _of_answers(cycle: ReviewCycle, answers: Progress) -> Iterable[Task]:
    board = link("reviews:board", cycle.year)
    if units := answers.named("disputed"):
        n = len(units)
        title = ngettext("%(n)s unit disputes an entry", "%(n)s units dispute an entry", n) % {"n": n}
        text = _("%(units)s. Both texts stand side by side; the verdict remains yours.") % {"units": _list(units)}
        yield Task(title, board + "?state=disputed#units", text, _("Decide"), "warning", "edit")
    if n := answers.sum("void"):
        title = ngettext("%(n)s answer has become void", "%(n)s answers have become void", n) % {"n": n}
        text = _("The measure was changed after the answer. Ask the unit again: %(units)s.") % {
            "units": _list(answers.named("void"))
        }
        yield Task(title, board + "?state=void#units", text, _("Ask again"), "warning", "autorenew")
    if units := answers.named("silent"):
        n = len(units)
        title = ngettext(
            "%(n)s unit was reminded and still owes answers", "%(n)s units were reminded and still owe answers", n
        )
        named = {"units": _list(units), "day": short_date(cycle.last_reminder_on)}
        text = _("%(units)s. The last reminder is due on %(day)s.") % named
        yield Task(title % {"n": n}, board + "?state=silent#units", text, _("Reminded"), "neutral", "mail")


def _of_assessments(cycle: ReviewCycle, user: User) -> Iterable[Task]:
    rows = Assessment.objects.visible_to(user).filter(cycle=cycle).to_be_done()
    waiting: dict[str, list[str]] = defaultdict(list)
    for state, reference in rows.order_by("commitment__reference").values_list("state", "commitment__reference"):
        waiting[state].append(reference)
    url = link("reviews:assessment-list", cycle.year)
    if references := waiting[AssessmentState.RETURNED]:
        n = len(references)
        title = ngettext("%(n)s assessment was returned", "%(n)s assessments were returned", n) % {"n": n}
        text = _("The second pair of eyes has questions on %(references)s.") % {"references": _list(references)}
        yield Task(title, url + "?state=returned", text, _("Revise"), "info", "edit")
    if (references := waiting[AssessmentState.DRAFT]) and cycle.state == CycleState.ASSESSING:
        n = len(references)
        title = ngettext("%(n)s commitment is to be assessed", "%(n)s commitments are to be assessed", n) % {"n": n}
        text = _("Until %(day)s.") % {"day": texts.weekday_date(cycle.assess_by)}
        yield Task(title, url + "?state=draft", text, _("Assess"), "info", "edit")


def _of_follow_ups(owed: Sequence[FollowUp], overdue: Sequence[FollowUp], today: date) -> Iterable[Task]:
    if overdue:
        n: int = owed[0].n_late  # type: ignore[attr-defined] # annotated
        text = _("Without a new date they stand in the report as not kept.")
        title, text, since = promised.overdue_task(n, overdue[0].due_on, today, text)
        yield Task(title, "#overdue", text, since, "danger", "danger")
    if owed and (n := owed[0].n_said):  # type: ignore[attr-defined] # annotated
        url = link("reviews:follow-up-list", query="?state=said")
        yield Task(promised.said_title(n), url, promised.said_text(), _("Decide"), "info", "edit")


def _of_renewals(due: Deadlines) -> Iterable[Task]:
    """Rule 17: a lapse waits for somebody until the renewal is entered or the membership has ended."""
    if due.lapsed:
        first, n = due.lapsed[0], len(due.lapsed)
        title = ngettext("%(n)s renewal has lapsed", "%(n)s renewals have lapsed", n) % {"n": n}
        text = _("%(names)s. Enter the renewal, or end what is over.") % {
            "names": _list([renewal.name for renewal in due.lapsed])
        }
        days = -first.days
        since = ngettext("For %(days)s day", "For %(days)s days", days) % {"days": days}
        yield Task(title, first.url, text, since, "danger", "danger")


def _of_proposals_and_units(user: User, today: date) -> Iterable[Task]:
    """What units propose, and what units that have ended still hold (rule 7); one query."""
    units = still_holding(user, today).order_by().values_list(Value("unit"))
    measures = Measure.objects.visible_to(user).waiting().order_by().values_list(Value("measure"))
    links = [rows.order_by().values_list(Value("link")) for rows in waiting(user)]
    counts = Counter(kind for (kind,) in measures.union(*links, units, all=True))
    if n := counts["measure"]:
        title = ngettext("%(n)s measure is proposed", "%(n)s measures are proposed", n) % {"n": n}
        url = link("commitments:measure-list", query="?proposed=yes")
        yield Task(title, url, _("Units propose new measures. Accept or discuss them."), _("Decide"), "info", "draft")
    if n := counts["link"]:
        title = ngettext("%(n)s link is proposed", "%(n)s links are proposed", n) % {"n": n}
        url = link("commitments:link-proposals")
        yield Task(title, url, _("Units propose what a measure serves."), _("Decide"), "info", "draft")
    if n := counts["unit"]:
        title = ngettext("%(n)s unit that has ended still holds work", "%(n)s units that have ended still hold work", n)
        text = _("It reaches all their successors until you say who takes what.")
        yield Task(title % {"n": n}, link("reviews:organisation"), text, _("Hand over"), "info", "arrow-forward")


def _to_plan() -> Task:
    return Task(
        _("No review cycle has been opened yet"),
        link("reviews:cycle-plan"),
        _("Plan the first one: period, reporting date, and until when the units answer."),
        _("Plan"),
        "info",
        "calendar-today",
    )


def _list(names: Sequence[str], most: int = 4) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(names[:most])
    if len(names) <= most:
        return shown
    return _("%(names)s and %(n)s more") % {"names": shown, "n": len(names) - most}


@dataclass(frozen=True)
class ApproverHome:
    cycle: ReviewCycle | None
    phases: list[dict[str, Any]]
    tasks: list[Task]
    submitted: Sequence[Assessment]
    editions: Sequence[ReportEdition]


def approver_home(user: User, today: date) -> ApproverHome:
    """Assessments to decide and editions to release; what somebody wrote or prepared is for another one."""
    cycle = current_cycle(user)
    rows = Assessment.objects.filter(state=AssessmentState.SUBMITTED, cycle=cycle).visible_to(user)
    role = grant(user, Verb.DECIDE_ASSESSMENT, on=today)
    own = {user.pk, role.acting_for_id or user.pk} if role else {user.pk}  # rule 9, for deputies as well
    mine = rows.exclude(author__in=own).exclude(author_for__in=own)
    mine = mine.select_related("commitment", "author", "grade", "cycle")
    submitted = list(mine.annotate(n=Window(Count("pk"))).order_by("submitted_at", "pk")[:SHOWN]) if cycle else []
    for row in submitted:
        row.url = assessment_url(row)  # type: ignore[attr-defined] # for the template
    drafts = ReportEdition.objects.filter(state=EditionState.DRAFT).exclude(prepared_by=user)
    editions = list(drafts.select_related("cycle", "prepared_by")[:SHOWN])
    return ApproverHome(
        cycle=cycle,
        phases=phases(cycle, today) if cycle else [],
        tasks=[*_to_decide(cycle, submitted), *_to_correct(user), *_to_release(editions)],
        submitted=submitted,
        editions=editions,
    )


def _to_decide(cycle: ReviewCycle | None, submitted: Sequence[Assessment]) -> Iterable[Task]:
    if cycle and submitted:
        n: int = submitted[0].n  # type: ignore[attr-defined] # annotated
        title = ngettext("%(n)s assessment waits for you", "%(n)s assessments wait for you", n) % {"n": n}
        text = _("Approve it, or return it with a question.")
        url = assessment_url(submitted[0])
        yield Task(title, url, text, _("Decide"), "info", "edit")


def _to_correct(user: User) -> Iterable[Task]:
    """Corrections of valid editions that wait for a decision of somebody else than their author."""
    waiting = ProposedCorrection.objects.visible_to(user).filter(state=CorrectionState.PROPOSED)
    waiting = waiting.filter(edition__state=EditionState.RELEASED).exclude(entered_by=user)
    found = waiting.values("edition__cycle__year", "edition__number").annotate(n=Count("pk"))
    for year, number, n in found.order_by("edition__cycle__year").values_list(
        "edition__cycle__year", "edition__number", "n"
    ):
        title = ngettext("%(n)s correction waits for you", "%(n)s corrections wait for you", n) % {"n": n}
        text = _("Report %(year)s, edition %(number)s") % {"year": year, "number": number}
        yield Task(title, link("reporting:correction-list", year, number), text, _("Decide"), "info", "edit")


def _to_release(editions: Sequence[ReportEdition]) -> Iterable[Task]:
    for edition in editions:
        ready = edition.cycle.is_final
        title = _("Report %(year)s, edition %(number)s, is to be released") % {
            "year": edition.cycle.year,
            "number": edition.number,
        }
        text = _("The cycle is frozen.") if ready else _("The cycle is not frozen yet; the draft can be read.")
        url = link("reporting:edition", edition.cycle.year, edition.number)
        state, kind = (_("Release"), "info") if ready else (_("Read"), "neutral")
        yield Task(title, url, text, state, kind, "check" if ready else "visibility")


def assessment_url(assessment: Assessment) -> str:
    return link("reviews:decide", assessment.cycle.year, assessment.commitment.reference)


@dataclass(frozen=True)
class UnitHome:
    cycle: ReviewCycle | None
    phases: list[dict[str, Any]]
    tasks: list[Task]
    progress: Progress
    follow_ups: Sequence[FollowUp]


def unit_home(user: User, today: date, *, answers: bool, releases: bool) -> UnitHome:
    """The unit's own list with its deadline: what the contact must answer, what the releasing person must release."""
    cycle = current_cycle(user)
    own = Confirmation.objects.visible_to(user).filter(unit__in=user.unit_ids)
    found = progress(cycle, user, today, "reviews:confirm") if cycle else Progress([])
    mine = FollowUp.objects.visible_to(user).filter(unit__in=user.unit_ids).open()
    rows = [_shown(row, today) for row in mine.select_related("commitment", "unit").order_by("due_on", "pk")[:SHOWN]]
    tasks: list[Task] = list(_of_own_promises(rows, today)) if answers else []
    if cycle is not None and not cycle.is_final:
        counts = _returned_and_handed(own, cycle, user) if answers else {}
        for line in found.lines:
            returned, handed = counts.get(line.unit.key, (0, 0))
            tasks += _of_unit(cycle, line, returned, today, answers=answers, releases=releases)
            if handed:
                tasks.append(_handed(line, handed))
    return UnitHome(cycle, phases(cycle, today) if cycle else [], tasks, found, rows)


def _of_own_promises(rows: Sequence[FollowUp], today: date) -> Iterable[Task]:
    if late := promised.late_of(rows, today):
        text = _("Report how far it is, or decline it with the reason.")
        title, text, since = promised.overdue_task(len(late), late[0].due_on, today, text)
        yield Task(title, "#promised", text, since, "danger", "danger")


def _returned_and_handed(rows: QuerySet[Confirmation], cycle: ReviewCycle, user: User) -> Mapping[str, tuple[int, int]]:
    """By unit: answers that the releasing person returned, and entries that a colleague handed to this person."""
    open_ = rows.filter(cycle=cycle).current().unanswered().order_by()  # type: ignore[attr-defined]
    counted = open_.values_list("unit__key").annotate(
        returned=Count("pk", filter=Q(state=ConfirmationState.RETURNED)), handed=Count("pk", filter=Q(handed_to=user))
    )
    return {key: (returned, handed) for key, returned, handed in counted}


def _handed(line: UnitLine, count: int) -> Task:
    title = ngettext("%(n)s entry was handed to you", "%(n)s entries were handed to you", count) % {"n": count}
    return Task(title, line.url, line.label, pgettext("verb", "Answer"), "info", "account-circle")


def _of_unit(
    cycle: ReviewCycle, line: UnitLine, returned: int, today: date, *, answers: bool, releases: bool
) -> Iterable[Task]:
    due = _("%(unit)s, until %(day)s") % {"unit": line.label, "day": texts.weekday_date(cycle.confirm_by)}
    days = cycle.days_left(today)
    left, kind = days_left(days), "danger" if days < 0 else "warning" if days < SOON else "info"
    if returned and answers:
        title = ngettext("%(n)s answer was returned to you", "%(n)s answers were returned to you", returned)
        yield Task(title % {"n": returned}, line.url, due, _("Revise"), "warning", "edit")
    waiting = line.unit.open + line.unit.draft + line.unit.silent - returned
    if answers and waiting > 0:
        title = ngettext("%(n)s answer is open", "%(n)s answers are open", waiting) % {"n": waiting}
        yield Task(title, line.url, due, left, kind, "edit")
    if releases and (n := line.unit.submitted):
        title = ngettext("%(n)s answer waits for your release", "%(n)s answers wait for your release", n) % {"n": n}
        yield Task(title, line.url, due, left, kind, "check")


@dataclass(frozen=True)
class CouncilHome:
    edition: ReportEdition | None
    documents: Sequence[Any]
    picture: Picture


def council_home(user: User, language: str) -> CouncilHome:
    edition = latest_release(user)
    return CouncilHome(edition, documents_of(edition, user, language) if edition else [], picture(user))


def documents_of(edition: ReportEdition, user: User, language: str) -> list[ReportDocument]:
    """The files of an edition in one language, the main volume first."""
    rows = ReportDocument.objects.visible_to(user).filter(edition=edition, language=language)
    found = list(rows.exclude(edition_state=EditionState.DRAFT).order_by("-volume", "field"))
    for row in found:
        row.field_label = field_label(row.field) if row.field else ""  # type: ignore[attr-defined] # for the template
    return found


def latest_release(user: User) -> ReportEdition | None:
    rows = ReportEdition.objects.visible_to(user).released().select_related("cycle", "freeze_seal", "release_seal")
    return rows.order_by("-cycle__year").first()
