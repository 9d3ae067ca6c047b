"""Why an article has no measure in a field of action."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models.catalogue import Provision
from commitments.models.people import User
from commitments.models.terms import (
    FieldOfAction,
    known,
    text,
)
from commitments.tracking import TrackedModel, TrackedQuerySet


class GapCode(models.TextChoices):
    NO_COMPETENCE = "no_competence", _("No competence")
    NO_RESOURCES = "no_resources", _("No resources")
    NOT_LOOKED_AT = "not_looked_at", _("Not looked at yet")
    NOT_RELEVANT = "not_relevant", _("Not relevant")


class GapReason(TrackedModel):
    """Why a UDHR article has no measure in a field, the next step, and who said so (Begründete Lücke)."""

    article = models.ForeignKey(Provision, on_delete=models.PROTECT, related_name="gap_reasons")
    field = models.CharField(
        _("field of action"), max_length=12, choices=FieldOfAction, blank=True, help_text=_("Empty: all fields.")
    )
    code = models.CharField(_("reason"), max_length=13, choices=GapCode)
    text_de = models.TextField(_("explanation"))
    text_en = text()
    next_step_de = text(_("next step"))
    next_step_en = text()
    due_on = models.DateField(_("due on"), null=True, blank=True)
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stated_on = models.DateField()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("article", "field")
        constraints = (
            known("gap_reason", "code", GapCode),
            known("gap_reason", "field", FieldOfAction, blank=True),
            models.UniqueConstraint(
                name="gap_reason_once",
                fields=("article", "field"),
                violation_error_message=_("This gap already has a reason; change that one."),
            ),
            models.CheckConstraint(
                name="gap_reason_explained",
                condition=~Q(text_de=""),
                violation_error_message=_("Explain the gap in one or two sentences."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.article}, {self.field or '*'}: {self.code}"
