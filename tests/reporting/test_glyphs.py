"""What the typeface lacks is named on paper, and nothing is taken from the machine's own fonts."""

import io
import subprocess
from dataclasses import replace

import pikepdf
import pytest

from reporting.content.facts import Assessment, Text
from reporting.documents.press import printable
from reporting.documents.volumes import print_annex_volume, print_main_volume
from tests.machine import needs
from tests.reporting.contents import make_commitment, small_content
from tests.reporting.test_documents import STAMP
from tests.verapdf import verdicts

pytestmark = pytest.mark.once

ROWS = "| Nr. | Wert |\n|---|---|\n" + "\n".join(f"| {number} | Zeile {number} |" for number in range(1, 2001))
HOSTILE = (
    "# Ein 😀 am Anfang\n\n### Zu tief\n\n<script>alert(1)</script> <img src='file:///etc/passwd'>\n\n"
    "![Ein Bild](http://example.org/bild.png) ![Noch eines](file:///etc/passwd) [Verweis](javascript:alert(1))\n\n"
    "Null\x00, Glocke\x07, Ende."
)


def text_of(data: bytes, tmp_path) -> str:
    path = tmp_path / "volume.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout.replace("\u00a0", " ").replace("\u00ad", "")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Ein 😀!", "Ein [grinning face]!"),
        ("❤\ufe0f", "[heavy black heart]"),
        ("👩\u200d👧", "[woman]\u200d[girl]"),
        ("漢", "[cjk unified ideograph-6f22]"),
        ("e\u0301", "é"),
        ("Null\x00", "Null[U+0000]"),
        ("\ue000", "[U+E000]"),
        ("a\u2011b\u202fc", "a-b\u00a0c"),
        ("Straße → Ω Ж", "Straße → Ω Ж"),
        ("\u2066links\u2069", "links"),
    ],
)
def test_a_character_without_a_picture_is_named(written, printed):
    assert printable(written) == printed


def with_texts(wording: str):
    odd = make_commitment(2, assessment=Assessment("D", "worse", Text(wording)))
    content = small_content(commitments=(odd,), follow_ups=())
    words = replace(
        content.words, foreword=Text(wording), foreword_by=Text("Die Bürgermeisterin 😀"), introduction=Text(wording)
    )
    return replace(content, words=words)


@needs("poppler-utils")
def test_a_hostile_text_is_printed_as_text_and_fetches_nothing(tmp_path):
    text = text_of(print_main_volume(with_texts(HOSTILE), STAMP, "de").data, tmp_path)

    for said in ("[grinning face]", "<script>", "Ein Bild", "[U+0007]", "Die Bürgermeisterin"):
        assert said in text


@needs("poppler-utils")
@pytest.mark.slow
def test_a_table_of_two_thousand_rows_is_printed_to_its_last_row(tmp_path):
    content = small_content()
    content = replace(content, words=replace(content.words, introduction=Text(ROWS)))

    text = text_of(print_main_volume(content, STAMP, "de").data, tmp_path)

    assert "Zeile 1\n" in text
    assert "Zeile 2000" in text


@needs("default-jdk-headless")
@needs("libjaxb-java")
@pytest.mark.slow
@pytest.mark.verapdf
def test_volumes_with_unusual_texts_hold_pdf_ua_and_pdf_a(tmp_path):
    content = with_texts(HOSTILE)
    whole = replace(content, words=replace(content.words, method=Text(ROWS), introduction=Text("Ein Satz. " * 5000)))
    paths = []
    for name, printed in (
        ("main", print_main_volume(whole, STAMP, "en")),
        ("annex", print_annex_volume(content, STAMP, "de")),
    ):
        paths.append(tmp_path / f"{name}.pdf")
        paths[-1].write_bytes(printed.data)
        with pikepdf.open(io.BytesIO(printed.data)) as pdf:
            fonts = {
                str(item.BaseFont)
                for item in pdf.objects
                if isinstance(item, pikepdf.Dictionary) and "/BaseFont" in item
            }
        assert [font for font in fonts if "+Fira-Sans" not in font] == []

    compliant, said = verdicts(paths, tmp_path)

    assert compliant, said
    assert said.count("compliant=true") == 4
