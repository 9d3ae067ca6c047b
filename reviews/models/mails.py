"""When units are reminded, and every mail that went out, failed or came back."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments.models import LedgerSeal, OrganisationalUnit, User
from commitments.models.terms import known
from commitments.tracking import FrozenWith, TrackedModel, TrackedQuerySet
from reviews.models.confirmations import ReminderKind
from reviews.models.cycles import FINAL_STATES, ReviewCycle


class ReminderDateQuerySet(TrackedQuerySet["ReminderDate"]):
    def planned(self) -> Self:
        """Days on which reminders are still to go out."""
        return self.filter(dropped_on__isnull=True, sent_on__isnull=True)

    def due(self, today: date) -> Self:
        return self.planned().filter(on__lte=today)


class ReminderDate(TrackedModel):
    """A day of the schedule on which those who still owe an answer are reminded."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", FINAL_STATES)

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="reminder_dates")
    kind = models.CharField(_("kind"), max_length=10, choices=ReminderKind)
    on = models.DateField(_("day"))
    sent_on = models.DateField(null=True, blank=True, editable=False)
    dropped_on = models.DateField(null=True, blank=True, editable=False)

    objects = ReminderDateQuerySet.as_manager()

    class Meta:
        ordering = ("on", "kind")
        constraints = (
            known("reminder_date", "kind", ReminderKind),
            models.UniqueConstraint(
                name="reminder_date_once",
                fields=("cycle", "kind", "on"),
                condition=Q(dropped_on__isnull=True),
                violation_error_message=_("This reminder is already planned for that day."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.cycle}: {self.kind} {self.on}"


class MailKind(models.TextChoices):
    REQUEST = "request", _("Request")
    REMINDER = "reminder", _("Reminder")
    ESCALATION = "escalation", _("Letter to the head of the unit")
    RENEWAL = "renewal", _("Reminder of renewals")
    HANDOVER = "handover", _("Entries handed over")
    SEAL = "seal", _("Seal of a freeze or release")
    SEALS = "seals", _("Seals of the week")
    DRAWN = "drawn", _("Documents of a report are ready")


OF_SEALS = (MailKind.SEAL, MailKind.SEALS)
"""Mails to the auditor, so that size and root of a seal are known outside the server."""


class MailState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("mail", "Waiting")
    SENDING = "sending", pgettext_lazy("mail", "Being sent")
    SENT = "sent", pgettext_lazy("mail", "Sent")
    FAILED = "failed", pgettext_lazy("mail", "Failed")
    BOUNCED = "bounced", pgettext_lazy("mail", "Came back")
    EXPIRED = "expired", pgettext_lazy("mail", "No longer needed")


class MailQuerySet(models.QuerySet["Mail"]):
    def trouble(self) -> Self:
        """Mails that did not reach anybody."""
        return self.filter(state__in=(MailState.FAILED, MailState.BOUNCED))


class Mail(models.Model):
    """One mail to one address, for one reason on one day. A log of what the server did, so it has no history.

    It names units and counts answers; what they are about stands behind the sign-in (rules 10 and 21).
    """

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="mails")
    kind = models.CharField(max_length=10, choices=MailKind)
    on = models.DateField()
    address = models.CharField(max_length=254, blank=True, help_text=_("Empty where none is known."))
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=2, default="de")
    units = models.ManyToManyField(OrganisationalUnit, related_name="+")
    open_answers = models.PositiveIntegerField(default=0)
    waiting_releases = models.PositiveIntegerField(default=0)
    renewals = models.PositiveIntegerField(default=0)
    seal = models.ForeignKey(LedgerSeal, on_delete=models.PROTECT, null=True, related_name="+")
    leads_to = models.CharField(max_length=200, blank=True, help_text=_("The page, where the kind does not say it."))
    state = models.CharField(max_length=8, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)
    sent_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=200, blank=True, db_index=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    error = models.TextField(blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ("-on", "address", "pk")
        constraints = (
            known("mail", "kind", MailKind),
            known("mail", "state", MailState),
            models.UniqueConstraint(
                name="mail_once_a_day",
                fields=("cycle", "kind", "address", "on"),
                condition=~Q(address="") & ~Q(kind__in=(MailKind.SEAL, MailKind.DRAWN)),
                violation_error_message=_("This mail already went out on that day."),
            ),
            models.UniqueConstraint(
                name="mail_of_a_seal_once",
                fields=("kind", "address", "seal"),
                condition=~Q(address="") & Q(seal__isnull=False),
                violation_error_message=_("This seal was already told to this address."),
            ),
            models.CheckConstraint(
                name="mail_of_a_seal_names_it",
                condition=Q(kind__in=OF_SEALS, seal__isnull=False) | (~Q(kind__in=OF_SEALS) & Q(seal__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.on}: {self.address}"
