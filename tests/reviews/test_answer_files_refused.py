"""What is refused of a filled-in list: a sentence, and nothing half-written."""

import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import Workbook

from commitments.exchange import storage
from commitments.ledger import save_as
from commitments.models import Protection, Role, Transfer
from reviews.models import ConfirmationState, CycleState
from tests.factories import (
    make_commitment,
    make_confirmation,
    make_cycle,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.answer_files import (
    CODES,
    as_bytes,
    asked,
    cell,
    errors,
    fill,
    out,
    outcomes,
    send,
    take_over,
    told,
    untouched,
)
from tests.reviews.pages import signed_in

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
        kept = storage.upload_of(transfer.pk)
        assert kept is not None
        assert kept.parent == storage.folder_of(transfer.pk)


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
