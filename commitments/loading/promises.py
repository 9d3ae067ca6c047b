"""What the city took on: adoptions, and commitments under provisions."""

from collections.abc import Iterable
from typing import Any

from commitments.loading.checking import partial
from commitments.loading.city_files import COMMITMENTS, CityFiles, Known
from commitments.loading.comparing import Run, Table, Wanted
from commitments.loading.engagements import Units
from commitments.loading.measures import Ids
from commitments.loading.records import AdoptionRecord, CommitmentRecord, NetworkKind, Obligation
from commitments.models import Adoption, Commitment, CommitmentProvision, CommitmentUnit

COMMITMENT = Table(Commitment, ("key",), COMMITMENTS)
PROVISIONS = Table(
    CommitmentProvision,
    ("commitment_id", "provision_id"),
    COMMITMENTS,
    part_of="commitment_id",
    sole=("is_basis", True),
)
UNITS = Table(CommitmentUnit, ("commitment_id", "unit_id"), COMMITMENTS, part_of="commitment_id")


def write_adoptions(run: Run, files: CityFiles, known: Known) -> dict[int, int]:
    """Ids of the city's adoptions, by version."""
    wanted = []
    memberships = {record.instrument: record for record in files.portfolio.network_memberships}
    for record in [*files.promises.adoptions, *_of_memberships(files)]:
        membership = memberships.get(record.instrument)
        version = known.versions[record.instrument, record.version]
        values = {
            "version_id": version,
            "label_de": record.version_label_de,
            "label_en": record.version_label_en,
            "council_reference": record.council_reference,
            "renewal_due_on": record.renewal_due_on,
            "verified": bool(membership and membership.verified),
            "sources": list(membership.source) if membership else [],
            "note": record.note,
        }
        wanted.append(Wanted(record.instrument, values | partial("adopted_on", record.adopted_by_city_on)))
    rows = run.write(Table(Adoption, ("version_id",), COMMITMENTS), wanted)
    return {want.values["version_id"]: rows[(want.values["version_id"],)].pk for want in wanted}


def _of_memberships(files: CityFiles) -> list[AdoptionRecord]:
    """Pledges and self-commitments that commitments.json does not name; what is not verified was not adopted."""
    named = {record.instrument for record in files.promises.adoptions}
    return [
        AdoptionRecord(instrument=record.instrument, adopted_by_city_on=record.since, note=record.note)
        for record in files.portfolio.network_memberships
        if record.instrument and record.kind != NetworkKind.NETWORK and record.verified
        if record.instrument not in named
    ]


def write_commitments(
    run: Run,
    records: Iterable[CommitmentRecord],
    units: Units,
    known: Known,
    adoptions: dict[int, int],
    *,
    complete: bool,
) -> Ids:
    """Commitments with their provisions, the first of which is the basis, and the units that contribute."""
    records = list(records)
    wanted = [Wanted(record.key, _values(record, units, known, adoptions)) for record in records]
    rows = run.write(COMMITMENT, wanted, complete=complete)
    ids: Ids = {record.key: rows[(record.key,)].pk for record in records}
    provisions = [
        Wanted(f"{record.reference} {ref.name}", {**_provision(ref, known, order), "commitment_id": ids[record.key]})
        for record in records
        for order, ref in enumerate(record.provisions)
    ]
    run.write(PROVISIONS, provisions, complete=complete, owners=ids.values())
    contributing = [
        Wanted(
            f"{record.reference} {unit}", {"commitment_id": ids[record.key], "unit_id": units[unit], "ended_on": None}
        )
        for record in records
        for unit in record.contributing_units
    ]
    run.write(UNITS, contributing, complete=complete, owners=ids.values())
    return ids


def _provision(ref: Any, known: Known, order: int) -> dict[str, Any]:
    provision = known.provisions[ref.instrument, ref.version, ref.number]
    return {"provision_id": provision, "order": order, "is_basis": order == 0, "ended_on": None}


def _values(record: CommitmentRecord, units: Units, known: Known, adoptions: dict[int, int]) -> dict[str, Any]:
    same = ("key", "reference", "title_de", "title_en", "wording_de", "wording_en", "competence")
    more = ("competence_note_de", "competence_note_en", "registered_on", "protection", "note")
    values = {name: getattr(record, name) for name in same + more}
    values |= {level.value: level in record.obligations for level in Obligation}
    basis = record.provisions[0]
    values |= {
        "adoption_id": adoptions.get(known.versions[basis.instrument, basis.version]),
        "lead_unit_id": units[record.lead_unit],
        "concerned_groups_de": list(record.concerned_groups_de),
        "concerned_groups_en": list(record.concerned_groups_en),
    }
    return values | partial("valid_from", record.valid_from)
