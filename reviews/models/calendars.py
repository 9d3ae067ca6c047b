"""The address under which a person's calendar program fetches their deadlines."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models import User


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def valid(self) -> Self:
        """Neither taken back nor of somebody who has left."""
        return self.filter(revoked_at__isnull=True, user__is_active=True, user__pseudonymised_on__isnull=True)


class CalendarFeed(models.Model):
    """A person's secret address, of which only the hash is kept. A token, so it has no history (DESIGN.md section 5).

    ``content`` is the hash of what was given out last, ``changed_at`` since when it has been so.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="calendar_feeds")
    digest = models.CharField(max_length=64, unique=True, help_text=_("SHA-256 of the token."))
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    fetched_on = models.DateField(null=True)
    content = models.CharField(max_length=64, blank=True)
    changed_at = models.DateTimeField(null=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                name="calendar_feed_one_at_a_time",
                fields=("user",),
                condition=Q(revoked_at__isnull=True),
                violation_error_message=_("You already have a calendar address. Renew it or take it back."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.made_at:%Y-%m-%d}"
