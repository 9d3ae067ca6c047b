"""The portal: what everybody may read, and nothing else."""

import csv
import io
import json
import zipfile
from datetime import date
from hashlib import sha256

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from commitments.ledger import save_as
from commitments.models import Ground, Measure, Protection, Role
from commitments.workflow import erasure
from commitments.workflow.erasure import Proposal, subject_of
from reporting import erasing, workflow
from reporting.models import EditionState
from reporting.portal import opendata
from reporting.portal.published import content_of
from reporting.portal.sections import SECTIONS
from tests.factories import make_measure, make_officer, make_user
from tests.reporting.contents import small_content
from tests.reporting.editions import (
    MAIN,
    SECRET,
    SECRET_MEASURE,
    drawn,
    make_edition,
    make_frozen_cycle,
    make_released,
)
from tests.reviews.pages import signed_in

pytestmark = pytest.mark.django_db

MOST_FROM_CACHE = 5
EDITION = "/portal/de/reports/2025/1/"
PAGES = (
    "/portal/de/",
    "/portal/en/",
    "/portal/de/reports/",
    EDITION,
    *(f"{EDITION}{section.slug}/" for section in SECTIONS),
    "/portal/de/commitments/",
    "/portal/de/articles/19/",
    "/portal/de/partners/",
    "/portal/de/data/",
    "/portal/de/accessibility/",
    "/portal/de/imprint/",
    "/portal/de/privacy/",
)
FILES = (
    "/portal/data/2025/1/inhalt.json",
    "/portal/data/2025/1/daten.xlsx",
    "/portal/data/2025/1/spalten.csv",
    *(f"/portal/data/2025/1/{table.key}.csv" for table in opendata.TABLES),
)


@pytest.fixture(autouse=True)
def _own_cache(settings, tmp_path):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": str(tmp_path / "cache")}}


def get(path: str, **headers: str):
    return Client(headers=headers).get(path)


def text(path: str) -> str:
    response = get(path)
    assert response.status_code == 200, path
    return str(response.content.decode())


def change(row, **columns) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    save_as(row, actor=None, reason="For a test", at=timezone.now())


def test_everybody_reads_it_without_signing_in_and_without_a_cookie():
    make_released()

    for path in (*PAGES, "/portal/de/feed.xml", *FILES):
        response = get(path)
        assert response.status_code == 200, path
        assert not response.cookies, path
        assert "no-cache" in response["Cache-Control"], path


def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing():
    make_released()

    for html in map(text, PAGES):
        assert "<script" not in html
        assert 'src="http' not in html
        assert "csrfmiddlewaretoken" not in html


def test_nothing_of_a_draft_is_shown():
    make_edition()
    about_no_edition = {"data", "accessibility", "imprint", "privacy"}

    for path in (*PAGES[3:], *FILES):
        expected = 200 if path.rsplit("/", 2)[-2] in about_no_edition else 404
        assert get(path).status_code == expected, path


def test_before_the_first_release_the_portal_says_so():
    make_edition()

    assert "noch kein Bericht veröffentlicht" in text("/portal/de/")
    assert "noch kein Bericht veröffentlicht" in text("/portal/de/reports/")


@pytest.mark.parametrize(("asked", "language"), [("de", "de"), ("en", "en"), ("fr", "de"), ("", "de")])
def test_the_first_address_leads_to_the_portal_in_the_readers_language(asked, language):
    assert get("/", **{"accept-language": asked})["Location"] == f"/portal/{language}/"
    assert get("/portal/", **{"accept-language": asked})["Location"] == f"/portal/{language}/"


def test_whoever_is_signed_in_finds_their_tasks_at_the_first_address():
    assert signed_in(make_officer()).get("/").status_code == 200


def test_the_language_of_the_address_holds_whatever_the_browser_asks_for():
    make_released()

    german, english = (get(f"/portal/{code}/", **{"accept-language": "fr"}).content.decode() for code in ("de", "en"))

    assert '<html lang="de">' in german
    assert "Die dreißig Artikel" in german
    assert '<html lang="en">' in english
    assert "The thirty articles" in english


def test_a_finding_has_an_address_of_its_own_and_its_text():
    edition = make_released()
    commitment = content_of(edition).commitments[0]

    html = text(f"{EDITION}findings/")

    assert f'id="{commitment.reference}"' in html
    assert commitment.assessment
    assert commitment.assessment.finding.de in html
    assert commitment.assessment.finding.de in text(f"/portal/de/commitments/{commitment.reference}/")


def test_an_error_is_reported_by_mail_where_the_city_gives_an_address(settings):
    edition = make_released()
    reference = content_of(edition).commitments[0].reference
    assert "mailto:" not in text(f"{EDITION}findings/")

    settings.CITY_CONTACT = "rechte@stadt.example"

    html = text(f"{EDITION}findings/")
    assert f"mailto:rechte@stadt.example?subject=Fehler%20im%20Bericht%202025%2C%20Ausgabe%201%3A%20{reference}" in html


@pytest.mark.parametrize("path", ["/portal/de/commitments/K-99999/", "/portal/de/nothing/", f"{EDITION}nothing/"])
def test_what_is_not_there_is_said_on_a_page_of_the_portal(path):
    make_released()

    for _again in range(2):
        response = get(path)
        assert response.status_code == 404
        assert "Unter dieser Adresse steht nichts Veröffentlichtes" in response.content.decode()
        assert not response.cookies


# What may not be read (rules 10, 12, 19)


def said_to_everybody() -> bytes:
    """All pages and files of the portal, one after the other."""
    found = []
    for path in (*PAGES, *FILES):
        body = get(path).content
        if path.endswith(".xlsx"):
            with zipfile.ZipFile(io.BytesIO(body)) as parts:
                body = b"".join(map(parts.read, parts.namelist()))
        found.append(body)
    return b"".join(found)


@pytest.mark.parametrize("protection", Protection)
def test_rules_10_and_19_nothing_but_public_rows_reaches_the_portal(protection):
    make_released(make_frozen_cycle(beside=protection))
    hidden = Measure.objects.get(title_de=SECRET_MEASURE)

    said = said_to_everybody()

    for text in (SECRET, SECRET_MEASURE, hidden.reference):
        assert (text.encode() in said) == (protection == Protection.PUBLIC), text


def test_rule_10_what_becomes_protected_later_closes_the_edition_at_once():
    edition = make_released()
    assert get(f"{EDITION}findings/").status_code == 200

    change(Measure.objects.get(), protection=Protection.PROTECTED)

    for path in (EDITION, f"{EDITION}findings/"):
        response = get(path)
        assert response.status_code == 410
        assert "gesperrt" in response.content.decode()
        assert edition.content_sha256[:8] in response.content.decode(), "the hash stays public"
    assert all(get(path).status_code == 404 for path in FILES)
    assert get("/portal/de/articles/19/").status_code == 404
    assert "Die dreißig Artikel" not in text("/portal/de/")


def test_rule_10_a_page_that_the_browser_kept_is_not_confirmed_once_it_is_locked():
    make_released()
    tag = get(f"{EDITION}findings/")["ETag"]

    change(Measure.objects.get(), protection=Protection.PROTECTED)

    assert get(f"{EDITION}findings/", **{"if-none-match": tag}).status_code == 410


def test_rule_10_what_is_erased_closes_the_edition():
    make_released()
    measure = Measure.objects.get()
    proposal = Proposal([subject_of(Measure, measure.pk, ["title_de"])], Ground.CONSENT_WITHDRAWN, "Auf Antrag")
    proposed = erasure.propose(proposal, actor=make_officer(), at=timezone.now())

    erasing.carry_out(proposed, actor=make_user(Role.DPO), at=timezone.now())

    assert get(EDITION).status_code == 410
    assert get("/portal/data/2025/1/inhalt.json").status_code == 404


def test_what_was_protected_all_along_does_not_close_an_edition():
    make_measure(protection=Protection.PROTECTED)
    make_released()
    hidden = make_measure(protection=Protection.PROTECTED)
    change(hidden, title_de="Anders")

    assert get(EDITION).status_code == 200


def test_a_withdrawn_edition_is_named_and_not_handed_out():
    change(make_released(), state=EditionState.WITHDRAWN)

    response = get(EDITION)

    assert response.status_code == 410
    assert "zurückgezogen" in response.content.decode()
    assert "Zurückgezogen" in text("/portal/de/reports/")
    assert get("/portal/data/2025/1/inhalt.json").status_code == 404


def test_a_superseded_edition_stays_and_leads_to_the_one_that_is_valid():
    first = make_released()
    second = workflow.prepare_edition(first.cycle, actor=make_officer(), at=timezone.now(), reason="Ein Tippfehler")
    workflow.release_edition(second, actor=make_user(Role.APPROVER), at=timezone.now())

    assert "/portal/de/reports/2025/2/" in text(EDITION)
    assert "ersetzt" in text(EDITION)
    assert "/portal/de/reports/2025/2/" in text("/portal/de/")
    assert "Ein Tippfehler" in text("/portal/de/reports/")


# Files


def test_the_document_is_the_stored_file_and_only_of_a_released_edition():
    edition = make_released()
    released = workflow.add_document(edition, MAIN, drawn("released"), actor=None, at=timezone.now())
    draft = workflow.add_document(edition, MAIN, drawn("draft"), actor=None, at=timezone.now())

    response = get(f"/portal/documents/{released.pk}/")

    assert sha256(response.content).hexdigest() == released.sha256
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert get(f"/portal/documents/{draft.pk}/").status_code == 404
    assert f"/portal/documents/{released.pk}/" in text(EDITION)


def test_the_content_has_the_hash_that_the_page_names():
    edition = make_released()

    body = get("/portal/data/2025/1/inhalt.json").content

    assert sha256(body).hexdigest() == edition.content_sha256
    assert json.loads(body)["cycle"]["year"] == 2025


def test_every_table_has_the_columns_that_the_dictionary_explains():
    make_released()
    rows = list(csv.DictReader(io.StringIO(get(FILES[2]).content.decode("utf-8-sig")), delimiter=";"))
    explained: dict[str, list[str]] = {}
    for row in rows:
        assert row["bedeutung_de"]
        assert row["meaning_en"]
        explained.setdefault(row["tabelle"], []).append(row["spalte"])

    for table in opendata.TABLES:
        found = list(
            csv.reader(
                io.StringIO(get(f"/portal/data/2025/1/{table.key}.csv").content.decode("utf-8-sig")), delimiter=";"
            )
        )
        assert found[0] == explained[table.key]
        assert all(len(row) == len(found[0]) for row in found)


def test_tables_hold_what_the_content_says():
    content = small_content()

    measures = opendata.cells(opendata.BY_KEY["massnahmen"], content)
    links = opendata.cells(opendata.BY_KEY["zuordnungen"], content)

    assert [row[0] for row in measures] == [row.reference for row in content.measures]
    assert len(links) == sum(len(row.links) for row in content.commitments)


def test_the_workbook_has_the_same_bytes_whenever_it_is_made():
    content, day = small_content(), date(2026, 3, 19)

    first, second = opendata.workbook_of(content, day), opendata.workbook_of(content, day)

    assert first == second
    assert load_workbook(io.BytesIO(first)).sheetnames == ["spalten", *(table.key for table in opendata.TABLES)]


def test_no_cell_runs_as_a_formula_or_breaks_the_workbook():
    content = small_content()
    unit = type(content.units[0])(key="=1+1", name=type(content.units[0].name)("\x07@SUM(A1)", "x" * 50_000))
    hostile = type(content)(**{**vars(content), "units": (unit,)})

    book = load_workbook(io.BytesIO(opendata.workbook_of(hostile, date(2026, 3, 19))))

    key, german, english = (cell.value for cell in book["dienststellen"][2])
    assert (key, german) == ("'=1+1", "'@SUM(A1)")
    assert len(str(english)) < 32_767
    assert b"'=1+1" in opendata.csv_of(opendata.BY_KEY["dienststellen"], hostile)


# Cache and feed


def test_from_the_cache_a_page_costs_at_most_five_queries(django_assert_max_num_queries):
    make_measure(protection=Protection.PROTECTED)
    make_released()

    for path in PAGES:
        first = get(path).content
        with django_assert_max_num_queries(MOST_FROM_CACHE):
            assert get(path).content == first


def test_what_has_not_changed_is_not_sent_again():
    make_released()
    tag = get(EDITION)["ETag"]

    response = get(EDITION, **{"if-none-match": tag})

    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == tag


def test_a_page_is_made_anew_once_a_document_was_drawn():
    edition = make_released()
    assert "werden gerade erstellt" in text(EDITION)

    workflow.add_document(edition, MAIN, drawn("released"), actor=None, at=timezone.now())

    assert "werden gerade erstellt" not in text(EDITION)


def test_the_feed_names_each_release_by_its_hash_and_no_withdrawn_one():
    edition = make_released()
    assert f"urn:sha256:{edition.content_sha256}" in text("/portal/de/feed.xml")

    change(edition, state=EditionState.WITHDRAWN)

    assert "urn:sha256" not in text("/portal/de/feed.xml")


# What the city says itself


@pytest.mark.parametrize("name", ["imprint", "privacy", "accessibility"])
def test_the_city_writes_its_own_statements(name, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / f"{name}.de.md").write_text("# Eigenes\n\n<script>x</script> **Text** [weg](javascript:x)")

    german, english = text(f"/portal/de/{name}/"), text(f"/portal/en/{name}/")

    assert "<strong>Text</strong>" in german
    assert "<script" not in german
    assert 'href="javascript' not in german
    assert '<div class="prose" lang="de">' in english


def test_a_stored_content_that_was_altered_is_handed_to_nobody(settings):
    edition = make_released()
    stored = next(settings.DATA_DIR.rglob(edition.content_file))
    stored.chmod(0o644)
    stored.write_bytes(b"{}")

    response = Client(raise_request_exception=False).get("/portal/data/2025/1/inhalt.json")

    assert response.status_code == 503
    assert response.content != b"{}"


def test_the_administrator_is_told_what_the_portal_lacks(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    administrator = make_user(Role.ADMINISTRATOR)
    assert "imprint.de.md" in signed_in(administrator).get("/").content.decode()

    (tmp_path / "portal").mkdir()
    for name in ("imprint", "privacy"):
        (tmp_path / "portal" / f"{name}.de.md").write_text("Stadt")
    settings.CITY_CONTACT = "rechte@stadt.example"

    assert "Was dem Portal noch fehlt" not in signed_in(administrator).get("/").content.decode()
