"""A list of measures comes in at the browser: chosen, previewed, mended, taken over; nobody is kept out."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from commitments import jobs
from commitments.models import Measure, Transfer, User
from tests.browsing import barriers, sideways, sign_in
from tests.commitments.tables import HEADINGS, xlsx
from tests.factories import make_city, make_measure, make_officer, make_unit

pytestmark = [pytest.mark.browser]


@pytest.fixture
def officer(site: str, page: Page) -> User:
    make_city()
    make_unit(name_de="Amt für Kinder")
    officer = make_officer()
    sign_in(page, site, officer)
    return officer


def choose(page: Page, site: str, path: Path) -> None:
    page.goto(f"{site}/exchange/")
    page.get_by_role("link", name="Datei wählen: Maßnahmen", exact=True).click()
    assert not barriers(page)
    page.get_by_label("Datei", exact=True).set_input_files(path)
    page.get_by_role("button", name="Datei prüfen").click()
    page.wait_for_url("**/exchange/*/")
    work(page)


def work(page: Page) -> None:
    """What the worker does beside the browser."""
    jobs.run(str(Transfer.objects.latest("pk").job))
    page.goto(page.url)


def test_a_wrong_file_is_mended_and_taken_over(page: Page, site: str, officer: User, tmp_path: Path) -> None:
    wrong = xlsx(tmp_path / "a.xlsx", HEADINGS, ("", "Ferienspiele", "Mond", "Laufend", "Amt für Kinder"))
    choose(page, site, wrong)
    expect(page.get_by_text("„Mond“ ist hier nicht bekannt")).to_be_visible()
    assert not barriers(page)

    right = xlsx(tmp_path / "b.xlsx", HEADINGS, ("", "Ferienspiele", "Europa", "Laufend", "Amt für Kinder"))
    choose(page, site, right)
    expect(page.get_by_role("rowheader", name="Ferienspiele")).to_be_visible()
    assert not Measure.objects.exists()
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert not barriers(page)
        assert not sideways(page)

    page.get_by_role("button", name="Übernehmen").click()
    expect(page.locator(".kern-error").first).to_be_visible()
    page.goto(page.url.replace("take-over/", ""))
    page.get_by_label("Warum übernehmen Sie diese Zeilen?").fill("Liste des Amtes")
    page.get_by_role("button", name="Übernehmen").click()
    page.wait_for_url("**/exchange/*/")
    work(page)
    expect(page.get_by_text("Die Zeilen sind übernommen.").first).to_be_visible()
    assert Measure.objects.get().title_de == "Ferienspiele"

    page.goto(f"{site}/exchange/")
    expect(page.get_by_role("link", name="b.xlsx")).to_be_visible()
    assert not barriers(page)


def test_the_list_of_measures_is_downloaded_with_its_filter(page: Page, site: str, officer: User) -> None:
    make_measure(field="europe")
    make_measure(field="development")
    page.goto(f"{site}/measures/?field=europe")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert Transfer.objects.get().query == "field=europe"
