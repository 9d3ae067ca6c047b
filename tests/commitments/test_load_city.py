"""load_city on a small city: changes in the files, people's changes, and what the demonstration asks of it."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from commitments.dates import get_partial
from commitments.ledger import save_as
from commitments.loading import LoadingError, enter_sample_city, load_catalogue, load_city
from commitments.models import (
    Adoption,
    City,
    Commitment,
    CommitmentProvision,
    CommitmentUnit,
    LedgerLeaf,
    LinkState,
    Measure,
    MeasureLink,
    MeasureUnit,
    NetworkMembership,
    OrganisationalUnit,
    Part,
)
from tests.commitments import folders
from tests.factories import make_officer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path):
    """A folder for a small city, with the small catalogue loaded."""
    load_catalogue(folders.write(tmp_path / "catalogue", folders.catalogue()), at=timezone.now())
    return tmp_path / "city"


def load(folder: Path, files: folders.Files, **options):
    return load_city(folders.write(folder, files), **({"at": timezone.now()} | options))


def changed_by_a_person(row, **fields):
    for name, value in fields.items():
        setattr(row, name, value)
    save_as(row, actor=make_officer(), reason="Put right", at=timezone.now())


# Changes in the files


def test_a_changed_measure_makes_one_history_row_and_another_fingerprint(folder):
    files = folders.city()
    load(folder, files)
    before = Measure.objects.get(key="m-one")
    leaves = LedgerLeaf.objects.count()
    folders.entry(files, "portfolio.json", "measures", "m-one")["title_de"] = "Genauer gefasst"

    load(folder, files)

    after = Measure.objects.get(key="m-one")
    assert after.title_de == "Genauer gefasst"
    assert after.fingerprint != before.fingerprint
    assert after.history.count() == 2
    assert LedgerLeaf.objects.count() == leaves + 1


def test_a_unit_that_the_file_no_longer_names_has_ended_and_can_come_back(folder):
    files = folders.city()
    load(folder, files)
    before = Measure.objects.get(key="m-one").fingerprint
    measure = folders.entry(files, "portfolio.json", "measures", "m-one")
    measure["contributing_units"] = []

    load(folder, files)
    part = MeasureUnit.objects.get(measure__key="m-one", unit__key="jugend")
    without = Measure.objects.get(key="m-one").fingerprint
    measure["contributing_units"] = ["jugend"]
    load(folder, files)

    assert part.ended_on is not None
    assert without != before
    part.refresh_from_db()
    assert part.ended_on is None
    assert Measure.objects.get(key="m-one").fingerprint == before


def test_the_last_unit_of_a_commitment_can_leave_it(folder):
    files = folders.city()
    load(folder, files)
    folders.entry(files, "commitments.json", "commitments", "first")["contributing_units"] = []

    outcome = load(folder, files)

    assert CommitmentUnit.objects.get(commitment__key="first").ended_on is not None
    assert not outcome.absent
    assert not load(folder, files).is_change


def test_lead_and_basis_can_change_places(folder):
    files = folders.city()
    load(folder, files)
    folders.entry(files, "portfolio.json", "measures", "m-one").update(department="jugend", contributing_units=["bei"])
    folders.entry(files, "commitments.json", "commitments", "first", "provisions").reverse()

    load(folder, files)

    assert MeasureUnit.objects.get(measure__key="m-one", part=Part.LEAD).unit.key == "jugend"
    basis = CommitmentProvision.objects.get(commitment__key="first", is_basis=True)
    assert basis.provision.version.instrument.key == "cedaw"


def test_a_record_that_left_the_file_stays_and_is_named(folder):
    files = folders.city()
    load(folder, files)
    files["mapping.json"]["links"].pop()
    files["commitments.json"]["commitments"].pop()

    outcome = load(folder, files)

    assert Commitment.objects.filter(key="later").exists()
    assert outcome.absent == ["commitments: K-002 Zusage later", "measures to commitments: M-002 → K-002"]
    assert not outcome.is_change


def test_a_measure_keeps_its_number_when_the_file_is_put_in_another_order(folder):
    files = folders.city()
    load(folder, files)
    files["portfolio.json"]["measures"].insert(0, folders.measure("m-new"))

    load(folder, files)

    numbers = dict(Measure.objects.values_list("key", "reference"))
    assert numbers == {"m-one": "M-001", "m-two": "M-002", "m-new": "M-003"}


def test_a_verified_pledge_that_the_commitments_do_not_name_is_adopted_by_its_membership(folder):
    files = folders.city()
    files["commitments.json"]["adoptions"] = []
    load(folder, files)

    assert get_partial(Adoption.objects.get(version__instrument__key="pledge"), "adopted_on") == "2012"


def test_a_self_commitment_is_no_engagement(folder):
    files = folders.city()
    folders.entry(files, "portfolio.json", "network_memberships", "bund")["kind"] = "self-commitment"
    load(folder, files)

    assert not NetworkMembership.objects.exists()
    assert Measure.objects.get(key="m-two").engagement is None
    assert Adoption.objects.count() == 1


# What people changed


def test_a_persons_change_is_kept_and_listed(folder):
    files = folders.city()
    load(folder, files)
    changed_by_a_person(Measure.objects.get(key="m-one"), title_de="Wie das Amt es nennt")
    folders.entry(files, "portfolio.json", "measures", "m-one").update(
        title_de="Wie die Datei es nennt", status="completed"
    )

    outcome = load(folder, files)

    measure = Measure.objects.get(key="m-one")
    assert (measure.title_de, measure.status) == ("Wie das Amt es nennt", "completed")
    assert [(c.record, c.field) for c in outcome.conflicts] == [("m-one", "title_de")]
    assert "kept as a person changed it (Wie das Amt es nennt)" in str(outcome.conflicts[0])


def test_a_date_and_its_precision_are_one(folder):
    files = folders.city()
    load(folder, files)
    changed_by_a_person(Measure.objects.get(key="m-one"), starts_on=date(2022, 5, 1), starts_on_precision="day")
    folders.entry(files, "portfolio.json", "measures", "m-one")["start"] = "2021"

    outcome = load(folder, files)

    assert get_partial(Measure.objects.get(key="m-one"), "starts_on") == "2022-05-01"
    assert {c.field for c in outcome.conflicts} == {"starts_on", "starts_on_precision"}


def test_a_field_that_the_loader_wrote_last_is_its_own_again(folder):
    files = folders.city()
    load(folder, files)
    changed_by_a_person(Measure.objects.get(key="m-one"), title_en="Theirs")
    for title in ("Erste Änderung", "Zweite Änderung"):
        folders.entry(files, "portfolio.json", "measures", "m-one")["title_de"] = title
        load(folder, files)

    measure = Measure.objects.get(key="m-one")
    assert (measure.title_de, measure.title_en) == ("Zweite Änderung", "Theirs")


def test_a_link_that_a_person_ended_is_not_made_again(folder):
    files = folders.city()
    load(folder, files)
    changed_by_a_person(MeasureLink.objects.get(measure__key="m-one"), state=LinkState.ENDED)

    outcome = load(folder, files)

    assert MeasureLink.objects.get(measure__key="m-one").state == LinkState.ENDED
    assert [(c.record, c.field) for c in outcome.conflicts] == [("m-one → first", "state")]
    assert not outcome.is_change


def test_a_lead_that_a_person_chose_stays_the_only_one(folder):
    files = folders.city()
    load(folder, files)
    lead, other = MeasureUnit.objects.filter(measure__key="m-one").order_by("-part")
    changed_by_a_person(lead, part=Part.CONTRIBUTING)
    changed_by_a_person(other, part=Part.LEAD)
    folders.entry(files, "portfolio.json", "measures", "m-one")["department"] = "bezirk1"

    outcome = load(folder, files)

    assert MeasureUnit.objects.get(measure__key="m-one", part=Part.LEAD).unit.key == "jugend"
    assert outcome.conflicts
    assert not outcome.is_change


def test_what_people_added_is_not_called_missing(folder):
    files = folders.city()
    load(folder, files)
    unit = OrganisationalUnit(key="neu", name_de="Neues Amt")
    save_as(unit, actor=make_officer(), reason="Founded", at=timezone.now())

    assert load(folder, files).absent == []


# How the demonstration uses it


def test_only_a_sample_city_takes_another_day_than_today(folder):
    past = timezone.make_aware(datetime(2022, 1, 10, 12))  # noqa: DTZ001 - made aware here
    files = folders.city()
    with pytest.raises(LoadingError, match="Only a register that is marked as sample"):
        load(folder, files, at=past)

    enter_sample_city(folder)
    load(folder, files, at=past)

    assert City.objects.get().is_sample
    assert Measure.objects.get(key="m-one").history.get().history_date == past
    assert Measure.objects.get(key="m-one").accepted_on == date(2022, 1, 10)


def test_later_commitments_can_wait(folder):
    files = folders.city()
    load(folder, files, registered_until=date(2024, 12, 31))

    first = set(Commitment.objects.values_list("key", flat=True))
    links = MeasureLink.objects.count()
    outcome = load(folder, files)

    assert (first, links) == ({"first"}, 1)
    assert outcome.tables[Commitment].created == outcome.tables[MeasureLink].created == 1
    assert outcome.tables[Measure].changed == 0


def test_measures_can_be_loaded_with_their_former_values(folder):
    files = folders.city()
    load(folder, files, overrides={"m-one": {"start": None, "status": "planned", "contributing_units": []}})
    former = Measure.objects.get(key="m-one")
    load(folder, files)

    assert (former.starts_on, former.status) == (None, "planned")
    assert Measure.objects.get(key="m-one").history.count() == 2
    assert Measure.objects.get(key="m-one").starts_on == date(2022, 5, 1)


def test_a_former_value_of_an_unknown_measure_is_refused(folder):
    with pytest.raises(LoadingError, match=r"portfolio.json, measures, m-none: “m-none” is not known"):
        load(folder, folders.city(), overrides={"m-none": {"start": None}})


# The command


def test_the_command_says_what_it_did_and_that_a_second_run_changes_nothing(folder, capsys):
    folders.write(folder, folders.city())

    call_command("load_city", folder, "--dry-run")
    call_command("load_city", folder)
    call_command("load_city", folder)

    said = capsys.readouterr().out
    assert said.index("This was a trial") < said.index("Loaded.") < said.index("Nothing changed")
    assert Measure.objects.count() == 2


def test_the_command_lists_what_it_kept(folder, capsys):
    files = folders.city()
    load(folder, files)
    changed_by_a_person(Measure.objects.get(key="m-one"), description_de="Vom Amt beschrieben")

    call_command("load_city", folder)

    said = capsys.readouterr().out
    assert "measures, m-one, description_de: kept as a person changed it (Vom Amt beschrieben)" in said
    assert said.endswith("\nNothing changed.\n")


def test_the_command_takes_a_day(folder):
    folders.write(folder, folders.city())
    enter_sample_city(folder)

    call_command("load_city", folder, "--at", "2022-01-10", verbosity=0)

    written = timezone.localtime(Measure.objects.get(key="m-one").history.get().history_date)
    assert written.date() == date(2022, 1, 10)
    assert timezone.now() - Measure.objects.get(key="m-one").history.get().recorded_at < timedelta(minutes=1)


def test_the_command_refuses_a_day_that_is_none(folder):
    with pytest.raises(CommandError, match=r"“May” is not a day. Write it like 2022-11-28."):
        call_command("load_city", folder, "--at", "May")


def test_the_command_refuses_in_sentences(folder):
    files = folders.city()
    folders.entry(files, "portfolio.json", "measures", "m-one")["start"] = "im Mai"
    folders.write(folder, files)

    with pytest.raises(CommandError, match=r"portfolio.json, measures, m-one, start: “im Mai” is not a date"):
        call_command("load_city", folder)
