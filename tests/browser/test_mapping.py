"""The mapping of a measure at the browser: found while typing, added without a reload, nothing typed is lost."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from commitments import workflow
from commitments.models import LinkState, Measure, MeasureLink
from tests.browsing import barriers, sign_in
from tests.factories import (
    make_article,
    make_city,
    make_commitment,
    make_link,
    make_measure,
    make_officer,
)

pytestmark = [pytest.mark.browser]


@pytest.fixture
def measure(site: str, page: Page) -> Measure:
    make_city()
    measure = make_measure(title_de="Brunnen in der Partnerstadt")
    make_link(measure, make_commitment(make_article(28)), rationale_de="Sie hilft der Partnerstadt.")
    make_commitment(make_article(25), title_de="Wasser und Sanitär sichern")
    sign_in(page, site, make_officer())
    page.goto(f"{site}/measures/{measure.reference}/mapping/")
    return measure


def add_water(page: Page) -> None:
    page.get_by_label("Stichwort, Artikel oder Nummer").press_sequentially("wasser")
    page.get_by_role("button", name="Zuordnen: K-").click()
    expect(page.locator("#items .item")).to_have_count(2)


def test_a_commitment_is_found_while_typing_and_linked(page: Page, measure: Measure):
    add_water(page)
    added = page.locator("#items .item").last

    added.get_by_text("Unterstützend").click()
    added.get_by_label("Begründung").first.fill("Sauberes Wasser ist die Grundlage.")
    page.get_by_role("button", name="Speichern").click()

    expect(page.get_by_text("Die Zuordnungen sind gespeichert.")).to_be_visible()
    link = MeasureLink.objects.get(rationale_de="Sauberes Wasser ist die Grundlage.")
    assert (link.state, link.contribution) == (LinkState.ACCEPTED, "supporting")


def test_what_was_typed_survives_adding_and_a_missing_rationale(page: Page, measure: Measure):
    first = page.locator("#items .item").first
    first.get_by_label("Begründung").first.fill("Halb geti")
    add_water(page)

    page.get_by_role("button", name="Speichern").click()

    summary = page.locator(".kern-alert--danger")
    expect(summary).to_be_focused()
    expect(first.get_by_label("Begründung").first).to_have_value("Halb geti")
    summary.get_by_role("link", name="Begründung zu K-").click()
    expect(page.locator("#items .item").last.get_by_label("Begründung").first).to_be_focused()
    assert MeasureLink.objects.count() == 1


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_bars_the_way(page: Page, measure: Measure, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    add_water(page)

    assert barriers(page) == ""
    assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")


def test_the_history_of_a_measure_comes_by_itself(page: Page, site: str, measure: Measure):
    edit = workflow.Edit({"title_de": "Zwei Brunnen in der Partnerstadt"}, "Zweiter Brunnen")
    workflow.edit_measure(measure, edit, actor=make_officer(), at=timezone.now())

    page.goto(f"{site}/measures/{measure.reference}/")

    expect(page.locator(".timeline ins")).to_have_text("Zwei")
    expect(page.locator(".timeline").get_by_text("Zweiter Brunnen")).to_be_visible()
