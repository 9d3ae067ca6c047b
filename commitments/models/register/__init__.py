"""What the city promised and what it does about it. Inside: promises, measures <- links; gaps apart."""

from commitments.models.register.gaps import GapCode, GapReason
from commitments.models.register.links import (
    Contribution,
    LinkQuerySet,
    LinkState,
    MeasureLink,
    MeasureLinkQuerySet,
    MeasureProvision,
    MeasureProvisionQuerySet,
    ReasonedLink,
)
from commitments.models.register.measures import Measure, MeasureBudget, MeasureQuerySet, MeasureStatus, MeasureUnit
from commitments.models.register.promises import (
    Adoption,
    Commitment,
    CommitmentProvision,
    CommitmentQuerySet,
    CommitmentUnit,
    Competence,
)

__all__ = [
    "Adoption",
    "Commitment",
    "CommitmentProvision",
    "CommitmentQuerySet",
    "CommitmentUnit",
    "Competence",
    "Contribution",
    "GapCode",
    "GapReason",
    "LinkQuerySet",
    "LinkState",
    "Measure",
    "MeasureBudget",
    "MeasureLink",
    "MeasureLinkQuerySet",
    "MeasureProvision",
    "MeasureProvisionQuerySet",
    "MeasureQuerySet",
    "MeasureStatus",
    "MeasureUnit",
    "ReasonedLink",
]
