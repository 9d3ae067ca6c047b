"""Loads a city: units, engagements, measures, adoptions, commitments and the reasons between them."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from commitments.loading.city_files import PORTFOLIO, TEXTS, Known, Overrides, read_city
from commitments.loading.comparing import Outcome, Run, Table, Wanted
from commitments.loading.engagements import Units, write_engagements
from commitments.loading.measures import write_links, write_mappings, write_measures
from commitments.loading.problems import Place, Problems
from commitments.loading.promises import write_adoptions, write_commitments
from commitments.loading.reading import read_json, record
from commitments.loading.records import CityRecord, RegisterTexts, UnitRecord
from commitments.models import City, GapReason, GlossaryTerm, OrganisationalUnit


@transaction.atomic
def load_city(
    folder: Path,
    *,
    at: datetime,
    dry_run: bool = False,
    registered_until: date | None = None,
    overrides: Overrides | None = None,
) -> Outcome:
    """Bring the register in line with a city's folder; all of it, or nothing with a LoadingError.

    ``at`` is when the changes hold. With ``registered_until`` later commitments wait, with what is linked to them.
    ``overrides`` puts other values into fields of measures, by key, as if they stood in the file.
    """
    files, known = read_city(folder, overrides or {})
    run = Run(at)
    _write_city(run, files.portfolio.city)
    units = _write_units(run, files.portfolio.departments)
    engagements = write_engagements(run, files.portfolio, units)
    measures = write_measures(run, files.portfolio.measures, units, engagements)
    adoptions = write_adoptions(run, files, known)
    complete = registered_until is None
    due = [
        commitment
        for commitment in files.promises.commitments
        if registered_until is None or commitment.registered_on <= registered_until
    ]
    commitments = write_commitments(run, due, units, known, adoptions, complete=complete)
    write_mappings(run, files.mapping.mappings, measures, known)
    write_links(run, files.mapping.links, measures, commitments, complete=complete)
    _write_texts(run, files.texts, known)
    transaction.set_rollback(dry_run)
    return run.outcome


@transaction.atomic
def enter_sample_city(folder: Path) -> None:
    """Enter the city alone, marked as a sample: from then on the register takes changes of other days than today."""
    problems = Problems()
    raw = read_json(folder / PORTFOLIO, dict, problems)
    city = record(raw.get("city"), CityRecord, Place(PORTFOLIO, ("city",)), problems)
    problems.refuse_if_any()
    if city:
        _write_city(Run(timezone.now()), city, is_sample=True)


def _write_city(run: Run, city: CityRecord, **initial: Any) -> None:
    values = {name: getattr(city, name) for name in ("name_de", "country", "state", "notice_de", "notice_en")}
    values |= {"only": True, "name_en": city.name_en or city.name_de, "pics": list(city.pics)}
    run.write(Table(City, ("only",), PORTFOLIO), [Wanted(city.name_de, values, initial)])


def _write_units(run: Run, units: Iterable[UnitRecord]) -> Units:
    same = ("key", "kind", "name_de", "name_en", "is_officers_own", "verified", "note")
    wanted = [
        Wanted(unit.key, {name: getattr(unit, name) for name in same} | {"sources": list(unit.source)})
        for unit in units
    ]
    rows = run.write(Table(OrganisationalUnit, ("key",), PORTFOLIO), wanted)
    return {str(key): row.pk for (key,), row in rows.items()}


def _write_texts(run: Run, texts: RegisterTexts, known: Known) -> None:
    """The glossary, and why articles have no measure."""
    terms = [
        Wanted(term.term_de, {name: getattr(term, name) for name in ("term_de", "term_en", "text_de", "text_en")})
        for term in texts.glossary
    ]
    run.write(Table(GlossaryTerm, ("term_de",), TEXTS), terms)
    same = ("text_de", "text_en", "next_step_de", "next_step_en", "due_on")
    gaps = []
    for gap in texts.gap_articles:
        article = known.provisions[gap.instrument, 1, gap.number]
        values = {name: getattr(gap, name) for name in same}
        values |= {"article_id": article, "field": gap.field or "", "code": gap.reason}
        gaps.append(Wanted(gap.name, values, {"stated_on": run.day}))
    run.write(Table(GapReason, ("article_id", "field"), TEXTS), gaps)
