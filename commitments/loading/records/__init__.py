"""What the files hold, record by record (docs/data.md says it in words).

``unread`` names fields that a file may have and that the register does not keep. ``columns`` names the model and
where a field is called otherwise in it; the length that fits is taken from there.
"""

from commitments.loading.records.catalogue import (
    GradeRecord,
    InstrumentRecord,
    KinRecord,
    ProvisionRecord,
    ScaleRecord,
    VersionRecord,
)
from commitments.loading.records.columns import Columns
from commitments.loading.records.portfolio import (
    KINDS,
    CityRecord,
    DevelopmentRecord,
    DistrictPartnershipRecord,
    EUProjectRecord,
    MeasureRecord,
    MembershipRecord,
    NetworkKind,
    PartnershipStatus,
    Portfolio,
    Section,
    TwinningRecord,
    UnitRecord,
)
from commitments.loading.records.promises import (
    AdoptionRecord,
    CommitmentRecord,
    GapRecord,
    GlossaryRecord,
    LinkRecord,
    MappedProvision,
    Mapping,
    MappingRecord,
    Obligation,
    Promises,
    ProvisionRef,
    RegisterTexts,
)

__all__ = [
    "KINDS",
    "AdoptionRecord",
    "CityRecord",
    "Columns",
    "CommitmentRecord",
    "DevelopmentRecord",
    "DistrictPartnershipRecord",
    "EUProjectRecord",
    "GapRecord",
    "GlossaryRecord",
    "GradeRecord",
    "InstrumentRecord",
    "KinRecord",
    "LinkRecord",
    "MappedProvision",
    "Mapping",
    "MappingRecord",
    "MeasureRecord",
    "MembershipRecord",
    "NetworkKind",
    "Obligation",
    "PartnershipStatus",
    "Portfolio",
    "Promises",
    "ProvisionRecord",
    "ProvisionRef",
    "RegisterTexts",
    "ScaleRecord",
    "Section",
    "TwinningRecord",
    "UnitRecord",
    "VersionRecord",
]
