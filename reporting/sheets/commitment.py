"""One commitment's dossier: its wording and grounds, what serves it, and its history over the years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from reporting.content.build import text
from reporting.content.facts import Dissent, ReportContent, Text
from reporting.content.register import grouped
from reporting.content.tables import local_day
from reporting.documents.lookup import Lookup
from reporting.documents.main_volume import finding
from reporting.sheets import facts
from reporting.sheets.narrowing import narrowed
from reporting.sheets.source import Kind, Source, Subject, UnknownSubject
from reporting.sheets.unit import state
from reviews import models


@dataclass(frozen=True)
class YearOfIt:
    """What was found in one cycle; of imported years the verdict alone is known."""

    year: int
    outcome: str
    trend: str = ""
    finding: Text = facts.NO_TEXT
    approved_on: date | None = None
    dissents: tuple[Dissent, ...] = ()


@dataclass(frozen=True)
class Note:
    """What the officer noted on it in between."""

    noted_on: date
    text: Text


@dataclass(frozen=True, kw_only=True)
class CommitmentSheet(facts.Sheet):
    history: tuple[YearOfIt, ...]
    promises: tuple[facts.Promise, ...]
    notes: tuple[Note, ...]


def commitments(content: ReportContent) -> Sequence[Subject]:
    return [Subject(row.reference, row.title, row.reference) for row in content.commitments]


def content(source: Source, subject: str) -> CommitmentSheet:
    row = source.commitments.get(subject)
    if row is None:
        raise UnknownSubject(subject)
    measures = [link.measure for link in row.links]
    engaged = [source.lookup.measures[measure].engagement for measure in measures]
    key = next((pk for pk, seen in source.tables.seen_commitments.items() if seen.reference == subject), 0)
    history = _history(source, key)
    promises = tuple(promise for promise in source.promises if promise.commitment == subject)
    return CommitmentSheet(
        kind=KIND.key,
        subject=subject,
        name=row.title,
        taken_from=source.sha256,
        report=narrowed(
            source.content,
            commitments=[subject],
            measures=measures,
            engagements=engaged,
            units={promise.unit for promise in promises} | {said.unit for year in history for said in year.dissents},
        ),
        history=history,
        promises=promises,
        notes=_notes(source, key),
    )


def _history(source: Source, key: int) -> tuple[YearOfIt, ...]:
    rows = source.tables.verdicts.get(key, [])
    said = models.Dissent.objects.filter(assessment__in=rows).order_by("stated_on", "pk")
    dissents = grouped(said, "assessment_id")
    return tuple(
        YearOfIt(
            year=row.cycle.year,
            outcome=row.verdict,
            trend=row.trend,
            finding=text(row, "finding"),
            approved_on=None if row.cycle.imported else local_day(row.approved_at),
            dissents=tuple(Dissent(source.unit(item.unit_id), text(item, "text")) for item in dissents.get(row.pk, [])),
        )
        for row in rows
    )


def _notes(source: Source, key: int) -> tuple[Note, ...]:
    """Public ones, noted up to the reporting date or entered before the freeze; none on a measure not printed."""
    rows = source.tables.register.visible(models.ReviewEntry, "noted_on").values()
    seen = source.tables.seen_measures
    return tuple(
        Note(row.noted_on, Text(row.text))
        for row in rows
        if row.commitment_id == key and (row.measure_id is None or row.measure_id in seen)
    )


def prepare(sheet: CommitmentSheet, lookup: Lookup) -> Mapping[str, Any]:
    row = lookup.commitments[sheet.subject]
    return {
        "item": finding(row, lookup),
        "before": [year for year in reversed(sheet.history) if year.year < sheet.report.cycle.year],
        "promises": [(promise, state(promise, lookup)) for promise in sheet.promises],
        "answers": [
            (measure, answer)
            for link in row.links
            if (measure := lookup.measures[link.measure])
            for answer in measure.answers
        ],
    }


KIND = Kind(
    key="commitment",
    title=_("A commitment’s dossier"),
    purpose=_("For whoever follows one promise: wording, grounds, measures, and every verdict over the years."),
    content=content,
    prepare=prepare,
    subjects=commitments,
    subject_label=_("Commitment"),
)
