"""Bringing in files of CORDIS by the page and by the command."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from commitments.exchange import storage
from commitments.exchange.cordis_subject import Options
from commitments.models import City, Direction, EUProject, Job, Role, Transfer, TransferState
from tests.commitments.pages import client_of, get
from tests.commitments.test_cordis import CITY, LEAD, OTHER, PARTNER, PROJECT, archive, table
from tests.factories import make_city, make_officer, make_unit, make_user

pytestmark = pytest.mark.django_db

PAGE = "commitments:exchange-cordis"


@pytest.fixture
def office(db):
    make_city(pics=[CITY])
    return make_unit(key="office", is_officers_own=True)


def send(user, **data):
    return client_of(user).post(reverse(PAGE), {"pics": CITY, "unit": "office", "run_by": "office"} | data)


def csv_file(name, *rows):
    return SimpleUploadedFile(name, table(*rows).encode())


def zip_file(folder):
    return SimpleUploadedFile("horizon.zip", archive(folder).read_bytes())


def test_known_codes_and_the_officers_own_unit_are_filled_in(office):
    form = get(make_officer(), PAGE).context["form"]

    assert [form[name].value() for name in ("pics", "unit", "run_by")] == [CITY, "office", "office"]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_only_the_officer_brings_files_in(office, role):
    assert get(make_user(role), PAGE).status_code == 403


def test_the_import_of_this_subject_leads_to_its_own_page(office):
    response = get(make_officer(), "commitments:import", "cordis")

    assert response.url == reverse(PAGE)


def test_an_archive_waits_with_what_was_said_beside_it(office, tmp_path):
    response = send(make_officer(), archive=zip_file(tmp_path), pics=f"{CITY}\n{OTHER}")

    transfer = Transfer.objects.get()
    assert response.url == reverse("commitments:transfer", args=[transfer.pk])
    assert (transfer.subject, transfer.state, transfer.direction) == (
        "cordis",
        TransferState.CHECKING,
        Direction.IMPORT,
    )
    assert Options.load(storage.folder_of(transfer.pk)) == Options((CITY, OTHER), "office", "office")
    assert Job.objects.get().pk == transfer.job


def test_two_files_wait_as_one(office):
    send(
        make_officer(),
        projects=csv_file("project.csv", PROJECT),
        organisations=csv_file("organization.csv", PARTNER, LEAD),
    )

    transfer = Transfer.objects.get()
    assert transfer.file_name == "project.csv, organization.csv"
    path = storage.upload_of(transfer.pk)
    assert path is not None
    assert path.read_bytes().startswith(b"PK")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "archive"),
        ({"projects": "project.csv"}, "organisations"),
        ({"organisations": "organization.csv"}, "projects"),
        ({"archive": "table.csv"}, "archive"),
        ({"archive": "a.zip", "pics": ""}, "pics"),
        ({"archive": "a.zip", "pics": "12345678"}, "pics"),
        ({"archive": "a.zip", "pics": "City of Sample"}, "pics"),
        ({"archive": "a.zip", "pics": "\0"}, "pics"),
        ({"archive": "a.zip", "unit": "nothing"}, "unit"),
        ({"archive": "a.zip", "run_by": "nobody"}, "run_by"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(office, data, field):
    files = {
        name: SimpleUploadedFile(value, b"x") if name in ("archive", "projects", "organisations") else value
        for name, value in data.items()
    }

    response = send(make_officer(), **files)

    assert list(response.context["form"].errors) == [field]
    assert Transfer.objects.count() == 0


def command(name, *args, **options):
    said = StringIO()
    call_command(name, *args, stdout=said, **options)
    return said.getvalue()


def test_the_command_says_what_it_would_do_and_does_it(office, tmp_path):
    path = archive(tmp_path)

    dry = command("import_cordis", path, "--dry-run")
    assert EUProject.objects.count() == 0
    done = command("import_cordis", path, "--unit", "office", "--run-by", "office")
    again = command("import_cordis", path)

    assert dry == done
    assert ": 3" in done
    assert again != done
    project = EUProject.objects.get()
    assert (project.unit, project.run_by, project.history.latest().history_user_id) == (office, "office", None)
    assert set(Transfer.objects.values_list("subject", "state")) == {("cordis", TransferState.APPLIED)}


def test_the_command_takes_two_files_and_a_code(office, tmp_path):
    projects, organisations = tmp_path / "project.csv", tmp_path / "organization.csv"
    projects.write_text(table(PROJECT))
    organisations.write_text(table(PARTNER | {"organisationID": OTHER}))

    command("import_cordis", projects, organisations, "--pic", OTHER)

    assert City.objects.get().pics == [CITY, OTHER]
    assert EUProject.objects.get().partners.get().is_city


@pytest.mark.parametrize("args", [("nothing.zip",), ("nothing.zip", "--pic", "abc"), ("nothing.csv", "nothing.csv")])
def test_the_command_refuses_with_a_sentence(office, args):
    with pytest.raises(CommandError):
        command("import_cordis", *args)


def test_the_command_names_what_is_wrong_and_writes_nothing(office, tmp_path):
    path = archive(tmp_path, (PROJECT | {"totalCost": "viel"},))

    with pytest.raises(CommandError, match="totalCost"):
        command("import_cordis", path)

    assert EUProject.objects.count() == 0
