"""portfolio.json: units, what the city is engaged in, measures."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from commitments.dates import PartialDate
from commitments.loading.reading import Country, Goal, Key
from commitments.loading.records.columns import Columns, Texts
from commitments.models import (
    City,
    DevelopmentProject,
    EngagementKind,
    EngagementStatus,
    EUProject,
    FieldOfAction,
    Measure,
    MeasureStatus,
    NetworkLevel,
    NetworkMembership,
    OrganisationalUnit,
    Partnership,
    Protection,
    RunBy,
    UnitKind,
)


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
    pics: Texts = ()


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
    latitude: Decimal | None = None
    longitude: Decimal | None = None
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
    latitude: Decimal | None = None
    longitude: Decimal | None = None
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
    call: str = ""
    total_cost: Decimal | None = None
    eu_contribution: Decimal | None = None
    city_contribution: Decimal | None = None
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
    level: NetworkLevel | None = None
    fee: Decimal | None = None
    speaker_de: str = ""
    speaker_en: str = ""
    reporting_duties_de: str = ""
    reporting_duties_en: str = ""
    renewal_due_on: date | None = None
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
    country: Country | None = None
    funder: str = ""
    sdgs: tuple[Goal, ...] = ()
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
