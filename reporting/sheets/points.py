"""A charter point by point: which commitments name each provision, and which measures reach it.

The version is the one that the city took on. A measure reaches a provision through a commitment that names it, or
because it was mapped to the provision itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commitments.models import MeasureProvision
from reporting.content import rules
from reporting.content.build import partial, text
from reporting.content.facts import Commitment, Measure, Provision
from reporting.documents.lookup import Lookup
from reporting.documents.main_volume import Finding, finding
from reporting.sheets import facts
from reporting.sheets.narrowing import narrowed
from reporting.sheets.source import Source
from reporting.sheets.unit import state


@dataclass(frozen=True, kw_only=True)
class CharterSheet(facts.Sheet):
    charter: facts.Charter
    promises: tuple[facts.Promise, ...]


def sheet_on(kind: str, source: Source, key: str, projects: Mapping[int, Sequence[str]] | None = None) -> CharterSheet:
    """The sheet on a charter; ``projects`` gives the engagements that serve a provision, by its place."""
    charter = charter_of(source, key, projects or {})
    points = charter.points
    commitments = {reference for point in points for reference in point.commitments}
    promises = tuple(row for row in source.promises if row.commitment in commitments and row.state == "open")
    return CharterSheet(
        kind=kind,
        name=charter.title,
        taken_from=source.sha256,
        report=narrowed(
            source.content,
            commitments=commitments,
            measures={reference for point in points for reference in point.measures},
            engagements={engagement for point in points for engagement in point.projects},
            units={row.unit for row in promises},
        ),
        charter=charter,
        promises=promises,
    )


def charter_of(source: Source, key: str, projects: Mapping[int, Sequence[str]]) -> facts.Charter:
    """Raises ValidationError where the register does not hold the text of the charter."""
    tables = source.tables
    instrument = next((row for row in tables.instrument_rows.values() if row.key == key), None)
    version = _version(source, instrument.id) if instrument else None
    if instrument is None or version is None:
        raise ValidationError(_("The register does not hold the text of “%(key)s”. Load the catalogue.") % {"key": key})
    adoption = tables.adoptions.get(version.id)
    return facts.Charter(
        key=key,
        title=text(instrument, "title"),
        version=text(version, "label"),
        adopted_on=partial(version, "adopted_on"),
        city_adopted_on=partial(adoption, "adopted_on") if adoption else None,
        council_reference=adoption.council_reference if adoption else "",
        source=instrument.source,
        points=_points(source, version.id, projects),
    )


def _version(source: Source, instrument: int) -> Any:
    """The version that the city took on; without an adoption the first one."""
    rows = [row for row in source.tables.versions.values() if row.instrument_id == instrument]
    adopted = [row for row in rows if row.id in source.tables.adoptions]
    return next(iter(adopted or rows), None)


def _points(source: Source, version: int, projects: Mapping[int, Sequence[str]]) -> tuple[facts.Point, ...]:
    tables = source.tables
    rows = sorted((row for row in tables.provisions.values() if row.version_id == version), key=lambda row: row.order)
    named, mapped = _commitments_by_provision(source), _measures_by_provision(source)
    return tuple(
        facts.Point(
            provision=Provision(
                tables.instrument_key(row), row.number, text(row, "title"), tables.article_numbers.get(row.id, ())
            ),
            commitments=tuple(sorted(named[row.id])),
            measures=tuple(sorted(mapped[row.id] | _serving(source, named[row.id]))),
            projects=tuple(sorted(projects.get(row.order, ()))),
        )
        for row in rows
    )


def _commitments_by_provision(source: Source) -> Mapping[int, set[str]]:
    named: dict[int, set[str]] = defaultdict(set)
    for pk, row in source.tables.seen_commitments.items():
        if row.reference in source.commitments:
            for link in source.tables.commitment_provisions.get(pk, ()):
                named[link.provision_id].add(row.reference)
    return named


def _measures_by_provision(source: Source) -> Mapping[int, set[str]]:
    """Measures that were mapped to a provision itself."""
    seen = {pk: row.reference for pk, row in source.tables.seen_measures.items()}
    mapped: dict[int, set[str]] = defaultdict(set)
    for link in source.tables.register.rows(MeasureProvision).values():
        reference = seen.get(link.measure_id)
        if link.state == "accepted" and reference in source.lookup.measures:
            mapped[link.provision_id].add(str(reference))
    return mapped


def _serving(source: Source, commitments: Iterable[str]) -> set[str]:
    return {link.measure for reference in commitments for link in source.commitments[reference].links}


@dataclass(frozen=True)
class Shown:
    """A point as it is printed; ``outcome`` is the weakest verdict of its commitments."""

    point: facts.Point
    ident: str
    outcome: str
    findings: Sequence[Finding]
    measures: Sequence[tuple[Measure, str, str]]
    promises: Sequence[tuple[facts.Promise, str]]
    projects: Sequence[Any]

    @property
    def is_empty(self) -> bool:
        return not (self.findings or self.measures or self.projects)


def prepare(sheet: CharterSheet, lookup: Lookup) -> Mapping[str, Any]:
    engagements = {row.key: row for row in sheet.report.engagements}
    shown = []
    for number, point in enumerate(sheet.charter.points, 1):
        commitments = [lookup.commitments[reference] for reference in point.commitments]
        measures = [lookup.measures[reference] for reference in point.measures]
        shown.append(
            Shown(
                point=point,
                ident=f"point-{number}",
                outcome=_weakest(commitments, lookup),
                findings=[finding(row, lookup) for row in commitments],
                measures=[(row, _why(row, commitments), lookup.answer_to(row)) for row in measures],
                promises=[(row, state(row, lookup)) for row in sheet.promises if row.commitment in point.commitments],
                projects=[engagements[key] for key in point.projects],
            )
        )
    measures_in_all = {reference for point in sheet.charter.points for reference in point.measures}
    return {
        "points": shown,
        "filled": [row for row in shown if not row.is_empty],
        "blank": [row for row in shown if row.is_empty],
        "measured": sum(bool(row.measures) for row in shown),
        "measures_in_all": len(measures_in_all),
        "this_year": lookup.year,
    }


def _weakest(commitments: Sequence[Commitment], lookup: Lookup) -> str:
    outcomes = [row.outcome for row in commitments]
    return rules.weakest(outcomes, lookup.content.grades) if outcomes else ""


def _why(measure: Measure, commitments: Sequence[Commitment]) -> str:
    """The numbers of the commitments of this point that a measure serves; none where it was mapped to the point."""
    served = [row for row in commitments if any(link.measure == measure.reference for link in row.links)]
    return ", ".join(row.reference for row in served)
