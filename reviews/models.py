"""How promises are examined: yearly cycles, the units' answers, verdicts, and what follows from them."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments.models import (
    Commitment,
    Grade,
    Measure,
    OrganisationalUnit,
    Part,
    Protection,
    Role,
    Scale,
    User,
)
from commitments.models.terms import in_order, known, protection, text
from commitments.tracking import FrozenWith, TrackedModel, TrackedQuerySet


class CycleState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    OPEN = "open", _("Open")
    ASSESSING = "assessing", _("Assessment")
    FROZEN = "frozen", _("Frozen")
    CLOSED = "closed", _("Closed")


FINAL_STATES = (CycleState.FROZEN.value, CycleState.CLOSED.value)


class ReviewCycleQuerySet(TrackedQuerySet["ReviewCycle"]):
    def closed(self) -> Self:
        return self.filter(state=CycleState.CLOSED)

    def running(self) -> Self:
        """Cycles in which units answer and the officer assesses."""
        return self.filter(state__in=(CycleState.OPEN, CycleState.ASSESSING))

    def visible_to(self, user: User) -> Self:
        """Council members see a cycle once its report is released; those who work in it, always."""
        if user.is_city_wide or user.unit_ids:
            return self
        return self.closed() if Role.COUNCIL in user.roles else self.none()


class ReviewCycle(TrackedModel):
    """One yearly round, with period, dates and reporting date (Stichtag)."""

    year = models.PositiveSmallIntegerField(unique=True)
    state = models.CharField(max_length=9, choices=CycleState, default=CycleState.PLANNED, editable=False)
    scale = models.ForeignKey(Scale, on_delete=models.PROTECT, related_name="cycles")
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period to"))
    reporting_date = models.DateField(_("reporting date"))
    opens_on = models.DateField(_("opens on"))
    confirm_by = models.DateField(_("answers by"))
    last_reminder_on = models.DateField(_("last reminder on"))
    assess_by = models.DateField(_("assessments by"))
    opened_at = models.DateTimeField(null=True, editable=False)
    frozen_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    imported = models.BooleanField(default=False, editable=False, help_text=_("Only the verdicts are known."))

    objects = ReviewCycleQuerySet.as_manager()

    class Meta:
        ordering = ("-year",)
        constraints = (
            known("cycle", "state", CycleState),
            in_order("cycle", "period_from", "period_to"),
            in_order("cycle", "reporting_date", "opens_on"),
            in_order("cycle", "opens_on", "confirm_by"),
            in_order("cycle", "confirm_by", "last_reminder_on"),
            in_order("cycle", "last_reminder_on", "assess_by"),
        )

    def __str__(self) -> str:
        return str(self.year)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    def days_left(self, today: date) -> int:
        """Days until the answers are due; negative once they are late."""
        return (self.confirm_by - today).days


class ConfirmationState(models.TextChoices):
    REQUESTED = "requested", pgettext_lazy("answer", "Open")
    DRAFT = "draft", _("In progress")
    SUBMITTED = "submitted", _("Submitted")
    RETURNED = "returned", _("Returned")
    RELEASED = "released", pgettext_lazy("answer", "Released")


class ConfirmationResult(models.TextChoices):
    CONFIRMED = "confirmed", _("Unchanged")
    CHANGED = "changed", _("Changed")
    DISPUTED = "disputed", _("Disputed")
    NOT_OURS = "not_ours", _("Not ours")
    NIL = "nil", _("Nil return")


ANSWERED = (ConfirmationState.SUBMITTED.value, ConfirmationState.RELEASED.value)


class ConfirmationQuerySet(TrackedQuerySet["Confirmation"]):
    def visible_to(self, user: User) -> Self:
        """One's own unit's answers; city-wide roles see all, the council what a closed cycle released (rule 10)."""
        measures = Measure.objects.visible_to(user)
        commitments = Commitment.objects.visible_to(user)
        seen = self.filter(Q(measure__in=measures) | Q(commitment__in=commitments))
        if user.is_city_wide:
            return seen
        released = Q(cycle__state=CycleState.CLOSED, state=ConfirmationState.RELEASED)
        own = Q(unit__in=user.unit_ids)
        return seen.filter(own | released) if Role.COUNCIL in user.roles else seen.filter(own)

    def current(self) -> Self:
        """Without those that were asked again."""
        return self.filter(followed_by__isnull=True)

    def with_void(self) -> Self:
        """Annotates ``is_void`` (rule 4): the measure's substance changed after the answer, while the cycle runs."""
        changed = Q(measure__isnull=False) & ~Q(fingerprint=F("measure__fingerprint"))
        return self.annotate(
            is_void=models.ExpressionWrapper(
                changed & Q(state__in=ANSWERED) & ~Q(cycle__state__in=FINAL_STATES),
                output_field=models.BooleanField(),
            )
        )

    def void(self) -> Self:
        return self.with_void().filter(is_void=True)

    def unanswered(self) -> Self:
        """Still to be answered; a draft does not stop reminders, a submitted answer does (rule 6)."""
        return self.exclude(state__in=ANSWERED)

    def silent(self, today: date) -> Self:
        """No reply: not submitted after the last reminder ("keine Rückmeldung"), or left so by the freeze (rule 6)."""
        late = Q(cycle__last_reminder_on__lt=today) | Q(cycle__state__in=FINAL_STATES)
        return self.unanswered().filter(late)

    def answered(self) -> Self:
        return self.filter(state__in=ANSWERED)


class Confirmation(TrackedModel):
    """A unit's answer in one cycle on one measure, or on a commitment that has no measure (Rückmeldung)."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="confirmations")
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="confirmations")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, null=True, blank=True, related_name="confirmations")
    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, null=True, blank=True, related_name="confirmations"
    )
    part = models.CharField(max_length=12, choices=Part, default=Part.LEAD)
    follows = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by", editable=False
    )
    number = models.PositiveSmallIntegerField(default=1, editable=False)
    state = models.CharField(
        max_length=9, choices=ConfirmationState, default=ConfirmationState.REQUESTED, editable=False
    )
    result = models.CharField(_("answer"), max_length=9, choices=ConfirmationResult, blank=True)
    statement_de = text(_("statement"))
    statement_en = text()
    changes = models.JSONField(default=dict, blank=True, help_text=_("Field: old and new value."))
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    requested_at = models.DateTimeField(editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    submitted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    submitted_for = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    released_for = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    return_note_de = text()
    return_note_en = text()

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ("unit__name_de", "measure__reference", "commitment__reference", "number")
        constraints = (
            known("confirmation", "state", ConfirmationState),
            known("confirmation", "result", ConfirmationResult, blank=True),
            known("confirmation", "part", Part),
            models.CheckConstraint(
                name="confirmation_of_one_thing",
                condition=Q(measure__isnull=False, commitment__isnull=True)
                | Q(measure__isnull=True, commitment__isnull=False),
                violation_error_message=_("An answer concerns either a measure or a commitment without a measure."),
            ),
            models.UniqueConstraint(
                "cycle",
                "unit",
                Coalesce("measure", 0),
                Coalesce("commitment", 0),
                "number",
                name="confirmation_once",
                violation_error_message=_("This unit was already asked about this in this cycle."),
            ),
            models.CheckConstraint(
                name="confirmation_answered_with_a_result",
                condition=~Q(state__in=ANSWERED) | ~Q(result=""),
                violation_error_message=_("Choose an answer before you submit it."),
            ),
            models.CheckConstraint(
                name="confirmation_explained",
                condition=~Q(state__in=ANSWERED, result__in=("disputed", "not_ours")) | ~Q(statement_de=""),
                violation_error_message=_("Say in one or two sentences why you dispute this or why it is not yours."),
            ),
            models.CheckConstraint(
                name="confirmation_nil_for_commitments",
                condition=~Q(result="nil") | Q(commitment__isnull=False),
                violation_error_message=_("A nil return is for a commitment without a measure."),
            ),
            models.CheckConstraint(
                name="confirmation_submitted_by_somebody",
                condition=~Q(state__in=ANSWERED) | Q(submitted_at__isnull=False, submitted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="confirmation_released_by_somebody",
                condition=~Q(state="released") | Q(released_at__isnull=False, released_by__isnull=False),
            ),
        )
        indexes = (models.Index(name="confirmation_of_a_unit", fields=("cycle", "unit", "state")),)

    def __str__(self) -> str:
        return f"{self.cycle}, {self.unit}: {self.measure or self.commitment}"

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return frozenset({self.unit_id})

    @property
    def was_late(self) -> bool:
        """Submitted after the deadline."""
        return self.submitted_at is not None and timezone.localdate(self.submitted_at) > self.cycle.confirm_by


class ReminderKind(models.TextChoices):
    BEFORE = "before", _("Reminder before the deadline")
    ON = "on", _("Reminder on the deadline")
    AFTER = "after", _("Reminder after the deadline")
    ESCALATION = "escalation", _("Letter to the head of the unit")


class Reminder(TrackedModel):
    """A reminder that a unit was sent about one open answer."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="reminders")
    confirmation = models.ForeignKey(Confirmation, on_delete=models.PROTECT, related_name="reminders")
    kind = models.CharField(max_length=10, choices=ReminderKind)
    sent_on = models.DateField()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("confirmation", "sent_on")
        constraints = (
            known("reminder", "kind", ReminderKind),
            models.UniqueConstraint(
                name="reminder_once_a_day",
                fields=("confirmation", "kind", "sent_on"),
                violation_error_message=_("This reminder was already sent on that day."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.confirmation}: {self.kind} {self.sent_on}"


class AssessmentState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted for approval")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("Approved")


class Outcome(models.TextChoices):
    """An assessment ends in a grade of its scale, or in one of the other two."""

    GRADE = "grade", _("Grade")
    TOO_EARLY = "too_early", _("Too early to assess")
    OUT_OF_COMPETENCE = "out_of_competence", _("Out of the city's competence")


class Trend(models.TextChoices):
    BETTER = "better", _("Better")
    SAME = "same", _("Unchanged")
    WORSE = "worse", _("Worse")
    FIRST = "first", _("First assessment")


class AssessmentQuerySet(TrackedQuerySet["Assessment"]):
    def visible_to(self, user: User) -> Self:
        """City-wide roles see drafts; all others see what was approved in a closed cycle."""
        seen = self.filter(commitment__in=Commitment.objects.visible_to(user))
        return seen if user.is_city_wide else seen.approved().filter(cycle__state=CycleState.CLOSED)

    def approved(self) -> Self:
        return self.filter(state=AssessmentState.APPROVED)

    def to_be_done(self) -> Self:
        return self.filter(state__in=(AssessmentState.DRAFT, AssessmentState.RETURNED))

    def counted(self) -> Self:
        """Rule 16: within competence and not too early."""
        return self.filter(outcome=Outcome.GRADE)


class Assessment(TrackedModel):
    """The verdict on one commitment in one cycle (Bewertung); a cycle's scope is its assessments."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="assessments")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="assessments")
    state = models.CharField(max_length=9, choices=AssessmentState, default=AssessmentState.DRAFT, editable=False)
    outcome = models.CharField(_("outcome"), max_length=17, choices=Outcome, blank=True)
    grade = models.ForeignKey(Grade, on_delete=models.PROTECT, null=True, blank=True, related_name="assessments")
    trend = models.CharField(_("trend"), max_length=6, choices=Trend, blank=True)
    finding_de = text(_("finding"))
    finding_en = text(_("finding in English"))
    self_assessed = models.BooleanField(default=False, help_text=_("The officer's own office leads a measure."))
    newly_adopted = models.BooleanField(default=False, editable=False)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    author_for = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    approver = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    approver_for = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    return_note = text()

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ("cycle", "commitment__reference")
        constraints = (
            known("assessment", "state", AssessmentState),
            known("assessment", "outcome", Outcome, blank=True),
            known("assessment", "trend", Trend, blank=True),
            models.UniqueConstraint(
                name="assessment_once_a_cycle",
                fields=("cycle", "commitment"),
                violation_error_message=_("This commitment already has an assessment in this cycle."),
            ),
            models.CheckConstraint(
                name="assessment_graded",
                condition=Q(outcome="grade", grade__isnull=False) | (~Q(outcome="grade") & Q(grade__isnull=True)),
                violation_error_message=_("Choose a grade of the scale, or “too early” or “out of competence”."),
            ),
            models.CheckConstraint(
                name="assessment_complete",
                condition=Q(state__in=("draft", "returned"))
                | (~Q(outcome="") & ~Q(trend="") & Q(author__isnull=False)),
                violation_error_message=_("Choose a verdict and a trend before you submit the assessment."),
            ),
            models.CheckConstraint(
                name="assessment_with_a_finding",
                condition=Q(state__in=("draft", "returned")) | ~Q(finding_de=""),
                violation_error_message=_("Write the finding before you submit the assessment."),
            ),
            models.CheckConstraint(
                name="assessment_approved_by_another",
                condition=~Q(state="approved") | (Q(approver__isnull=False) & ~Q(approver=F("author"))),
                violation_error_message=_("The author of an assessment cannot approve it."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.cycle}, {self.commitment.reference}"

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return frozenset({self.commitment.lead_unit_id})

    @property
    def verdict(self) -> str:
        """Code of the grade, or ``too_early`` or ``out_of_competence``; empty while there is none."""
        return self.grade.code if self.grade else self.outcome


class AssessmentMeasure(TrackedModel):
    """A measure that a finding rests on or names."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="assessment_measures")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="assessment_measures")

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="assessment_measure_once",
                fields=("assessment", "measure"),
                violation_error_message=_("This measure is already named."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.assessment}: {self.measure.reference}"


class Dissent(TrackedModel):
    """A unit's objection to a verdict, printed beside it (rule 5)."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="dissents")
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="dissents")
    text_de = models.TextField()
    text_en = text()
    stated_on = models.DateField()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("assessment", "unit")
        constraints = (
            models.UniqueConstraint(
                name="dissent_once_a_unit",
                fields=("assessment", "unit"),
                violation_error_message=_("This unit's objection is already entered."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.assessment}: {self.unit}"


class ReviewEntry(TrackedModel):
    """A dated, reasoned note of the officer on a commitment; never edited (Prüfvermerk)."""

    append_only = True

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="review_entries")
    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, null=True, blank=True, related_name="entries")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, null=True, blank=True, related_name="entries")
    noted_on = models.DateField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    text = models.TextField(_("note"))
    reason = models.CharField(_("reason"), max_length=300)
    protection = protection()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("-noted_on", "-pk")
        constraints = (
            known("review_entry", "protection", Protection),
            models.CheckConstraint(
                name="review_entry_reasoned",
                condition=~Q(text="") & ~Q(reason=""),
                violation_error_message=_("Enter the note and its reason."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.commitment.reference}, {self.noted_on}"


class FollowUpState(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Kept")
    DROPPED = "dropped", _("Dropped")
    DECLINED = "declined", _("Declined by the unit")


class FollowUpQuerySet(TrackedQuerySet["FollowUp"]):
    def visible_to(self, user: User) -> Self:
        seen = self.filter(commitment__in=Commitment.objects.visible_to(user))
        if user.is_city_wide:
            return seen
        return seen.filter(Q(unit__in=user.unit_ids) | Q(cycle__state=CycleState.CLOSED))

    def open(self) -> Self:
        return self.filter(state=FollowUpState.OPEN)

    def overdue(self, today: date) -> Self:
        return self.open().filter(due_on__lt=today)


class FollowUp(TrackedModel):
    """An agreed next step with unit and due date, carried into the next cycle (Nachverfolgung)."""

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="follow_ups")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="follow_ups")
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="follow_ups")
    action_de = models.TextField(_("next step"))
    action_en = text()
    due_on = models.DateField(_("due on"))
    state = models.CharField(max_length=8, choices=FollowUpState, default=FollowUpState.OPEN, editable=False)
    result_de = text(_("result"))
    result_en = text()
    closed_at = models.DateTimeField(null=True, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "pk")
        constraints = (
            known("follow_up", "state", FollowUpState),
            models.CheckConstraint(
                name="follow_up_ended_with_a_reason",
                condition=Q(state="open") | ~Q(result_de=""),
                violation_error_message=_("Say what came of it or why it was dropped."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.commitment.reference}: {self.action_de[:60]}"

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return frozenset({self.unit_id})

    def is_overdue(self, today: date) -> bool:
        return self.state == FollowUpState.OPEN and self.due_on < today


class Statement(TrackedModel):
    """Civil society's view on a commitment, entered by the officer, printed beside the finding (Stellungnahme)."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="statements")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="statements")
    organisation = models.CharField(max_length=200)
    text_de = models.TextField()
    text_en = text()
    received_on = models.DateField()
    protection = protection()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("commitment", "received_on")
        constraints = (known("statement", "protection", Protection),)

    def __str__(self) -> str:
        return f"{self.commitment.reference}: {self.organisation}"
