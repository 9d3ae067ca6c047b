"""The city's own face on its reports, and two pictures of what was promised."""

import io
import struct
import subprocess
import zlib
from dataclasses import replace

import pikepdf
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from reporting.content.facts import Instrument, PartialDate, Text
from reporting.documents import stamp
from reporting.documents.house import LOGO_ADDRESS, OWN_COLOUR, house
from reporting.documents.press import Refused, allowed_file, printable, stylesheet
from reporting.documents.progress_charts import instrument_times, promise_bars
from reporting.documents.volumes import print_annex_volume, print_main_volume
from tests.machine import needs
from tests.reporting.contents import small_content
from tests.reporting.test_documents import STAMP

pytestmark = pytest.mark.once


def png() -> bytes:
    """A red square of two by two pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff\0\0" * 2 for _row in range(2))
    head = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def logo(settings, tmp_path):
    path = tmp_path / "logo.png"
    path.write_bytes(png())
    settings.CITY_LOGO = str(path)
    return path


def alternative_texts(data: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return [str(item.Alt) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/Alt" in item]


class TestTheLogo:
    @pytest.mark.usefixtures("logo")
    def test_it_stands_on_the_cover_with_the_name_of_the_city(self):
        assert "Musterstadt" in alternative_texts(print_annex_volume(small_content(), STAMP, "de").data)

    @pytest.mark.parametrize("name", ["", "/nowhere/logo.png", "/etc/passwd"])
    def test_one_that_is_missing_or_no_picture_is_left_out(self, settings, name):
        settings.CITY_LOGO = name

        printed = print_annex_volume(small_content(), STAMP, "de")

        assert house().logo is None
        assert printed.pages > 3
        with pytest.raises(Refused):
            allowed_file(LOGO_ADDRESS)

    def test_one_that_is_too_large_is_left_out(self, logo):
        logo.write_bytes(png() + b"0" * 3_000_000)

        assert house().logo is None

    def test_a_broken_one_does_not_stop_the_printing(self, logo):
        logo.write_bytes(b"not a picture")

        assert print_annex_volume(small_content(), STAMP, "de").pages > 3

    def test_another_logo_is_another_version_of_the_templates(self, logo):
        first = stamp.template_version()
        logo.unlink()

        assert stamp.template_version() != first


class TestColourAndContact:
    def test_the_city_s_colour_takes_the_place_of_ours(self, settings):
        settings.REPORT_COLOUR = "#5b1a4b"

        assert OWN_COLOUR not in stylesheet()
        assert printable(f'<rect fill="{OWN_COLOUR}">') == '<rect fill="#5b1a4b">'

    @pytest.mark.parametrize("value", ["blue", "#12345", "#ffee00", "#7f9bdb", "url(x)"])
    def test_what_is_no_colour_or_too_light_is_refused_with_a_sentence(self, monkeypatch, value):
        monkeypatch.setenv("REPORT_COLOUR", value)

        with pytest.raises(ImproperlyConfigured, match="REPORT_COLOUR"):
            environment.dark_colour("REPORT_COLOUR", OWN_COLOUR)

    @needs("poppler-utils")
    def test_the_contact_stands_in_the_imprint(self, settings, tmp_path):
        settings.CITY_CONTACT = "Büro für Menschenrechte, menschenrechte@stadt.example"
        path = tmp_path / "annex.pdf"
        path.write_bytes(print_annex_volume(small_content(), STAMP, "de").data)

        done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)

        assert "menschenrechte@stadt.example" in done.stdout.replace("\n", "").replace("\u00ad", "")


class TestPictures:
    def test_the_promises_say_their_numbers_in_words(self):
        chart = promise_bars([("overdue", 2), ("done", 5)])

        assert chart is not None
        assert "2" in chart.title
        assert "5" in chart.title
        assert [shape.text for shape in chart.shapes if shape.kind == "label" and shape.text.isdigit()] == ["2", "5"]
        widths = [shape.width for shape in chart.shapes if shape.kind == "box"]
        assert widths == [380, 950]

    def test_without_promises_or_dates_there_is_no_picture(self):
        assert promise_bars([]) is None
        assert instrument_times([("X", Instrument("x", Text("X"), Text("X"), "treaty"))], 2025) is None

    def test_instruments_stand_in_the_order_of_their_years(self):
        rows = [
            (
                "Jung",
                Instrument(
                    "j", Text(), Text(), "charter", adopted_on=PartialDate(2006), city_adopted_on=PartialDate(2011, 5)
                ),
            ),
            ("Alt", Instrument("a", Text(), Text(), "declaration", adopted_on=PartialDate(1948))),
        ]

        chart = instrument_times(rows, 2025)

        assert chart is not None
        names = [shape.text for shape in chart.shapes if shape.kind == "label" and not shape.text.isdigit()]
        assert names == ["Alt", "Jung"]
        assert "Jung 2006" in chart.title
        assert "2011" in chart.title
        assert sum(shape.kind == "circle" for shape in chart.shapes) == 2
        assert sum(shape.kind == "box" for shape in chart.shapes) == 1

    def test_both_are_tagged_with_what_they_show(self):
        content = small_content()
        dated = tuple(replace(row, adopted_on=PartialDate(1948)) for row in content.instruments)
        content = replace(content, instruments=dated)

        main = alternative_texts(print_main_volume(content, STAMP, "en").data)
        annex = alternative_texts(print_annex_volume(content, STAMP, "en").data)

        assert any("promises of earlier years" in said for said in main)
        assert any("1948" in said for said in annex)
