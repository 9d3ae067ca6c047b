"""What the files hold, record by record (docs/data.md says it in words).

``unread`` names fields that a file may have and that the register does not keep. ``columns`` names the model and
where a field is called otherwise in it; the length that fits is taken from there.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from django.db import models

from commitments.dates import PartialDate
from commitments.loading.reading import Country, Key
from commitments.models import (
    Adoption,
    City,
    Commitment,
    Competence,
    Contribution,
    DevelopmentProject,
    EngagementKind,
    EngagementStatus,
    EUProject,
    FieldOfAction,
    GapCode,
    GlossaryTerm,
    Grade,
    Instrument,
    InstrumentKind,
    Measure,
    MeasureStatus,
    NetworkMembership,
    OrganisationalUnit,
    Partnership,
    Precision,
    Protection,
    Provision,
    Relevance,
    RunBy,
    Scale,
    UnitKind,
)

Texts = tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """The model that a record becomes, and its fields that have another name there."""

    model: type[models.Model]
    renamed: dict[str, str] = field(default_factory=dict)

    def limits(self) -> dict[str, int]:
        lengths = {column.name: column.max_length for column in self.model._meta.fields if column.max_length}
        lengths |= {name: lengths[column] for name, column in self.renamed.items() if column in lengths}
        return lengths


# The catalogue


@dataclass(frozen=True)
class InstrumentRecord:
    columns: ClassVar[Columns] = Columns(Instrument)
    unread: ClassVar[frozenset[str]] = frozenset({"provision_count"})

    key: Key
    order: int
    kind: InstrumentKind
    title_de: str
    short_de: str
    adopted_on: PartialDate | None
    binding: bool
    title_en: str = ""
    short_en: str = ""
    adopted_on_precision: Precision = Precision.DAY
    body: str = ""
    in_force_for_germany: PartialDate | None = None
    udhr_based_on: tuple[int, ...] = ()
    udhr_in_text: bool | None = None
    derived_from: tuple[Key, ...] = ()
    source: str = ""
    coverage: str = ""
    dates_checked: str = ""
    note: str = ""


@dataclass(frozen=True)
class ProvisionRecord:
    columns: ClassVar[Columns] = Columns(Provision)

    instrument: Key
    number: str
    order: int
    title_de: str
    title_en: str = ""
    udhr_articles: tuple[int, ...] = ()
    municipal_relevance: Relevance | None = None
    heading_basis: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        return f"{self.instrument} {self.number}"


@dataclass(frozen=True)
class GradeRecord:
    columns: ClassVar[Columns] = Columns(Grade)

    code: str | int
    label_de: str
    label_en: str = ""
    definition_de: str = ""
    definition_en: str = ""


@dataclass(frozen=True)
class ScaleRecord:
    columns: ClassVar[Columns] = Columns(Scale)

    name_de: str
    items: tuple[GradeRecord, ...]
    name_en: str = ""
    source: str = ""
    note: str = ""


# The city's portfolio


@dataclass(frozen=True)
class CityRecord:
    columns: ClassVar[Columns] = Columns(City)
    unread: ClassVar[frozenset[str]] = frozenset({"districts"})

    name_de: str
    country: Country
    name_en: str = ""
    state: str = ""
    notice_de: str = ""
    notice_en: str = ""


@dataclass(frozen=True)
class UnitRecord:
    columns: ClassVar[Columns] = Columns(OrganisationalUnit)

    key: Key
    name_de: str
    kind: UnitKind
    name_en: str = ""
    is_officers_own: bool = False
    verified: bool = False
    source: Texts = ()
    note: str = ""


class PartnershipStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    PAUSED = "paused"
    DORMANT = "dormant"
    ENDED = "ended"


@dataclass(frozen=True)
class TwinningRecord:
    """A partnership of the whole city, with a town abroad or in Germany."""

    columns: ClassVar[Columns] = Columns(Partnership)

    key: Key
    city_de: str
    country: Country
    coordinating_department: Key
    city_en: str = ""
    since_year: PartialDate | None = None
    signed_on: PartialDate | None = None
    status: PartnershipStatus = PartnershipStatus.ACTIVE
    verified: bool = False
    source: Texts = ()
    note: str = ""
    note_de: str = ""


@dataclass(frozen=True)
class DistrictPartnershipRecord:
    """A partnership that came to the city with a municipality that was incorporated."""

    columns: ClassVar[Columns] = Columns(Partnership, {"city": "city_de"})

    key: Key
    city: str
    country: Country
    district: Key
    former_municipality: str = ""
    since_year: PartialDate | None = None
    status: PartnershipStatus = PartnershipStatus.ACTIVE
    verified: bool = False
    source: Texts = ()
    note: str = ""
    note_de: str = ""


@dataclass(frozen=True)
class EUProjectRecord:
    columns: ClassVar[Columns] = Columns(
        EUProject, {"grant_number": "grant_agreement", "role_of_cologne": "city_role", "title_de": "name_de"}
    )

    key: Key
    acronym: str
    title_de: str
    department: Key
    title_en: str = ""
    programme: str = ""
    grant_number: str = ""
    grant_number_verified: bool = False
    start: PartialDate | None = None
    end: PartialDate | None = None
    role_of_cologne: str = ""
    run_by: RunBy | None = None
    status: EngagementStatus | None = None
    verified: bool = False
    source: Texts = ()
    note: str = ""
    note_de: str = ""

    @property
    def name_de(self) -> str:
        return self.title_de

    @property
    def name_en(self) -> str:
        return self.title_en


class NetworkKind(StrEnum):
    """What a record among the memberships becomes: an engagement, an adoption, or both."""

    NETWORK = "network"
    NETWORK_PLEDGE = "network_pledge"
    SELF_COMMITMENT = "self_commitment"


@dataclass(frozen=True)
class MembershipRecord:
    columns: ClassVar[Columns] = Columns(NetworkMembership)

    key: Key
    name_de: str
    kind: NetworkKind
    department: Key
    name_en: str = ""
    since: PartialDate | None = None
    decision_on: PartialDate | None = None
    instrument: Key | None = None
    field: FieldOfAction = FieldOfAction.EUROPE
    verified: bool = False
    source: Texts = ()
    note: str = ""
    note_de: str = ""


@dataclass(frozen=True)
class DevelopmentRecord:
    columns: ClassVar[Columns] = Columns(DevelopmentProject)

    key: Key
    name_de: str
    department: Key
    name_en: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    partner: str = ""
    field: FieldOfAction = FieldOfAction.DEVELOPMENT
    verified: bool = False
    source: Texts = ()
    note: str = ""
    note_de: str = ""


class Section(StrEnum):
    """The lists of engagements in portfolio.json, which a measure refers to."""

    TWINNINGS = "twinnings"
    INNER_GERMAN = "inner_german_partnerships"
    DISTRICT = "district_partnerships"
    EU_PROJECTS = "eu_projects"
    MEMBERSHIPS = "network_memberships"
    DEVELOPMENT = "development_cooperation"


KINDS: dict[Section, EngagementKind] = {
    Section.TWINNINGS: EngagementKind.PARTNERSHIP,
    Section.INNER_GERMAN: EngagementKind.PARTNERSHIP,
    Section.DISTRICT: EngagementKind.PARTNERSHIP,
    Section.EU_PROJECTS: EngagementKind.EU_PROJECT,
    Section.MEMBERSHIPS: EngagementKind.NETWORK,
    Section.DEVELOPMENT: EngagementKind.DEVELOPMENT,
}


@dataclass(frozen=True)
class MeasureRecord:
    columns: ClassVar[Columns] = Columns(Measure, {"department_basis": "unit_basis"})

    key: Key
    title_de: str
    department: Key
    status: MeasureStatus
    field: FieldOfAction
    title_en: str = ""
    description_de: str = ""
    description_en: str = ""
    section: Section | None = None
    item: Key | None = None
    contributing_units: tuple[Key, ...] = ()
    department_basis: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    protection: Protection = Protection.PUBLIC
    verified: bool = False
    source: Texts = ()
    note: str = ""
    note_de: str = ""


@dataclass(frozen=True)
class Portfolio:
    """portfolio.json"""

    unread: ClassVar[frozenset[str]] = frozenset({"disclaimer"})

    city: CityRecord
    departments: tuple[UnitRecord, ...]
    measures: tuple[MeasureRecord, ...]
    twinnings: tuple[TwinningRecord, ...] = ()
    inner_german_partnerships: tuple[TwinningRecord, ...] = ()
    district_partnerships: tuple[DistrictPartnershipRecord, ...] = ()
    eu_projects: tuple[EUProjectRecord, ...] = ()
    network_memberships: tuple[MembershipRecord, ...] = ()
    development_cooperation: tuple[DevelopmentRecord, ...] = ()

    def engagements(self, section: Section) -> tuple[Any, ...]:
        found: tuple[Any, ...] = getattr(self, section)
        return found


# The city's commitments


@dataclass(frozen=True)
class ProvisionRef:
    """A provision, by its instrument and its number in one version of it."""

    instrument: Key
    number: str
    version: int = 1

    @property
    def name(self) -> str:
        return f"{self.instrument} {self.number}"


@dataclass(frozen=True)
class AdoptionRecord:
    columns: ClassVar[Columns] = Columns(Adoption, {"version_label_de": "label_de", "version_label_en": "label_en"})

    instrument: Key
    version_label_de: str = ""
    version_label_en: str = ""
    adopted_by_city_on: PartialDate | None = None
    council_reference: str = ""
    renewal_due_on: date | None = None
    note: str = ""
    version: int = 1


class Obligation(StrEnum):
    RESPECT = "respect"
    PROTECT = "protect"
    FULFIL = "fulfil"


@dataclass(frozen=True)
class CommitmentRecord:
    columns: ClassVar[Columns] = Columns(Commitment)

    key: Key
    reference: str
    title_de: str
    wording_de: str
    provisions: tuple[ProvisionRef, ...]
    obligations: tuple[Obligation, ...]
    competence: Competence
    lead_unit: Key
    registered_on: date
    title_en: str = ""
    wording_en: str = ""
    competence_note_de: str = ""
    competence_note_en: str = ""
    contributing_units: tuple[Key, ...] = ()
    concerned_groups_de: Texts = ()
    concerned_groups_en: Texts = ()
    valid_from: PartialDate | None = None
    protection: Protection = Protection.PUBLIC
    note: str = ""


@dataclass(frozen=True)
class Promises:
    """commitments.json"""

    adoptions: tuple[AdoptionRecord, ...]
    commitments: tuple[CommitmentRecord, ...]


# How measures serve them


@dataclass(frozen=True)
class MappedProvision:
    instrument: Key
    number: str
    contribution: Contribution
    version: int = 1

    @property
    def ref(self) -> ProvisionRef:
        return ProvisionRef(self.instrument, self.number, self.version)


@dataclass(frozen=True)
class MappingRecord:
    unread: ClassVar[frozenset[str]] = frozenset({"udhr_articles"})

    measure: Key
    provisions: tuple[MappedProvision, ...]
    rationale_de: str
    rationale_en: str = ""


@dataclass(frozen=True)
class LinkRecord:
    measure: Key
    commitment: Key
    contribution: Contribution
    rationale_de: str
    rationale_en: str = ""


@dataclass(frozen=True)
class Mapping:
    """mapping.json"""

    unread: ClassVar[frozenset[str]] = frozenset({"disclaimer"})

    mappings: tuple[MappingRecord, ...]
    links: tuple[LinkRecord, ...]


# Texts of the report that belong to the register


@dataclass(frozen=True)
class GlossaryRecord:
    columns: ClassVar[Columns] = Columns(GlossaryTerm)

    term_de: str
    term_en: str = ""
    text_de: str = ""
    text_en: str = ""


@dataclass(frozen=True)
class GapRecord:
    instrument: Key
    number: str
    reason: GapCode
    text_de: str
    text_en: str = ""
    field: FieldOfAction | None = None
    next_step_de: str = ""
    next_step_en: str = ""
    due_on: date | None = None

    @property
    def ref(self) -> ProvisionRef:
        return ProvisionRef(self.instrument, self.number)

    @property
    def name(self) -> str:
        return f"{self.ref.name}, {self.field or '*'}"


@dataclass(frozen=True)
class RegisterTexts:
    """What report_texts.json holds for the register; the rest of it belongs to the report."""

    glossary: tuple[GlossaryRecord, ...] = ()
    gap_articles: tuple[GapRecord, ...] = ()
