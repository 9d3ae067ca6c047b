"""The yearly round: planned, opened, assessed, frozen, closed. Nothing else writes ``ReviewCycle``."""

from calendar import monthrange
from copy import copy
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from commitments.ledger import save_all_as, save_as
from commitments.ledger.sealing import seal
from commitments.models import Commitment, Scale, SealOccasion, User
from commitments.permissions import Verb, require
from reviews import business_days
from reviews.models import (
    Assessment,
    AssessmentState,
    Confirmation,
    CycleState,
    Outcome,
    ReviewCycle,
    Trend,
)
from reviews.workflow import schedule
from reviews.workflow.scope import Scope, in_scope, scope_of, self_assessed
from reviews.workflow.seal_mails import announce
from reviews.workflow.steps import NextStates, day_of, locked_cycle, require_next, require_running

NEXT_STATES: NextStates = {
    CycleState.PLANNED: frozenset({CycleState.OPEN}),
    CycleState.OPEN: frozenset({CycleState.ASSESSING}),
    CycleState.ASSESSING: frozenset({CycleState.FROZEN}),
    CycleState.FROZEN: frozenset({CycleState.CLOSED}),
    CycleState.CLOSED: frozenset(),
}

STEPS_BACK: NextStates = {CycleState.FROZEN: frozenset({CycleState.ASSESSING})}
"""A mistaken freeze is undone before the release (rule 12)."""


@dataclass(frozen=True)
class CycleDates:
    """The days of a cycle; ``ReviewCycle`` checks their order."""

    period_from: date
    period_to: date
    reporting_date: date
    opens_on: date
    confirm_by: date
    last_reminder_on: date
    assess_by: date


@dataclass(frozen=True)
class Words:
    """What the mails of a round say before they come to the matter; empty: nothing of the officer's own.

    ``de`` and ``en`` stand in the requests, and in all other mails that have no words of their own.
    """

    de: str = ""
    en: str = ""
    reminder_de: str = ""
    reminder_en: str = ""
    escalation_de: str = ""
    escalation_en: str = ""

    @classmethod
    def of(cls, cycle: ReviewCycle) -> "Words":
        others = {name: getattr(cycle, name) for name in cls.OTHERS}
        return cls(cycle.letter_de, cycle.letter_en, **others)

    OTHERS: ClassVar = ("reminder_de", "reminder_en", "escalation_de", "escalation_en")

    def write_into(self, cycle: ReviewCycle) -> None:
        cycle.letter_de, cycle.letter_en = self.de, self.en
        for name in self.OTHERS:
            setattr(cycle, name, getattr(self, name))


@dataclass(frozen=True)
class Opening:
    """What opening a cycle brought about, as far as the one who opened it may see."""

    cycle: ReviewCycle
    confirmations: int
    assessments: int
    units: int
    was_open: bool = False

    def __str__(self) -> str:
        if self.was_open:
            return _("The review cycle %(year)s is already open. Nothing was changed.") % {"year": self.cycle.year}
        return _(
            "The review cycle %(year)s is open: %(confirmations)s requests to %(units)s units, %(assessments)s "
            "commitments to assess."
        ) % {
            "year": self.cycle.year,
            "confirmations": self.confirmations,
            "units": self.units,
            "assessments": self.assessments,
        }


DEADLINES = ("confirm_by", "last_reminder_on", "assess_by")
"""Days on which something is due; they fall on days on which the administration works."""


def dates_like(last: ReviewCycle, year: int) -> CycleDates:
    """Last year's days in the given year; a deadline on a weekend or holiday moves to the next working day."""
    moved = {name: _moved(getattr(last, name), year - last.year) for name in CycleDates.__dataclass_fields__}
    return CycleDates(**moved | {name: business_days.on_or_after(moved[name]) for name in DEADLINES})


@transaction.atomic
def plan_cycle(
    year: int,
    dates: CycleDates | None = None,
    scale: Scale | None = None,
    letter: Words | None = None,
    *,
    actor: User,
    at: datetime,
) -> ReviewCycle:
    """Plan a round with its reminders; days, scale and words that are not given are taken from the last one."""
    role = require(actor, Verb.PLAN_CYCLE, on=day_of(at))
    if ReviewCycle.objects.filter(year=year).exists():
        raise ValidationError(_("There is already a review cycle %(year)s."), params={"year": year})
    last = ReviewCycle.objects.filter(year__lt=year).order_by("-year").first()
    if last is None and (dates is None or scale is None):
        raise ValidationError(_("There is no earlier review cycle to take the days from. Give days and scale."))
    if dates is None and last is not None:
        dates = dates_like(last, year)
    if scale is None and last is not None:
        scale = last.scale
    assert dates is not None
    cycle = ReviewCycle(year=year, scale=scale, **asdict(dates))
    words = letter or (Words.of(last) if last else Words())
    words.write_into(cycle)
    save_as(cycle, actor=actor, acting_for=role.acting_for, reason=_("Review cycle planned"), at=at)
    schedule.plan_usual(cycle, actor=actor, acting_for=role.acting_for, at=at)
    return cycle


@transaction.atomic
def change_dates(
    cycle: ReviewCycle,
    dates: CycleDates,
    letter: Words | None = None,
    *,
    actor: User,
    at: datetime,
    reason: str,
) -> ReviewCycle:
    """Move the days of a round that is not over; its period stays once it is open, its reminders move along."""
    row = locked_cycle(cycle.pk)
    role = require(actor, Verb.PLAN_CYCLE, on=day_of(at))
    if row.is_final:
        require_running(row)
    if row.state != CycleState.PLANNED and (row.period_from, row.period_to, row.reporting_date) != (
        dates.period_from,
        dates.period_to,
        dates.reporting_date,
    ):
        raise ValidationError(_("Units are already asked about this period. Only deadlines can still be moved."))
    before = copy(row)
    for name, day in asdict(dates).items():
        setattr(row, name, day)
    if letter is not None:
        letter.write_into(row)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    schedule.move(row, before, actor=actor, acting_for=role.acting_for, at=at)
    return row


@transaction.atomic
def open_cycle(cycle: ReviewCycle, *, actor: User, at: datetime) -> Opening:
    """Fix the scope and ask every unit once. A second opening changes nothing and says so."""
    row = locked_cycle(cycle.pk)
    role = require(actor, Verb.OPEN_CYCLE, on=day_of(at))
    if row.state in (CycleState.OPEN, CycleState.ASSESSING):
        return Opening(row, 0, 0, 0, was_open=True)
    require_next(NEXT_STATES, row.state, CycleState.OPEN, CycleState)
    if day_of(at) <= row.reporting_date:
        raise ValidationError(
            _("A cycle asks about what was: this one can be opened once its reporting date %(day)s is over."),
            params={"day": row.reporting_date.strftime("%d.%m.%Y")},
        )
    scope = scope_of(row, day_of(at))
    row.state, row.opened_at = CycleState.OPEN, at
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Review cycle opened"), at=at)
    _ask(row, scope, actor=actor, acting_for=role.acting_for, at=at)
    seen = scope.seen_by(actor)
    return Opening(row, len(seen.requests), len(seen.entries), seen.units)


@transaction.atomic
def begin_assessing(cycle: ReviewCycle, *, actor: User, at: datetime) -> ReviewCycle:
    """From the last reminder on, the round belongs to the assessment; late answers still come in.

    Refused while a reminder that was planned until today has neither gone out nor been taken off (rule 6).
    """
    row = locked_cycle(cycle.pk)
    role = require(actor, Verb.OPEN_CYCLE, on=day_of(at))
    require_next(NEXT_STATES, row.state, CycleState.ASSESSING, CycleState)
    if day_of(at) < row.last_reminder_on:
        raise ValidationError(
            _("Units may answer undisturbed until the last reminder on %(day)s."),
            params={"day": row.last_reminder_on.strftime("%d.%m.%Y")},
        )
    schedule.require_sent(row, day_of(at))
    row.state = CycleState.ASSESSING
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Assessment begun"), at=at)
    return row


@transaction.atomic
def add_newly_adopted(commitment: Commitment, *, actor: User, at: datetime) -> Assessment:
    """A commitment adopted while a cycle runs enters it as “too early to assess” (rule 8)."""
    running = ReviewCycle.objects.running().order_by("-year").first()
    if running is None:
        raise ValidationError(_("No review cycle is running. The next one takes the commitment up by itself."))
    cycle = locked_cycle(running.pk)
    role = require(actor, Verb.ASSESS, on=day_of(at))
    require_running(cycle)
    if not in_scope(day_of(at)).filter(pk=commitment.pk).exists():
        raise ValidationError(_("Only a commitment in force can be taken up into a review cycle."))
    assessment = Assessment(
        cycle=cycle,
        commitment=commitment,
        newly_adopted=True,
        self_assessed=commitment.pk in self_assessed(),
        outcome=Outcome.TOO_EARLY,
        trend=Trend.FIRST,
        finding_de=_in("de", TOO_EARLY),
        finding_en=_in("en", TOO_EARLY),
        author=actor,
        author_for=role.acting_for,
    )
    reason = _("Adopted while the review cycle was running")
    save_as(assessment, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return assessment


@transaction.atomic
def freeze_cycle(cycle: ReviewCycle, *, actor: User, at: datetime) -> ReviewCycle:
    """Nothing in the round changes from here on; refused while a verdict is not approved or a reminder is due."""
    row = locked_cycle(cycle.pk)
    role = require(actor, Verb.FREEZE_CYCLE, on=day_of(at))
    require_next(NEXT_STATES, row.state, CycleState.FROZEN, CycleState)
    schedule.require_sent(row, day_of(at))
    open_ = row.assessments.exclude(state=AssessmentState.APPROVED)
    waiting = open_.filter(commitment__in=Commitment.objects.visible_to(actor)).count()
    if not waiting and open_.exists():  # rule 10: not even how many
        raise ValidationError(_("Protected assessments are not approved yet. The cycle can be frozen once all are."))
    if waiting:
        raise ValidationError(
            ngettext(
                "%(count)s assessment is not approved yet. The cycle can be frozen once all of them are.",
                "%(count)s assessments are not approved yet. The cycle can be frozen once all of them are.",
                waiting,
            ),
            params={"count": waiting},
        )
    row.state, row.frozen_at = CycleState.FROZEN, at
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Review cycle frozen"), at=at)
    sealed = seal(SealOccasion.FREEZE, at=timezone.now())  # with the true time, whatever day a sample stands at
    announce(row, sealed, at=at)
    return row


@transaction.atomic
def undo_freeze(cycle: ReviewCycle, *, actor: User, at: datetime, reason: str) -> ReviewCycle:
    """The approver takes a mistaken freeze back, before the release (rule 12)."""
    row = locked_cycle(cycle.pk)
    role = require(actor, Verb.UNDO_FREEZE, on=day_of(at))
    require_next(STEPS_BACK, row.state, CycleState.ASSESSING, CycleState)
    row.state, row.frozen_at = CycleState.ASSESSING, None
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def close_cycle(cycle: ReviewCycle, *, actor: User, at: datetime) -> ReviewCycle:
    """The first release of its report closes the round; called by the release."""
    row = locked_cycle(cycle.pk)
    role = require(actor, Verb.RELEASE_EDITION, on=day_of(at))
    require_next(NEXT_STATES, row.state, CycleState.CLOSED, CycleState)
    row.state, row.closed_at = CycleState.CLOSED, at
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Report released"), at=at)
    return row


TOO_EARLY = gettext_noop("The commitment was adopted while the review cycle was running. It is too early to assess it.")


def _in(language: str, sentence: str) -> str:
    with translation.override(language):
        return _(sentence)


def _moved(day: date, years: int) -> date:
    """The same day in another year; 29 February becomes the 28th."""
    return day.replace(year=day.year + years, day=min(day.day, monthrange(day.year + years, day.month)[1]))


def _ask(cycle: ReviewCycle, scope: Scope, *, actor: User, acting_for: User | None, at: datetime) -> None:
    reason = _("Review cycle opened")
    assessments = [
        Assessment(
            cycle=cycle,
            commitment=entry.commitment,
            newly_adopted=entry.newly_adopted,
            self_assessed=entry.self_assessed,
        )
        for entry in scope.entries
    ]
    confirmations = [
        Confirmation(
            cycle=cycle,
            unit=request.unit,
            part=request.part,
            measure=request.measure,
            commitment=request.commitment,
            fingerprint=request.measure.fingerprint if request.measure else "",
            requested_at=at,
        )
        for request in scope.requests
    ]
    save_all_as(assessments, actor=actor, acting_for=acting_for, reason=reason, at=at)
    save_all_as(confirmations, actor=actor, acting_for=acting_for, reason=reason, at=at)
