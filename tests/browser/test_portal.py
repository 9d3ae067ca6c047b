"""The portal in a browser: no barriers, nothing scrolls sideways, at 360 and 1280 pixels, and by keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import looked_at

pytestmark = pytest.mark.browser

SCREENS = [(360, "light"), (640, "light"), (1280, "dark")]
"""640 pixels are what is left of 1280 at a zoom of 200 per cent."""

GERMAN = (
    "",
    "reports/",
    "reports/2025/1/",
    "articles/5/",
    "commitments/K-001/",
    "partners/",
    "data/",
    "accessibility/",
)
PARTS = ("method", "matrix", "europe", "findings", "promises", "limits", "answers", "commitments", "glossary")
PAGES = [f"/portal/de/{path}" for path in GERMAN] + [f"/portal/en/reports/2025/1/{part}/" for part in PARTS]


@pytest.mark.slow
def test_the_pages_have_no_barriers(demo_site: str, page: Page):
    assert [problem for path in PAGES for problem in looked_at(page, demo_site + path, SCREENS)] == []


def test_a_visitor_comes_from_the_first_address_to_a_finding_by_keyboard_alone(demo_site: str, page: Page):
    page.goto(demo_site)
    expect(page).to_have_url(f"{demo_site}/portal/de/")
    link = page.get_by_role("link", name="Artikel 5:")
    while not link.evaluate("each => each === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Folter")

    page.get_by_role("link", name="K-005").first.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{demo_site}/portal/de/commitments/K-005/")
    assert page.context.cookies() == []


def test_the_other_language_is_the_same_page(demo_site: str, page: Page):
    page.goto(f"{demo_site}/portal/de/reports/2025/1/findings/")

    page.get_by_role("link", name="This page in English").click()

    expect(page).to_have_url(f"{demo_site}/portal/en/reports/2025/1/findings/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Findings")
