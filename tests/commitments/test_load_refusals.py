"""Wrong files are refused whole: each problem names file, record and field, and nothing is written."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation

from commitments.loading import LoadingError, load_catalogue, load_city, records
from commitments.models import City, Instrument, LedgerLeaf
from tests.commitments import folders
from tests.commitments.folders import Files, entry

pytestmark = pytest.mark.django_db

Break = Callable[[Files], Any]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path):
    load_catalogue(folders.write(tmp_path / "catalogue", folders.catalogue()), at=timezone.now())
    return tmp_path / "city"


def refused(folder: Path, files: Files) -> list[str]:
    """What is said about a city's files, of which nothing may be written."""
    leaves = LedgerLeaf.objects.count()
    with pytest.raises(LoadingError) as error:
        load_city(folders.write(folder, files), at=timezone.now())
    assert LedgerLeaf.objects.count() == leaves
    assert not City.objects.exists()
    return str(error.value).splitlines()


def in_portfolio(*way: str | int, **fields: Any) -> Break:
    return lambda files: entry(files, "portfolio.json", *way).update(fields)


def in_commitment(**fields: Any) -> Break:
    return lambda files: entry(files, "commitments.json", "commitments", "first").update(fields)


def in_link(**fields: Any) -> Break:
    return lambda files: entry(files, "mapping.json", "links", "m-one").update(fields)


def in_mapping(**fields: Any) -> Break:
    return lambda files: entry(files, "mapping.json", "mappings", "m-one").update(fields)


def without(file: str, *way: str | int) -> Break:
    return lambda files: entry(files, file, *way[:-1]).pop(way[-1])


def twice(file: str, name: str) -> Break:
    return lambda files: files[file][name].append(files[file][name][0])


CITY: dict[str, tuple[Break, str]] = {
    "a missing field": (
        without("portfolio.json", "measures", "m-one", "title_de"),
        "portfolio.json, measures, m-one, title_de: This field is missing or empty.",
    ),
    "an empty field": (
        in_portfolio("measures", "m-one", title_de="  "),
        "portfolio.json, measures, m-one, title_de: This field is missing or empty.",
    ),
    "a null where a text must be": (
        in_commitment(wording_de=None),
        "commitments.json, commitments, first, wording_de: This field is missing or empty.",
    ),
    "a number for a text": (
        in_portfolio("twinnings", "lille", city_de=7),
        "portfolio.json, twinnings, lille, city_de: “7” is not a text in quotation marks.",
    ),
    "a text for yes or no": (
        in_portfolio("departments", "bei", verified="yes"),
        "portfolio.json, departments, bei, verified: “yes” is neither true nor false.",
    ),
    "a text for a list": (
        in_portfolio("measures", "m-one", contributing_units="jugend"),
        "portfolio.json, measures, m-one, contributing_units: A list is expected here.",
    ),
    "a number in a list of texts": (
        in_portfolio("measures", "m-one", source=[1]),
        "portfolio.json, measures, m-one, source, 1: “1” is not a text in quotation marks.",
    ),
    "a text for a record": (
        in_commitment(provisions=["Art. 1"]),
        "commitments.json, commitments, first, provisions, 1: A record in braces is expected here.",
    ),
    "a record for a list": (
        lambda files: files["portfolio.json"].update(measures={}),
        "portfolio.json, measures: A list is expected here.",
    ),
    "no record in a list": (
        lambda files: files["portfolio.json"]["measures"].append(None),
        "portfolio.json, measures, 3: A record in braces is expected here.",
    ),
    "a missing list": (
        without("commitments.json", "commitments"),
        "commitments.json, commitments: This field is missing or empty.",
    ),
    "a text that is too long": (
        in_portfolio("measures", "m-one", title_de="x" * 301),
        "portfolio.json, measures, m-one, title_de: The text has 301 characters; 300 fit.",
    ),
    "a character that no database takes": (
        in_portfolio("measures", "m-one", title_de="Null \x00"),
        "portfolio.json, measures, m-one, title_de: The text holds a character that cannot be printed.",
    ),
    "a key with a blank": (
        in_portfolio("departments", "bei", key="b ei"),
        "portfolio.json, departments, b ei, key: “b ei” is not a key: use letters, digits, hyphens and underscores.",
    ),
    "a misspelt field": (
        in_portfolio("measures", "m-one", protecton="internal"),
        "portfolio.json, measures, m-one, protecton: There is no such field here. Is “protection” meant?",
    ),
    "an unknown code": (
        in_portfolio("measures", "m-one", status="running"),
        "portfolio.json, measures, m-one, status: “running” is not known here. Write one of: planned, "
        "decided_not_funded, ongoing, suspended, completed, discontinued.",
    ),
    "an unknown country": (
        in_portfolio("twinnings", "lille", country="Frankreich"),
        "portfolio.json, twinnings, lille, country: “Frankreich” is not a country. "
        "Write two capital letters: DE, FR, PL.",
    ),
    "a month that is none": (
        in_portfolio("measures", "m-one", start="2022-13"),
        "portfolio.json, measures, m-one, start: There is no day “2022-13”.",
    ),
    "a date in words": (
        in_portfolio("measures", "m-one", start="May 2022"),
        "portfolio.json, measures, m-one, start: “May 2022” is not a date. Write 2022, 2022-11 or 2022-11-28.",
    ),
    "a month where a day is needed": (
        in_commitment(registered_on="2022-01"),
        "commitments.json, commitments, first, registered_on: “2022-01” is not a day. Write it like 2022-11-28.",
    ),
    "an end before the start": (
        in_portfolio("measures", "m-one", start="2022", end="2021"),
        "portfolio.json, measures, m-one, end: The end (2021) lies before the start (2022).",
    ),
    "an unknown unit that leads": (
        in_portfolio("measures", "m-one", department="none"),
        "portfolio.json, measures, m-one, department: “none” is not known.",
    ),
    "an unknown unit of a commitment": (
        in_commitment(contributing_units=["none"]),
        "commitments.json, commitments, first, contributing_units: “none” is not known.",
    ),
    "an unknown unit of a partnership": (
        in_portfolio("twinnings", "lille", coordinating_department="none"),
        "portfolio.json, twinnings, lille, coordinating_department: “none” is not known.",
    ),
    "a unit named twice": (
        in_portfolio("measures", "m-one", contributing_units=["bei"]),
        "portfolio.json, measures, m-one, contributing_units: “bei” stands twice here.",
    ),
    "an unknown engagement": (
        in_portfolio("measures", "m-one", item="paris"),
        "portfolio.json, measures, m-one, item: “paris” is not known.",
    ),
    "an engagement without its list": (
        in_portfolio("measures", "m-one", section=None),
        "portfolio.json, measures, m-one, section: Say in which list the item “lille” stands.",
    ),
    "an unknown instrument of a membership": (
        in_portfolio("network_memberships", "bund", instrument="none"),
        "portfolio.json, network_memberships, bund, instrument: “none” is not in the catalogue.",
    ),
    "a pledge to nothing": (
        in_portfolio("network_memberships", "bund", instrument=None),
        "portfolio.json, network_memberships, bund, instrument: "
        "A pledge or self-commitment needs the instrument that it rests on.",
    ),
    "an unknown instrument of an adoption": (
        lambda files: files["commitments.json"]["adoptions"][0].update(instrument="none"),
        "commitments.json, adoptions, none, instrument: “none” is not in the catalogue.",
    ),
    "a version that the catalogue does not have": (
        lambda files: files["commitments.json"]["adoptions"][0].update(version=2),
        "commitments.json, adoptions, pledge, instrument: “pledge” has no version 2 in the catalogue.",
    ),
    "an unknown provision": (
        in_commitment(provisions=[{"instrument": "udhr", "number": "Art. 31"}]),
        "commitments.json, commitments, first, provisions, udhr Art. 31: “udhr Art. 31” is not in the catalogue.",
    ),
    "no provision": (
        in_commitment(provisions=[]),
        "commitments.json, commitments, first, provisions: A commitment needs a provision as its basis.",
    ),
    "no obligation": (
        in_commitment(obligations=[]),
        "commitments.json, commitments, first, obligations: Say whether the city must respect, protect or fulfil.",
    ),
    "an unknown measure in a link": (
        in_link(measure="none"),
        "mapping.json, links, none → first, measure: “none” is not known.",
    ),
    "an unknown commitment in a link": (
        in_link(commitment="none"),
        "mapping.json, links, m-one → none, commitment: “none” is not known.",
    ),
    "a link without a reason": (
        in_link(rationale_de=""),
        "mapping.json, links, m-one → first, rationale_de: This field is missing or empty.",
    ),
    "an unknown measure in the mapping": (
        in_mapping(measure="none"),
        "mapping.json, mappings, none, measure: “none” is not known.",
    ),
    "a contribution that is none": (
        in_mapping(provisions=[{"instrument": "udhr", "number": "Art. 1", "contribution": "big"}]),
        "mapping.json, mappings, m-one, provisions, udhr Art. 1, contribution: “big” is not known here. "
        "Write one of: direct, supporting, incidental.",
    ),
    "a measure twice": (
        twice("portfolio.json", "measures"),
        "portfolio.json, measures, m-one, key: “m-one” stands twice in the list.",
    ),
    "a commitment's number twice": (
        in_commitment(reference="K-002"),
        "commitments.json, commitments, K-002, reference: “K-002” stands twice in the list.",
    ),
    "a link twice": (
        twice("mapping.json", "links"),
        "mapping.json, links, m-one → first, commitment: “m-one → first” stands twice in the list.",
    ),
    "a key in two lists of engagements": (
        in_portfolio("network_memberships", "bund", key="lille"),
        "portfolio.json, network_memberships, lille, key: This key is taken by an entry in “twinnings”.",
    ),
    "a gap in another instrument": (
        lambda files: files["report_texts.json"]["gap_articles"][0].update(instrument="cedaw"),
        "report_texts.json, gap_articles, cedaw Art. 5, *, instrument: "
        "Gaps are gaps of the Universal Declaration (“udhr”).",
    ),
}


@pytest.mark.parametrize(("make_wrong", "sentence"), CITY.values(), ids=CITY.keys())
def test_a_city_is_refused_for(make_wrong, sentence, folder):
    files = folders.city()
    make_wrong(files)

    assert sentence in refused(folder, files)


FILES = {
    "no JSON": ('{"city": \n', "portfolio.json: Line 2, column 1 is not valid JSON (Expecting value)."),
    "a list": ("[]", "portfolio.json: A record in braces is expected here."),
    "nothing": ("", "portfolio.json: Line 1, column 1 is not valid JSON (Expecting value)."),
    "null": ("null", "portfolio.json: A record in braces is expected here."),
    "a field twice": (
        '{"city": {"name_de": "A", "name_de": "B"}}',
        'portfolio.json: A record ({"name_de": "B"}) has the field “name_de” twice.',
    ),
    "no number": ('{"city": NaN}', "portfolio.json: “NaN” is not a number that JSON knows."),
    "endless depth": ("[" * 100_000, "portfolio.json: The lists and records in this file are nested too deeply."),
}


@pytest.mark.parametrize(("text", "sentence"), FILES.values(), ids=FILES.keys())
def test_a_file_is_refused_that_holds(text, sentence, folder):
    files = folders.city()
    files["portfolio.json"] = text

    assert refused(folder, files) == [sentence]


def test_a_file_in_another_encoding_is_refused_with_its_line(folder):
    folders.write(folder, folders.city())
    (folder / "mapping.json").write_bytes('{\n"mappings": "Köln"}'.encode("latin-1"))

    with pytest.raises(LoadingError, match=r"mapping.json: Line 2 is not UTF-8"):
        load_city(folder, at=timezone.now())


def test_a_folder_in_place_of_a_file_is_refused(folder):
    folders.write(folder, folders.city())
    (folder / "mapping.json").unlink()
    (folder / "mapping.json").mkdir()

    with pytest.raises(LoadingError, match=r"mapping.json: The file cannot be read \(Is a directory\)"):
        load_city(folder, at=timezone.now())


def test_a_missing_file_is_named_with_its_folder(folder):
    files = folders.city()
    del files["commitments.json"]

    assert refused(folder, files) == [f"commitments.json: There is no such file in {folder}."]


def test_the_texts_of_the_report_may_be_missing(folder):
    files = folders.city()
    del files["report_texts.json"]

    assert load_city(folders.write(folder, files), at=timezone.now()).is_change


def test_all_problems_are_named_at_once(folder):
    files = folders.city()
    in_portfolio("measures", "m-one", status="running", department="none")(files)
    in_portfolio("twinnings", "lille", country="Frankreich")(files)
    in_link(commitment="none")(files)

    assert len(refused(folder, files)) == 3


def test_what_refers_to_a_wrong_record_is_not_wrong_itself(folder):
    files = folders.city()
    in_portfolio("departments", "bei", kind="ministry")(files)

    assert [line.split(":")[0] for line in refused(folder, files)] == ["portfolio.json, departments, bei, kind"]


def test_of_many_problems_the_first_twenty_are_shown(folder):
    files = folders.city()
    files["portfolio.json"]["measures"] += [folders.measure(f"m-{n}", status="running") for n in range(30)]

    lines = refused(folder, files)

    assert len(lines) == 21
    assert lines[-1] == "… and 10 more."


def test_a_city_before_its_catalogue_is_told_the_order(tmp_path):
    assert refused(tmp_path, folders.city()) == [
        f"{tmp_path.name}: The catalogue is empty. Run “manage.py load_catalogue” first."
    ]


def test_a_number_that_the_register_gave_to_another_commitment_is_refused(folder):
    files = folders.city()
    load_city(folders.write(folder, files), at=timezone.now())
    files["commitments.json"]["commitments"][0]["key"] = "renamed"
    files["mapping.json"]["links"] = []

    with pytest.raises(LoadingError) as error:
        load_city(folders.write(folder, files), at=timezone.now())

    assert str(error.value) == (
        "commitments.json, commitments, renamed, reference: “K-001” belongs to “first” in the register."
    )


CATALOGUE: dict[str, tuple[Break, str]] = {
    "an unknown kind": (
        lambda files: files["instruments.json"][1].update(kind="law"),
        "instruments.json, cedaw, kind: “law” is not known here. Write one of: declaration, treaty, "
        "regional_treaty, charter, agenda, network_pledge, self_commitment.",
    ),
    "an unknown instrument it derives from": (
        lambda files: files["instruments.json"][1].update(derived_from=["none"]),
        "instruments.json, cedaw, derived_from: “none” is not known.",
    ),
    "an instrument derived from itself": (
        lambda files: files["instruments.json"][1].update(derived_from=["cedaw"]),
        "instruments.json, cedaw, derived_from: An instrument cannot be derived from itself.",
    ),
    "an instrument twice": (
        lambda files: files["instruments.json"].append(files["instruments.json"][1]),
        "instruments.json, cedaw, key: This key stands twice in the list.",
    ),
    "an instrument's key missing": (
        lambda files: files["instruments.json"][2].pop("key"),
        "instruments.json, record 3, key: This field is missing or empty.",
    ),
    "a date that is none": (
        lambda files: files["instruments.json"][1].update(adopted_on="1979-02-30"),
        "instruments.json, cedaw, adopted_on: There is no day “1979-02-30”.",
    ),
    "no Declaration": (
        lambda files: files["instruments.json"].pop(0),
        "instruments.json, udhr: The Universal Declaration is missing; everything rests on it.",
    ),
    "a number twice in an instrument": (
        lambda files: files["provisions.json"].append(files["provisions.json"][3]),
        "provisions.json, cedaw Art. 5, number: This number stands twice in the instrument.",
    ),
    "a provision of an unknown instrument": (
        lambda files: files["provisions.json"][3].update(instrument="none"),
        "provisions.json, none Art. 5, instrument: “none” is not known.",
    ),
    "an article that there is not": (
        lambda files: files["provisions.json"][3].update(udhr_articles=[31]),
        "provisions.json, cedaw Art. 5, udhr_articles: The Universal Declaration has no article 31.",
    ),
    "a link to an article that the catalogue lacks": (
        lambda files: files["provisions.json"][3].update(udhr_articles=[7]),
        "provisions.json, cedaw Art. 5, udhr_articles: “Art. 7” is not known.",
    ),
    "an order that is no number": (
        lambda files: files["provisions.json"][3].update(order="5"),
        "provisions.json, cedaw Art. 5, order: “5” is not a whole number.",
    ),
    "an order beyond all measure": (
        lambda files: files["provisions.json"][3].update(order=10**12),
        "provisions.json, cedaw Art. 5, order: 1000000000000 is not between 0 and 32767.",
    ),
    "a grade twice": (
        lambda files: files["scales.json"]["hrc_followup_grades"]["items"].append({"code": "A", "label_de": "A"}),
        "scales.json, hrc_followup_grades, items, A, code: This code stands twice in the scale.",
    ),
    "a grade without a name": (
        lambda files: files["scales.json"]["hrc_followup_grades"]["items"][0].pop("label_de"),
        "scales.json, hrc_followup_grades, items, A, label_de: This field is missing or empty.",
    ),
}


@pytest.mark.parametrize(("make_wrong", "sentence"), CATALOGUE.values(), ids=CATALOGUE.keys())
def test_a_catalogue_is_refused_for(make_wrong, sentence, tmp_path):
    files = folders.catalogue()
    make_wrong(files)

    with pytest.raises(LoadingError) as error:
        load_catalogue(folders.write(tmp_path, files), at=timezone.now())

    assert sentence in str(error.value).splitlines()
    assert not Instrument.objects.exists()


KINDS = [getattr(records, name) for name in records.__all__]
RECORDS = [kind for kind in KINDS if is_dataclass(kind) and kind is not records.Columns]


@pytest.mark.parametrize("kind", RECORDS)
def test_the_documentation_names_every_field_that_a_file_may_have(kind):
    words = (Path(settings.BASE_DIR) / "docs" / "data.md").read_text(encoding="utf-8")

    assert [field.name for field in fields(kind) if f"`{field.name}`" not in words] == []
