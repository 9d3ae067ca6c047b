"""The verdicts, what was said against them and noted beside them."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.models import (
    Commitment,
    Grade,
    Measure,
    OrganisationalUnit,
    Protection,
    User,
)
from commitments.models.terms import known, protection, text
from commitments.tracking import FrozenWith, Searched, TrackedModel, TrackedQuerySet
from reviews.models.cycles import FINAL_STATES, CycleState, ReviewCycle


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

    SEARCHED = Searched(name=(), text=("finding_de", "finding_en"))

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
    """A measure that a finding rests on or names; one that is taken off ends and stays (rule 11)."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="+")
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="assessment_measures")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="assessment_measures")
    ended_on = models.DateField(null=True, blank=True)

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
    """A unit's objection to a verdict, printed beside it (rule 5).

    After the freeze an answer cannot be withdrawn; until the report is released, an objection can still be added.
    """

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES, still_joined=(CycleState.FROZEN.value,))

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
