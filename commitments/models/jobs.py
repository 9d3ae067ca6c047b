"""Work that takes longer than a click. The row survives whatever happens to worker and broker."""

import uuid
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models.people import User


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> Self:
        """One's own jobs; those who see the work of all units see all jobs."""
        return self if user.is_city_wide else self.filter(asked_by=user)

    def abandoned(self, now: datetime, started_before: datetime) -> Self:
        """Never started although asked for before a moment, or started with a lease that has run out."""
        never = Q(state=JobState.QUEUED, sent_at__lt=started_before)
        return self.filter(never | Q(state=JobState.RUNNING, leased_until__lt=now))


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Job(models.Model):
    """One piece of background work (DESIGN.md section 8). Not tracked: what it changes leaves its own history."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=9, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="jobs")
    asked_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-asked_at",)
        constraints = (
            models.CheckConstraint(
                name="job_state_known",
                condition=Q(state__in=("queued", "running", "done", "failed", "cancelled")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_over(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)

    def as_progress(self) -> dict[str, Any]:
        return {"done": self.done, "total": self.total, "message": self.message}
