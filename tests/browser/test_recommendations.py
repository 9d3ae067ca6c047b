"""A recommendation at the browser: answered, linked while typing, nothing bars the way."""

import pytest
from playwright.sync_api import Page, expect

from commitments.models import Recommendation
from tests.browsing import looked_at, sign_in
from tests.factories import make_article, make_city, make_commitment, make_officer, make_recommendation

pytestmark = [pytest.mark.browser]


@pytest.fixture
def recommendation(site: str, page: Page) -> Recommendation:
    make_city()
    row = make_recommendation(key="E-001", text_de="", text_en="Ensure access to water.", themes=["Water"])
    make_commitment(make_article(25), title_de="Wasser und Sanitär sichern")
    sign_in(page, site, make_officer())
    page.goto(f"{site}/recommendations/E-001/")
    return row


def test_the_city_answers_and_links(page: Page, recommendation: Recommendation):
    page.get_by_role("link", name="Antwort eintragen").click()
    page.get_by_label("Zur Kenntnis genommen").check()
    page.get_by_role("button", name="Antwort speichern").click()
    expect(page.locator(".kern-alert--danger")).to_be_focused()
    page.get_by_label("Begründung").first.fill("Das entscheidet der Bund.")
    page.get_by_role("button", name="Antwort speichern").click()
    expect(
        page.get_by_role("region", name="Antwort der Stadt").get_by_text("Das entscheidet der Bund.")
    ).to_be_visible()

    page.get_by_role("link", name="Verknüpfen").first.click()
    page.get_by_label("Stichwort, Artikel oder Nummer").press_sequentially("wasser")
    page.get_by_role("button", name="Verknüpfen: K-").click()
    expect(page.get_by_text("Verknüpft mit").or_(page.get_by_text("verknüpft.")).first).to_be_visible()

    recommendation.refresh_from_db()
    assert recommendation.response == "noted"
    assert recommendation.commitment_links.count() == 1


@pytest.mark.parametrize("path", ["", "E-001/", "E-001/links/?q=wasser", "E-001/respond/", "add/"])
def test_nothing_bars_the_way(page: Page, site: str, recommendation: Recommendation, path: str):
    assert looked_at(page, f"{site}/recommendations/{path}") == []


def test_nothing_bars_the_way_to_cordis(page: Page, site: str, recommendation: Recommendation):
    assert looked_at(page, f"{site}/exchange/cordis/") == []
