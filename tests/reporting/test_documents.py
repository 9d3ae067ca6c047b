"""The printed volumes, drawn from a small content: what stands in them, what is attached, what they refuse."""

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from django.utils import translation

from reporting.content import places
from reporting.content.canonical import canonical_json, content_hash
from reporting.content.facts import Answer, Assessment, FollowUp, Text
from reporting.documents import main_volume, press
from reporting.documents.attachments import harmless, measures_csv, verdicts_csv
from reporting.documents.charts import partner_map
from reporting.documents.lookup import Lookup
from reporting.documents.press import DoesNotFit, Refused, RenderingUnavailable, Sheet
from reporting.documents.stamp import Stamp, template_version
from reporting.documents.volumes import print_annex_volume, print_main_volume
from tests.machine import needs
from tests.reporting.contents import make_commitment, make_measure, small_content
from tests.verapdf import verdicts

pytestmark = pytest.mark.once

STAMP = Stamp(1, "released", date(2026, 3, 19), "ab" * 32, 4711, template_version())
MOMENT = STAMP.moment(date(2025, 9, 30))


@pytest.fixture(scope="module")
def german():
    return print_main_volume(small_content(), STAMP, "de")


@pytest.fixture(scope="module")
def english():
    return print_main_volume(small_content(), STAMP, "en")


def opened(printed):
    return pikepdf.open(io.BytesIO(printed.data))


def text_of(data: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "volume.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout.replace("\u00a0", " ").replace("\u00ad", "")


def outline(item) -> list[str]:
    return [str(entry.title) for entry in item]


def test_every_chapter_is_in_the_outline(german):
    with opened(german) as pdf, pdf.open_outline() as tree:
        titles = outline(tree.root)

    wanted = [
        "Auf einen Blick", "Wie dieser Bericht entstand", "Dreißig Artikel, vier Handlungsfelder", "Partnerschaften",
        "Europa und Netzwerke", "Entwicklungszusammenarbeit", "Menschenrechte als Querschnitt", "Befunde",
        "Was aus den Zusagen wurde", "Grenzen und Lücken", "Die Dienststellen und ihre Rückmeldungen", "Glossar",
        "Register der Artikel",
    ]  # fmt: skip
    assert [title for title in wanted if not any(title in found for found in titles)] == []


def test_the_language_is_declared(german, english):
    with opened(german) as pdf:
        assert str(pdf.Root.Lang) == "de"
    with opened(english) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"


@needs("poppler-utils")
def test_only_fira_sans_is_embedded(german, tmp_path):
    path = tmp_path / "volume.pdf"
    path.write_bytes(german.data)

    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()[2:]

    assert fonts
    assert [line for line in fonts if "+Fira-Sans" not in line or " yes yes yes " not in line] == []


@needs("poppler-utils")
def test_sample_data_is_marked_on_every_page(german, tmp_path):
    pages = text_of(german.data, tmp_path).split("\f")[:-1]

    assert len(pages) == german.pages
    assert [n for n, page in enumerate(pages, 1) if "Beispieldaten, keine Angaben der Stadt" not in page] == []


@needs("poppler-utils")
def test_a_draft_says_so_on_every_page(tmp_path):
    printed = print_annex_volume(small_content(), Stamp(), "de")

    pages = text_of(printed.data, tmp_path).split("\f")[:-1]

    assert [n for n, page in enumerate(pages, 1) if "Entwurf, nicht veröffentlicht" not in page] == []


@needs("poppler-utils")
def test_the_attached_content_has_the_hash_on_the_cover(german, tmp_path):
    with opened(german) as pdf:
        attached = pdf.attachments["inhalt.json"].get_file().read_bytes()
        names = sorted(pdf.attachments)
        associated = [str(file.AFRelationship) for file in pdf.Root.AF]

    cover = re.sub(r"\s", "", text_of(german.data, tmp_path, "-l", "1"))
    assert attached == canonical_json(small_content())
    assert sha256(attached).hexdigest() in cover
    assert names == ["bewertungen.csv", "inhalt.json", "massnahmen.csv"]
    assert sorted(associated) == ["/Data", "/Data", "/Source"]


@needs("poppler-utils")
def test_the_cover_names_edition_and_seal(german, tmp_path):
    cover = text_of(german.data, tmp_path, "-l", "1")

    assert "veröffentlicht am 19. März 2026" in cover
    assert "abababab" in cover
    assert "30. September 2025" in cover


@needs("poppler-utils")
def test_a_missing_english_text_is_printed_in_german(english, tmp_path):
    text = text_of(english.data, tmp_path)

    assert "Stadtplanungsamt" in text
    assert "Diversity Office" in text
    assert "Amt für Vielfalt" not in text


@needs("poppler-utils")
def test_the_english_edition_holds_no_german_interface(english, tmp_path):
    text = text_of(english.data, tmp_path)

    assert (
        re.findall(r"\b(?:Kapitel|Seite|Dienststelle|Rückmeldung|Verpflichtung\w*|Bewertung|Maßnahmen)\b", text) == []
    )


@needs("poppler-utils")
def test_dissent_statement_and_silence_are_printed(german, tmp_path):
    text = text_of(german.data, tmp_path)

    assert "Zu streng." in text
    assert "Verein Muster" in text
    assert "keine Rückmeldung" in text
    assert "07.11., 14.11., 21.11.2025" in text


def test_running_heads_are_artifacts(german):
    assert german.artifacts > german.pages


def test_head_cells_have_a_scope(german):
    with opened(german) as pdf:
        cells = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TH"]
        scopes = {str(cell.A.Scope) for cell in cells}

    assert scopes == {"/Column", "/Row"}


def test_the_annex_volume_can_be_split_by_field(tmp_path):
    content = small_content()

    whole = print_annex_volume(content, STAMP, "de")
    part = print_annex_volume(content, STAMP, "de", field="europe")

    assert whole.data != part.data
    assert part.pages <= whole.pages


@needs("default-jdk-headless")
@needs("libjaxb-java")
@pytest.mark.slow
@pytest.mark.verapdf
def test_both_volumes_hold_pdf_ua_and_pdf_a(german, english, tmp_path):
    paths = []
    for name, data in (
        ("main-de", german.data),
        ("main-en", english.data),
        ("annex-de", print_annex_volume(small_content(), STAMP, "de").data),
    ):
        paths.append(tmp_path / f"{name}.pdf")
        paths[-1].write_bytes(data)

    compliant, said = verdicts(paths, tmp_path)

    assert compliant, said
    assert said.count("compliant=true") == 6


RENDER = """
import os, sys
import django
django.setup()
from tests.reporting.test_documents import STAMP
from tests.reporting.contents import small_content
from reporting.documents.volumes import render_main_volume
from hashlib import sha256
print(sha256(render_main_volume(small_content(), STAMP, "de")).hexdigest())
"""


@pytest.mark.slow
def test_another_process_in_another_time_zone_makes_the_same_bytes(german, tmp_path):
    environment = {
        "PYTHONHASHSEED": "5",
        "TZ": "America/Lima",
        "LC_ALL": "C",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    environment |= {"DEBUG": "1", "SECRET_KEY": "only for tests", "DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    root = Path(__file__).parents[2]

    done = subprocess.run(
        [sys.executable, "-c", RENDER], capture_output=True, text=True, check=True, cwd=root, env=environment
    )

    assert done.stdout.strip() == sha256(german.data).hexdigest()


def test_another_stamp_makes_another_file_with_the_same_content():
    german = print_annex_volume(small_content(), STAMP, "de")
    again = print_annex_volume(small_content(), replace(STAMP, edition=2), "de")

    with opened(again) as second, opened(german) as first:
        files = [pdf.attachments["inhalt.json"].get_file().read_bytes() for pdf in (first, second)]
    assert again.data != german.data
    assert files[0] == files[1]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/picture.png",
        "http://localhost:8000/",
        "file:///etc/passwd",
        "static:../../config/settings.py",
        "static:/etc/passwd",
        "static:nothing.svg",
        "fonts:../__init__.py",
        "data:image/png;base64,AAAA",
        "relative.png",
    ],
)
def test_rendering_fetches_nothing_but_its_own_files(url):
    with pytest.raises(Refused, match=r"own files|eigenen? "):
        press.allowed_file(url)


def test_a_page_that_asks_for_a_file_fails_with_the_address():
    html = '<html lang="de"><title>x</title><img alt="x" src="file:///etc/passwd"></html>'

    with pytest.raises(Refused, match="/etc/passwd"):
        press.print_sheet(Sheet(html, (), MOMENT, "0" * 32))


def test_the_sheet_and_the_fonts_are_allowed():
    assert press.allowed_file("static:spine-b.svg").is_file()
    assert press.allowed_file("fonts:FiraSans-Regular.ttf").is_file()


def test_a_page_that_must_be_one_page_and_is_not_stops_the_printing():
    html = '<html lang="de"><title>x</title><p id="one">1<p style="break-before: page" id="two">2</html>'

    with pytest.raises(DoesNotFit, match="missing"):
        press.print_sheet(Sheet(html, (), MOMENT, "0" * 32, one_page=("missing",)))


def test_without_pango_a_sentence_names_the_packages(monkeypatch):
    def broken(name, *arguments, **options):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *arguments, **options)

    real = __import__
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr("builtins.__import__", broken)

    with pytest.raises(RenderingUnavailable, match="libpango"):
        press.count_pages("<p>x</p>")


def test_the_glance_stays_one_page_however_much_there_is():
    many = tuple(
        make_commitment(
            n,
            "C",
            newly_adopted=True,
            title=Text(f"Eine sehr lange Zusage mit vielen Wörtern, die sich über mehrere Zeilen zieht, Nummer {n}"),
        )
        for n in range(1, 31)
    )
    promises = tuple(FollowUp(row.reference, row.title, "open", 2024, "aiv", date(2025, 12, 1)) for row in many)
    content = small_content(commitments=many, measures=(), follow_ups=promises)

    assert print_main_volume(content, STAMP, "de").pages > 10


def test_a_unit_that_has_nothing_pending_has_as_many_cells_as_the_head():
    waiting = make_measure(2, unit="planung", answers=(Answer("planung", "lead", "pending"),))
    lookup = Lookup(small_content(measures=(make_measure(1), waiting)))

    shown = main_volume.answers(lookup)

    assert shown["kinds"][-1] == "pending"
    assert [[kind for kind, _count in counts] for _row, counts in shown["rows"]] == [shown["kinds"]] * 2


def test_an_empty_cycle_still_makes_a_report():
    content = small_content(commitments=(), measures=(), engagements=(), follow_ups=(), gap_notes=(), instruments=())

    assert print_main_volume(content, STAMP, "en").pages > 5


@pytest.mark.slow
@pytest.mark.parametrize(
    "wording",
    [
        "Ein Befund. " * 4200,
        "Ein 😀 im Befund ✓",
        "شارع الحرية وحقوق الإنسان",
        "<script>alert(1)</script> **fett** ![x](file:///etc/passwd)",
    ],
    ids=["50,000 characters", "emoji", "right to left", "markup"],
)
def test_an_unusual_finding_does_not_stop_the_printing(wording):
    odd = make_commitment(2, assessment=Assessment("D", "worse", Text(wording)))
    content = small_content(commitments=(odd,), follow_ups=())

    assert print_annex_volume(content, STAMP, "de").pages > 3


def test_progress_runs_by_chapter_and_page_to_the_end():
    seen = []
    print_main_volume(small_content(), STAMP, "de", lambda done, total, message: seen.append((done, total, message)))

    done = [row[0] for row in seen]
    assert done == sorted(done)
    assert any(message == "Befunde" for _done, _total, message in seen)
    assert any("Seite" in message for _done, _total, message in seen)
    assert all(total == 100 for _done, total, _message in seen)


def test_progress_speaks_the_reader_s_language_whatever_the_document_s():
    seen = []
    with translation.override("de"):
        english = print_main_volume(small_content(), STAMP, "en", lambda done, total, message: seen.append(message))
    with translation.override("en"):
        again = print_main_volume(small_content(), STAMP, "en")

    assert any("Seite" in message for message in seen)
    assert not any("Setting page" in message for message in seen)
    assert english.data == again.data


def test_a_listener_may_end_the_printing():
    class CancelledError(Exception):
        pass

    def stop(done, total, message):
        if done > 20:
            raise CancelledError

    with pytest.raises(CancelledError):
        print_main_volume(small_content(), STAMP, "de", stop)


def test_tables_open_in_a_spreadsheet_and_run_nothing():
    content = small_content(commitments=(make_commitment(1, title=Text("=HYPERLINK(1)")),), measures=(), follow_ups=())

    written = verdicts_csv(content)

    assert written.startswith(b"\xef\xbb\xbfnummer;")
    assert b";'=HYPERLINK(1);" in written
    assert b"\r\n" in written
    assert measures_csv(small_content()).count(b"\r\n") == 3


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_cell_that_begins_like_a_formula_is_text(cell):
    assert harmless(cell) == f"'{cell}"


def test_the_hash_on_the_cover_is_that_of_the_content():
    assert content_hash(small_content()) == sha256(canonical_json(small_content())).hexdigest()


def test_a_home_city_that_is_not_listed_has_no_place_and_no_map_of_partners():
    content = small_content()
    partner: Any = SimpleNamespace(latitude="31.7", longitude="35.2")

    assert places.find("DE", "Stadt Musterstadt") == places.UNKNOWN
    assert places.find("DE", "Stadt Köln") != places.UNKNOWN
    assert partner_map(replace(content.city, latitude="", longitude=""), "Musterstadt", [(partner, "X", True)]) is None
