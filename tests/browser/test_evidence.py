"""Evidence and indicators at the browser: brought, seen without a reload of one's own, and without barriers."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from commitments.models import Evidence, EvidenceKind, Measure, Role
from tests.browsing import barriers, looked_at, sideways, sign_in
from tests.commitments.uploaded import EXE, PDF
from tests.factories import make_city, make_evidence, make_indicator, make_measure, make_unit, make_user, make_value

pytestmark = [pytest.mark.browser]

SCREENS = [(360, "light"), (1280, "dark")]


@pytest.fixture
def measure(site: str, page: Page) -> Measure:
    make_city()
    unit = make_unit()
    measure = make_measure(unit, title_de="Brunnen in der Partnerstadt")
    sign_in(page, site, make_user(Role.CONTACT, unit))
    return measure


def test_a_contact_brings_a_file_and_reads_it_again(page: Page, site: str, measure: Measure, tmp_path: Path):
    wrong, right = tmp_path / "Bericht.pdf", tmp_path / "Bericht über Bäder.pdf"
    wrong.write_bytes(EXE)
    right.write_bytes(PDF)
    page.goto(f"{site}/measures/{measure.reference}/")

    page.get_by_role("link", name="Nachweis hinzufügen").click()
    page.get_by_label("Datei").set_input_files(wrong)
    page.get_by_role("button", name="Hinzufügen").click()
    expect(page.locator(".kern-alert--danger")).to_be_focused()
    page.get_by_label("Datei").set_input_files(right)
    page.get_by_role("button", name="Hinzufügen").click()

    expect(page.get_by_text("Der Nachweis ist hinzugefügt.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Bericht über Bäder", exact=True).click()
    assert download.value.suggested_filename == "Bericht über Bäder.pdf"
    assert Path(download.value.path()).read_bytes() == PDF


def test_a_contact_enters_a_value_and_sees_the_way_to_the_target(page: Page, site: str, measure: Measure):
    indicator = make_indicator(measure)
    page.goto(f"{site}/measures/{measure.reference}/")

    page.get_by_role("link", name="Istwert eintragen").click()
    page.get_by_label("Istwert").fill("44,8")
    page.get_by_label("Stand vom").fill("2024")
    page.get_by_role("button", name="Istwert eintragen").click()

    expect(page.get_by_text("Eingetragen: 44,8 Menschen.")).to_be_visible()
    expect(page.get_by_role("heading", name="62 % des Weges zum Ziel")).to_be_visible()
    expect(page.get_by_role("img", name=indicator.name_de)).to_be_visible()


def test_nothing_bars_the_way(page: Page, site: str, measure: Measure):
    first = make_evidence(measure, sha256=f"{1:064}", title="Sehr langer Titel eines Berichts " * 6)
    make_evidence(measure, sha256=f"{2:064}", replaces=first, expires_on=date(2020, 1, 1))
    paper = make_evidence(measure, kind=EvidenceKind.COUNCIL_PAPER, reference="1234/2026", protection="internal")
    indicator = make_indicator(measure)
    for year, value in ((2023, "25.5"), (2024, "48")):
        make_value(indicator, Decimal(value), date(year, 1, 1))
    addresses = [
        f"/measures/{measure.reference}/evidence/",
        f"/measures/{measure.reference}/evidence/add/",
        f"/evidence/{paper.pk}/edit/",
        f"/evidence/{paper.pk}/withdraw/",
        f"/indicators/{indicator.key}/",
        f"/indicators/{indicator.key}/values/add/",
    ]

    found = [each for address in addresses for each in looked_at(page, site + address, SCREENS)]

    assert found == []
    assert Evidence.objects.count() == 3


def test_evidence_comes_once_the_page_stands(page: Page, site: str, measure: Measure):
    row = make_evidence(measure)

    page.goto(f"{site}/measures/{measure.reference}/")

    expect(page.get_by_role("link", name=row.title, exact=True)).to_be_visible()
    assert barriers(page) == ""
    assert sideways(page) == 0
