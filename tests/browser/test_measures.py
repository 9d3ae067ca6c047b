"""A measure proposed by a unit and accepted by the officer, and a commitment entered, at the browser."""

import pytest
from playwright.sync_api import Page, expect

from commitments.models import Commitment, Measure, OrganisationalUnit, Role
from tests.browsing import barriers, looked_at, sign_in
from tests.factories import make_article, make_city, make_measure, make_officer, make_unit, make_user

pytestmark = [pytest.mark.browser]


@pytest.fixture
def unit(site: str) -> OrganisationalUnit:
    make_city()
    return make_unit(name_de="Amt für Umwelt")


def test_a_unit_proposes_and_the_officer_accepts(page: Page, site: str, unit: OrganisationalUnit):
    sign_in(page, site, make_user(Role.CONTACT, unit))
    page.goto(f"{site}/measures/")
    page.get_by_role("link", name="Maßnahme vorschlagen").click()
    page.get_by_label("Titel", exact=True).fill("Trinkbrunnen am Rhein")
    page.get_by_role("group", name="Zeile 1").get_by_label("Jahr").fill("2027")
    page.get_by_role("group", name="Zeile 1").get_by_label("Betrag in Euro").fill("12.500")
    page.get_by_role("button", name="Weitere Zeilen").click()
    expect(page.get_by_role("group", name="Zeile 5")).to_be_visible()
    expect(page.get_by_role("group", name="Zeile 1").get_by_label("Betrag in Euro")).to_have_value("12.500")
    page.get_by_role("button", name="Maßnahme vorschlagen").click()
    expect(page.get_by_text("Die Menschenrechtsbeauftragte entscheidet.").first).to_be_visible()

    page.context.clear_cookies()
    sign_in(page, site, make_officer())
    page.goto(f"{site}/measures/?proposed=yes")
    page.get_by_role("link", name="Trinkbrunnen am Rhein").click()
    page.get_by_role("button", name="Annehmen").click()

    expect(page.get_by_text("zählt ab heute")).to_be_visible()
    assert Measure.objects.get(title_de="Trinkbrunnen am Rhein").accepted_on


def test_the_measure_above_is_found_while_typing(page: Page, site: str, unit: OrganisationalUnit):
    make_measure(unit, reference="M-012", title_de="Programm Sauberes Wasser")
    sign_in(page, site, make_officer())
    page.goto(f"{site}/measures/new/")

    page.get_by_label("Teil von").press_sequentially("sauber")

    expect(page.locator("#parents option")).to_have_attribute("value", "M-012 Programm Sauberes Wasser")


def test_a_commitment_is_entered_under_two_articles_found_while_typing(page: Page, site: str, unit: OrganisationalUnit):
    make_article(25, title_de="Recht auf Wasser")
    make_article(3, title_de="Recht auf Leben")
    sign_in(page, site, make_officer())
    page.goto(f"{site}/commitments/new/")
    page.get_by_label("Titel", exact=True).fill("Wasser für alle")
    for typed, name in (("wasser", "AEMR Art. 25"), ("leben", "AEMR Art. 3")):
        page.get_by_label("Bestimmung suchen").press_sequentially(typed)
        page.get_by_role("button", name=f"Hinzufügen: {name}").click()
        expect(page.get_by_role("radio", name=f"Grundlage ({name})", exact=True)).to_be_visible()
    page.get_by_role("radio", name="Grundlage (AEMR Art. 3)", exact=True).check()
    page.get_by_label("Wortlaut", exact=True).fill("Die Stadt sichert Wasser.")
    page.get_by_label("Gewährleisten").check()
    page.get_by_label("Federführung").select_option("Amt für Umwelt")
    page.get_by_role("button", name="Verpflichtung anlegen").last.click()

    expect(page.get_by_role("heading", level=1, name="Wasser für alle")).to_be_visible()
    entered = Commitment.objects.get()
    assert entered.commitment_provisions.count() == 2
    assert entered.commitment_provisions.get(is_basis=True).provision.order == 3


@pytest.mark.parametrize("address", ["/measures/new/", "/commitments/new/"])
def test_nothing_bars_the_way_to_the_forms(page: Page, site: str, unit: OrganisationalUnit, address: str):
    sign_in(page, site, make_officer())

    assert looked_at(page, f"{site}{address}", [(360, "light"), (1280, "dark")]) == []


def test_nothing_bars_the_way_on_a_form_that_came_back(page: Page, site: str, unit: OrganisationalUnit):
    sign_in(page, site, make_officer())
    page.goto(f"{site}/measures/new/")
    page.get_by_role("button", name="Maßnahme anlegen").last.click()

    expect(page.locator(".kern-alert--danger")).to_be_focused()
    assert barriers(page) == ""
