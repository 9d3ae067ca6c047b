"""Long tables are made in the background: progress, the download, who may have it, and until when. And the commands."""

import io
import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from commitments import jobs
from commitments.exchange import cordis_projects, handing_out, storage
from commitments.exchange.imported import first_values
from commitments.ledger import save_as
from commitments.models import (
    EvidenceRead,
    Job,
    JobState,
    Measure,
    MeasureBudget,
    ProjectPartner,
    Protection,
    Role,
    Transfer,
    TransferState,
    User,
)
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted
from tests.commitments.pages import text as page_text
from tests.commitments.tables import taken_out, text, xlsx
from tests.factories import make_city, make_engagement, make_evidence, make_measure, make_officer, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two rows are many, and are read two at a time."""
    monkeypatch.setattr(handing_out, "AT_ONCE", 2)
    monkeypatch.setattr(handing_out, "STEP", 2)


@pytest.fixture
def officer() -> User:
    make_city()
    return make_officer()


@pytest.fixture
def measures(officer: User) -> list[Measure]:
    return [make_measure(title_de=f"Maßnahme {n}", field="europe") for n in range(5)]


def asked(client: Client, form: str = "csv", subject: str = "measures", **query: Any) -> Transfer:
    response: Any = client.get(reverse("commitments:export", args=[subject, form]), query)
    transfer = Transfer.objects.latest("pk")
    assert (response.status_code, response.url) == (302, reverse("commitments:transfer", args=[transfer.pk]))
    return transfer


def made(client: Client, *args: Any, **query: Any) -> Transfer:
    transfer = asked(client, *args, **query)
    jobs.run(str(transfer.job))
    transfer.refresh_from_db()
    return transfer


def fetched(client: Client, transfer: Transfer) -> Any:
    return client.get(reverse("commitments:transfer-file", args=[transfer.pk]))


def content(response: Any) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_a_long_table_is_made_in_the_background_and_then_downloaded(officer: User, measures: list[Measure]) -> None:
    client = client_of(officer)
    transfer = asked(client)
    assert (transfer.state, transfer.by) == (TransferState.MAKING, officer)
    page = page_text(officer, "commitments:transfer", transfer.pk)
    assert reverse("commitments:job", args=[transfer.job]) in page
    assert reverse("commitments:transfer-file", args=[transfer.pk]) not in page
    jobs.run(str(transfer.job))
    transfer.refresh_from_db()
    assert (transfer.state, transfer.counts, len(transfer.sha256)) == (TransferState.READY, {"rows": 5}, 64)
    assert reverse("commitments:transfer-file", args=[transfer.pk]) in page_text(
        officer, "commitments:transfer", transfer.pk
    )
    lines = content(fetched(client, transfer)).splitlines()
    assert [line.split(";")[1] for line in lines] == ["Titel", *(row.title_de for row in measures)]
    transfer.refresh_from_db()
    assert transfer.state == TransferState.MADE
    assert content(fetched(client, transfer))  # as often as one likes, while it is there


def test_it_is_the_same_file_as_one_that_is_made_at_once(
    officer: User, measures: list[Measure], tmp_path: Path
) -> None:
    client = client_of(officer)
    book = load_workbook(io.BytesIO(b"".join(fetched(client, made(client, "xlsx")).streaming_content)))
    known = load_workbook(taken_out("measures", officer, tmp_path / "a.xlsx"))
    one, two = ([[cell.value for cell in row] for row in each.worksheets[0]] for each in (book, known))
    assert one == two
    assert "Erläuterung" in book.sheetnames


def test_it_follows_the_filter_and_speaks_the_language_of_the_page(officer: User, measures: list[Measure]) -> None:
    make_measure(title_de="Brunnen", field="development")
    client = client_of(officer)
    client.cookies["django_language"] = "en"
    told = content(fetched(client, made(client, field="europe")))
    assert told.startswith("Reference;Title;")
    assert "Brunnen" not in told


def test_few_rows_come_at_once(officer: User) -> None:
    make_measure()
    response: Any = client_of(officer).get(reverse("commitments:export", args=["measures", "csv"]))
    assert content(response)
    assert not Job.objects.exists()


def test_a_worker_that_takes_the_job_twice_makes_it_once(officer: User, measures: list[Measure]) -> None:
    transfer = made(client_of(officer))
    history = Transfer.history.count()
    Job.objects.filter(pk=str(transfer.job)).update(state=JobState.QUEUED)
    jobs.run(str(transfer.job))
    assert Transfer.history.count() == history


def test_only_whoever_asked_downloads_it(officer: User, measures: list[Measure]) -> None:
    transfer = made(client_of(officer))
    assert fetched(client_of(make_officer()), transfer).status_code == 403
    assert fetched(client_of(make_user(Role.COUNCIL)), transfer).status_code == 404
    assert fetched(client_of(make_user(Role.ADMINISTRATOR)), transfer).status_code in (403, 404)
    assert "transfer-file" not in page_text(make_officer(), "commitments:transfer", transfer.pk)
    assert fetched(Client(), transfer).status_code == 302  # to the sign-in


@pytest.mark.parametrize("role", [Role.DPO, Role.ADMINISTRATOR])
def test_who_may_not_export_orders_nothing(measures: list[Measure], role: Role) -> None:
    assert get(make_user(role), "commitments:export", "measures", "csv").status_code == 403
    assert not Transfer.objects.exists()


def test_rule_10_what_has_become_protected_since_is_handed_to_nobody(officer: User, measures: list[Measure]) -> None:
    client = client_of(officer)
    transfer = made(client)
    measures[2].protection = Protection.PROTECTED
    save_as(measures[2], actor=officer, reason="Geschützt", at=timezone.now())
    response = client.get(reverse("commitments:transfer-file", args=[transfer.pk]), follow=True)
    assert "geschützt worden" in response.content.decode()
    assert storage.table_of(transfer.pk) is None
    assert fetched(client, transfer).status_code == 302


def test_rule_10_a_partnership_that_becomes_protected_takes_the_file_with_it(officer: User) -> None:
    engagement = make_engagement(name_de="Netz")
    for _ in range(3):
        make_measure(engagement=engagement)
    client = client_of(officer)
    transfer = made(client)
    engagement.protection = Protection.PROTECTED
    save_as(engagement, actor=officer, reason="Geschützt", at=timezone.now())
    assert fetched(client, transfer).status_code == 302
    assert storage.table_of(transfer.pk) is None


def test_rule_10_who_loses_the_right_loses_the_file(measures: list[Measure]) -> None:
    make_measure(title_de="Geschützt", protection=Protection.PROTECTED)
    trusted = make_trusted()
    transfer = made(client_of(trusted))
    assert transfer.holds_protected
    access = trusted.protected_accesses.get()
    access.valid_to = timezone.localdate() - timedelta(days=1)
    save_as(access, actor=trusted, reason="Ende", at=timezone.now())
    assert fetched(client_of(User.objects.get(pk=trusted.pk)), transfer).status_code == 302


def test_rule_10_words_of_a_filter_stand_in_no_table(measures: list[Measure]) -> None:
    trusted = make_trusted()
    transfer = asked(client_of(trusted), q="Maßnahme", field="europe")
    assert transfer.query == "field=europe"
    assert Job.objects.get(pk=str(transfer.job)).arguments == {}


def test_the_order_lies_where_only_the_application_reads_it(officer: User, measures: list[Measure]) -> None:
    transfer = made(client_of(officer))
    folder = storage.folder_of(transfer.pk)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_nobody_downloads_is_removed_after_a_day(officer: User, measures: list[Measure]) -> None:
    client = client_of(officer)
    transfer = made(client)
    old = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(storage.folder_of(transfer.pk), (old, old))
    jobs.run(str(jobs.enqueue("expire-imports", asked_by=None).pk))
    transfer.refresh_from_db()
    assert transfer.state == TransferState.DISCARDED
    assert "nicht mehr da" in page_text(officer, "commitments:transfer", transfer.pk)
    assert fetched(client, transfer).status_code == 302


def test_an_order_that_is_gone_leaves_a_sentence(officer: User, measures: list[Measure]) -> None:
    transfer = asked(client_of(officer))
    storage.remove(transfer.pk)
    jobs.run(str(transfer.job))
    job = Job.objects.get(pk=str(transfer.job))
    assert (job.state, "nicht mehr da" in job.error) == (JobState.FAILED, True)


def test_the_page_costs_a_constant_number_of_queries(officer: User, measures: list[Measure]) -> None:
    client = client_of(officer)
    transfer = made(client)
    assert cost(officer, "commitments:transfer", transfer.pk) <= MOST_QUERIES
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            content(fetched(client, transfer))
        counted.append(len(queries))
    assert counted[0] <= 2 * MOST_QUERIES  # with what the ledger writes
    assert counted[1] <= MOST_QUERIES


# Protected evidence


@pytest.mark.parametrize("count", [1, 4])
def test_rule_10_who_is_handed_protected_addresses_stands_in_the_ledger(count: int) -> None:
    make_city()
    trusted = make_trusted()
    rows = [make_evidence(protection=Protection.PROTECTED) for _ in range(count)]
    make_evidence()
    client = client_of(trusted)
    if count > 1:
        transfer = made(client, subject="evidence")
        assert not EvidenceRead.objects.exists()  # nobody has it yet
        content(fetched(client, transfer))
        content(fetched(client, transfer))
    else:
        content(client.get(reverse("commitments:export", args=["evidence", "csv"])))
    assert set(EvidenceRead.objects.values_list("evidence", "reader")) == {(row.pk, trusted.pk) for row in rows}
    assert EvidenceRead.objects.count() == count


# The preview


def checked(client: Client, path: Path, subject: str) -> Transfer:
    with path.open("rb") as file:
        client.post(reverse("commitments:import", args=[subject]), {"file": file})
    transfer = Transfer.objects.latest("pk")
    jobs.run(str(transfer.job))
    transfer.refresh_from_db()
    return transfer


def test_a_preview_shows_the_values_of_a_new_row(officer: User, tmp_path: Path) -> None:
    measure = make_measure()
    headings = ("Maßnahme", "Jahr", "Quelle", "Betrag")
    path = xlsx(tmp_path / "a.xlsx", headings, (measure.reference, 2027, "Stiftung <b>", 1234.5))
    transfer = checked(client_of(officer), path, "budgets")
    page = page_text(officer, "commitments:transfer", transfer.pk)
    assert "Stiftung &lt;b&gt;" in page
    assert "1234,50" in page
    assert not MeasureBudget.objects.exists()


def test_new_rows_of_other_systems_show_their_values_in_words() -> None:
    row = ProjectPartner(name="Stadt Lille", country="FR", role="coordinator", pic="", eu_contribution=Decimal(1500))
    with translation.override("de"):
        told = {change.column: change.new for change in first_values(row, cordis_projects.LABELS)}
    assert told["Name"] == "Stadt Lille"
    assert "Frankreich" in told.values()
    assert "coordinator" not in told.values()  # its word, not its code
    assert "1.500 €" in {value.replace("\xa0", " ") for value in told.values()}
    assert "" not in told.values()


def test_every_row_of_a_long_file_is_reached_by_its_number(officer: User, tmp_path: Path) -> None:
    measure = make_measure()
    rows = [(measure.reference, str(1950 + n // 10), f"Quelle {n}", "1" if n != 99 else "viel") for n in range(140)]
    path = text(tmp_path / "a.csv", ("Maßnahme", "Jahr", "Quelle", "Betrag"), *rows)
    client = client_of(officer)
    transfer = checked(client, path, "budgets")
    address = reverse("commitments:transfer", args=[transfer.pk])
    page = client.get(address, {"row": "101"}, follow=True)
    assert page.redirect_chain == [(f"{address}?page=2#row-101", 302)]
    assert 'id="row-101"' in page.content.decode()
    assert "„viel“" in page.content.decode()
    only = client.get(address, {"row": "101", "show": "error"}, follow=True)
    assert only.redirect_chain == [(f"{address}?show=error&page=1#row-101", 302)]
    last = client.get(address, {"row": "99999"}, follow=True)
    assert 'id="row-141"' in last.content.decode()
    for wrong in ("x", "-1", "0", "9" * 30, "²"):
        assert client.get(address, {"row": wrong}).status_code == 200
    other = client_of(make_officer()).get(address, {"row": "101"}, follow=True)
    assert "Quelle" not in other.content.decode()


def test_errors_without_rows_are_paged_too(officer: User, tmp_path: Path) -> None:
    make_measure()
    headings = ("Maßnahme", "Jahr", "Quelle", "Betrag")
    path = text(tmp_path / "a.csv", headings, *[("=1", "=1", "=1", "=1")] * 300)
    transfer = checked(client_of(officer), path, "budgets")
    assert transfer.state == TransferState.REFUSED
    first = page_text(officer, "commitments:transfer", transfer.pk)
    assert ("Zeile 2," in first, "Zeile 200," in first) == (True, False)
    assert "von 1.00" in first
    assert "Zeile 200," in page_text(officer, "commitments:transfer", transfer.pk, page=16)


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


def test_every_table_goes_out_and_in_by_command(tmp_path: Path) -> None:
    make_city()
    measure = make_measure()
    path = text(
        tmp_path / "a.csv", ("Maßnahme", "Jahr", "Quelle", "Betrag"), (measure.reference, "2026", "Haushalt", "5")
    )
    assert run("import_table", "budgets", str(path), "--dry-run")[0] == 0
    assert not MeasureBudget.objects.exists()
    assert run("import_table", "budgets", str(path))[0] == 0
    assert MeasureBudget.objects.get().amount == 5
    assert Transfer.objects.get().subject == "budgets"
    out = tmp_path / "b.xlsx"
    assert run("export_table", "budgets", str(out))[0] == 0
    status, told = run("import_table", "budgets", str(out), "--json")
    assert (status, '"unchanged": 1' in told) == (0, True)
    wrong = text(tmp_path / "c.csv", ("Maßnahme", "Jahr", "Quelle", "Betrag"), ("M-999", "2026", "", "5"))
    status, told = run("import_table", "budgets", str(wrong))
    assert (status, "Zeile 2, Spalte „Maßnahme“" in told) == (1, True)
    with pytest.raises(CommandError):
        call_command("import_table", "uhri", str(path))


def test_rule_10_a_command_neither_takes_out_nor_finds_what_is_protected(tmp_path: Path) -> None:
    make_city()
    hidden = make_measure(protection=Protection.PROTECTED)
    make_evidence(hidden)
    out = tmp_path / "a.csv"
    assert run("export_table", "evidence", str(out))[0] == 0
    assert len(out.read_text("utf-8-sig").splitlines()) == 1
    path = text(tmp_path / "b.csv", ("Maßnahme", "Jahr", "Quelle", "Betrag"), (hidden.reference, "2026", "", "5"))
    assert run("import_table", "budgets", str(path))[0] == 1
    assert not MeasureBudget.objects.exists()
