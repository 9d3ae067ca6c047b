"""What a filled-in list does when it comes back: drafts, and conflicts that a person decides."""

from datetime import date

import pytest
from django.utils import timezone

from commitments.exchange import storage
from commitments.ledger import save_as
from commitments.models import MeasureStatus, Role, Transfer, TransferState, UnitSuccession
from reviews.models import Confirmation, ConfirmationState
from reviews.workflow import confirmations
from reviews.workflow.confirmations import Answer
from tests.factories import (
    LONG_AGO,
    make_assignment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.answer_files import asked, fill, out, outcomes, plan, send, take_over, told, untouched

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
        assert not plan(preview).kept[0].may_take
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
