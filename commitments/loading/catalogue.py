"""Loads the catalogue: instruments, provisions with their way to the Universal Declaration, scales."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from commitments.dates import PartialDate
from commitments.loading.checking import check_known, partial, twice
from commitments.loading.comparing import Outcome, Run, Table, Wanted
from commitments.loading.problems import Place, Problems
from commitments.loading.reading import KEY, keys_in, read_json, record, records
from commitments.loading.records import GradeRecord, InstrumentRecord, ProvisionRecord, ScaleRecord, VersionRecord
from commitments.loading.udhr import ARTICLES, default_folder, read_articles
from commitments.models import (
    UDHR,
    Grade,
    Instrument,
    InstrumentBasis,
    InstrumentVersion,
    Provision,
    ProvisionLink,
    Relation,
    Scale,
)
from commitments.workflow.catalogue import labels_by_date

INSTRUMENTS, PROVISIONS, SCALES = "instruments.json", "provisions.json", "scales.json"

COMPLYING = {"hrc_followup_grades": frozenset("AB"), "ogp_completion": frozenset({"complete", "substantial"})}
"""The scales by which verdicts are given, and the grades that count as kept."""


@dataclass(frozen=True)
class Catalogue:
    instruments: list[InstrumentRecord]
    provisions: list[ProvisionRecord]
    scales: dict[str, ScaleRecord]
    articles: dict[str, dict[int, str]]


@transaction.atomic
def load_catalogue(folder: Path, *, at: datetime, dry_run: bool = False, udhr: Path | None = None) -> Outcome:
    """Bring the register's catalogue in line with a folder; all of it, or nothing with a LoadingError.

    ``at`` is when the changes hold. ``udhr`` is the folder with the text of the Universal Declaration.
    """
    problems = Problems()
    catalogue = read_catalogue(folder, udhr or default_folder(), problems)
    problems.refuse_if_any()
    run = Run(at)
    versions = _write_instruments(run, catalogue.instruments)
    _write_provisions(run, catalogue, versions)
    _write_scales(run, catalogue.scales)
    transaction.set_rollback(dry_run)
    return run.outcome


def read_catalogue(folder: Path, udhr: Path, problems: Problems) -> Catalogue:
    """Everything that is to be loaded, checked; what is wrong is in ``problems``."""
    raw_instruments = read_json(folder / INSTRUMENTS, list, problems)
    raw_provisions = read_json(folder / PROVISIONS, list, problems)
    instruments = records(raw_instruments, InstrumentRecord, Place(INSTRUMENTS), problems)
    provisions = records(raw_provisions, ProvisionRecord, Place(PROVISIONS), problems)
    scales = _read_scales(read_json(folder / SCALES, dict, problems), problems)
    keys = keys_in(raw_instruments)
    numbers = {entry.get("number") for entry in raw_provisions if _is_of(entry, UDHR)}
    if raw_instruments:
        _check_instruments(instruments, keys, problems)
    if raw_instruments and raw_provisions:
        _check_provisions(provisions, keys, numbers, problems)
        _check_versions(instruments, provisions, keys, problems)
    return Catalogue(instruments, provisions, scales, read_articles(udhr, problems))


def _is_of(entry: Any, instrument: str) -> bool:
    return isinstance(entry, dict) and entry.get("instrument") == instrument


def _read_scales(raw: dict[str, Any], problems: Problems) -> dict[str, ScaleRecord]:
    found = {}
    for key, entry in raw.items():
        place = Place(SCALES, (key,))
        if not KEY.fullmatch(key):
            problems.add(place, _("This is not a key: use letters, digits, hyphens and underscores."))
        scale = record(entry, ScaleRecord, place, problems)
        if scale is not None:
            found[key] = scale
            for code in twice(grade.code for grade in scale.items):
                problems.add(place.at("items", str(code), "code"), _("This code stands twice in the scale."))
    return found


def _check_instruments(instruments: list[InstrumentRecord], keys: set[str], problems: Problems) -> None:
    if UDHR not in keys:
        problems.add(Place(INSTRUMENTS, (UDHR,)), _("The Universal Declaration is missing; everything rests on it."))
    for key in twice(instrument.key for instrument in instruments):
        problems.add(Place(INSTRUMENTS, (key, "key")), _("This key stands twice in the list."))
    for instrument in instruments:
        place = Place(INSTRUMENTS, (instrument.key,))
        check_known(instrument.derived_from, keys, place.at("derived_from"), problems)
        if instrument.key in instrument.derived_from:
            problems.add(place.at("derived_from"), _("An instrument cannot be derived from itself."))
        _check_articles(instrument.udhr_based_on, place.at("udhr_based_on"), problems)
        numbers = [version.number for version in instrument.versions]
        if numbers != list(range(2, len(numbers) + 2)):
            sentence = _(
                "Later versions are numbered 2, 3, 4 …, in this order; the first one is the instrument itself."
            )
            problems.add(place.at("versions"), sentence)


def _check_provisions(provisions: list[ProvisionRecord], keys: set[str], numbers: set[Any], problems: Problems) -> None:
    for name in twice(provision.name for provision in provisions):
        problems.add(Place(PROVISIONS, (name, "number")), _("This number stands twice in the instrument."))
    for provision in provisions:
        place = Place(PROVISIONS, (provision.name,))
        check_known([provision.instrument], keys, place.at("instrument"), problems)
        _check_articles(provision.udhr_articles, place.at("udhr_articles"), problems)
        check_known([article_number(n) for n in provision.udhr_articles], numbers, place.at("udhr_articles"), problems)
        if provision.verified and not provision.title_de:
            problems.add(place.at("title_de"), _("This field is missing or empty."))


def _check_versions(
    instruments: list[InstrumentRecord], provisions: list[ProvisionRecord], keys: set[str], problems: Problems
) -> None:
    """A provision stands in a version that there is, and is kin to provisions that there are."""
    versions = {(entry.key, 1 + count) for entry in instruments for count in range(len(entry.versions) + 1)}
    known = {(entry.instrument, entry.version, entry.number) for entry in provisions}
    for entry in provisions:
        place = Place(PROVISIONS, (entry.name,))
        if entry.instrument in keys and (entry.instrument, entry.version) not in versions:
            check_known([entry.version], (), place.at("version"), problems)
        for kin in entry.kin:
            target = (kin.instrument, kin.version, kin.number)
            if target not in known:
                check_known([f"{kin.instrument}/{kin.version} {kin.number}"], (), place.at("kin"), problems)
            elif target == (entry.instrument, entry.version, entry.number):
                problems.add(place.at("kin"), _("A provision cannot be linked to itself."))


def _check_articles(articles: tuple[int, ...], place: Place, problems: Problems) -> None:
    for article in twice(articles):
        problems.add(place, _("“%(value)s” stands twice here.") % {"value": article})
    for article in articles:
        if not 1 <= article <= ARTICLES:
            problems.add(place, _("The Universal Declaration has no article %(number)s.") % {"number": article})


def article_number(article: int) -> str:
    """How the catalogue numbers an article of the Universal Declaration."""
    return f"Art. {article}"


def _write_instruments(run: Run, instruments: list[InstrumentRecord]) -> dict[tuple[str, int], int]:
    """Instruments, what they were derived from, and their versions, whose ids are given by instrument and number."""
    table = Table(Instrument, ("key",), INSTRUMENTS)
    rows = run.write(table, [Wanted(entry.key, _instrument_values(entry)) for entry in instruments])
    ids = {str(key): row.pk for (key,), row in rows.items()}
    bases = [
        Wanted(f"{entry.key} ← {basis}", {"instrument_id": ids[entry.key], "basis_id": ids[basis]})
        for entry in instruments
        for basis in entry.derived_from
    ]
    run.write(Table(InstrumentBasis, ("instrument_id", "basis_id"), INSTRUMENTS), bases)
    return _write_versions(run, instruments, ids)


def _write_versions(run: Run, instruments: list[InstrumentRecord], ids: dict[str, int]) -> dict[tuple[str, int], int]:
    """The first versions, then those that replace them, and so on: a version names the one that it replaces."""
    table = Table(InstrumentVersion, ("instrument_id", "number"), INSTRUMENTS)
    rounds = max((len(entry.versions) for entry in instruments), default=0)
    wanted = [Wanted(entry.key, _first_version(entry, ids[entry.key])) for entry in instruments]
    rows = run.write(table, wanted, complete=not rounds)
    for position in range(rounds):
        later = []
        for entry in instruments:
            if position < len(entry.versions):
                version = entry.versions[position]
                replaced = rows[ids[entry.key], version.number - 1].pk
                values = _later_version(version) | {"instrument_id": ids[entry.key], "replaces_id": replaced}
                later.append(Wanted(f"{entry.key}/{version.number}", values))
        rows = run.write(table, later, complete=False)
    keys = {pk: key for key, pk in ids.items()}
    return {(keys[row.instrument_id], row.number): row.pk for row in rows.values() if row.instrument_id in keys}


def _instrument_values(entry: InstrumentRecord) -> dict[str, Any]:
    same = ("key", "order", "kind", "title_de", "title_en", "short_de", "short_en", "body", "binding")
    more = ("udhr_in_text", "coverage", "dates_checked", "source", "note")
    values = {name: getattr(entry, name) for name in same + more}
    values["udhr_articles"] = list(entry.udhr_based_on)
    return values | partial("in_force_for_germany", entry.in_force_for_germany)


def _first_version(entry: InstrumentRecord, instrument: int) -> dict[str, Any]:
    known = entry.adopted_on and PartialDate(entry.adopted_on.first, entry.adopted_on_precision)
    return {"instrument_id": instrument, "number": 1, **_labels(known), **partial("adopted_on", known)}


def _later_version(entry: VersionRecord) -> dict[str, Any]:
    known = entry.adopted_on and PartialDate(entry.adopted_on.first, entry.adopted_on_precision)
    values = {name: getattr(entry, name) for name in ("number", "source", "note_de", "note_en")}
    labels = {"label_de": entry.label_de, "label_en": entry.label_en} if entry.label_de else _labels(known)
    return values | labels | partial("adopted_on", known)


def _labels(known: PartialDate | None) -> dict[str, str]:
    return labels_by_date(known.first, known.precision) if known else labels_by_date(None)


def _write_provisions(run: Run, catalogue: Catalogue, versions: dict[tuple[str, int], int]) -> None:
    table = Table(Provision, ("version_id", "number"), PROVISIONS)
    wanted = [
        Wanted(entry.name, _provision_values(entry, versions[entry.instrument, entry.version], catalogue.articles))
        for entry in catalogue.provisions
    ]
    rows = run.write(table, wanted)
    links = []
    for entry in catalogue.provisions:
        source = rows[versions[entry.instrument, entry.version], entry.number]
        for article in entry.udhr_articles:
            target = rows[versions[UDHR, 1], article_number(article)]
            if target is not source:
                values = {"source_id": source.pk, "target_id": target.pk, "relation": Relation.INTERSECTS}
                links.append(Wanted(f"{entry.name} → {UDHR} {target.number}", values))
        for kin in entry.kin:
            target = rows[versions[kin.instrument, kin.version], kin.number]
            values = {"source_id": source.pk, "target_id": target.pk, "relation": kin.relation, "note": kin.note}
            links.append(Wanted(f"{entry.name} → {kin.instrument} {target.number}", values))
    run.write(Table(ProvisionLink, ("source_id", "target_id"), PROVISIONS), links)


def _provision_values(entry: ProvisionRecord, version: int, articles: dict[str, dict[int, str]]) -> dict[str, Any]:
    same = ("number", "order", "title_de", "title_en", "heading_basis", "verified", "note")
    values = {name: getattr(entry, name) for name in same}
    values |= {"version_id": version, "municipal_relevance": entry.municipal_relevance or ""}
    if entry.instrument == UDHR:
        number = entry.udhr_articles[0] if entry.udhr_articles else 0
        values |= {f"text_{language}": texts.get(number, "") for language, texts in articles.items()}
    return values


def _write_scales(run: Run, scales: dict[str, ScaleRecord]) -> None:
    wanted = []
    for key, entry in scales.items():
        values = {name: getattr(entry, name) for name in ("name_de", "name_en", "source", "note")}
        wanted.append(Wanted(key, {"key": key, **values, "for_verdicts": key in COMPLYING}))
    rows = run.write(Table(Scale, ("key",), SCALES), wanted)
    grades = [
        Wanted(f"{key} {grade.code}", _grade_values(grade, order, key) | {"scale_id": rows[(key,)].pk})
        for key, entry in scales.items()
        for order, grade in enumerate(entry.items, 1)
    ]
    run.write(Table(Grade, ("scale_id", "code"), SCALES), grades)


def _grade_values(grade: GradeRecord, order: int, scale: str) -> dict[str, Any]:
    same = ("label_de", "label_en", "definition_de", "definition_en")
    values = {name: getattr(grade, name) for name in same}
    code = str(grade.code)
    return values | {"code": code, "order": order, "complies": code in COMPLYING.get(scale, frozenset())}
