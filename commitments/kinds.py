"""The five kinds of engagements: from the kind to its table, and from an engagement to the row that says more."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from commitments.models import (
    DevelopmentProject,
    Engagement,
    EngagementKind,
    EUProject,
    NetworkMembership,
    Partnership,
    Training,
)

MODELS: dict[str, type[Any]] = {
    EngagementKind.PARTNERSHIP: Partnership,
    EngagementKind.EU_PROJECT: EUProject,
    EngagementKind.NETWORK: NetworkMembership,
    EngagementKind.DEVELOPMENT: DevelopmentProject,
    EngagementKind.TRAINING: Training,
}

CHILDREN: dict[str, str] = {kind: model._meta.model_name for kind, model in MODELS.items()}
"""From an engagement to the row that says what its kind has more."""

PLURALS = {
    EngagementKind.PARTNERSHIP: _("Partnerships"),
    EngagementKind.EU_PROJECT: _("EU projects"),
    EngagementKind.NETWORK: _("Networks"),
    EngagementKind.DEVELOPMENT: _("Development cooperation"),
    EngagementKind.TRAINING: _("Training"),
}


def of_kind(row: Engagement) -> Any:
    """The partnership, project, membership or training that this engagement is."""
    return getattr(row, CHILDREN[row.kind])
