"""What follows from a verdict: promises with unit and due date."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models import (
    Commitment,
    Evidence,
    OrganisationalUnit,
    User,
)
from commitments.models.terms import known, text
from commitments.tracking import Searched, TrackedModel, TrackedQuerySet
from reviews.models.cycles import CycleState, ReviewCycle


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

    SEARCHED = Searched(name=("action_de", "action_en"), text=("result_de", "result_en"))

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


class ReportKind(models.TextChoices):
    PROGRESS = "progress", _("Under way")
    DONE = "done", _("Done, says the unit")
    DECLINED = "declined", _("Declined")


class FollowUpReport(TrackedModel):
    """What a unit says on its promise, dated and never edited; the officer decides what came of it."""

    append_only = True

    follow_up = models.ForeignKey(FollowUp, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=8, choices=ReportKind)
    text_de = models.TextField()
    text_en = text()
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reported_on = models.DateField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    author_for = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("reported_on", "pk")
        constraints = (
            known("follow_up_report", "kind", ReportKind),
            models.CheckConstraint(
                name="follow_up_report_in_words",
                condition=~Q(text_de=""),
                violation_error_message=_("Say in one or two sentences how far it is."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.follow_up}: {self.kind} {self.reported_on}"
