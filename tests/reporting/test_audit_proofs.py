"""Seals, proofs and verification: what an auditor checks with docs/verify.md in hand, and what tampering shows."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from commitments import jobs
from commitments.ledger import save_as, triggers
from commitments.ledger.sealing import seal
from commitments.models import Job, JobState, LedgerLeaf, LedgerSeal, Role, SealOccasion
from reporting.audit import proofs
from tests.factories import make_measure, make_unit, make_user

pytestmark = pytest.mark.django_db

URL = "/ledger/"
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "verify.md"
INCLUSION, CONTENT, _PERIOD, CONSISTENCY = re.findall(
    r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL
)
HISTORY = "commitments_historicalorganisationalunit"


@pytest.fixture
def auditor(client: Client) -> Client:
    client.force_login(make_user(Role.AUDITOR))
    client.cookies["django_language"] = "en"
    return client


def run(program: str, proof: dict[str, Any], folder: Path) -> subprocess.CompletedProcess[str]:
    """The program as an auditor runs it: on a file, in a Python that knows nothing of this application."""
    file = folder / "proof.json"
    file.write_text(json.dumps(proof), encoding="utf-8")
    command = [sys.executable, "-I", "-c", program, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def sealed() -> LedgerSeal:
    return seal(SealOccasion.DEMAND, at=timezone.now())


def inclusion(client: Client, index: int, query: str = "") -> dict[str, Any]:
    answer = client.get(f"{URL}rows/{index}/proof.json{query}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="rechenschaft-inclusion-{index}.json"'
    proof: dict[str, Any] = json.loads(answer.content)
    return proof


def tampered(statement: str, trigger: str, table: str = HISTORY) -> None:
    """What somebody does who owns the database: drop the guard, change the past, put the guard back."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
        cursor.execute(statement)
    triggers.install(connection)


def test_the_program_in_the_guide_leads_from_every_row_to_the_root(auditor, tmp_path):
    for _number in range(9):
        make_unit()
    last = sealed()

    for index in LedgerLeaf.objects.filter(node__isnull=False).values_list("index", flat=True):
        done = run(INCLUSION, inclusion(auditor, index), tmp_path)
        assert done.stdout.split() == [str(last.size), last.root], done.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: proof["leaf"].update(history_user_id=99),
        lambda proof: proof["leaf"].update(digest="0" * 64),
        lambda proof: proof["leaf"].update(history_date="2020-01-01T00:00:00.000000Z"),
        lambda proof: proof.update(position=proof["position"] + 1),
        lambda proof: proof["path"].reverse(),
        lambda proof: proof["path"].pop(),
        lambda proof: proof["path"].append("0" * 64),
        lambda proof: proof["seal"].update(root="0" * 64),
    ],
)
def test_a_changed_proof_does_not_hold(auditor, tmp_path, change):
    for _number in range(5):
        make_unit()
    sealed()
    proof = inclusion(auditor, LedgerLeaf.objects.earliest("index").index)

    change(proof)

    assert "The proof does not hold" in run(INCLUSION, proof, tmp_path).stderr


def test_a_proof_holds_the_digest_and_not_the_content(auditor):
    unit = make_unit(name_de="Amt für Vertrauliches")
    sealed()
    index = LedgerLeaf.objects.get(table=HISTORY, history_id=unit.history.latest().history_id).index

    proof = inclusion(auditor, index)

    assert "Vertrauliches" not in json.dumps(proof, ensure_ascii=False)
    assert proof["leaf"]["digest"] == unit.history.latest().digest
    assert "salt" not in proof


def test_salt_and_content_show_what_stood_in_the_row(auditor, tmp_path):
    measure = make_measure(title_de="Austausch der Jugend", sources=["https://example.org/ä"])
    sealed()
    history = measure.history.latest()
    index = LedgerLeaf.objects.get(table=history._meta.db_table, history_id=history.history_id).index
    proof = inclusion(auditor, index, "?content")

    assert json.loads(run(CONTENT, proof, tmp_path).stdout)["title_de"] == "Austausch der Jugend"
    assert run(INCLUSION, proof, tmp_path).returncode == 0

    proof["content"]["values"]["title_de"] = "Austausch der Schulen"
    assert "Another content" in run(CONTENT, proof, tmp_path).stderr


def test_a_row_that_is_not_sealed_yet_has_no_proof_and_says_so(auditor):
    make_unit()

    index = LedgerLeaf.objects.latest("index").index

    assert auditor.get(f"{URL}rows/{index}/proof.json").status_code == 404
    text = auditor.get(URL).content.decode()
    assert "not sealed yet" in text
    assert "proof.json" not in text


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 5), (3, 4), (4, 8), (5, 0), (6, 7)])
def test_the_program_in_the_guide_shows_that_a_seal_continues_another(auditor, tmp_path, before, after):
    for count in (before, after):
        for _number in range(count):
            make_unit()
        last = sealed()
    first = LedgerSeal.objects.earliest("pk")

    answer = auditor.get(f"{URL}seals/{last.pk}/consistency.json")
    proof = json.loads(answer.content)
    done = run(CONSISTENCY, proof, tmp_path)

    assert done.stdout.split() == [str(first.size), first.root, str(last.size), last.root], done.stderr
    proof["old"]["root"] = "0" * 64
    assert run(CONSISTENCY, proof, tmp_path).returncode != 0


def test_the_first_seal_continues_none(auditor):
    first = sealed()

    assert auditor.get(f"{URL}seals/{first.pk}/consistency.json").status_code == 404
    assert "consistency.json" not in auditor.get(f"{URL}seals/").content.decode()


def test_neighbouring_seals_are_shown_as_checked_and_a_forged_one_is_not(auditor):
    for _number in range(3):
        make_unit()
        sealed()
    assert auditor.get(f"{URL}seals/").content.decode().count("Does not hold") == 0

    forged = LedgerSeal.objects.order_by("pk")[1]
    statement = f"UPDATE commitments_ledgerseal SET root = '{'1' * 64}' WHERE id = {forged.pk}"
    tampered(statement, "rechenschaft_commitments_ledgerseal_update", "commitments_ledgerseal")

    text = auditor.get(f"{URL}seals/").content.decode()
    assert text.count("Does not hold") == 2  # the forged one, and the one after it that must continue it
    assert "1111 1111 1111 1111" in text


def test_a_page_of_seals_takes_as_many_queries_for_many_as_for_few(auditor, django_assert_max_num_queries):
    for _number in range(40):
        make_unit()
        sealed()
    assert auditor.get(f"{URL}seals/").status_code == 200

    with django_assert_max_num_queries(9):
        text = auditor.get(f"{URL}seals/?page=1").content.decode()

    assert text.count("consistency.json") == 25


def test_a_node_that_is_gone_makes_a_seal_fail_and_no_page(auditor):
    make_unit()
    last = sealed()
    tampered(
        "DELETE FROM commitments_ledgernode", "rechenschaft_commitments_ledgernode_delete", "commitments_ledgernode"
    )

    assert [each.continues for each in proofs.checked([last], None)] == [False]
    assert "Does not hold" in auditor.get(f"{URL}seals/").content.decode()


# Verification on demand


def verified(client: Client, capture: Any) -> Job:
    with capture():
        assert client.post(f"{URL}verify/").status_code == 302
    job = Job.objects.get()
    jobs.run(str(job.pk))
    job.refresh_from_db()
    return job


def test_a_whole_ledger_is_said_to_hold_with_its_figures(auditor, django_capture_on_commit_callbacks):
    make_measure()
    sealed()

    job = verified(auditor, django_capture_on_commit_callbacks)

    assert job.state == JobState.DONE
    rows = LedgerLeaf.objects.count()
    assert job.result == {"rows": rows, "seals": 1, "finding": None, "erased": []}
    text = auditor.get(URL).content.decode()
    assert "The history is unchanged" in text
    assert f"{rows} entries and 1 seal were recomputed on" in text


def test_the_first_row_that_differs_is_named_in_both_languages(auditor, django_capture_on_commit_callbacks):
    unit = make_unit()
    sealed()
    tampered(f"UPDATE {HISTORY} SET name_de = 'Gefälscht'", f"rechenschaft_{HISTORY}_update")

    job = verified(auditor, django_capture_on_commit_callbacks)

    assert job.result["finding"]["code"] == "content"
    number = unit.history.order_by("history_id").first().history_id
    text = auditor.get(URL).content.decode()
    assert "The history does not hold" in text
    assert f"Unit ({HISTORY}), row {number}" in text
    auditor.cookies["django_language"] = "de"
    text = auditor.get(URL).content.decode()
    assert "Der Inhalt dieser Zeile wurde verändert." in text
    assert f"Dienststelle ({HISTORY}), Zeile {number}" in text


@pytest.mark.parametrize(
    ("code", "statement", "trigger"),
    [
        ("missing", f"DELETE FROM {HISTORY} WHERE name_de = 'Neu'", f"rechenschaft_{HISTORY}_delete"),
        ("metadata", f"UPDATE {HISTORY} SET history_user_id = 99", f"rechenschaft_{HISTORY}_update"),
    ],
)
def test_what_is_missing_or_forged_is_named(auditor, django_capture_on_commit_callbacks, code, statement, trigger):
    unit = make_unit()
    unit.name_de = "Neu"
    save_as(unit, actor=None, reason="Umbenannt", at=timezone.now())
    tampered(statement, trigger)

    assert verified(auditor, django_capture_on_commit_callbacks).result["finding"]["code"] == code
    assert auditor.get(URL).status_code == 200


def test_a_row_that_was_removed_is_shown_as_missing_in_the_trail(auditor):
    make_unit()
    tampered(f"DELETE FROM {HISTORY}", f"rechenschaft_{HISTORY}_delete")

    assert "This row of the history is missing" in auditor.get(URL).content.decode()


def test_a_verification_at_work_serves_everybody_and_shows_how_far_it_is(auditor, django_capture_on_commit_callbacks):
    for _number in range(2):
        with django_capture_on_commit_callbacks():
            auditor.post(f"{URL}verify/")

    assert Job.objects.count() == 1
    for path in (URL, f"{URL}verification/"):
        text = auditor.get(path).content.decode()
        assert 'hx-trigger="every 2s"' in text
        assert "Verify now" not in text


def test_a_verification_that_failed_says_so_and_can_be_asked_for_again(auditor):
    now = timezone.now()
    Job.objects.create(
        kind="verify-ledger", state=JobState.FAILED, asked_at=now, sent_at=now, error="Der Rechner war voll."
    )

    text = auditor.get(f"{URL}verification/").content.decode()

    assert "Der Rechner war voll." in text
    assert "Verify now" in text
