"""The matrix at the browser: other columns by keyboard, a gap explained, nothing in the way on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from commitments.models import GapReason
from tests.browsing import looked_at, sign_in
from tests.factories import make_article, make_city, make_commitment, make_link, make_measure, make_officer, make_unit

pytestmark = [pytest.mark.browser]


@pytest.fixture
def register(site: str, page: Page) -> str:
    """Thirty articles and one linked measure, and the officer signed in; the address of the site."""
    make_city()
    for number in range(1, 31):
        make_article(number)
    make_link(make_measure(make_unit(name_de="Kulturamt")), make_commitment(make_article(27)))
    sign_in(page, site, make_officer())
    return site


def test_the_officer_goes_from_a_gap_to_its_reason(page: Page, register: str):
    page.goto(f"{register}/matrix/5/reason/")
    page.get_by_label("Keine Mittel").check()
    page.get_by_label("Erläuterung").fill("Dafür fehlt eine Stelle.")
    page.get_by_role("button", name=re.compile("speichern|eintragen", re.IGNORECASE)).last.click()

    expect(page.get_by_text("Dafür fehlt eine Stelle.").first).to_be_visible()
    assert GapReason.objects.get().text_de == "Dafür fehlt eine Stelle."


def test_units_stand_in_the_columns_and_the_page_has_no_barriers(page: Page, register: str):
    page.goto(f"{register}/matrix/")
    page.get_by_role("link", name="Dienststellen").click()

    expect(page.get_by_role("columnheader", name="Kulturamt")).to_be_visible()
    assert looked_at(page, page.url, [(360, "light"), (1280, "dark")]) == []
