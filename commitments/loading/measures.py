"""Measures, the parts that units have in them, and what they serve."""

from collections.abc import Iterable
from typing import Any

from commitments.loading.checking import partial
from commitments.loading.city_files import MAPPING, PORTFOLIO, Known
from commitments.loading.comparing import Run, Table, Wanted
from commitments.loading.engagements import EngagementIds, Units
from commitments.loading.records import LinkRecord, MappingRecord, MeasureRecord
from commitments.models import LinkState, Measure, MeasureLink, MeasureProvision, MeasureUnit, Part

Ids = dict[str, int]
Parts = dict[str, list[tuple[str, str]]]

MEASURES = Table(Measure, ("key",), PORTFOLIO)
PARTS = Table(MeasureUnit, ("measure_id", "unit_id"), PORTFOLIO, part_of="measure_id", sole=("part", Part.LEAD))


def write_measures(run: Run, records: Iterable[MeasureRecord], units: Units, engagements: EngagementIds) -> Ids:
    """Measures with their units; what a unit confirms of them is fingerprinted from what the register then holds."""
    records = list(records)
    references = _references(records)
    parts: Parts = {record.key: _parts(record) for record in records}
    wanted = [
        Wanted(
            record.key,
            _values(record, engagements),
            {"reference": references[record.key], "accepted_on": run.day},
        )
        for record in records
    ]

    def finish(measure: Measure) -> None:
        measure.fingerprint = measure.substance(parts.get(measure.key, []))

    rows = run.write(MEASURES, wanted, finish=finish)
    held = [
        Wanted(
            f"{record.key} {unit}",
            {"measure_id": rows[(record.key,)].pk, "unit_id": units[unit], "part": part, "ended_on": None},
        )
        for record in records
        for unit, part in parts[record.key]
    ]
    ids = {str(record.key): rows[(record.key,)].pk for record in records}
    run.write(PARTS, held, owners=ids.values())
    _mend_fingerprints(run, {row.pk: row for row in rows.values()})
    return ids


def _references(records: list[MeasureRecord]) -> dict[str, str]:
    """M-001 and on in the order of the file; what has a number in the register keeps it."""
    references = dict(Measure.objects.values_list("key", "reference"))
    taken = set(references.values())
    for position, record in enumerate(records, 1):
        if record.key not in references:
            number = position
            while f"M-{number:03}" in taken:
                number += 1
            references[record.key] = f"M-{number:03}"
            taken.add(references[record.key])
    return references


def _parts(record: MeasureRecord) -> list[tuple[str, str]]:
    return [
        (record.department, str(Part.LEAD)),
        *((unit, str(Part.CONTRIBUTING)) for unit in record.contributing_units),
    ]


def _values(record: MeasureRecord, engagements: EngagementIds) -> dict[str, Any]:
    same = ("key", "title_de", "title_en", "description_de", "description_en", "field", "status", "protection")
    values = {name: getattr(record, name) for name in same}
    place = (record.section or "", record.item or "")
    values |= {
        "engagement_id": engagements.get(place),
        "verified": record.verified,
        "unit_basis": record.department_basis,
        "sources": list(record.source),
        "note_de": record.note_de,
        "note_en": record.note,
    }
    return values | partial("starts_on", record.start) | partial("ends_on", record.end)


def _mend_fingerprints(run: Run, measures: dict[int, Measure]) -> None:
    """A measure whose units alone changed, or were kept as a person has them, is another one for confirmations."""
    touched = {row.measure_id for row in run.written[MeasureUnit]} | {row.pk for row in run.written[Measure]}
    if not touched:
        return
    units: dict[int, list[tuple[str, str]]] = {}
    rows = MeasureUnit.objects.filter(measure__in=touched, ended_on__isnull=True)
    for measure, unit, part in rows.values_list("measure_id", "unit__key", "part"):
        units.setdefault(measure, []).append((unit, part))
    changed = []
    for pk in sorted(touched):
        fingerprint = measures[pk].substance(units.get(pk, []))
        if measures[pk].fingerprint != fingerprint:
            measures[pk].fingerprint = fingerprint
            changed.append(measures[pk])
    run.save(MEASURES, changed)


def write_links(run: Run, records: Iterable[LinkRecord], measures: Ids, commitments: Ids, *, complete: bool) -> None:
    """Measure to commitment; links to commitments that are not loaded yet wait."""
    wanted = [
        Wanted(
            f"{record.measure} → {record.commitment}",
            {"measure_id": measures[record.measure], "commitment_id": commitments[record.commitment]} | _reason(record),
        )
        for record in records
        if record.commitment in commitments
    ]
    run.write(Table(MeasureLink, ("measure_id", "commitment_id"), MAPPING), wanted, complete=complete)


def write_mappings(run: Run, records: Iterable[MappingRecord], measures: Ids, known: Known) -> None:
    """Measure to provision, the contribution for each, the rationale for all."""
    wanted = []
    for record in records:
        for entry in record.provisions:
            provision = known.provisions[entry.instrument, entry.version, entry.number]
            values = {"measure_id": measures[record.measure], "provision_id": provision}
            values |= _reason(record) | {"contribution": entry.contribution}
            wanted.append(Wanted(f"{record.measure} → {entry.ref.name}", values))
    run.write(Table(MeasureProvision, ("measure_id", "provision_id"), MAPPING), wanted)


def _reason(record: Any) -> dict[str, Any]:
    return {
        "contribution": getattr(record, "contribution", ""),
        "rationale_de": record.rationale_de,
        "rationale_en": record.rationale_en,
        "state": LinkState.ACCEPTED,
    }
