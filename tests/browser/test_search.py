"""Finding at the browser: one box for everything, by keyboard, on a phone; a kept view; the map of partners."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import looked_at, sign_in
from tests.factories import make_article, make_city, make_commitment, make_measure, make_officer, make_partnership

pytestmark = [pytest.mark.browser]


@pytest.fixture
def register(site: str, page: Page) -> str:
    """A small register, and the officer signed in; the address of the site."""
    make_city()
    make_commitment(make_article(25), reference="K-017", title_de="Obdachlosenwohnungen in Köln")
    for n in range(7):
        make_measure(title_de=f"Wohnung {n}")
    for n, (city, place) in enumerate(
        {"Turin": (45, 7), "Turku": (60, 22), "Cork": (51, -8), "Kyoto": (35, 135)}.items()
    ):
        status = ("active", "paused", "dormant", "ended")[n]
        make_partnership(
            key=city.lower(), city_de=city, status=status, latitude=Decimal(place[0]), longitude=Decimal(place[1])
        )
    sign_in(page, site, make_officer())
    return site


def test_the_box_finds_by_keyboard_and_leads_there(page: Page, register: str):
    page.goto(f"{register}/measures/")
    page.get_by_role("searchbox", name="Suche").first.fill("koeln wohnung")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("1 Eintrag gefunden")
    expect(page.locator("mark").first).to_have_text("wohnungen")
    page.get_by_role("link", name="K-017").press("Enter")
    expect(page).to_have_url(f"{register}/commitments/K-017/")


def test_all_hits_of_a_group_are_a_filtered_list(page: Page, register: str):
    page.goto(f"{register}/search/?q=wohnung")

    expect(page.get_by_text("5 von 7")).to_be_visible()
    page.get_by_role("link", name=re.compile("Alle zeigen ?: Maßnahmen")).click()

    expect(page.locator("tbody tr")).to_have_count(7)
    expect(page.get_by_label("Stichwort")).to_have_value("wohnung")


def test_a_view_is_kept_and_found_again(page: Page, register: str):
    page.goto(f"{register}/measures/?q=wohnung&status=ongoing")
    page.get_by_text("Ansicht speichern", exact=True).click()
    page.get_by_label("Name der Ansicht").fill("Wohnen, laufend")
    page.get_by_role("button", name="Speichern").click()

    page.goto(f"{register}/measures/")
    page.get_by_role("link", name="Wohnen, laufend").click()

    expect(page.get_by_role("link", name="Wohnen, laufend")).to_have_attribute("aria-current", "true")
    expect(page.locator("tbody tr")).to_have_count(7)
    page.get_by_role("link", name="Verwalten").click()
    page.get_by_role("button", name="Entfernen: Wohnen, laufend").click()
    expect(page.get_by_text("Sie haben noch keine Ansicht gespeichert")).to_be_visible()


def test_a_sign_on_the_map_leads_to_its_partnership_by_keyboard(page: Page, register: str):
    page.goto(f"{register}/engagements/")
    page.get_by_role("link", name="Partnerstädte auf der Karte").click()

    sign = page.locator("svg.map a").filter(has_text="Turku")
    sign.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{register}/engagements/turku/")


@pytest.mark.parametrize(
    "address",
    [
        "/search/?q=wohnung",
        "/search/?q=gibtesnicht",
        "/search/?q=wohnung&only=measures",
        "/engagements/map/?status=",
        "/measures/?q=wohnung",
        "/views/",
    ],
)
def test_nothing_bars_the_way(page: Page, register: str, address: str):
    assert looked_at(page, register + address) == []
