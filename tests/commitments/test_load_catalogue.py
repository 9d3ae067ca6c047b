"""load_catalogue: the catalogue as delivered, a second run, changes, and people's changes."""

import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from commitments.ledger import save_as
from commitments.loading import LoadingError, load_catalogue
from commitments.models import (
    Grade,
    Instrument,
    InstrumentVersion,
    LedgerLeaf,
    Provision,
    ProvisionLink,
    Scale,
)
from tests.commitments import folders
from tests.factories import make_officer

pytestmark = pytest.mark.django_db

CATALOGUE = Path(settings.BASE_DIR) / "catalogue"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def load(folder: Path, **options):
    return load_catalogue(folder, at=timezone.now(), **options)


def article(instrument: str, number: int) -> Provision:
    return Provision.objects.get(version__instrument__key=instrument, number=f"Art. {number}")


def test_the_delivered_catalogue_is_loaded_whole():
    outcome = load(CATALOGUE)

    assert Instrument.objects.count() == 46
    assert InstrumentVersion.objects.count() == 47
    assert Provision.objects.count() == 649 + 39
    assert Scale.objects.filter(for_verdicts=True).count() == 2
    assert set(Grade.objects.filter(complies=True).values_list("code", flat=True)) == {
        *("A", "B"),
        *("complete", "substantial"),
    }
    assert not outcome.conflicts
    assert not outcome.absent


def test_what_is_known_of_the_delivered_catalogue_leads_to_the_declaration():
    load(CATALOGUE)

    others = Provision.objects.exclude(version__instrument__key="udhr")
    astray = others.exclude(links__target__version__instrument__key="udhr")
    assert not astray.filter(verified=True).exists()
    assert list(astray.values_list("number", flat=True)) == [f"Art. {number}" for number in range(31, 40)]


def test_the_charter_of_equality_stands_in_two_versions_and_what_is_not_known_is_marked():
    load(CATALOGUE)

    first, second = InstrumentVersion.objects.filter(instrument__key="cemr-charter").order_by("number")
    assert (second.replaces, second.provisions.count(), first.provisions.count()) == (first, 39, 30)
    assert (second.adopted_on, second.adopted_on_precision) == (date(2022, 12, 6), "day")
    assert "ccre.org" in second.source
    assert not second.provisions.filter(verified=True).exists()
    assert not second.provisions.exclude(title_de="", title_en="").exists()
    kin = ProvisionLink.objects.filter(source__version=second, target__version=first)
    assert kin.count() == 30
    assert set(kin.values_list("relation", flat=True)) == {"intersects"}
    assert all("nach der Nummer" in note for note in kin.values_list("note", flat=True))


def test_a_catalogue_that_knows_no_later_versions_is_still_read(tmp_path):
    files = {name: json.loads((CATALOGUE / name).read_text()) for name in folders.catalogue()}
    files["provisions.json"] = [row for row in files["provisions.json"] if row.get("version", 1) == 1]
    for row in files["instruments.json"]:
        row.pop("versions", None)

    load(folders.write(tmp_path, files))

    assert Provision.objects.count() == 649
    assert not InstrumentVersion.objects.exclude(number=1).exists()


def later(files, **fields):
    """A second version of the convention with one provision, kin to the first version's."""
    version = {"number": 2, "adopted_on": "2001-01-01", "source": "A page"}
    folders.entry(files, "instruments.json", "cedaw")["versions"] = [version | fields.pop("record", {})]
    kin = {"instrument": "cedaw", "number": "Art. 5", "relation": "equivalent", "note": "Unchanged"}
    row = folders.provision("cedaw", 5, (5,)) | {"version": 2, "kin": [kin]} | fields
    files["provisions.json"].append(row)
    return files


def test_a_later_version_replaces_the_one_before_and_a_second_run_changes_nothing(tmp_path):
    folder = folders.write(tmp_path, later(folders.catalogue()))

    load(folder)
    again = load(folder)

    second = InstrumentVersion.objects.get(number=2)
    link = ProvisionLink.objects.get(source__version=second, target__version__number=1, relation="equivalent")
    assert second.replaces is not None
    assert (second.replaces.number, second.label_en) == (1, "Version of 1 January 2001")
    assert (link.target.number, link.note) == ("Art. 5", "Unchanged")
    assert not again.is_change


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"record": {"number": 3}}, "cedaw, versions: Later versions are numbered 2, 3, 4"),
        ({"version": 4}, "cedaw/4 Art. 5, version: “4” is not known."),
        ({"title_de": ""}, "cedaw/2 Art. 5, title_de: This field is missing or empty."),
        (
            {"kin": [{"instrument": "cedaw", "number": "Art. 99", "relation": "subset"}]},
            "cedaw/2 Art. 5, kin: “cedaw/1 Art. 99” is not known.",
        ),
        (
            {"kin": [{"instrument": "cedaw", "number": "Art. 5", "version": 2, "relation": "subset"}]},
            "cedaw/2 Art. 5, kin: A provision cannot be linked to itself.",
        ),
    ],
)
def test_a_wrong_version_is_refused_with_its_place(tmp_path, fields, sentence):
    with pytest.raises(LoadingError) as error:
        load(folders.write(tmp_path, later(folders.catalogue(), **fields)))

    assert sentence in str(error.value)
    assert not Instrument.objects.exists()


def test_a_heading_may_be_missing_where_the_text_was_not_read(tmp_path):
    load(folders.write(tmp_path, later(folders.catalogue(), title_de="", title_en="", verified=False)))

    unread = Provision.objects.get(version__number=2)
    assert (unread.title_de, unread.verified) == ("", False)


def test_articles_with_the_same_number_live_side_by_side():
    load(CATALOGUE)

    titles = {key: article(key, 5).title_en for key in ("udhr", "cedaw", "crpd")}
    assert len(set(titles.values())) == 3


def test_the_declaration_has_its_full_text_in_both_languages():
    load(CATALOGUE)

    assert article("udhr", 1).text_de.startswith("Alle Menschen sind frei und gleich an Würde und Rechten geboren.")
    assert article("udhr", 1).text_en.startswith("All human beings are born free and equal in dignity and rights.")
    assert article("udhr", 11).text_en.startswith("1. Everyone charged with a penal offence")
    assert "\n\n2. No one shall be held guilty" in article("udhr", 11).text_en
    assert not Provision.objects.articles().filter(text_de="").exists()
    assert not Provision.objects.articles().filter(text_en="").exists()


def test_an_instrument_keeps_what_is_known_about_it():
    load(CATALOGUE)

    town = InstrumentVersion.objects.select_related("instrument").get(instrument__key="fairtrade-towns")
    assert (town.adopted_on_precision, town.label_de) == ("year", "Fassung von 2009")
    assert town.instrument.source
    assert town.instrument.dates_checked
    assert town.instrument.kind in ("network_pledge", "self_commitment", "charter", "agenda")


def test_a_second_run_changes_nothing_and_asks_little():
    load(CATALOGUE)
    leaves = LedgerLeaf.objects.count()

    with CaptureQueriesContext(connection) as queries:
        outcome = load(CATALOGUE)

    assert not outcome.is_change
    assert LedgerLeaf.objects.count() == leaves
    assert len(queries) <= 10


def test_a_changed_record_makes_one_history_row(tmp_path):
    files = folders.catalogue()
    load(folders.write(tmp_path, files))
    leaves = LedgerLeaf.objects.count()
    folders.entry(files, "instruments.json", "cedaw")["title_de"] = "Neuer Titel"

    outcome = load(folders.write(tmp_path, files))

    cedaw = Instrument.objects.get(key="cedaw")
    assert cedaw.title_de == "Neuer Titel"
    assert [entry.history_type for entry in cedaw.history.all()] == ["~", "+"]
    assert cedaw.history.latest().history_change_reason == "Übernommen aus instruments.json"
    assert LedgerLeaf.objects.count() == leaves + 1
    assert outcome.tables[Instrument].changed == 1


def test_what_a_person_changed_is_kept_and_listed(tmp_path):
    files = folders.catalogue()
    load(folders.write(tmp_path, files))
    cedaw = Instrument.objects.get(key="cedaw")
    cedaw.note = "Checked by the officer."
    save_as(cedaw, actor=make_officer(), reason="Checked", at=timezone.now())
    folders.entry(files, "instruments.json", "cedaw").update(note="Another note", title_de="Neuer Titel")

    first, second = (load(folders.write(tmp_path, files)) for _ in range(2))

    cedaw.refresh_from_db()
    assert (cedaw.note, cedaw.title_de) == ("Checked by the officer.", "Neuer Titel")
    for outcome in (first, second):
        assert [(c.record, c.field, c.kept, c.in_file) for c in outcome.conflicts] == [
            ("cedaw", "note", "Checked by the officer.", "Another note")
        ]
    assert not second.is_change


def test_a_record_that_left_the_file_stays_and_is_named(tmp_path):
    files = folders.catalogue()
    load(folders.write(tmp_path, files))
    files["provisions.json"].pop()

    outcome = load(folders.write(tmp_path, files))

    assert Provision.objects.count() == 5
    assert [line for line in outcome.absent if line.startswith("provisions")] == ["provisions: PLEDGE Art. 1"]


def test_a_trial_run_says_what_would_change_and_writes_nothing(tmp_path):
    outcome = load(folders.write(tmp_path, folders.catalogue()), dry_run=True)

    assert outcome.tables[Instrument].created == 3
    assert not Instrument.objects.exists()
    assert not LedgerLeaf.objects.exists()


def test_without_the_package_the_reader_is_told_to_set_up(tmp_path):
    folder = folders.write(tmp_path / "catalogue", folders.catalogue())

    with pytest.raises(LoadingError, match=r"deu_1996.html: .* Run “make setup”."):
        load(folder, udhr=tmp_path / "nowhere")

    assert not Instrument.objects.exists()


def test_the_command_prints_what_it_did(tmp_path, capsys):
    folder = folders.write(tmp_path, folders.catalogue())

    call_command("load_catalogue", folder)
    call_command("load_catalogue", folder)

    assert "Nothing changed: the register holds what the files say." in capsys.readouterr().out


def test_the_command_refuses_in_sentences(tmp_path):
    with pytest.raises(CommandError, match=r"instruments.json: There is no such file in"):
        call_command("load_catalogue", tmp_path)
