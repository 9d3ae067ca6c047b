"""The pages of import and export: who may do what, what they show, what they cost, and the log of it all."""

import io
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from commitments import jobs, workflow
from commitments.exchange import storage
from commitments.exchange.registry import SUBJECTS
from commitments.models import Direction, Job, JobState, Measure, Protection, Role, Transfer, TransferState, User
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted
from tests.commitments.pages import text as page_text
from tests.commitments.tables import HEADINGS, changed, taken_out, text, xlsx
from tests.factories import (
    make_city,
    make_engagement,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    make_city()
    return make_officer()


@pytest.fixture
def table(tmp_path: Path) -> Path:
    unit = make_unit(name_de="Amt für Kinder")
    return xlsx(
        tmp_path / "Liste.xlsx",
        HEADINGS,
        *(("", f"Neue Maßnahme {n}", "Europa", "Laufend", unit.name_de) for n in range(3)),
    )


def sent(client: Client, path: Path, subject: str = "measures") -> Any:
    upload = SimpleUploadedFile(path.name, path.read_bytes())
    return client.post(reverse("commitments:import", args=[subject]), {"file": upload})


def checked(client: Client, path: Path) -> Transfer:
    """A file brought in, and looked at by the worker."""
    assert sent(client, path).status_code == 302
    transfer = Transfer.objects.latest("pk")
    jobs.run(str(transfer.job))
    transfer.refresh_from_db()
    return transfer


def apply(client: Client, transfer: Transfer, reason: str = "Liste der Ämter") -> Any:
    response = client.post(reverse("commitments:transfer-apply", args=[transfer.pk]), {"reason": reason})
    transfer.refresh_from_db()
    if response.status_code == 302:
        jobs.run(str(transfer.job))
        transfer.refresh_from_db()
    return response


def downloaded(user: User, form: str = "csv", subject: str = "measures", **query: Any) -> bytes:
    """A file to its last byte, which also closes it."""
    response = get(user, "commitments:export", subject, form, **query)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_a_file_is_previewed_and_taken_over_with_a_reason(officer: User, table: Path) -> None:
    client = client_of(officer)
    transfer = checked(client, table)
    assert (transfer.state, transfer.counts["new"]) == (TransferState.CHECKED, 3)
    assert not Measure.objects.exists()
    page = page_text(officer, "commitments:transfer", transfer.pk)
    assert "Neue Maßnahme 2" in page
    assert "Übernehmen" in page
    apply(client, transfer)
    assert transfer.state == TransferState.APPLIED
    assert Measure.objects.count() == 3
    assert storage.upload_of(transfer.pk) is None
    entry = Measure.objects.all()[0].history.latest()
    assert (entry.history_user_id, entry.history_change_reason) == (
        officer.pk,
        "Übernommen aus Liste.xlsx: Liste der Ämter",
    )
    assert "übernommen" in page_text(officer, "commitments:transfer", transfer.pk)


def test_rule_15_a_second_upload_says_that_nothing_changes(officer: User, table: Path) -> None:
    client = client_of(officer)
    apply(client, checked(client, table))
    again = checked(client, table)
    page = page_text(officer, "commitments:transfer", again.pk)
    assert "Es ändert sich nichts" in page
    assert reverse("commitments:transfer-apply", args=[again.pk]) not in page


def test_the_file_waits_where_only_the_application_reads_it(officer: User, table: Path) -> None:
    transfer = checked(client_of(officer), table)
    path = storage.upload_of(transfer.pk)
    assert path is not None
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_with_errors_is_refused_and_says_where(officer: User, tmp_path: Path) -> None:
    client = client_of(officer)
    path = text(tmp_path / "a.csv", HEADINGS, ("", "Neu", "Mond", "Laufend", "Amt"), encoding="cp1252")
    transfer = checked(client, path)
    assert transfer.state == TransferState.REFUSED
    page = page_text(officer, "commitments:transfer", transfer.pk)
    assert "„Mond“ ist hier nicht bekannt" in page
    assert "Handlungsfeld" in page
    assert apply(client, transfer).status_code == 200
    assert not Measure.objects.exists()


def test_a_file_that_is_no_table_leaves_a_sentence(officer: User, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 no workbook")
    transfer = checked(client_of(officer), path)
    assert transfer.state == TransferState.REFUSED
    assert "beschädigt" in page_text(officer, "commitments:transfer", transfer.pk)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.exe", b"x"), ("a.csv", b""), ("", b""), ("../../a.xlsm", b"PK"), ("a\x00.txt", b"x")],
)
def test_what_cannot_be_a_table_is_refused_at_the_field(officer: User, name: str, content: bytes) -> None:
    files = {"file": SimpleUploadedFile(name, content)} if name else {}
    response = client_of(officer).post(reverse("commitments:import", args=["measures"]), files)
    assert response.status_code == 200
    assert "kern-error" in response.content.decode()
    assert not Transfer.objects.exists()


def test_a_file_that_is_too_large_is_refused_with_the_limit(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commitments.views.exchange.UPLOAD_LIMIT", 1024 * 1024)
    upload = SimpleUploadedFile("a.csv", b"x" * (1024 * 1024 + 1))
    response = client_of(officer).post(reverse("commitments:import", args=["measures"]), {"file": upload})
    assert "1 MB" in response.content.decode()
    assert not Transfer.objects.exists()


def test_taking_over_asks_for_a_reason(officer: User, table: Path) -> None:
    client = client_of(officer)
    transfer = checked(client, table)
    assert apply(client, transfer, " ").status_code == 200
    assert transfer.state == TransferState.CHECKED
    assert not Measure.objects.exists()


def test_a_register_that_changed_since_the_preview_asks_to_look_again(officer: User, tmp_path: Path) -> None:
    measure = make_measure()
    client = client_of(officer)
    path = changed(taken_out("measures", officer, tmp_path / "a.xlsx"), 2, "Titel", "Aus der Datei")
    transfer = checked(client, path)
    edit = workflow.Edit({"title_de": "Von Hand"}, "Besser so")
    workflow.edit_measure(measure, edit, actor=make_officer(), at=timezone.now())
    apply(client, transfer)
    assert transfer.state == TransferState.CHECKED
    job = Job.objects.get(pk=str(transfer.job))
    assert (job.state, "seit der Vorschau geändert" in job.error) == (JobState.FAILED, True)
    assert transfer.counts["conflict"] == 1
    measure.refresh_from_db()
    assert measure.title_de == "Von Hand"


def test_a_worker_that_takes_the_job_twice_writes_once(officer: User, table: Path) -> None:
    client = client_of(officer)
    transfer = checked(client, table)
    apply(client, transfer)
    history = Measure.history.count()
    Job.objects.filter(pk=str(transfer.job)).update(state=JobState.QUEUED)
    jobs.run(str(transfer.job))
    assert Measure.history.count() == history


def test_a_file_can_be_discarded(officer: User, table: Path) -> None:
    client = client_of(officer)
    transfer = checked(client, table)
    client.post(reverse("commitments:transfer-discard", args=[transfer.pk]))
    transfer.refresh_from_db()
    assert transfer.state == TransferState.DISCARDED
    assert storage.upload_of(transfer.pk) is None
    assert apply(client, transfer).status_code == 200
    assert not Measure.objects.exists()


def test_a_file_that_nobody_takes_over_is_removed_after_a_day(officer: User, table: Path) -> None:
    transfer = checked(client_of(officer), table)
    old = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(storage.folder_of(transfer.pk), (old, old))
    jobs.run(str(jobs.enqueue("expire-imports", asked_by=None).pk))
    transfer.refresh_from_db()
    assert transfer.state == TransferState.DISCARDED
    assert storage.upload_of(transfer.pk) is None


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_only_the_officer_brings_files_in(officer: User, table: Path, role: Role) -> None:
    other = make_user(role)
    assert get(other, "commitments:import", "measures").status_code == 403
    assert sent(client_of(other), table).status_code == 403
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("role", list(Role))
def test_who_may_export_is_in_the_table_of_rights(officer: User, role: Role) -> None:
    make_measure()
    may = role not in (Role.DPO, Role.ADMINISTRATOR)
    if may:
        assert downloaded(make_user(role))
    else:
        assert get(make_user(role), "commitments:export", "measures", "csv").status_code == 403
    assert Transfer.objects.filter(direction=Direction.EXPORT).count() == may


def test_only_the_importer_takes_over_and_sees_the_rows(officer: User, table: Path) -> None:
    transfer = checked(client_of(officer), table)
    other = make_officer()
    assert "Neue Maßnahme" not in page_text(other, "commitments:transfer", transfer.pk)
    assert apply(client_of(other), transfer).status_code == 403
    assert client_of(other).post(reverse("commitments:transfer-discard", args=[transfer.pk])).status_code == 403
    council = make_user(Role.COUNCIL)
    assert get(council, "commitments:transfer", transfer.pk).status_code == 404
    assert apply(client_of(council), transfer).status_code == 404
    assert not Measure.objects.exists()


def test_an_export_follows_the_filter_of_the_list_and_stands_in_the_log(officer: User) -> None:
    make_measure(title_de="Brunnen", field="development")
    make_measure(title_de="Konzert", field="europe")
    book = load_workbook(io.BytesIO(downloaded(officer, "xlsx", field="europe")))
    assert [cell.value for cell in book.worksheets[0]["B"]] == ["Titel", "Konzert"]
    assert "Musterstadt" in str([cell.value for cell in book["Erläuterung"]["A"]])
    made = Transfer.objects.get()
    assert (made.counts, made.query, made.by, made.state) == ({"rows": 1}, "field=europe", officer, TransferState.MADE)
    assert len(made.sha256) == 64
    assert made.file_name in page_text(make_user(Role.AUDITOR), "commitments:exchange")
    assert made.file_name not in page_text(make_user(Role.COUNCIL), "commitments:exchange")


def test_rule_10_what_somebody_with_the_right_typed_is_not_written_down(officer: User) -> None:
    trusted = make_trusted()

    downloaded(trusted, q="Rahel", engagement="rahel", field="europe")
    downloaded(officer, q="Rahel", field="europe")

    assert list(Transfer.objects.order_by("pk").values_list("query", flat=True)) == [
        "field=europe",
        "q=Rahel&field=europe",
    ]
    history = Transfer.history.model.objects.filter(by=trusted)
    assert set(history.values_list("query", flat=True)) == {"field=europe"}


def test_rule_10_an_export_with_protected_rows_says_so_in_the_log(officer: User) -> None:
    make_measure(title_de="Geschützt", protection=Protection.PROTECTED)
    assert "Geschützt" not in downloaded(officer).decode("utf-8-sig")
    assert not Transfer.objects.get().holds_protected


def test_formulas_are_neutralised_in_both_formats(officer: User) -> None:
    make_measure(title_de='=HYPERLINK("http://example.org";"x")', description_de="@SUM(A1)")
    csv = downloaded(officer).decode("utf-8-sig")
    assert "'=HYPERLINK" in csv
    assert "'@SUM" in csv
    sheet = load_workbook(io.BytesIO(downloaded(officer, "xlsx"))).worksheets[0]
    assert {cell.data_type for cell in sheet[2]} <= {"s", "n", "d"}
    assert str(sheet["B2"].value).startswith("'=")


def test_an_empty_table_has_the_headings_and_leaves_no_trace(officer: User) -> None:
    make_measure()
    lines = downloaded(officer, template=1).decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in lines] == ["Nummer"]
    assert not Transfer.objects.exists()


@pytest.mark.parametrize(
    "address", ["/exchange/export/nothing.xlsx", "/exchange/export/measures.exe", "/exchange/9999/"]
)
def test_what_is_not_there_is_not_found(officer: User, address: str) -> None:
    assert client_of(officer).get(address).status_code == 404


@pytest.mark.parametrize("subject", [key for key, subject in SUBJECTS.items() if subject.is_exported])
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_table_can_be_downloaded(officer: User, subject: str, language: str) -> None:
    make_engagement()
    client = client_of(officer)
    client.cookies["django_language"] = language
    for form in ("xlsx", "csv"):
        response: Any = client.get(reverse("commitments:export", args=[subject, form]))
        assert response.status_code == 200
        assert b"".join(response.streaming_content)


def test_the_pages_cost_a_constant_number_of_queries(officer: User, table: Path) -> None:
    client = client_of(officer)
    transfer = checked(client, table)
    for _ in range(3):
        downloaded(officer)
    few = cost(officer, "commitments:exchange")
    for _ in range(20):
        downloaded(officer)
    assert cost(officer, "commitments:exchange") == few <= MOST_QUERIES
    assert cost(officer, "commitments:transfer", transfer.pk) <= MOST_QUERIES
    assert cost(officer, "commitments:import", "measures") <= MOST_QUERIES


def test_the_preview_is_paged_and_filtered(officer: User, tmp_path: Path) -> None:
    unit = make_unit(name_de="Amt A")
    rows = [("", f"Maßnahme Nummer {n}", "Europa", "Laufend", unit.name_de) for n in range(120)]
    transfer = checked(client_of(officer), xlsx(tmp_path / "a.xlsx", HEADINGS, *rows))
    first = page_text(officer, "commitments:transfer", transfer.pk)
    assert ("Maßnahme Nummer 0<" in first, "Maßnahme Nummer 60<" in first) == (True, False)
    assert "Maßnahme Nummer 60<" in page_text(officer, "commitments:transfer", transfer.pk, page=2)
    assert "Maßnahme Nummer 0<" in page_text(officer, "commitments:transfer", transfer.pk, show="new")
    for wrong in ({"page": "x"}, {"page": "-1"}, {"page": "99999999"}, {"show": "'"}):
        assert get(officer, "commitments:transfer", transfer.pk, **wrong).status_code == 200


# Commands


def run(*args: str) -> tuple[int, str]:
    out, status = io.StringIO(), 0
    try:
        call_command(*args, stdout=out, stderr=out)
    except SystemExit as ended:
        status = int(ended.code or 0)
    except CommandError as error:
        status = error.returncode
    return status, out.getvalue()


def test_the_command_previews_imports_and_says_so_by_its_status(table: Path, tmp_path: Path) -> None:
    make_city()
    status, told = run("import_measures", str(table), "--dry-run")
    assert (status, Measure.objects.count()) == (0, 0)
    assert "3" in told
    assert run("import_measures", str(table))[0] == 0
    assert Measure.objects.count() == 3
    assert Transfer.objects.get().by is None
    status, told = run("import_measures", str(table), "--json")
    assert (status, '"unchanged": 3' in told) == (0, True)
    assert Transfer.objects.count() == 1  # what changes nothing leaves no trace
    wrong = text(tmp_path / "b.csv", HEADINGS, ("", "Neu", "Mond", "Laufend", "Amt für Kinder"))
    status, told = run("import_measures", str(wrong))
    assert (status, "Zeile 2, Spalte „Handlungsfeld“" in told) == (1, True)
    assert run("import_measures", str(tmp_path / "nothing.csv"))[0] == 2
    (tmp_path / "c.xlsx").write_bytes(b"PK broken")
    assert run("import_measures", str(tmp_path / "c.xlsx"))[0] == 2


def test_rule_10_the_command_exports_nothing_protected(tmp_path: Path) -> None:
    make_city()
    make_measure(title_de="Offen")
    make_measure(title_de="Geheim", protection=Protection.PROTECTED)
    path = tmp_path / "a.csv"
    assert run("export_table", "measures", str(path))[0] == 0
    assert ("Offen" in path.read_text("utf-8-sig"), "Geheim" in path.read_text("utf-8-sig")) == (True, False)
    with pytest.raises(CommandError):
        call_command("export_table", "measures", str(tmp_path / "a.pdf"))
