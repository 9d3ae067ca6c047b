"""A unit's list as a workbook: what goes out, who takes it out and brings it in, and the pages around it."""

import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from commitments.models import MeasureStatus, Protection, Role, Transfer
from reviews.models import ConfirmationState, CycleState
from reviews.workflow import confirmations
from reviews.workflow.confirmations import Answer
from tests.factories import (
    make_approver,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.answer_files import (
    CODES,
    as_bytes,
    asked,
    cell,
    fill,
    out,
    outcomes,
    plan,
    send,
    take_over,
    told,
    trust,
    untouched,
)
from tests.reviews.pages import MOST_QUERIES, signed_in

pytestmark = pytest.mark.django_db

State = ConfirmationState


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
        changes: dict[str, list[Any]] = {
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
