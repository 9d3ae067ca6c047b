"""A period of the ledger as a file: what stands in it, who gets it, and that a program without us can check it."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from commitments import clock, jobs
from commitments.ledger import save_as
from commitments.ledger.sealing import seal
from commitments.models import (
    Job,
    JobState,
    LedgerLeaf,
    LedgerNode,
    LedgerSeal,
    ProtectedAccess,
    Protection,
    Role,
    SealOccasion,
    Transfer,
    User,
)
from reporting.audit import export, exporting
from tests.factories import LONG_AGO, make_measure, make_officer, make_unit, make_user, saved
from tests.processes import ROOT

pytestmark = pytest.mark.django_db

URL = "/ledger/export/"
GUIDE = ROOT / "docs" / "verify.md"
_inclusion, _content, PROGRAM, CONSISTENCY = re.findall(
    r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL
)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"


def sealed() -> LedgerSeal:
    return seal(SealOccasion.DEMAND, at=timezone.now())


def taken_out(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("export_ledger", *options, output=path, stdout=out)
    return out.getvalue()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def checked(path: Path) -> subprocess.CompletedProcess[str]:
    """The program of the guide, in a Python that knows nothing of this application."""
    command = [sys.executable, "-I", "-c", PROGRAM, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9])
def test_the_program_in_the_guide_checks_a_file_without_the_application(tmp_path, count):
    for _number in range(count):
        make_unit()
    last = sealed()
    path = tmp_path / "period.jsonl"

    taken_out(path)

    done = checked(path)
    assert done.returncode == 0, done.stderr
    assert f"{count} entries, places 0 to {count - 1} (0 between them left out)" in done.stdout
    assert f"seal {last.size} {last.root}" in done.stdout


def test_entries_of_many_blocks_find_their_way_to_the_root(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "LEVELS", 2)
    monkeypatch.setattr(export, "BLOCK", 4)
    for _number in range(22):
        make_unit()
    sealed()
    path = tmp_path / "period.jsonl"

    taken_out(path)

    done = checked(path)
    assert "22 entries, places 0 to 21 (0 between" in done.stdout, done.stderr


def test_the_first_line_proves_that_the_seal_continues_the_one_before_it(tmp_path):
    make_unit()
    first = sealed()
    make_unit()
    second = sealed()
    path = tmp_path / "period.jsonl"

    taken_out(path)

    head = lines(path)[0]
    proof = tmp_path / "continues.json"
    proof.write_text(json.dumps(head["continues"]))
    done = subprocess.run([sys.executable, "-I", "-c", CONSISTENCY, str(proof)], capture_output=True, text=True)
    assert done.stdout.split() == [str(first.size), first.root, str(second.size), second.root]
    assert head["seal"]["sealed_at"] == lines(path)[-1]["seal"]["sealed_at"]


def forge(path: Path, line: int, change: Any) -> None:
    found = lines(path)
    change(found[line])
    path.write_text("".join(json.dumps(each) + "\n" for each in found), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda entry: entry["content"]["values"].update(name_de="Gefälscht"), "another content"),
        (lambda entry: entry["content"].update(reason="Gefälscht"), "another content"),
        (lambda entry: entry["leaf"].update(history_user_id=99), "another leaf"),
        (lambda entry: entry.update(leaf_hash="0" * 64), "another leaf"),
        (lambda entry: entry.update(position=entry["position"] + 1), "the proof does not hold"),
        (lambda entry: entry["path"].pop(), "the proof does not hold"),
        (lambda entry: entry["path"].reverse(), "the proof does not hold"),
    ],
)
def test_a_changed_line_is_found_and_named(tmp_path, change, said):
    for _number in range(6):
        make_unit()
    sealed()
    path = tmp_path / "period.jsonl"
    taken_out(path)

    forge(path, 2, change)

    done = checked(path)
    assert done.returncode != 0
    assert f"Line 3: {said}" in done.stderr


@pytest.mark.parametrize("gone", [2, -1])
def test_a_line_that_is_missing_is_noticed(tmp_path, gone):
    for _number in range(4):
        make_unit()
    sealed()
    path = tmp_path / "period.jsonl"
    taken_out(path)
    kept = path.read_text(encoding="utf-8").splitlines(keepends=True)
    del kept[gone]
    path.write_text("".join(kept), encoding="utf-8")

    assert "cut off, or lines are missing" in checked(path).stderr


def test_a_period_takes_in_its_days_and_the_kinds_that_were_asked_for(tmp_path):
    measure = make_measure(title_de="Austausch")
    sealed()
    today, yesterday = clock.today(), clock.today() - timedelta(days=1)

    taken_out(tmp_path / "today", "--from", str(today), "--to", str(today), "--kind", "measure")
    taken_out(tmp_path / "before", "--to", str(yesterday))

    _head, entry, end = lines(tmp_path / "today")
    assert entry["content"]["values"]["title_de"] == "Austausch"
    assert entry["leaf"]["object"] == str(measure.pk)
    assert end["entries"] == 1
    assert [line.get("entries") for line in lines(tmp_path / "before")] == [None, 0]
    assert checked(tmp_path / "before").returncode == 0


def test_what_is_not_sealed_yet_is_left_out(tmp_path):
    make_unit()
    sealed()
    make_unit()

    taken_out(tmp_path / "period.jsonl")

    assert lines(tmp_path / "period.jsonl")[-1]["entries"] == LedgerNode.objects.filter(level=0).count() == 1


# Rule 10


def protected_measure() -> None:
    measure = make_measure(title_de="Geheimer Name")
    measure.protection = Protection.PROTECTED
    save_as(measure, actor=None, reason="Geheimer Grund", at=timezone.now())
    sealed()


def with_right() -> User:
    today = clock.today()
    user = make_user(Role.AUDITOR)
    terms = {"valid_from": LONG_AGO, "valid_to": today, "reason": "Audit of a case"}
    saved(ProtectedAccess(user=user, given_by_officer=make_officer(), given_by_dpo=make_user(Role.DPO), **terms))
    return user


def test_rule_10_of_protected_entries_an_export_holds_the_hash_alone_and_still_proves_all(tmp_path):
    protected_measure()
    path = tmp_path / "period.jsonl"

    taken_out(path)

    assert "Geheim" not in path.read_text(encoding="utf-8")
    kept_back = [line for line in lines(path) if line.get("withheld") is True]
    assert len(kept_back) == 3  # the measure as it was, its unit, and the measure as it is
    assert {key for line in kept_back for key in line} == {"index", "position", "leaf_hash", "path", "withheld"}
    assert "(0 between them left out)" in checked(path).stdout


def test_rule_10_where_tables_are_chosen_nothing_is_said_of_protected_entries_at_all(tmp_path):
    protected_measure()
    make_measure()
    sealed()

    taken_out(tmp_path / "measures", "--kind", "measure")

    assert lines(tmp_path / "measures")[-1]["entries"] == 1
    assert lines(tmp_path / "measures")[-1]["withheld"] == 0


def test_whoever_holds_the_right_gets_the_content(tmp_path):
    user = with_right()
    protected_measure()

    taken_out(tmp_path / "period.jsonl", "--as", user.email)

    text = (tmp_path / "period.jsonl").read_text(encoding="utf-8")
    assert "Geheimer Name" in text
    assert "Geheimer Grund" in text
    assert checked(tmp_path / "period.jsonl").returncode == 0


# The command


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from", "gestern"], "2026-11-23"),
        (["--from", "2026-02-30"], "2026-11-23"),
        (["--from", "2026-02-02", "--to", "2026-02-01"], "later day"),
        (["--kind", "rubbish"], "no kind of entry called rubbish"),
        (["--as", "nobody@example.org"], "Nobody has the address"),
    ],
)
def test_bad_input_is_refused_with_a_sentence_and_leaves_no_file(tmp_path, options, said):
    make_unit()
    sealed()

    with pytest.raises(CommandError, match=said):
        taken_out(tmp_path / "period.jsonl", *options)

    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_a_file_that_exists_stays_as_it_is(tmp_path):
    make_unit()
    sealed()
    path = tmp_path / "kept"
    path.write_text("mine")

    with pytest.raises(CommandError, match="exists already"):
        taken_out(path)

    assert path.read_text() == "mine"


def test_before_the_first_seal_there_is_nothing_to_prove(tmp_path):
    make_unit()

    with pytest.raises(CommandError, match=r"sealed|gesiegelt"):
        taken_out(tmp_path / "period.jsonl")

    assert not (tmp_path / "period.jsonl").exists()


# The pages


@pytest.fixture
def auditor(client: Client) -> User:
    user = make_user(Role.AUDITOR)
    client.force_login(user)
    client.cookies["django_language"] = "en"
    return user


def asked(client: Client, capture: Any, **fields: Any) -> Job:
    with capture():
        answer = client.post(URL, fields)
    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.get(kind=exporting.KIND)
    jobs.run(str(job.pk))
    job.refresh_from_db()
    return job


def test_an_auditor_asks_for_a_period_and_downloads_it(client, auditor, tmp_path, django_capture_on_commit_callbacks):
    make_unit(name_de="Amt für Wohnen")
    sealed()
    today = clock.today()

    job = asked(client, django_capture_on_commit_callbacks, first=today, last=today)

    assert job.state == JobState.DONE, job.error
    assert job.result["url"] in client.get(URL).content.decode()
    answer = client.get(job.result["url"])
    assert f'filename="rechenschaft-ledger-{today}-{today}.jsonl"' in answer["Content-Disposition"]
    path = tmp_path / "downloaded"
    path.write_bytes(b"".join(answer.streaming_content))
    assert checked(path).returncode == 0
    noted = Transfer.objects.get(subject=exporting.SUBJECT)
    assert (noted.by, noted.counts["rows"]) == (auditor, lines(path)[-1]["entries"])


def test_a_second_run_of_the_job_finds_the_file_and_notes_nothing_anew(
    client, auditor, django_capture_on_commit_callbacks
):
    make_unit()
    sealed()
    job = asked(client, django_capture_on_commit_callbacks)

    exporting.make(job, lambda done, total: None, at=clock.now())

    assert Transfer.objects.filter(subject=exporting.SUBJECT).count() == 1


@pytest.mark.parametrize("role", [Role.CONTACT, Role.RELEASER, Role.COUNCIL, Role.ADMINISTRATOR, Role.DPO])
def test_nobody_without_both_rights_takes_anything_out(client, role):
    client.force_login(make_user(role))

    assert client.get(URL).status_code == 403
    assert client.post(URL).status_code == 403
    assert not Job.objects.exists()


def test_a_file_is_there_for_the_one_who_asked_alone(client, auditor, django_capture_on_commit_callbacks):
    make_unit()
    sealed()
    job = asked(client, django_capture_on_commit_callbacks)

    client.force_login(make_user(Role.AUDITOR))

    assert client.get(job.result["url"]).status_code == 404
    assert job.result["url"] not in client.get(URL).content.decode()


def test_rule_10_a_file_with_protected_entries_is_closed_once_the_right_has_ended(
    client, django_capture_on_commit_callbacks
):
    user = with_right()
    client.force_login(user)
    protected_measure()
    job = asked(client, django_capture_on_commit_callbacks)
    text = b"".join(client.get(job.result["url"]).streaming_content).decode()
    assert "Geheimer Name" in text

    held = ProtectedAccess.objects.get(user=user)
    held.valid_to = held.valid_from
    saved(held)

    assert client.get(job.result["url"]).status_code == 403
    assert Transfer.objects.get(subject=exporting.SUBJECT).holds_protected


def test_rule_10_a_file_is_closed_to_others_once_an_entry_in_it_is_raised_to_protected(
    client, auditor, django_capture_on_commit_callbacks
):
    measure = make_measure(title_de="Geheimer Name")
    sealed()
    job = asked(client, django_capture_on_commit_callbacks)
    assert "Geheimer Name" in b"".join(client.get(job.result["url"]).streaming_content).decode()

    measure.protection = Protection.PROTECTED
    save_as(measure, actor=None, reason="Raised", at=timezone.now())

    refused = client.get(job.result["url"])
    assert refused.status_code == 403
    assert "Ask for a new one" in refused.content.decode()


def test_files_go_after_a_day_and_the_page_says_so(client, auditor, django_capture_on_commit_callbacks):
    make_unit()
    sealed()
    job = asked(client, django_capture_on_commit_callbacks)

    assert exporting.expire(timezone.now() + timedelta(hours=20)) == 0
    assert exporting.expire(timezone.now() + timedelta(hours=25)) == 1

    assert client.get(job.result["url"]).status_code == 404
    assert "This file was removed after a day" in client.get(URL).content.decode()


def test_an_erasure_takes_every_file_of_the_ledger_with_it(client, auditor, django_capture_on_commit_callbacks):
    make_unit()
    sealed()
    job = asked(client, django_capture_on_commit_callbacks)

    assert exporting.remove_all() == 1

    assert client.get(job.result["url"]).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"first": "gestern"}, "Datum"),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "Zeitraum"),
        ({"groups": ["99"]}, "99"),
    ],
)
def test_bad_input_on_the_page_asks_for_no_job(client, auditor, fields, said):
    client.cookies["django_language"] = "de"
    make_unit()
    sealed()

    answer = client.post(URL, fields)

    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Job.objects.filter(kind=exporting.KIND).exists()


@pytest.mark.parametrize("language", ["de", "en"])
def test_before_the_first_seal_the_page_says_so(client, auditor, language):
    client.cookies["django_language"] = language
    make_unit()

    text = client.post(URL).content.decode()

    assert ("Nothing has been sealed yet" if language == "en" else "noch nichts gesiegelt") in text
    assert not Job.objects.filter(kind=exporting.KIND).exists()


def test_the_page_takes_few_queries(client, auditor, django_assert_max_num_queries, django_capture_on_commit_callbacks):
    make_unit()
    sealed()
    asked(client, django_capture_on_commit_callbacks)
    client.get(URL)

    with django_assert_max_num_queries(9):
        client.get(URL)


def test_leaves_are_as_many_as_lines(tmp_path):
    make_measure()
    sealed()
    sealed_leaves = LedgerLeaf.objects.filter(node__isnull=False).count()

    taken_out(tmp_path / "period.jsonl")

    assert len(lines(tmp_path / "period.jsonl")) == sealed_leaves + 2
