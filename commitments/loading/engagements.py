"""What the city is engaged in: the lists of portfolio.json as engagements of four kinds."""

import calendar
from datetime import date
from typing import Any

from commitments.dates import PartialDate
from commitments.loading.checking import partial
from commitments.loading.city_files import PORTFOLIO
from commitments.loading.comparing import Run, Table, Wanted
from commitments.loading.records import (
    KINDS,
    DevelopmentRecord,
    DistrictPartnershipRecord,
    EUProjectRecord,
    MembershipRecord,
    NetworkKind,
    PartnershipStatus,
    Portfolio,
    Section,
    TwinningRecord,
)
from commitments.models import (
    DevelopmentProject,
    EngagementStatus,
    EUProject,
    FieldOfAction,
    Instrument,
    NetworkMembership,
    Partnership,
    PartnershipForm,
    Precision,
    RunBy,
)

Units = dict[str, int]
"""Ids of units, by key."""

EngagementIds = dict[tuple[str, str], int]
"""Ids of engagements, by section and key."""


SAME_IN_MEMBERSHIPS = (
    "fee",
    "speaker_de",
    "speaker_en",
    "reporting_duties_de",
    "reporting_duties_en",
    "renewal_due_on",
)


def write_engagements(run: Run, portfolio: Portfolio, units: Units) -> EngagementIds:
    instruments = dict(Instrument.objects.values_list("key", "pk"))
    sections: dict[Section, list[dict[str, Any]]] = {
        Section.TWINNINGS: [_twinning(entry, PartnershipForm.TWINNING, units) for entry in portfolio.twinnings],
        Section.INNER_GERMAN: [
            _twinning(entry, PartnershipForm.INNER_GERMAN, units) for entry in portfolio.inner_german_partnerships
        ],
        Section.DISTRICT: [_incorporated(entry, units) for entry in portfolio.district_partnerships],
        Section.EU_PROJECTS: [
            _eu_project(entry, units, _own_units(portfolio), run.day) for entry in portfolio.eu_projects
        ],
        Section.MEMBERSHIPS: [
            _membership(entry, units, instruments)
            for entry in portfolio.network_memberships
            if entry.kind != NetworkKind.SELF_COMMITMENT
        ],
        Section.DEVELOPMENT: [_development(entry, units, run.day) for entry in portfolio.development_cooperation],
    }
    models: list[tuple[type[Any], tuple[Section, ...]]] = [
        (Partnership, (Section.TWINNINGS, Section.INNER_GERMAN, Section.DISTRICT)),
        (EUProject, (Section.EU_PROJECTS,)),
        (NetworkMembership, (Section.MEMBERSHIPS,)),
        (DevelopmentProject, (Section.DEVELOPMENT,)),
    ]
    ids: EngagementIds = {}
    for model, names in models:
        wanted = [
            Wanted(values["key"], values | {"kind": KINDS[section]})
            for section in names
            for values in sections[section]
        ]
        rows = run.write(Table(model, ("key",), PORTFOLIO), wanted)
        ids |= {
            (section, values["key"]): rows[(values["key"],)].pk for section in names for values in sections[section]
        }
    return ids


def _common(entry: Any, unit: int, field: FieldOfAction, status: EngagementStatus) -> dict[str, Any]:
    """A status other than active is explained by the record's note."""
    explained = status not in (EngagementStatus.ACTIVE, EngagementStatus.ENDED)
    return {
        "key": entry.key,
        "field": field,
        "unit_id": unit,
        "status": status,
        "status_reason_de": entry.note_de if explained else "",
        "status_reason_en": entry.note if explained else "",
        "verified": entry.verified,
        "sources": list(entry.source),
        "note_de": entry.note_de,
        "note_en": entry.note,
    }


def _partnership(entry: TwinningRecord | DistrictPartnershipRecord, unit: int) -> dict[str, Any]:
    suspended = entry.status == PartnershipStatus.SUSPENDED
    status = EngagementStatus.PAUSED if suspended else EngagementStatus(entry.status)
    place = {"country": entry.country, "latitude": entry.latitude, "longitude": entry.longitude}
    return _common(entry, unit, FieldOfAction.PARTNERSHIPS, status) | place


def _twinning(entry: TwinningRecord, form: PartnershipForm, units: Units) -> dict[str, Any]:
    since, signed = entry.since_year, entry.signed_on
    if signed and (since is None or since.first.year == signed.first.year):
        since = signed
    names = {"name_de": entry.city_de, "name_en": entry.city_en, "city_de": entry.city_de, "city_en": entry.city_en}
    values = _partnership(entry, units[entry.coordinating_department])
    return values | names | {"form": form} | partial("starts_on", since) | partial("signed_on", signed)


def _incorporated(entry: DistrictPartnershipRecord, units: Units) -> dict[str, Any]:
    names = {"name_de": entry.city, "name_en": entry.city, "city_de": entry.city, "city_en": entry.city}
    more = {"form": PartnershipForm.INCORPORATION, "former_municipality": entry.former_municipality}
    return _partnership(entry, units[entry.district]) | names | more | partial("starts_on", entry.since_year)


def _period(entry: EUProjectRecord | DevelopmentRecord) -> dict[str, Any]:
    names = {"name_de": entry.name_de, "name_en": entry.name_en}
    return names | partial("starts_on", entry.start) | partial("ends_on", entry.end)


def _eu_project(entry: EUProjectRecord, units: Units, own: set[str], day: date) -> dict[str, Any]:
    status = entry.status or _status(entry.end, day)
    values = _common(entry, units[entry.department], FieldOfAction.EUROPE, status)
    return (
        values
        | _period(entry)
        | {
            "acronym": entry.acronym,
            "programme": entry.programme,
            "grant_agreement": entry.grant_number,
            "grant_agreement_verified": entry.grant_number_verified,
            "city_role": entry.role_of_cologne,
            "call": entry.call,
            "total_cost": entry.total_cost,
            "eu_contribution": entry.eu_contribution,
            "city_contribution": entry.city_contribution,
            "run_by": entry.run_by or (RunBy.OFFICE if entry.department in own else RunBy.DEPARTMENT),
        }
    )


def _own_units(portfolio: Portfolio) -> set[str]:
    return {unit.key for unit in portfolio.departments if unit.is_officers_own}


def _membership(entry: MembershipRecord, units: Units, instruments: dict[str, int]) -> dict[str, Any]:
    values = _common(entry, units[entry.department], entry.field, EngagementStatus.ACTIVE)
    names = {"name_de": entry.name_de, "name_en": entry.name_en}
    instrument = instruments[entry.instrument] if entry.instrument else None
    dates = partial("starts_on", entry.since) | partial("decided_on", entry.decision_on)
    more = {name: getattr(entry, name) for name in SAME_IN_MEMBERSHIPS}
    return values | names | dates | more | {"instrument_id": instrument, "level": entry.level or ""}


def _development(entry: DevelopmentRecord, units: Units, day: date) -> dict[str, Any]:
    values = _common(entry, units[entry.department], entry.field, _status(entry.end, day))
    more = {"country": entry.country or "", "funder": entry.funder, "sdgs": sorted(set(entry.sdgs))}
    return values | _period(entry) | {"partner": entry.partner} | more


def _status(end: PartialDate | None, day: date) -> EngagementStatus:
    return EngagementStatus.ENDED if end and last_day(end) < day else EngagementStatus.ACTIVE


def last_day(known: PartialDate) -> date:
    """The last day that a partly known date can mean."""
    first = known.first
    if known.precision == Precision.YEAR:
        return first.replace(month=12, day=31)
    if known.precision == Precision.MONTH:
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return first
