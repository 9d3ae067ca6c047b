"""The yearly round and its dates."""

from datetime import date
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments.models import (
    Role,
    Scale,
    User,
)
from commitments.models.terms import in_order, known, text
from commitments.tracking import TrackedModel, TrackedQuerySet


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
    letter_de = text(_("text of the mails"))
    letter_en = text(_("text of the mails in English"))
    reminder_de = text(_("text of the reminders"))
    reminder_en = text(_("text of the reminders in English"))
    escalation_de = text(_("text of the letter to the head"))
    escalation_en = text(_("text of the letter to the head in English"))
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
