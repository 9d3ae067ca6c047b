"""What the units answer, and how they were reminded."""

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
    Measure,
    OrganisationalUnit,
    Part,
    Role,
    User,
)
from commitments.models.terms import known, text
from commitments.tracking import FrozenWith, TrackedModel, TrackedQuerySet
from reviews.models.cycles import FINAL_STATES, CycleState, ReviewCycle


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
    named_unit = models.ForeignKey(
        OrganisationalUnit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Whose it is, where the unit says that it is not its own."),
    )
    handed_to = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        help_text=_("Who works on it; nobody else loses access."),
    )

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
                name="confirmation_names_another_unit",
                condition=Q(named_unit__isnull=True) | (Q(result="not_ours") & ~Q(named_unit=F("unit"))),
                violation_error_message=_("Name another unit than your own, and only where the entry is not yours."),
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
    def is_answered(self) -> bool:
        """Whether it is submitted: before that, what it says is the unit's own draft."""
        return self.state in ANSWERED

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
