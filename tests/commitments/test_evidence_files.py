"""What a file is, by its content; what the virus scanner says; and what an upload costs."""

import io
import socket
import threading
import zipfile
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import translation

from commitments import filetypes, scanning, uploads
from tests.commitments.uploaded import (
    DOCX,
    EXE,
    HTML,
    JPEG,
    OLD_WORD,
    PDF,
    SVG,
    TAKEN,
    odf,
    ooxml,
    packed,
    types_of,
    upload,
)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def refusal(data: bytes, name: str = "file") -> str:
    with pytest.raises(ValidationError) as error:
        uploads.received(upload(data, name))
    return " ".join(error.value.messages)


# By content


@pytest.mark.parametrize("ending", TAKEN)
def test_a_file_is_known_by_its_content_whatever_it_is_called(ending):
    found = uploads.received(upload(TAKEN[ending], "no-ending"))

    assert filetypes.ENDINGS[found.media_type][0] == ending


def test_what_office_programs_write_is_taken():
    file = io.BytesIO()
    openpyxl.Workbook().save(file)

    assert uploads.received(upload(file.getvalue(), "Zahlen.xlsx")).media_type.endswith("spreadsheetml.sheet")


@pytest.mark.parametrize("data", [HTML, SVG, EXE, OLD_WORD, b"just text", b"GIF89a" + bytes(40), packed({"a": "b"})])
def test_other_files_are_refused_under_any_name(data):
    for name in ("x.pdf", "x.docx", "x", "x.png"):
        assert "not taken" in refusal(data, name)


@pytest.mark.parametrize(
    ("data", "name", "ending"),
    [(PDF, "Bericht.docx", "docx"), (DOCX, "Bericht.PDF", "pdf"), (JPEG, "x.png", "png"), (PDF, "x.exe", "exe")],
)
def test_a_name_that_contradicts_the_content_is_refused(data, name, ending):
    assert f"“.{ending}”" in refusal(data, name)


@pytest.mark.parametrize("name", ["x.JPG", "x.jpeg", "x", "ordner/x.jpg", "..\\..\\x.jpg"])
def test_a_name_that_fits_is_taken(name):
    assert uploads.received(upload(JPEG, name)).media_type == "image/jpeg"


@pytest.mark.parametrize(
    "data",
    [
        ooxml("wordprocessingml.document", **{"word/vbaProject.bin": b"x"}),
        packed({"[Content_Types].xml": types_of("application/vnd.ms-word.document.macroEnabled.main+xml")}),
        packed({"[Content_Types].xml": types_of("application/vnd.ms-excel.sheet.macroEnabled.main+xml")}),
        ooxml("spreadsheetml.sheet", **{"xl/macrosheets/sheet1.xml": b"x"}),
        odf("text", **{"Basic/Standard/Module1.xml": b"x"}),
        odf("spreadsheet", **{"Scripts/python/x.py": b"x"}),
    ],
)
def test_office_files_with_macros_are_refused(data):
    assert "macros" in refusal(data)


def test_a_zip_bomb_is_refused_before_anything_is_unpacked():
    bomb = ooxml("wordprocessingml.document", **{"word/media.xml": bytes(60 * 1024 * 1024)})

    assert len(bomb) < 1024 * 1024
    assert "enormous" in refusal(bomb, "x.docx")


def test_a_bomb_in_the_list_of_types_is_read_within_limits():
    bomb = packed({"[Content_Types].xml": bytes(20 * 1024 * 1024), "word/document.xml": "<x/>"})

    assert "enormous" in refusal(bomb)


def test_an_entity_bomb_in_the_list_of_types_is_refused():
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    data = packed({"[Content_Types].xml": f'<?xml version="1.0"?>{entities}<Types>&b;</Types>'})

    assert "not taken" in refusal(data)


def test_an_archive_with_a_list_of_half_a_million_parts_is_refused_unread():
    data = bytearray(DOCX)
    data[-22 + 12 : -22 + 16] = (30 * 1024 * 1024).to_bytes(4, "little")

    assert "damaged" in refusal(bytes(data))


@pytest.mark.parametrize("cut", [10, 40, 200, len(DOCX) // 2, len(DOCX) - 5])
def test_half_a_file_is_refused_with_a_sentence(cut):
    assert refusal(DOCX[:cut], "x.docx")


def test_a_locked_part_is_refused_with_a_sentence():
    data = bytearray(DOCX)
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1  # the bit that says: encrypted

    assert "password" in refusal(bytes(data))


def test_bytes_that_do_not_unpack_are_refused_with_a_sentence():
    data = packed({"[Content_Types].xml": types_of("x") * 50}, zipfile.ZIP_DEFLATED)
    at = data.index(b"[Content_Types].xml") + 19
    broken = data[:at] + b"\xff" * 40 + data[at + 40 :]

    assert "damaged" in refusal(broken)


def test_an_empty_file_is_refused():
    assert "empty" in refusal(b"", "x.pdf")


def test_25_megabytes_are_taken_and_one_byte_more_is_not():
    most = PDF + bytes(uploads.LARGEST - len(PDF))

    assert uploads.received(upload(most)).size == 25 * 1024 * 1024
    assert "25 MB" in refusal(most + b"x")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Bericht über Bäder.pdf", "Bericht über Bäder"),
        ("../../etc/pass wd.pdf", "pass wd"),
        ("C:\\Daten\\Plan.pdf", "Plan"),
        ("a" * 300 + ".pdf", "a" * 200),
        ("x\x00\x07y.pdf", "x y"),
    ],
)
def test_a_name_becomes_a_title_without_folders_and_signs(name, stem):
    received = uploads.Received(upload(PDF), "application/pdf", len(PDF), "")
    setattr(received.upload, "_name", name)  # noqa: B010 - as it may come past Django

    assert received.stem == stem


# What an upload may weigh


def one_file(request) -> Any:
    (file,) = request.FILES.values()
    return file


def test_what_is_too_large_for_any_form_is_dropped_while_it_comes(settings):
    settings.LARGEST_UPLOAD = 200_000
    request = RequestFactory().post("/", {"file": upload(bytes(3_000_000))})

    file = one_file(request)

    assert 200_000 < file.size < 300_000
    file.close()


def test_an_upload_within_the_limit_comes_whole(settings):
    settings.LARGEST_UPLOAD = 200_000
    data = bytes(range(256)) * 700

    file = one_file(RequestFactory().post("/", {"file": upload(data)}))

    assert file.read() == data


# The virus scanner


class Daemon:
    """A real server that speaks clamd's INSTREAM as far as it goes here, and finds the word EICAR."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.answer, self.received = answer, b""
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.server.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        client, _address = self.server.accept()
        with client, client.makefile("rb") as stream:
            assert stream.read(10) == b"zINSTREAM\0"
            while length := int.from_bytes(stream.read(4), "big"):
                self.received += stream.read(length)
            found = b"stream: Win.Test.EICAR_HDB-1 FOUND" if b"EICAR" in self.received else b"stream: OK"
            client.sendall((self.answer if self.answer is not None else found) + b"\0")

    def close(self) -> None:
        self.server.close()
        self.thread.join(5)


@pytest.fixture
def daemon(settings):
    daemon = Daemon()
    settings.CLAMAV_SOCKET = daemon.address
    yield daemon
    daemon.close()


def test_a_clean_file_is_taken_and_was_seen_whole(daemon):
    data = PDF + bytes(200_000)

    uploads.received(upload(data))

    assert daemon.received == data


def test_an_infected_file_is_refused_with_what_was_found(daemon):
    assert "Win.Test.EICAR_HDB-1" in refusal(PDF + b"EICAR")


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR", b"", b"what?"])
def test_an_answer_that_is_no_answer_lets_nothing_through(settings, answer):
    daemon = Daemon(answer)
    settings.CLAMAV_SOCKET = daemon.address

    assert "cannot be reached" in refusal(PDF)
    daemon.close()


@pytest.mark.parametrize("place", ["tcp://127.0.0.1:9", "unix:///nowhere/clamd.ctl"])
def test_a_scanner_out_of_reach_lets_nothing_through(settings, place):
    settings.CLAMAV_SOCKET = place

    assert "cannot be reached" in refusal(PDF)


def test_a_scanner_that_never_answers_is_given_up(settings, monkeypatch):
    monkeypatch.setattr(scanning, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CLAMAV_SOCKET = f"tcp://127.0.0.1:{silent.getsockname()[1]}"

        assert "cannot be reached" in refusal(PDF)


def test_without_a_scanner_nobody_is_asked(settings):
    assert settings.CLAMAV_SOCKET == ""
    assert uploads.received(upload(PDF)).sha256
