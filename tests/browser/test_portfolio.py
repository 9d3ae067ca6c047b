"""The portfolio at the browser: a partnership is entered, paused and taken up again; a project gets its money."""

import pytest
from playwright.sync_api import Page, expect

from commitments.models import Engagement, EngagementBudget, EngagementStatus
from tests.browsing import looked_at, sign_in
from tests.factories import (
    make_advice,
    make_city,
    make_eu_project,
    make_measure,
    make_officer,
    make_partnership,
    make_unit,
)

pytestmark = [pytest.mark.browser]


@pytest.fixture
def officer(site: str, page: Page) -> Page:
    make_city()
    make_unit(name_de="Büro für Europa", name_en="Office for Europe", is_officers_own=True)
    sign_in(page, site, make_officer())
    return page


def test_a_partnership_is_entered_from_the_list(officer: Page, site: str):
    officer.goto(f"{site}/engagements/")
    officer.get_by_role("link", name="Partnerschaft", exact=True).click()
    officer.get_by_label("Stadt", exact=True).fill("Lüttich")
    officer.get_by_label("Land").select_option(label="Belgien")
    officer.get_by_label("Seit", exact=False).first.fill("1958")
    officer.get_by_role("button", name="Eintragen").click()

    expect(officer.get_by_role("heading", level=1)).to_have_text("Lüttich")
    row = Engagement.objects.get()
    assert (row.key, row.unit.name_de) == ("luettich", "Büro für Europa")


def test_a_pause_suspends_and_taking_up_again_brings_back(officer: Page, site: str):
    row = make_partnership(name_de="Wolgograd")
    make_measure(engagement=row, title_de="Jugendaustausch")
    officer.goto(f"{site}/engagements/{row.key}/")

    officer.get_by_role("link", name="Ruhen lassen").click()
    officer.get_by_label("Grund", exact=True).fill("Der Rat hat die Kontakte ausgesetzt.")
    officer.get_by_role("button", name="Ruhen lassen").click()

    expect(officer.get_by_text("Der Rat hat die Kontakte ausgesetzt.").first).to_be_visible()
    expect(officer.get_by_text("Ruht").first).to_be_visible()
    officer.get_by_role("link", name="Wieder aufnehmen").click()
    officer.get_by_role("button", name="Wieder aufnehmen").click()
    expect(officer.locator(".kern-alert--danger")).to_be_focused()
    officer.get_by_label("Grund", exact=True).fill("Die Gründe sind entfallen.")
    officer.get_by_role("button", name="Wieder aufnehmen").click()
    expect(officer.get_by_text("Die Gründe sind entfallen.").first).to_be_visible()
    assert Engagement.objects.get().status == EngagementStatus.ACTIVE


def test_a_project_gets_its_money_by_year(officer: Page, site: str):
    row = make_eu_project()
    officer.goto(f"{site}/engagements/{row.key}/")

    officer.get_by_role("link", name="Mittel eines Jahres eintragen").click()
    officer.get_by_label("Jahr", exact=True).fill("2026")
    officer.get_by_label("Insgesamt").fill("12.500,50")
    officer.get_by_role("button", name="Eintragen").click()

    expect(officer.get_by_role("row", name="2026")).to_contain_text("12.500,50")
    assert str(EngagementBudget.objects.get().total) == "12500.50"


def test_the_pages_have_no_barriers_and_fit_every_screen(officer: Page, site: str):
    row = make_eu_project()
    make_advice(engagement=row)
    addresses = (
        "",
        "add/partnership/",
        "add/eu_project/",
        "advice/",
        "advice/add/",
        f"{row.key}/",
        f"{row.key}/status/end/",
    )

    assert [found for part in addresses for found in looked_at(officer, f"{site}/engagements/{part}")] == []
