"""A unit's list as a workbook: what is in it, what it does when it comes back, and what is refused."""

import zipfile
from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import Workbook, load_workbook

from commitments.exchange import storage
from commitments.ledger import save_as
from commitments.models import MeasureStatus, ProtectedAccess, Protection, Role, Transfer, TransferState, UnitSuccession
from reviews.exchange.columns import AnswerTable
from reviews.models import Confirmation, ConfirmationState, CycleState
from reviews.workflow import confirmations
from reviews.workflow.confirmations import Answer
from tests.factories import (
    LONG_AGO,
    make_approver,
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, signed_in

pytestmark = pytest.mark.django_db

State = ConfirmationState
CODES = [column.code for column in AnswerTable.columns]


@pytest.fixture
def cycle():
    return make_cycle(2027)


@pytest.fixture
def unit():
    return make_unit(key="aiv", name_de="Amt für Vielfalt", name_en="Diversity Office")


@pytest.fixture
def contact(unit):
    return make_user(Role.CONTACT, unit)


@pytest.fixture
def releaser(unit):
    return make_user(Role.RELEASER, unit)


def asked(cycle, unit, **fields):
    return make_confirmation(cycle, make_measure(unit), unit, **fields)


def trust(user):
    today = timezone.localdate()
    people = {"given_by_officer": make_officer(), "given_by_dpo": make_user(Role.DPO)}
    saved(ProtectedAccess(user=user, valid_from=today, valid_to=today, reason="Begleitung", **people))


def out(user, cycle, unit, language="de"):
    """The workbook that somebody downloads."""
    address = reverse("reviews:answer-file-download", args=[cycle.year, unit.key])
    response = signed_in(user).get(address, headers={"accept-language": language})
    assert response.status_code == 200, response
    return load_workbook(BytesIO(b"".join(response)))


def cell(book, row, code):
    return book.worksheets[0].cell(row, CODES.index(code) + 1)


def fill(book, row, **values):
    for code, value in values.items():
        cell(book, row, code).value = value
    return book


def as_bytes(book):
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def send(user, cycle, unit, content, name="antworten.xlsx"):
    """Bring a file in; the response follows to the preview where there is one."""
    content = content if isinstance(content, bytes) else as_bytes(content)
    address = reverse("reviews:answer-file", args=[cycle.year, unit.key])
    return signed_in(user).post(address, {"file": SimpleUploadedFile(name, content)}, follow=True)


def plan(response):
    return response.context["plan"]


def outcomes(response):
    return [str(row.outcome) for row in plan(response).rows]


def errors(response):
    """All sentences, with the row and column they name."""
    found = plan(response)
    return [str(error) for error in found.errors] + [str(error) for row in found.wrong for error in row.errors]


def take_over(user, response, **choices):
    """Press the button below a preview."""
    data = {"expected": plan(response).digest} | {f"choice-{pk[1:]}": value for pk, value in choices.items()}
    return signed_in(user).post(response.redirect_chain[0][0], data, follow=True)


def told(response):
    return [str(message) for message in response.context["messages"]]


def untouched():
    """Nobody has written an answer since."""
    return set(Confirmation.objects.values_list("state", "result")) == {("requested", "")}


class TestOut:
    def test_each_request_is_a_row_with_what_is_known_of_it(self, cycle, unit, contact):
        measure = make_measure(unit, title_de="Sprachkurse", status=MeasureStatus.ONGOING, starts_on=date(2022, 11, 1))
        measure.starts_on_precision = "month"
        saved(measure)
        last_year = make_cycle(2026)
        make_confirmation(last_year, measure, unit, State.RELEASED, result="disputed", statement_de="Stimmt nicht")
        last_year.state = CycleState.CLOSED
        saved(last_year)
        make_confirmation(cycle, measure, unit)
        make_confirmation(cycle, unit=unit, commitment=make_commitment(title_de="Schutz", lead_unit=unit))
        asked(cycle, make_unit())

        sheet = out(contact, cycle, unit).worksheets[0]

        rows = {row[1]: dict(zip(CODES, row, strict=True)) for row in sheet.iter_rows(min_row=2, values_only=True)}
        assert set(rows) == {"Sprachkurse", "Schutz"}
        told = rows["Sprachkurse"]
        assert told["reference"] == measure.reference
        assert (told["status_now"], told["period_now"]) == ("Laufend", "seit November 2022")
        assert told["last_year"] == "Bestritten: Stimmt nicht"
        assert [told[code] for code in ("result", "statement", "status", "start")] == [None] * 4

    def test_only_the_cells_to_be_filled_in_are_unlocked(self, cycle, unit, contact):
        row = asked(cycle, unit)
        make_confirmation(cycle, unit=unit, commitment=make_commitment(lead_unit=unit))
        done = asked(cycle, unit, state=State.SUBMITTED)

        book = out(contact, cycle, unit)

        sheet = book.worksheets[0]
        by_reference = {sheet.cell(number, 1).value: number for number in range(2, 5)}
        open_cells = lambda number: {code for code in CODES if not cell(book, number, code).protection.locked}  # noqa: E731
        filled = {"result", "statement", "named_unit"}
        assert sheet.protection.sheet
        assert open_cells(by_reference[row.measure.reference]) == filled | set(CODES[10:17])
        assert open_cells(by_reference[done.measure.reference]) == set()
        assert open_cells(4) == filled
        assert sheet.column_dimensions["R"].hidden

    @pytest.mark.parametrize(
        ("language", "of_measure"),
        [
            ("de", ["Unverändert", "Geändert", "Bestritten", "Nicht bei uns"]),
            ("en", ["Unchanged", "Changed", "Disputed", "Not ours"]),
        ],
    )
    def test_answers_are_chosen_from_a_list_in_the_readers_language(self, cycle, unit, contact, language, of_measure):
        asked(cycle, unit)
        make_confirmation(cycle, unit=unit, commitment=make_commitment(lead_unit=unit))

        book = out(contact, cycle, unit, language)

        rules = {str(rule.sqref): rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation}
        lists = next(sheet for sheet in book.worksheets if sheet.sheet_state == "hidden")
        assert rules["H2"] == f"'{lists.title}'!$A$1:$A$4"
        assert [lists.cell(number, 1).value for number in range(1, 5)] == of_measure
        assert lists.cell(1, 2).value == {"de": "Fehlanzeige", "en": "Nil return"}[language]
        assert {"H3", "I2", "K2"} & set(rules) == {"H3", "K2"}

    def test_a_sheet_explains_it(self, cycle, unit, contact):
        asked(cycle, unit)

        book = out(contact, cycle, unit)

        words = " ".join(
            str(value) for row in book["Erläuterung"].iter_rows(values_only=True) for value in row if value
        )
        assert "Amt für Vielfalt" in words
        assert "gelben Zellen" in words

    def test_what_begins_like_a_formula_is_not_one(self, cycle, unit, contact):
        measure = make_measure(unit, title_de="=1+1")
        row = make_confirmation(cycle, measure, unit, statement_de="+49 221", state=State.DRAFT)

        book = out(contact, cycle, unit)

        assert cell(book, 2, "title").value == "'=1+1"
        assert cell(book, 2, "title").data_type == "s"
        fill(book, 2, result="Unverändert")
        take_over(contact, send(contact, cycle, unit, book))
        row.refresh_from_db()
        assert (row.result, row.statement_de) == ("confirmed", "+49 221")

    def test_a_draft_of_the_application_stands_in_it(self, cycle, unit, contact):
        other = make_unit(name_de="Jugendamt")
        row = asked(cycle, unit)
        changes = {
            "status": ["ongoing", "completed"],
            "end": [None, "2026-11"],
            "contributing_units": [[], [other.key]],
        }
        answer = Answer("changed", "Fertig", changes=changes)
        confirmations.save_draft(row, answer, actor=contact, at=timezone.now())

        book = out(contact, cycle, unit)

        said = {code: cell(book, 2, code).value for code in CODES}
        assert (said["result"], said["statement"], said["status"]) == ("Geändert", "Fertig", "Abgeschlossen")
        assert (said["end"], said["contributing_units"]) == ("11.2026", "Jugendamt")
        assert outcomes(send(contact, cycle, unit, book)) == ["unchanged"]

    def test_it_is_noted_who_took_it_out(self, cycle, unit, contact):
        asked(cycle, unit)

        out(contact, cycle, unit)

        made = Transfer.objects.get()
        assert (made.by, made.subject, made.query, made.counts) == (
            contact,
            "answers",
            "year=2027&unit=aiv",
            {"rows": 1},
        )

    def test_rule_10_what_is_protected_is_in_it_only_for_those_with_the_right(self, cycle, unit, contact):
        make_confirmation(cycle, make_measure(unit, protection=Protection.PROTECTED, title_de="Zuflucht"), unit)
        asked(cycle, unit)
        trusted = make_user(Role.CONTACT, unit)
        trust(trusted)

        assert out(contact, cycle, unit).worksheets[0].max_row == 2
        assert out(trusted, cycle, unit).worksheets[0].max_row == 3
        assert list(Transfer.objects.order_by("pk").values_list("holds_protected", flat=True)) == [False, True]

    def test_rule_10_what_is_passed_on_holds_nothing_protected(self, cycle, unit):
        officer = make_officer()
        trust(officer)
        make_confirmation(cycle, make_measure(unit, protection=Protection.PROTECTED), unit)
        shown = asked(cycle, unit)

        sheet = out(officer, cycle, unit).worksheets[0]

        assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [shown.measure.reference]

    @pytest.mark.parametrize(
        ("role", "status"),
        [
            (Role.OFFICER, 200),
            (Role.APPROVER, 403),
            (Role.AUDITOR, 403),
            (Role.DPO, 403),
            (Role.COUNCIL, 404),
            (Role.ADMINISTRATOR, 404),
            (Role.CONTACT, 404),
            (Role.RELEASER, 404),
        ],
    )
    def test_who_may_take_out_the_list_of_a_unit(self, cycle, unit, role, status):
        asked(cycle, unit)

        response = signed_in(make_user(role)).get(reverse("reviews:answer-file-download", args=[2027, "aiv"]))

        assert response.status_code == status

    def test_the_units_own_people_take_it_out(self, cycle, unit, contact, releaser):
        asked(cycle, unit)

        for user in (contact, releaser):
            assert out(user, cycle, unit).worksheets[0].max_row == 2

    @pytest.mark.parametrize("state", [CycleState.PLANNED, CycleState.FROZEN, CycleState.CLOSED])
    def test_a_cycle_that_does_not_run_gives_no_file(self, unit, contact, state):
        make_cycle(2027, state)

        response = signed_in(contact).get(reverse("reviews:answer-file-download", args=[2027, "aiv"]), follow=True)

        assert len(told(response)) == 1
        assert not Transfer.objects.exists()


class TestAllUnits:
    def files(self, officer, cycle):
        response = signed_in(officer).get(reverse("reviews:answer-files", args=[cycle.year]))
        assert response["Content-Type"] == "application/zip"
        return zipfile.ZipFile(BytesIO(b"".join(response)))

    def test_each_unit_has_a_file_that_its_contact_can_bring_in(self, cycle, unit, contact):
        row = asked(cycle, unit)
        asked(cycle, make_unit(key="zoo"))

        with self.files(make_officer(), cycle) as archive:
            names = archive.namelist()
            book = load_workbook(BytesIO(archive.read("rueckmeldungen-2027-aiv.xlsx")))
        fill(book, 2, result="Unverändert")
        take_over(contact, send(contact, cycle, unit, book))

        assert sorted(names) == ["rueckmeldungen-2027-aiv.xlsx", "rueckmeldungen-2027-zoo.xlsx"]
        row.refresh_from_db()
        assert (row.state, row.result) == (State.DRAFT, "confirmed")

    def test_rule_10_no_file_holds_anything_protected(self, cycle, unit):
        officer = make_officer()
        trust(officer)
        make_confirmation(cycle, make_measure(unit, protection=Protection.PROTECTED), unit)
        asked(cycle, make_unit(key="zoo"))

        with self.files(officer, cycle) as archive:
            assert archive.namelist() == ["rueckmeldungen-2027-zoo.xlsx"]
        assert Transfer.objects.get().counts == {"rows": 1}

    @pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
    def test_nobody_else_takes_out_all_of_them(self, cycle, unit, role):
        asked(cycle, unit)

        response = signed_in(make_user(role)).get(reverse("reviews:answer-files", args=[2027]))

        assert response.status_code in (403, 404)
        assert not Transfer.objects.exists()

    def test_a_frozen_cycle_gives_a_sentence(self, unit):
        make_cycle(2027, CycleState.FROZEN)

        response = signed_in(make_officer()).get(reverse("reviews:answer-files", args=[2027]), follow=True)

        assert "eingefroren" in told(response)[0]

    def test_the_board_leads_the_officer_to_them_and_nobody_else(self, cycle, unit):
        asked(cycle, unit)
        address, one = reverse("reviews:answer-files", args=[2027]), "/reviews/answers/2027/aiv/file/download/"
        board = reverse("reviews:board", args=[2027])

        of_officer = signed_in(make_officer()).get(board).content.decode()
        of_approver = signed_in(make_approver()).get(board).content.decode()

        assert (address in of_officer, one in of_officer) == (True, True)
        assert (address in of_approver, one in of_approver) == (False, False)

    def test_it_takes_as_many_queries_whatever_the_number_of_units(self, cycle):
        officer = make_officer()

        def count(units):
            for _ in range(units):
                unit = make_unit()
                asked(cycle, unit)
                asked(cycle, unit)
            client = signed_in(officer)
            with CaptureQueriesContext(connection) as captured:
                b"".join(client.get(reverse("reviews:answer-files", args=[2027])))
            return len([query for query in captured if query["sql"].startswith("SELECT")])

        assert count(1) == count(5)


class TestIn:
    def test_answers_become_drafts_with_history_and_are_not_submitted(self, cycle, unit, contact):
        rows = [asked(cycle, unit) for _ in range(3)]
        book = out(contact, cycle, unit)
        fill(book, 2, result="Unverändert")
        fill(book, 3, result="Bestritten", statement="So war es nicht.")

        preview = send(contact, cycle, unit, book, "liste.xlsx")
        assert untouched()
        assert outcomes(preview) == ["draft", "draft", "unchanged"]
        done = take_over(contact, preview)

        assert [(row.state, row.result) for row in Confirmation.objects.order_by("pk")] == [
            ("draft", "confirmed"),
            ("draft", "disputed"),
            ("requested", ""),
        ]
        entry = rows[1].history.first()
        assert (entry.history_user_id, entry.history_change_reason) == (
            contact.pk,
            "Übernommen aus der Datei „liste.xlsx“",
        )
        assert told(done) == [
            "2 Rückmeldungen aus der Datei sind jetzt Entwürfe. Sehen Sie sie an und reichen Sie sie ein."
        ]
        transfer = Transfer.objects.get(direction="import")
        assert transfer.state == TransferState.APPLIED
        assert storage.upload_of(transfer.pk) is None

    def test_each_field_that_can_be_reported_comes_in(self, cycle, unit, contact):
        other = make_unit(name_de="Jugendamt")
        measure = make_measure(unit, title_de="Alt", note_de="Notiz", ends_on=date(2026, 12, 31))
        row = make_confirmation(cycle, measure, unit)
        book = out(contact, cycle, unit)
        fill(
            book,
            2,
            result="Geändert",
            status="Abgeschlossen",
            title_de="Neu",
            title_en="New",
            start="11.2022",
            end="leer",
            note="leer",
            contributing_units="Jugendamt",
        )

        take_over(contact, send(contact, cycle, unit, book))

        row.refresh_from_db()
        assert row.changes == {
            "status": ["ongoing", "completed"],
            "title_de": ["Alt", "Neu"],
            "title_en": [measure.title_en or None, "New"],
            "start": [None, "2022-11"],
            "end": ["2026-12-31", None],
            "note": ["Notiz", None],
            "contributing_units": [[], [other.key]],
        }

    def test_days_that_the_program_turned_into_dates_are_read(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Geändert", start=date(2022, 11, 28), end=2027)

        take_over(contact, send(contact, cycle, unit, book))

        row.refresh_from_db()
        assert (row.changes["start"][1], row.changes["end"][1]) == ("2022-11-28", "2027")

    def test_whose_it_is_comes_in(self, cycle, unit, contact):
        row, other = asked(cycle, unit), make_unit(name_de="Jugendamt")
        book = fill(out(contact, cycle, unit), 2, result="Nicht bei uns", named_unit="Jugendamt")

        take_over(contact, send(contact, cycle, unit, book))

        row.refresh_from_db()
        assert (row.result, row.named_unit) == ("not_ours", other)

    def test_a_file_in_english_is_read_by_somebody_who_reads_german(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit, "en"), 2, result="Unchanged")

        take_over(contact, send(contact, cycle, unit, book))

        row.refresh_from_db()
        assert row.result == "confirmed"

    def test_figures_of_a_draft_stay(self, cycle, unit, contact):
        row = asked(cycle, unit)
        figures = {"money:2026:Haushalt": [None, "500"]}
        confirmations.save_draft(row, Answer("changed", changes=figures), actor=contact, at=timezone.now())
        book = fill(out(contact, cycle, unit), 2, title_de="Neu")

        take_over(contact, send(contact, cycle, unit, book))

        row.refresh_from_db()
        assert row.changes == figures | {"title_de": [row.measure.title_de, "Neu"]}

    def test_a_deputy_brings_it_in_for_somebody(self, cycle, unit, contact):
        row, deputy = asked(cycle, unit), make_user()
        make_assignment(deputy, Role.CONTACT, unit, acting_for=contact)
        book = fill(out(deputy, cycle, unit), 2, result="Unverändert")

        take_over(deputy, send(deputy, cycle, unit, book))

        entry = row.history.first()
        assert (entry.history_user_id, entry.acting_for_id) == (deputy.pk, contact.pk)

    def test_rule_07_the_successor_brings_in_the_file_of_a_dissolved_unit(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(make_officer(), cycle, unit), 2, result="Unverändert")
        successor = make_unit()
        saved(UnitSuccession(unit=unit, successor=successor, on=LONG_AGO))
        heir = make_user(Role.CONTACT, successor)

        take_over(heir, send(heir, cycle, successor, book))

        row.refresh_from_db()
        assert row.state == State.DRAFT

    def test_a_file_saved_as_csv_is_read(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert")
        lines = [";".join(str(value or "") for value in row) for row in book.worksheets[0].iter_rows(values_only=True)]

        take_over(contact, send(contact, cycle, unit, "\n".join(lines).encode("utf-8-sig"), "liste.csv"))

        row.refresh_from_db()
        assert row.state == State.DRAFT

    def test_the_preview_shows_old_and_new(self, cycle, unit, contact):
        measure = make_measure(unit, title_de="Alter Titel")
        make_confirmation(cycle, measure, unit)
        book = fill(out(contact, cycle, unit), 2, result="Geändert", title_de="Neuer Titel")

        row = plan(send(contact, cycle, unit, book)).drafts[0]

        assert [(each.column, each.old, each.new) for each in row.changes] == [
            ("Rückmeldung", "", "Geändert"),
            ("Neuer Titel", "Alter Titel", "Neuer Titel"),
        ]


class TestConflicts:
    def drafted(self, row, contact, **fields):
        confirmations.save_draft(row, Answer(**fields), actor=contact, at=timezone.now())

    def edited(self, measure, **fields):
        for name, value in fields.items():
            setattr(measure, name, value)
        measure.fingerprint = measure.substance([(u.unit.key, u.part) for u in measure.measure_units.all()])
        save_as(measure, actor=None, reason="Made for a test", at=timezone.now())

    def test_a_draft_that_was_changed_meanwhile_is_shown_beside_the_file(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Bestritten", statement="Nein")
        self.drafted(row, contact, result="confirmed", statement_de="Passt")

        preview = send(contact, cycle, unit, book)

        found = plan(preview).conflicts[0]
        assert [(each.column, each.old, each.new) for each in found.since] == [
            ("Rückmeldung", "", "Unverändert"),
            ("Ihr Text", "", "Passt"),
        ]
        assert [(each.old, each.new) for each in found.changes] == [("Unverändert", "Bestritten"), ("Passt", "Nein")]

    def test_a_measure_that_was_changed_meanwhile_is_shown_beside_the_file(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert")
        self.edited(row.measure, status=MeasureStatus.COMPLETED)

        found = plan(send(contact, cycle, unit, book)).conflicts[0]

        assert [(each.column, each.old, each.new) for each in found.since] == [
            ("Im Register: Status", "Laufend", "Abgeschlossen")
        ]

    @pytest.mark.parametrize(("choice", "result"), [("file", "disputed"), ("now", "confirmed")])
    def test_the_person_decides_row_by_row(self, cycle, unit, contact, choice, result):
        row, other = asked(cycle, unit), asked(cycle, unit)
        book = out(contact, cycle, unit)
        fill(book, 2, result="Bestritten", statement="Nein")
        fill(book, 3, result="Unverändert")
        self.drafted(row, contact, result="confirmed")

        take_over(contact, send(contact, cycle, unit, book), **{f"_{row.pk}": choice})

        row.refresh_from_db()
        other.refresh_from_db()
        assert (row.result, other.result) == (result, "confirmed")

    def test_without_a_decision_nothing_is_written_at_all(self, cycle, unit, contact):
        row, other = asked(cycle, unit), asked(cycle, unit)
        book = out(contact, cycle, unit)
        fill(book, 2, result="Bestritten", statement="Nein")
        fill(book, 3, result="Unverändert")
        self.drafted(row, contact, result="confirmed")

        response = take_over(contact, send(contact, cycle, unit, book))

        other.refresh_from_db()
        assert told(response) == ["Entscheiden Sie zuerst, welche Rückmeldung in Zeile 2 gilt."]
        assert other.state == State.REQUESTED
        assert Transfer.objects.get(direction="import").state == TransferState.CHECKED

    def test_what_was_submitted_meanwhile_stays(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Bestritten", statement="Nein")
        confirmations.submit(row, Answer("confirmed"), actor=contact, at=timezone.now())

        preview = send(contact, cycle, unit, book)
        take_over(contact, preview, **{f"_{row.pk}": "file"})

        row.refresh_from_db()
        assert not plan(preview).conflicts[0].may_take
        assert (row.state, row.result) == (State.SUBMITTED, "confirmed")

    def test_what_was_asked_again_meanwhile_is_answered_anew_after_a_decision(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert", statement="Wie immer")
        confirmations.submit(row, Answer("confirmed"), actor=contact, at=timezone.now())
        self.edited(row.measure, title_de="Ganz anders")
        again = confirmations.ask_again(Confirmation.objects.get(pk=row.pk), actor=make_officer(), at=timezone.now())

        preview = send(contact, cycle, unit, book)
        take_over(contact, preview, **{f"_{again.pk}": "file"})

        again.refresh_from_db()
        assert [found.request for found in plan(preview).conflicts] == [again]
        assert (again.state, again.statement_de) == (State.DRAFT, "Wie immer")

    def test_what_says_the_same_as_the_application_is_no_conflict(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert")
        self.drafted(row, contact, result="confirmed")

        assert outcomes(send(contact, cycle, unit, book)) == ["unchanged"]

    def test_a_row_that_nobody_filled_in_never_writes_over_a_draft(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = out(contact, cycle, unit)
        self.drafted(row, contact, result="confirmed")

        assert outcomes(send(contact, cycle, unit, book)) == ["unchanged"]

    def test_a_forged_stand_does_not_hide_a_conflict(self, cycle, unit, contact):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Bestritten", statement="Nein")
        self.drafted(row, contact, result="confirmed")
        fill(book, 2, key=f"2027.aiv.{row.pk}.999999.999999")

        assert outcomes(send(contact, cycle, unit, book)) == ["conflict"]

    def test_what_changed_between_looking_and_taking_over_is_looked_at_again(self, cycle, unit, contact):
        row = asked(cycle, unit)
        preview = send(contact, cycle, unit, fill(out(contact, cycle, unit), 2, result="Unverändert"))
        self.drafted(row, contact, result="disputed", statement_de="Nein")

        response = take_over(contact, preview)

        row.refresh_from_db()
        assert "seit" in told(response)[0].casefold()
        assert outcomes(response) == ["conflict"]
        assert row.result == "disputed"


class TestRefused:
    def refused(self, response, *parts):
        """A page with sentences that hold these words, and nothing written."""
        assert response.status_code == 200
        found = " | ".join(errors(response))
        assert all(part in found for part in parts), found
        assert untouched()

    @pytest.mark.parametrize(
        ("values", "parts"),
        [
            ({"result": "Vielleicht"}, ("Zeile 2", "„Rückmeldung“", "„Vielleicht“")),
            ({"result": "Fehlanzeige"}, ("Zeile 2", "„Rückmeldung“")),
            ({"result": "Unverändert", "title_de": "Neu"}, ("Zeile 2", "„Rückmeldung“", "„Geändert“")),
            ({"result": "Geändert", "status": "irgendwie"}, ("„Neuer Status“",)),
            ({"result": "Geändert", "title_de": "leer"}, ("„Neuer Titel“",)),
            ({"result": "Geändert", "title_de": "x" * 301}, ("„Neuer Titel“", "301")),
            ({"result": "Geändert", "start": "31.02.2022"}, ("„Neuer Beginn“", "2022-02-31")),
            ({"result": "Geändert", "start": "2027", "end": "2026"}, ("„Neues Ende“",)),
            (
                {"result": "Geändert", "contributing_units": "Atlantis"},
                ("„Neue mitwirkende Dienststellen“", "Atlantis"),
            ),
            ({"result": "Unverändert", "named_unit": "Amt für Vielfalt"}, ("„Wer zuständig ist“",)),
            ({"result": "Nicht bei uns", "named_unit": "Amt für Vielfalt"}, ("„Wer zuständig ist“", "eigene")),
            ({"result": "=HYPERLINK(1)"}, ("Zeile 2", "Formel")),
            ({"statement": "=1+1"}, ("„Ihr Text“", "Formel")),
            ({"statement": "x" * 20_001}, ("„Ihr Text“", "20001")),
            ({"result": 7}, ("„Rückmeldung“",)),
            ({"result": True}, ("„Rückmeldung“",)),
            ({"key": None, "result": "Unverändert"}, ("keinen Schlüssel",)),
            ({"key": "'; DROP TABLE", "result": "Unverändert"}, ("keinen Schlüssel",)),
        ],
    )
    def test_a_wrong_cell_is_named_with_row_and_column(self, cycle, unit, contact, values, parts):
        asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, **values)

        self.refused(send(contact, cycle, unit, book), *parts)

    def test_one_wrong_row_keeps_all_rows_from_being_written(self, cycle, unit, contact):
        asked(cycle, unit)
        asked(cycle, unit)
        book = fill(fill(out(contact, cycle, unit), 2, result="Unverändert"), 3, result="Quatsch")

        preview = send(contact, cycle, unit, book)
        take_over(contact, preview)

        assert outcomes(preview) == ["draft", "error"]
        assert untouched()

    def test_a_commitment_has_nothing_to_change(self, cycle, unit, contact):
        make_confirmation(cycle, unit=unit, commitment=make_commitment(lead_unit=unit))
        book = out(contact, cycle, unit)

        self.refused(send(contact, cycle, unit, fill(book, 2, result="Bestritten", title_de="Neu")), "„Neuer Titel“")
        self.refused(send(contact, cycle, unit, fill(book, 2, result="Geändert", title_de=None)), "Fehlanzeige")

    def test_the_same_row_twice(self, cycle, unit, contact):
        asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert")
        book.worksheets[0].append([each.value for each in book.worksheets[0][2]])

        self.refused(send(contact, cycle, unit, book), "Zeile 3", "schon in Zeile 2")

    @pytest.mark.parametrize("code", ["result", "note", "key"])
    def test_a_column_that_was_renamed_or_deleted(self, cycle, unit, contact, code):
        asked(cycle, unit)
        renamed, deleted = out(contact, cycle, unit), out(contact, cycle, unit)
        heading = cell(renamed, 1, code).value
        cell(renamed, 1, code).value = "Ganz was anderes"
        deleted.worksheets[0].delete_cols(CODES.index(code) + 1)

        self.refused(send(contact, cycle, unit, renamed), "Ganz was anderes", f"„{heading}“ fehlt")
        self.refused(send(contact, cycle, unit, deleted), f"„{heading}“ fehlt")

    def test_the_file_of_another_unit(self, cycle, unit, contact):
        other = make_unit(key="zoo")
        asked(cycle, other)
        asked(cycle, unit)
        book = fill(out(make_user(Role.CONTACT, other), cycle, other), 2, result="Unverändert")

        self.refused(send(contact, cycle, unit, book), "andere Dienststelle")

    def test_a_row_of_another_unit_put_into_ones_own_file_does_not_exist(self, cycle, unit, contact):
        foreign = asked(cycle, make_unit())
        asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert", key=f"2027.aiv.{foreign.pk}.1.1")

        self.refused(send(contact, cycle, unit, book), "nicht oder nicht mehr auf der Liste")

    def test_last_years_file(self, cycle, unit, contact):
        asked(cycle, unit)
        before = make_cycle(2026)
        asked(before, unit)
        book = fill(out(contact, before, unit), 2, result="Unverändert")

        self.refused(send(contact, cycle, unit, book), "2026", "2027")

    def test_rule_10_a_row_that_has_become_protected_is_as_unknown_as_one_that_does_not_exist(
        self, cycle, unit, contact
    ):
        row = asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert")
        row.measure.protection = Protection.PROTECTED
        save_as(row.measure, actor=None, reason="Made for a test", at=timezone.now())

        response = send(contact, cycle, unit, book)

        self.refused(response, "nicht oder nicht mehr auf der Liste")
        assert row.measure.title_de not in response.content.decode()

    def test_a_cycle_that_was_frozen_meanwhile(self, cycle, unit, contact):
        asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert")
        preview = send(contact, cycle, unit, book)
        cycle.state = CycleState.FROZEN
        saved(cycle)

        late = take_over(contact, preview)
        new = send(contact, cycle, unit, book)

        assert "eingefroren" in told(late)[0]
        assert len(told(new)) == 1
        assert untouched()

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("bild.xlsx", b"\x89PNG\r\n\x1a\n\0\0\0\0", "CSV"),
            ("alt.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "xls"),
            ("kaputt.xlsx", b"PK\x03\x04" + b"x" * 300, "beschädigt"),
            ("text.csv", b"Hallo;Welt\n1;2\n", "fehlt"),
        ],
    )
    def test_a_file_of_another_kind(self, cycle, unit, contact, name, content, words):
        asked(cycle, unit)

        self.refused(send(contact, cycle, unit, content, name), words)

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("liste.pdf", b"%PDF-1.7", ".xlsx"),
            ("liste.xlsm", b"PK\x03\x04", ".xlsx"),
            ("leer.xlsx", b"", "leer"),
            ("gross.xlsx", b"PK\x03\x04" + b"\0" * (5 * 1024 * 1024 + 1), "5"),
        ],
    )
    def test_a_file_that_no_form_takes(self, cycle, unit, contact, name, content, words):
        asked(cycle, unit)

        response = send(contact, cycle, unit, content, name)

        assert words in " ".join(response.context["form"].errors["file"])
        assert not Transfer.objects.exists()

    def test_a_hundred_megabytes(self, cycle, unit, contact):
        asked(cycle, unit)

        response = send(contact, cycle, unit, b"PK\x03\x04" + bytes(100 * 1024 * 1024))

        assert "5 MB" in " ".join(response.context["form"].errors["file"])
        assert not Transfer.objects.exists()

    def test_a_workbook_that_would_unpack_without_end(self, cycle, unit, contact):
        asked(cycle, unit)
        bomb = BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", b" " * (60 * 1024 * 1024))

        self.refused(send(contact, cycle, unit, bomb.getvalue()), "größer")

    def test_a_table_with_too_many_rows(self, cycle, unit, contact):
        asked(cycle, unit)
        book = out(contact, cycle, unit)
        for _ in range(3_001):
            book.worksheets[0].append(["x"])

        self.refused(send(contact, cycle, unit, book), "3000")

    def test_an_empty_workbook(self, cycle, unit, contact):
        asked(cycle, unit)

        self.refused(send(contact, cycle, unit, Workbook()), "Tabelle")

    def test_without_a_file(self, cycle, unit, contact):
        asked(cycle, unit)

        response = signed_in(contact).post(reverse("reviews:answer-file", args=[2027, "aiv"]), {})

        assert response.context["form"].errors["file"]

    def test_a_name_with_folders_leads_nowhere(self, cycle, unit, contact):
        asked(cycle, unit)
        book = fill(out(contact, cycle, unit), 2, result="Unverändert")

        send(contact, cycle, unit, book, "../../etc/liste.xlsx")

        transfer = Transfer.objects.get(direction="import")
        assert transfer.file_name == "liste.xlsx"
        assert storage.upload_of(transfer.pk).parent == storage.folder_of(transfer.pk)


class TestWhoBringsIn:
    @pytest.mark.parametrize("role", Role)
    def test_somebody_else_does_not(self, cycle, unit, contact, role):
        asked(cycle, unit)
        content = as_bytes(fill(out(contact, cycle, unit), 2, result="Unverändert"))

        response = send(make_user(role), cycle, unit, content)

        assert response.status_code in (403, 404)
        assert untouched()

    def test_a_releasing_person_alone_does_not(self, cycle, unit, contact, releaser):
        asked(cycle, unit)
        content = as_bytes(fill(out(contact, cycle, unit), 2, result="Unverändert"))

        assert send(releaser, cycle, unit, content).status_code == 403

    @pytest.mark.parametrize("role", [Role.CONTACT, Role.OFFICER, Role.AUDITOR])
    def test_anothers_file_does_not_exist(self, cycle, unit, contact, role):
        asked(cycle, unit)
        preview = send(contact, cycle, unit, fill(out(contact, cycle, unit), 2, result="Unverändert"))
        address = preview.redirect_chain[0][0]
        other = make_user(role, unit if role == Role.CONTACT else None)

        assert signed_in(other).get(address).status_code == 404
        assert signed_in(other).post(address, {"expected": plan(preview).digest}).status_code == 404
        assert signed_in(other).post(f"{address}discard/").status_code == 404
        assert untouched()

    def test_a_discarded_file_is_gone(self, cycle, unit, contact):
        asked(cycle, unit)
        preview = send(contact, cycle, unit, fill(out(contact, cycle, unit), 2, result="Unverändert"))
        address = preview.redirect_chain[0][0]

        signed_in(contact).post(f"{address}discard/")
        again = signed_in(contact).post(address, {"expected": plan(preview).digest}, follow=True)

        assert "wartet nicht mehr" in told(again)[0]
        assert untouched()

    def test_what_is_taken_over_twice_is_written_once(self, cycle, unit, contact):
        row = asked(cycle, unit)
        preview = send(contact, cycle, unit, fill(out(contact, cycle, unit), 2, result="Unverändert"))
        take_over(contact, preview)
        changes = row.history.count()

        again = take_over(contact, preview)

        assert "wartet nicht mehr" in told(again)[0]
        assert row.history.count() == changes

    def test_the_log_of_files_leads_to_the_preview(self, cycle, unit, contact):
        asked(cycle, unit)
        preview = send(contact, cycle, unit, fill(out(contact, cycle, unit), 2, result="Unverändert"))
        transfer = Transfer.objects.get(direction="import")

        response = signed_in(contact).get(reverse("commitments:transfer", args=[transfer.pk]))

        assert response["Location"] == preview.redirect_chain[0][0]


class TestPages:
    def test_the_list_leads_there(self, cycle, unit, contact, releaser):
        asked(cycle, unit)
        address = reverse("reviews:answer-file", args=[2027, "aiv"])

        for user in (contact, releaser):
            assert address in signed_in(user).get(reverse("reviews:confirm", args=[2027, "aiv"])).content.decode()

    def test_a_releasing_person_takes_it_out_and_is_not_asked_for_a_file(self, cycle, unit, releaser):
        asked(cycle, unit)

        response = signed_in(releaser).get(reverse("reviews:answer-file", args=[2027, "aiv"]))

        assert response.context["form"] is None
        assert response.status_code == 200

    @pytest.mark.parametrize(("language", "word"), [("de", "Ohne Netz antworten"), ("en", "Answer offline")])
    def test_it_is_read_in_both_languages(self, cycle, unit, contact, language, word):
        asked(cycle, unit)

        response = signed_in(contact).get(
            reverse("reviews:answer-file", args=[2027, "aiv"]), headers={"accept-language": language}
        )

        assert word in response.content.decode()

    def test_file_and_preview_ask_as_many_queries_whatever_the_size(self, cycle, unit, contact):
        other = make_unit(name_de="Jugendamt")

        def count():
            book = out(contact, cycle, unit)
            for number in range(2, book.worksheets[0].max_row + 1):
                fill(book, number, result="Geändert", title_de=f"Neu {number}", contributing_units=other.name_de)
            client = signed_in(contact)
            with CaptureQueriesContext(connection) as downloaded:
                client.get(reverse("reviews:answer-file-download", args=[2027, "aiv"]))
            address = send(contact, cycle, unit, book).redirect_chain[0][0]
            with CaptureQueriesContext(connection) as shown:
                assert client.get(address).status_code == 200
            selects = [query for query in downloaded if query["sql"].startswith("SELECT")]
            return len(selects), len(shown)

        asked(cycle, unit)
        few = count()
        for _ in range(8):
            asked(cycle, unit)
        many = count()

        assert many == few
        assert many[1] <= MOST_QUERIES

    def test_taking_over_does_not_ask_row_by_row(self, cycle, unit, contact):
        def count():
            book = out(contact, cycle, unit)
            for number in range(2, book.worksheets[0].max_row + 1):
                fill(book, number, result="Unverändert", statement=f"Stand {timezone.now()}")
            preview = send(contact, cycle, unit, book)
            client = signed_in(contact)
            with CaptureQueriesContext(connection) as captured:
                client.post(preview.redirect_chain[0][0], {"expected": plan(preview).digest})
            return len(captured)

        asked(cycle, unit)
        few = count()
        for _ in range(8):
            asked(cycle, unit)

        assert count() == few


def test_a_person_who_reads_english_gets_sentences_in_english(cycle, unit, contact):
    asked(cycle, unit)
    book = fill(out(contact, cycle, unit, "en"), 2, result="Perhaps")
    address = reverse("reviews:answer-file", args=[2027, "aiv"])

    with translation.override("en"):
        response = signed_in(contact).post(
            address,
            {"file": SimpleUploadedFile("list.xlsx", as_bytes(book))},
            follow=True,
            headers={"accept-language": "en"},
        )

    assert "Row 2, column “Answer”: “Perhaps” is not known here." in errors(response)[0]
