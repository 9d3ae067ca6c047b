"""load_catalogue: the catalogue as delivered, a second run, changes, and people's changes."""

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

    assert Instrument.objects.count() == InstrumentVersion.objects.count() == 46
    assert Provision.objects.count() == 649
    assert Scale.objects.filter(for_verdicts=True).count() == 2
    assert set(Grade.objects.filter(complies=True).values_list("code", flat=True)) == {
        *("A", "B"),
        *("complete", "substantial"),
    }
    assert not outcome.conflicts
    assert not outcome.absent


def test_every_provision_of_the_delivered_catalogue_leads_to_the_declaration():
    load(CATALOGUE)

    others = Provision.objects.exclude(version__instrument__key="udhr")
    assert not others.filter(links__isnull=True).exists()
    assert not ProvisionLink.objects.exclude(target__version__instrument__key="udhr").exists()


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
