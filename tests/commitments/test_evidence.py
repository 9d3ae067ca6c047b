"""Evidence of measures and commitments: who adds and changes it, who sees it, and how it is handed out."""

from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from commitments import filestore
from commitments.models import Evidence, EvidenceKind, EvidenceRead, Measure, MeasureUnit, Protection, Role
from commitments.uploads import received
from commitments.workflow import Edit
from commitments.workflow import evidence as workflow
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.commitments.uploaded import DOCX, EXE, HTML, PDF, PNG, upload
from tests.factories import (
    make_city,
    make_commitment,
    make_evidence,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

PUBLIC, COUNCIL, INTERNAL, PROTECTED = Protection


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with translation.override("en"):
        yield


def given(data: bytes = PDF, name: str = "Bericht.pdf", **fields) -> workflow.Given:
    defaults = {"kind": EvidenceKind.FILE, "title": "Bericht", "protection": PUBLIC}
    return workflow.Given(received=received(upload(data, name)), **(defaults | fields))


def link(url: str = "https://example.org/a", **fields) -> workflow.Given:
    return workflow.Given(**({"kind": EvidenceKind.LINK, "title": "Seite", "protection": PUBLIC, "url": url} | fields))


def add(owner=None, said=None, actor=None) -> Evidence:
    return workflow.add(owner or make_measure(), said or given(), actor=actor or make_officer(), at=timezone.now())


def replace(row, said, actor=None) -> Evidence:
    return workflow.replace(row, said, actor=actor or make_officer(), at=timezone.now())


def change(row, actor=None, **changes) -> Evidence:
    return workflow.change(row, Edit(changes, "Weil es so ist"), actor=actor or make_officer(), at=timezone.now())


def withdraw(row, reason="Falsche Datei", actor=None) -> Evidence:
    return workflow.withdraw(row, reason, actor=actor or make_officer(), at=timezone.now())


def sentence(act, *args, **options) -> str:
    with pytest.raises(ValidationError) as error:
        act(*args, **options)
    return " ".join(error.value.messages)


def stored_files(tmp_path) -> list[str]:
    return [path.name for path in tmp_path.rglob("*") if path.is_file()]


# Adding


@pytest.mark.parametrize("make", [make_measure, make_commitment])
def test_the_officer_adds_a_file_to_measures_and_commitments(make):
    owner, officer = make(), make_officer()

    row = add(owner, actor=officer)

    assert workflow.owner_of(row) == owner
    assert (row.media_type, row.size, row.sha256) == ("application/pdf", len(PDF), sha256(PDF).hexdigest())
    assert filestore.get(row.sha256) == PDF
    assert row.history.latest().history_user_id == officer.pk


def test_a_contact_adds_evidence_to_what_their_unit_does_and_to_nothing_else():
    unit = make_unit()
    contact = make_user(Role.CONTACT, unit)

    add(make_measure(contributing=(unit,)), actor=contact)
    add(make_commitment(lead_unit=unit), given(PNG, "x.png"), actor=contact)

    for other in (make_measure(), make_commitment()):
        with pytest.raises(PermissionDenied):
            add(other, actor=contact)


@pytest.mark.parametrize("role", [Role.APPROVER, Role.RELEASER, Role.COUNCIL, Role.AUDITOR, Role.DPO])
def test_others_add_none(role):
    measure = make_measure()
    unit = measure.measure_units.get().unit if role == Role.RELEASER else None

    with pytest.raises(PermissionDenied):
        add(measure, actor=make_user(role, unit))


def test_the_same_file_is_stored_once_for_two_measures(tmp_path):
    first, second = add(), add()

    assert first.sha256 == second.sha256
    assert stored_files(tmp_path) == [first.sha256]


def test_the_same_thing_stands_once_on_a_measure():
    measure = make_measure()
    add(measure)
    add(measure, link())
    paper: dict[str, Any] = {
        "kind": EvidenceKind.COUNCIL_PAPER,
        "title": "Beschluss",
        "protection": PUBLIC,
        "reference": "1/2026",
    }
    add(measure, workflow.Given(**paper))

    for again in (given(title="Anders"), link(title="Anders"), workflow.Given(**paper)):
        assert "already stands here" in sentence(add, measure, again)


def test_what_was_withdrawn_can_be_added_again():
    measure = make_measure()
    withdraw(add(measure))

    assert add(measure).is_current


def test_rule_10_a_duplicate_of_what_one_may_not_see_is_not_betrayed():
    unit = make_unit()
    measure = make_measure(unit)
    add(measure, given(protection=PROTECTED))

    assert add(measure, actor=make_user(Role.CONTACT, unit)).is_current


def test_evidence_is_never_laxer_than_its_row():
    measure = make_measure(protection=INTERNAL)

    assert "at least as protected" in sentence(add, measure, given(protection=COUNCIL))
    assert add(measure, given(protection=INTERNAL)).strictest == INTERNAL


def test_a_row_that_becomes_stricter_takes_its_evidence_with_it():
    measure = make_measure()
    row = add(measure)
    measure.protection = PROTECTED
    saved(measure)

    found = Evidence.objects.get(pk=row.pk)

    assert (found.protection, found.strictest) == (PUBLIC, PROTECTED)
    assert not Evidence.objects.visible_to(make_officer()).exists()
    assert Evidence.objects.visible_to(make_trusted()).get() == row


def test_a_day_that_has_passed_is_no_expiry():
    yesterday, today = timezone.localdate() - timedelta(days=1), timezone.localdate()

    assert "passed" in sentence(add, None, given(expires_on=yesterday))
    assert add(said=given(expires_on=today)).expires_on == today


def test_nothing_is_stored_where_the_act_is_refused(tmp_path):
    measure = make_measure(protection=INTERNAL)

    sentence(add, measure, given(protection=PUBLIC))

    assert stored_files(tmp_path) == []


def test_a_file_without_a_title_is_called_like_the_file():
    assert add(said=given(name="Bericht über Bäder.pdf", title="")).title == "Bericht über Bäder"


# Changing


def test_a_change_needs_a_reason_and_stands_in_the_history():
    row = change(add(), title="Schlussbericht")

    assert row.title == "Schlussbericht"
    assert row.history.latest().history_change_reason == "Weil es so ist"


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused():
    row = add()
    edit = Edit({"title": "Meiner"}, "Grund", seen=row.history.latest().history_id)
    change(row, title="Ihrer")

    assert "Somebody has changed" in sentence(workflow.change, row, edit, actor=make_officer(), at=timezone.now())


def test_only_the_officer_opens_what_was_closed():
    unit = make_unit()
    contact, measure = make_user(Role.CONTACT, unit), make_measure(unit)
    row = add(measure, given(protection=INTERNAL), actor=contact)

    assert "Only the human-rights officer" in sentence(change, row, actor=contact, protection=PUBLIC)
    assert change(row, actor=contact, protection=PROTECTED).protection == PROTECTED
    assert change(row, protection=PUBLIC).protection == PUBLIC


def test_a_new_version_keeps_the_old_one():
    first = add()
    second = replace(first, given(DOCX, "Bericht.docx"))

    assert second.replaces == first
    assert list(Evidence.objects.current()) == [second]
    assert filestore.get(first.sha256) == PDF
    assert "later version" in sentence(replace, Evidence.objects.get(pk=first.pk), given(PNG, "x.png"))
    assert "later version" in sentence(withdraw, Evidence.objects.get(pk=first.pk))


def test_the_same_bytes_are_no_new_version():
    assert "very file" in sentence(replace, add(), given())


def test_a_link_has_no_versions():
    assert "Only files" in sentence(replace, add(said=link()), given())


def test_rule_10_an_earlier_version_is_never_more_open_than_the_later_one():
    first = add()
    second = replace(first, given(DOCX, "x.docx", protection=COUNCIL))
    change(second, protection=PROTECTED)

    assert set(Evidence.objects.values_list("protection", flat=True)) == {PROTECTED}


def test_evidence_is_withdrawn_with_a_reason_and_stays():
    row = withdraw(add())

    assert row.withdrawn_on == timezone.localdate()
    assert row.history.latest().history_change_reason == "Falsche Datei"
    assert filestore.get(row.sha256) == PDF
    assert "has been withdrawn" in sentence(withdraw, row)
    assert "why" in sentence(withdraw, add(), reason=" ")


def test_a_contact_of_another_unit_changes_nothing():
    row, contact = add(), make_user(Role.CONTACT)

    for act in (lambda: change(row, contact, title="x"), lambda: withdraw(row, actor=contact)):
        with pytest.raises(PermissionDenied):
            act()
    with pytest.raises(PermissionDenied):
        replace(row, given(DOCX, "x.docx"), contact)


# Who sees it


@pytest.mark.parametrize(
    ("protection", "role", "sees"),
    [
        (PUBLIC, Role.COUNCIL, True),
        (COUNCIL, Role.COUNCIL, True),
        (INTERNAL, Role.COUNCIL, False),
        (INTERNAL, Role.APPROVER, True),
        (COUNCIL, Role.CONTACT, False),
        (PROTECTED, Role.OFFICER, False),
    ],
)
def test_evidence_is_seen_by_those_whose_class_reaches_it(protection, role, sees):
    row = make_evidence(protection=protection)

    assert Evidence.objects.visible_to(make_user(role)).filter(pk=row.pk).exists() is sees


def test_a_unit_sees_what_is_internal_to_its_own_measures_and_nothing_protected():
    unit = make_unit()
    measure, contact = make_measure(unit), make_user(Role.CONTACT, unit)
    own = make_evidence(measure, protection=INTERNAL)
    make_evidence(measure, protection=PROTECTED)
    make_evidence(protection=INTERNAL)

    assert list(Evidence.objects.visible_to(contact)) == [own]


def test_a_unit_that_left_a_measure_sees_no_more_of_its_internal_evidence():
    unit = make_unit()
    measure = make_measure(contributing=(unit,))
    make_evidence(measure, protection=INTERNAL)
    part = MeasureUnit.objects.get(unit=unit)
    part.ended_on = timezone.localdate()
    saved(part)

    assert not Evidence.objects.visible_to(make_user(Role.CONTACT, unit)).exists()


def test_what_was_withdrawn_is_seen_in_house_only():
    unit = make_unit()
    withdraw(make_evidence(make_measure(unit)))

    seen = {role: Evidence.objects.visible_to(make_user(role)).exists() for role in (Role.COUNCIL, Role.AUDITOR)}

    assert seen == {Role.COUNCIL: False, Role.AUDITOR: True}
    assert Evidence.objects.visible_to(make_user(Role.CONTACT, unit)).exists()
    assert not Evidence.objects.visible_to(make_user(Role.CONTACT)).exists()


@pytest.mark.parametrize("make", [make_measure, make_commitment])
def test_rule_10_protected_evidence_reaches_no_page_no_search_no_listing_and_no_count(make):
    owner = make(title_de="Zuflucht")
    row = make_evidence(owner, title="Akte Nachtigall", url="https://example.org/nachtigall", protection=PROTECTED)
    change(row, make_trusted(), title="Akte Nachtigall II")
    page = "commitments:measure" if isinstance(owner, Measure) else "reporting:commitment"
    section = "commitments:measure-evidence" if isinstance(owner, Measure) else "commitments:commitment-evidence"
    pages = [(section, owner.reference), (f"{page}-history", owner.reference), (page, owner.reference)]

    for reader in (make_officer(), make_user(Role.COUNCIL), make_user(Role.AUDITOR)):
        for name, *args in pages:
            assert "achtigall" not in text(reader, name, *args)
        assert 'id="evidence">Evidence <span class="count">0<' in text(reader, *pages[0]).replace(
            "Nachweise", "Evidence"
        )
        assert "Akte" not in text(reader, "reporting:search", q="Nachtigall")
        for address in ("evidence", "evidence-edit", "evidence-replace", "evidence-withdraw"):
            assert get(reader, f"commitments:{address}", row.pk).status_code == 404
    assert "Akte Nachtigall II" in text(make_trusted(), *pages[0])
    assert "Akte Nachtigall II" in text(make_trusted(), *pages[1])
    assert "Akte" not in text(make_user(Role.AUDITOR), "reporting:audit")


# Handing it out


def test_a_file_is_handed_out_so_that_no_browser_runs_it():
    row = add(said=given(title='Bericht "über" Bäder/1'))

    answer = handed_out(make_user(Role.COUNCIL), row)

    assert answer.body == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == ("attachment; filename*=utf-8''Bericht%20%C3%BCber%20B%C3%A4der%201.pdf")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["Cache-Control"] == "private, no-store"
    assert not EvidenceRead.objects.exists()


@pytest.mark.parametrize("damage", ["altered", "gone"])
def test_an_altered_file_is_not_handed_out(damage):
    row = add()
    path = filestore.path_of(row.sha256)
    path.write_bytes(PDF + b"x") if damage == "altered" else path.unlink()

    answer = handed_out(make_officer(), row)

    assert answer.status_code == 500
    assert "kann nicht ausgegeben werden" in answer.content.decode() or "handed out" in answer.content.decode()


@pytest.mark.parametrize("said", [given, link])
def test_reading_what_is_protected_is_written_into_the_ledger(said):
    reader, other = make_trusted(), make_trusted()
    row = add(None, said(protection=PROTECTED), reader)

    answer = handed_out(reader, row)

    read = EvidenceRead.objects.get()
    assert answer.status_code == (200 if row.kind == "file" else 302)
    assert (read.evidence, read.reader) == (row, reader)
    assert read.history.get().history_user_id == reader.pk
    page = text(other, "reporting:audit")
    assert "Lesen eines gesch" in page or "Reading of protected evidence" in page


def test_reading_is_written_down_where_only_the_measure_is_protected():
    row = add(make_measure(protection=PROTECTED), given(protection=PROTECTED), make_trusted())

    handed_out(make_trusted(), row)

    assert EvidenceRead.objects.count() == 1


def test_without_a_sign_in_nothing_is_handed_out(client):
    row = add()

    assert client.get(reverse("commitments:evidence", args=[row.pk])).status_code == 302


# The pages


def handed_out(user, row) -> Any:
    """What is handed out, closed as a server closes it."""
    answer = get(user, "commitments:evidence", row.pk)
    if answer.streaming:
        answer.body = b"".join(answer.streaming_content)
    for close in answer._resource_closers:  # not close(): that would end the request, and the database with it
        close()
    return answer


def post(user, name, *args, query="", **data):
    return client_of(user).post(reverse(name, args=args) + query, data)


FILLED = {"title": "Bericht", "protection": "public"}


def test_a_contact_adds_a_file_by_the_form_and_comes_back_to_the_measure():
    unit = make_unit()
    measure = make_measure(unit)
    contact = make_user(Role.CONTACT, unit)

    answer = post(contact, "commitments:measure-evidence-add", measure.reference, file=upload(), **FILLED)

    assert answer.url == f"/measures/{measure.reference}/#evidence"
    assert Evidence.objects.get().title == "Bericht"
    page = text(contact, "commitments:measure-evidence", measure.reference)
    assert f"/evidence/{Evidence.objects.get().pk}/" in page


@pytest.mark.parametrize(
    "file",
    [None, (b"", "leer.pdf"), (EXE, "Bericht.pdf"), (HTML, "Bericht.pdf"), (PDF, "Bericht.docx")],
)
def test_a_file_that_is_refused_gets_its_sentence_at_the_field(file, tmp_path):
    measure = make_measure()
    more = {"file": upload(*file)} if file else {}

    answer = post(make_officer(), "commitments:measure-evidence-add", measure.reference, **FILLED, **more)

    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert not Evidence.objects.exists()
    assert stored_files(tmp_path) == []


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/x", "nur Text", "https://" + "x" * 600, "\0"]
)
def test_an_address_that_is_none_is_refused(url):
    measure = make_measure()

    answer = post(
        make_officer(), "commitments:measure-evidence-add", measure.reference, query="?kind=link", url=url, **FILLED
    )

    assert answer.status_code == 200
    assert answer.context["form"].errors["url"]
    assert not Evidence.objects.exists()


def test_a_council_paper_is_added_with_its_number():
    commitment = make_commitment()
    address = "commitments:commitment-evidence-add"

    answer = post(
        make_officer(), address, commitment.reference, query="?kind=council_paper", reference="0123/2026", **FILLED
    )

    assert answer.url == f"/commitments/{commitment.reference}/#evidence"
    assert Evidence.objects.get().reference == "0123/2026"


@pytest.mark.parametrize(
    "data",
    [
        {"title": "x" * 100_000},
        {"title": "x\0y"},
        {"protection": "secret"},
        {"expires_on": "31.02.2027"},
        {"expires_on": "2020-01-01"},
    ],
)
def test_other_bad_input_gets_a_sentence_and_never_an_error(data):
    measure = make_measure()
    form = {**FILLED, "url": "https://example.org", **data}

    answer = post(make_officer(), "commitments:measure-evidence-add", measure.reference, query="?kind=link", **form)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == list(data)


def test_an_unknown_kind_is_not_found():
    assert (
        get(make_officer(), "commitments:measure-evidence-add", make_measure().reference, kind="x").status_code == 404
    )


def test_evidence_is_changed_replaced_and_withdrawn_by_forms():
    officer, row = make_officer(), add()
    seen = row.history.latest().history_id
    edit = {"title": "Neu", "protection": "internal", "reason": "Genauer", "seen": seen}

    assert post(officer, "commitments:evidence-edit", row.pk, **edit).status_code == 302
    new = {"file": upload(DOCX, "x.docx"), "title": "Neu 2", "protection": "internal"}
    assert post(officer, "commitments:evidence-replace", row.pk, **new).status_code == 302
    later = Evidence.objects.current().get()
    assert post(officer, "commitments:evidence-withdraw", later.pk, reason="Überholt").status_code == 302

    assert (later.title, later.replaces_id) == ("Neu 2", row.pk)
    assert not Evidence.objects.current().exists()


def test_a_reader_sees_evidence_without_the_ways_to_change_it():
    row = make_evidence()

    page = text(make_user(Role.COUNCIL), "commitments:measure-evidence", workflow.owner_of(row).reference)

    assert row.title in page
    assert row.url in page
    assert reverse("commitments:evidence-edit", args=[row.pk]) not in page
    assert get(make_user(Role.COUNCIL), "commitments:evidence-edit", row.pk).status_code == 403


def test_what_has_expired_says_so():
    row = make_evidence(expires_on=timezone.localdate() - timedelta(days=1))
    make_evidence(row.measure, expires_on=timezone.localdate())

    (first, second) = get(make_officer(), "commitments:measure-evidence", workflow.owner_of(row).reference).context[
        "evidence"
    ]

    assert (first.is_expired, second.is_expired) == (True, False)


def test_the_history_tells_what_became_of_the_evidence():
    officer, measure = make_officer(), make_measure()
    row = add(measure, actor=officer)
    withdraw(replace(row, given(DOCX, "x.docx", title="Zweiter"), officer), actor=officer)

    entries = get(officer, "commitments:measure-history", measure.reference).context["entries"]

    titles = [entry.title for entry in entries[:3]]
    assert [title.split(": ")[1] for title in titles] == ["Zweiter", "Zweiter", "Bericht"]
    assert entries[0].reason == "Falsche Datei"


@pytest.mark.parametrize("make", [make_measure, make_commitment])
def test_a_page_costs_the_same_with_much_evidence(make):
    owner, officer = make(), make_officer()
    page = "commitments:measure-evidence" if isinstance(owner, Measure) else "commitments:commitment-evidence"
    history = "commitments:measure-history" if isinstance(owner, Measure) else "reporting:commitment-history"
    make_evidence(owner)
    cost(officer, history, owner.reference)  # what is read once a process
    few = cost(officer, page, owner.reference), cost(officer, history, owner.reference)

    for n in range(8):
        first = make_evidence(owner, sha256=f"{n:064}")
        make_evidence(owner, sha256=f"{n + 20:064}", replaces=first)

    assert (cost(officer, page, owner.reference), cost(officer, history, owner.reference)) == few
    assert max(few) <= MOST_QUERIES


def test_handing_out_costs_few_queries():
    row, reader = add(said=given(protection=PROTECTED), actor=make_trusted()), make_trusted()

    with CaptureQueriesContext(connection) as queries:
        handed_out(reader, row)

    assert len([each for each in queries.captured_queries if "SAVEPOINT" not in each["sql"]]) <= 2 * MOST_QUERIES


def test_a_sample_city_may_date_its_evidence():
    make_city()

    row = add(said=given(expires_on=date(2099, 1, 1)))

    assert row.expires_on == date(2099, 1, 1)
