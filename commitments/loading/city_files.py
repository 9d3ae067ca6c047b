"""A city's folder, read and checked: nothing in it refers to what is not there, nothing stands twice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from commitments.loading.checking import check_known, check_order, twice
from commitments.loading.problems import LoadingError, Place, Problems
from commitments.loading.reading import keys_in, read_json, record
from commitments.loading.records import (
    KINDS,
    CommitmentRecord,
    GapRecord,
    MappingRecord,
    MeasureRecord,
    NetworkKind,
    Portfolio,
    Promises,
    RegisterTexts,
    Section,
)
from commitments.loading.records import Mapping as MappingFile
from commitments.models import UDHR, Commitment, Engagement, InstrumentVersion, OrganisationalUnit, Provision

PORTFOLIO, COMMITMENTS, MAPPING, TEXTS = "portfolio.json", "commitments.json", "mapping.json", "report_texts.json"
REGISTER_TEXTS = ("glossary", "gap_articles")

Overrides = Mapping[str, Mapping[str, Any]]
"""Other values for fields of measures, by the key of the measure."""


@dataclass(frozen=True)
class CityFiles:
    portfolio: Portfolio
    promises: Promises
    mapping: MappingFile
    texts: RegisterTexts


class Known(NamedTuple):
    """What records may refer to, in the files and in the register."""

    units: set[str]
    versions: dict[tuple[str, int], int]
    provisions: dict[tuple[str, int, str], int]
    measures: set[str]
    commitments: set[str]


def read_city(folder: Path, overrides: Overrides) -> tuple[CityFiles, Known]:
    """The records of a city's files, with what they may refer to; raises LoadingError with all that is wrong."""
    problems = Problems()
    raw = {name: read_json(folder / name, dict, problems) for name in (PORTFOLIO, COMMITMENTS, MAPPING)}
    texts = read_json(folder / TEXTS, dict, problems) if (folder / TEXTS).exists() else {}
    problems.refuse_if_any()
    _override(raw[PORTFOLIO].get("measures"), overrides, problems)
    portfolio = record(raw[PORTFOLIO], Portfolio, Place(PORTFOLIO), problems)
    promises = record(raw[COMMITMENTS], Promises, Place(COMMITMENTS), problems)
    mapping = record(raw[MAPPING], MappingFile, Place(MAPPING), problems)
    ours = {name: texts[name] for name in REGISTER_TEXTS if name in texts}
    register_texts = record(ours, RegisterTexts, Place(TEXTS), problems)
    if not (portfolio and promises and mapping and register_texts):
        raise LoadingError(problems.found)
    files = CityFiles(portfolio, promises, mapping, register_texts)
    known = _known(raw)
    if known.versions:
        _check(files, known, problems)
    else:
        problems.add(Place(folder.name), _("The catalogue is empty. Run “manage.py load_catalogue” first."))
    problems.refuse_if_any()
    return files, known


def _override(measures: Any, overrides: Overrides, problems: Problems) -> None:
    entries = {m["key"]: m for m in measures if isinstance(m, dict) and "key" in m} if measures else {}
    for key, fields in overrides.items():
        if key in entries:
            entries[key].update(fields)
        else:
            problems.add(Place(PORTFOLIO, ("measures", key)), _("“%(name)s” is not known.") % {"name": key})


def _known(raw: dict[str, Any]) -> Known:
    """Three queries: units may stand in the register only, instruments always do."""
    units = keys_in(raw[PORTFOLIO].get("departments"))
    versions = InstrumentVersion.objects.values_list("instrument__key", "number", "pk")
    provisions = Provision.objects.values_list("version__instrument__key", "version__number", "number", "pk")
    return Known(
        units=units | set(OrganisationalUnit.objects.values_list("key", flat=True)),
        versions={(key, number): pk for key, number, pk in versions},
        provisions={(key, version, number): pk for key, version, number, pk in provisions},
        measures=keys_in(raw[PORTFOLIO].get("measures")),
        commitments=keys_in(raw[COMMITMENTS].get("commitments")),
    )


def _check(files: CityFiles, known: Known, problems: Problems) -> None:
    _check_once(files, problems)
    _check_engagements(files.portfolio, known, problems)
    for measure in files.portfolio.measures:
        _check_measure(measure, files.portfolio, known, problems)
    for adoption in files.promises.adoptions:
        place = Place(COMMITMENTS, ("adoptions", adoption.instrument, "instrument"))
        _check_version((adoption.instrument, adoption.version), place, known, problems)
    for commitment in files.promises.commitments:
        _check_commitment(commitment, known, problems)
    for mapped in files.mapping.mappings:
        _check_mapping(mapped, known, problems)
    for link in files.mapping.links:
        place = Place(MAPPING, ("links", f"{link.measure} → {link.commitment}"))
        check_known([link.measure], known.measures, place.at("measure"), problems)
        check_known([link.commitment], known.commitments, place.at("commitment"), problems)
    for gap in files.texts.gap_articles:
        _check_gap(gap, known, problems)
    _check_against_register(files, problems)


def _check_once(files: CityFiles, problems: Problems) -> None:
    """What must not occur twice, list by list."""
    portfolio, promises, mapping = files.portfolio, files.promises, files.mapping
    lists: list[tuple[Place, str, Iterable[Any]]] = [
        (Place(PORTFOLIO, ("departments",)), "key", (unit.key for unit in portfolio.departments)),
        (Place(PORTFOLIO, ("measures",)), "key", (measure.key for measure in portfolio.measures)),
        (Place(COMMITMENTS, ("adoptions",)), "instrument", ((a.instrument, a.version) for a in promises.adoptions)),
        (Place(COMMITMENTS, ("commitments",)), "key", (entry.key for entry in promises.commitments)),
        (Place(COMMITMENTS, ("commitments",)), "reference", (entry.reference for entry in promises.commitments)),
        (Place(MAPPING, ("mappings",)), "measure", (entry.measure for entry in mapping.mappings)),
        (Place(MAPPING, ("links",)), "commitment", ((link.measure, link.commitment) for link in mapping.links)),
        (Place(TEXTS, ("glossary",)), "term_de", (term.term_de for term in files.texts.glossary)),
        (Place(TEXTS, ("gap_articles",)), "field", (gap.name for gap in files.texts.gap_articles)),
    ]
    lists += [
        (Place(PORTFOLIO, (section,)), "key", (entry.key for entry in portfolio.engagements(section)))
        for section in Section
    ]
    for place, field, values in lists:
        for value in twice(values):
            name = " → ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            problems.add(place.at(name, field), _("“%(value)s” stands twice in the list.") % {"value": name})


def _check_engagements(portfolio: Portfolio, known: Known, problems: Problems) -> None:
    for section in Section:
        for entry in portfolio.engagements(section):
            place = Place(PORTFOLIO, (section, entry.key))
            name = next(name for name in ("coordinating_department", "district", "department") if hasattr(entry, name))
            check_known([getattr(entry, name)], known.units, place.at(name), problems)
            check_order(getattr(entry, "start", None), getattr(entry, "end", None), place.at("end"), problems)
    for entry in portfolio.network_memberships:
        place = Place(PORTFOLIO, (Section.MEMBERSHIPS, entry.key, "instrument"))
        if entry.instrument:
            _check_version((entry.instrument, 1), place, known, problems)
        elif entry.kind != NetworkKind.NETWORK:
            problems.add(place, _("A pledge or self-commitment needs the instrument that it rests on."))
    sections: dict[str, Section] = {}
    for section, key in becoming_engagements(portfolio):
        if sections.setdefault(key, section) != section:
            problems.add(
                Place(PORTFOLIO, (section, key, "key")),
                _("This key is taken by an entry in “%(section)s”.") % {"section": sections[key]},
            )


def becoming_engagements(portfolio: Portfolio) -> Iterable[tuple[Section, str]]:
    """Sections and keys of all records but the self-commitments, which are adoptions alone."""
    for section in Section:
        for entry in portfolio.engagements(section):
            if getattr(entry, "kind", None) != NetworkKind.SELF_COMMITMENT:
                yield section, entry.key


def _check_measure(measure: MeasureRecord, portfolio: Portfolio, known: Known, problems: Problems) -> None:
    place = Place(PORTFOLIO, ("measures", measure.key))
    check_known([measure.department], known.units, place.at("department"), problems)
    check_known(measure.contributing_units, known.units, place.at("contributing_units"), problems)
    for unit in twice([measure.department, *measure.contributing_units]):
        problems.add(place.at("contributing_units"), _("“%(value)s” stands twice here.") % {"value": unit})
    check_order(measure.start, measure.end, place.at("end"), problems)
    if measure.item and not measure.section:
        problems.add(place.at("section"), _("Say in which list the item “%(item)s” stands.") % {"item": measure.item})
    elif measure.item and measure.section:
        items = {entry.key for entry in portfolio.engagements(measure.section)}
        check_known([measure.item], items, place.at("item"), problems)


def _check_version(version: tuple[str, int], place: Place, known: Known, problems: Problems) -> None:
    instrument, number = version
    if (instrument, 1) not in known.versions:
        problems.add(place, _("“%(name)s” is not in the catalogue.") % {"name": instrument})
    elif version not in known.versions:
        names = {"name": instrument, "number": number}
        problems.add(place, _("“%(name)s” has no version %(number)s in the catalogue.") % names)


def _check_provisions(refs: Iterable[Any], place: Place, known: Known, problems: Problems) -> None:
    refs = list(refs)
    for ref in refs:
        if (ref.instrument, ref.version, ref.number) not in known.provisions:
            problems.add(place.at(ref.name), _("“%(name)s” is not in the catalogue.") % {"name": ref.name})
    for ref in twice(refs):
        problems.add(place.at(ref.name), _("“%(value)s” stands twice here.") % {"value": ref.name})


def _check_commitment(commitment: CommitmentRecord, known: Known, problems: Problems) -> None:
    place = Place(COMMITMENTS, ("commitments", commitment.key))
    check_known([commitment.lead_unit], known.units, place.at("lead_unit"), problems)
    check_known(commitment.contributing_units, known.units, place.at("contributing_units"), problems)
    for unit in twice([commitment.lead_unit, *commitment.contributing_units]):
        problems.add(place.at("contributing_units"), _("“%(value)s” stands twice here.") % {"value": unit})
    _check_provisions(commitment.provisions, place.at("provisions"), known, problems)
    if not commitment.provisions:
        problems.add(place.at("provisions"), _("A commitment needs a provision as its basis."))
    if not commitment.obligations:
        problems.add(place.at("obligations"), _("Say whether the city must respect, protect or fulfil."))


def _check_mapping(mapped: MappingRecord, known: Known, problems: Problems) -> None:
    place = Place(MAPPING, ("mappings", mapped.measure))
    check_known([mapped.measure], known.measures, place.at("measure"), problems)
    _check_provisions([entry.ref for entry in mapped.provisions], place.at("provisions"), known, problems)


def _check_gap(gap: GapRecord, known: Known, problems: Problems) -> None:
    place = Place(TEXTS, ("gap_articles", gap.name))
    _check_provisions([gap.ref], place.at("number"), known, problems)
    if gap.instrument != UDHR:
        problems.add(place.at("instrument"), _("Gaps are gaps of the Universal Declaration (“udhr”)."))


def _check_against_register(files: CityFiles, problems: Problems) -> None:
    """Names that the register already uses for something else."""
    keys = dict(Commitment.objects.values_list("reference", "key"))
    for commitment in files.promises.commitments:
        if keys.get(commitment.reference, commitment.key) != commitment.key:
            place = Place(COMMITMENTS, ("commitments", commitment.key, "reference"))
            names = {"value": commitment.reference, "name": keys[commitment.reference]}
            problems.add(place, _("“%(value)s” belongs to “%(name)s” in the register.") % names)
    kinds = dict(Engagement.objects.values_list("key", "kind"))
    for section, key in becoming_engagements(files.portfolio):
        if kinds.get(key, KINDS[section]) != KINDS[section]:
            place = Place(PORTFOLIO, (section, key, "key"))
            problems.add(place, _("In the register this key belongs to an engagement of another kind."))
