"""How the tables are called in what the loaders say."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commitments.models import (
    Adoption,
    City,
    Commitment,
    CommitmentProvision,
    CommitmentUnit,
    DevelopmentProject,
    EUProject,
    GapReason,
    GlossaryTerm,
    Grade,
    Instrument,
    InstrumentBasis,
    InstrumentVersion,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureUnit,
    NetworkMembership,
    OrganisationalUnit,
    Partnership,
    Provision,
    ProvisionLink,
    Scale,
)

LABELS: dict[type[Any], Promise | str] = {
    Instrument: _("instruments"),
    InstrumentBasis: _("bases of instruments"),
    InstrumentVersion: _("versions"),
    Provision: _("provisions"),
    ProvisionLink: _("links to the Declaration"),
    Scale: _("scales"),
    Grade: _("grades"),
    City: _("city"),
    OrganisationalUnit: _("units"),
    Partnership: _("partnerships"),
    EUProject: _("EU projects"),
    NetworkMembership: _("memberships"),
    DevelopmentProject: _("development projects"),
    Measure: _("measures"),
    MeasureUnit: _("units of measures"),
    Adoption: _("adoptions"),
    Commitment: _("commitments"),
    CommitmentProvision: _("provisions of commitments"),
    CommitmentUnit: _("units of commitments"),
    MeasureProvision: _("measures to provisions"),
    MeasureLink: _("measures to commitments"),
    GlossaryTerm: _("glossary"),
    GapReason: _("reasons for gaps"),
}
