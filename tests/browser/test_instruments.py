"""The catalogue at the browser: a version is amended, its provisions are mapped and linked while typing."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from commitments.models import InstrumentVersion, ProvisionLink, Relation
from tests.browsing import barriers, sign_in
from tests.factories import (
    make_adoption,
    make_article,
    make_city,
    make_instrument,
    make_officer,
    make_provision,
    make_provision_link,
)

pytestmark = [pytest.mark.browser]


@pytest.fixture
def charter(site: str, page: Page) -> InstrumentVersion:
    make_city()
    version = make_instrument("charter", short_de="Charta", kind="charter")
    for number in (1, 2):
        make_provision(version, number=f"Art. {number}", order=number, title_de=f"Recht {number}", title_en="")
    make_provision_link(version.provisions.get(number="Art. 1"), make_article(25, title_de="Lebensstandard"))
    make_adoption(version, renewal_due_on=date(2020, 1, 1))
    sign_in(page, site, make_officer())
    page.goto(f"{site}/instruments/charter/")
    return version


def test_an_amended_text_is_entered_mapped_by_number_and_linked_while_typing(page: Page, charter: InstrumentVersion):
    page.get_by_role("link", name="Neue Fassung eintragen").click()
    lines = page.get_by_label("Bestimmungen, eine je Zeile")
    expect(lines).to_have_value("Art. 1 | Recht 1\nArt. 2 | Recht 2")
    lines.fill("Art. 1\nArt. 1")
    page.get_by_role("button", name="Fassung eintragen").click()
    expect(page.locator(".kern-alert--danger")).to_be_focused()
    page.get_by_label("Bestimmungen, eine je Zeile").fill("Art. 1 | Recht 1\nArt. 3 | Klimawandel")
    page.get_by_role("button", name="Fassung eintragen").click()

    page.get_by_role("button", name="Gleiche Nummern zuordnen").click()
    expect(page.get_by_text("Eine Bestimmung ist nach der Nummer zugeordnet.")).to_be_visible()
    page.get_by_role("link", name="Bezug eintragen: Art. 3").click()
    page.get_by_label("Nummer, Kurzname oder Wort").fill("")
    page.get_by_label("Nummer, Kurzname oder Wort").press_sequentially("lebensstandard")
    page.get_by_text("Lebensstandard").first.click()
    page.get_by_text("Teil von").click()
    page.get_by_role("button", name="Bezug eintragen").click()

    expect(page.get_by_text("Der Bezug zwischen den beiden Bestimmungen ist eingetragen.")).to_be_visible()
    second = InstrumentVersion.objects.get(number=2)
    link = ProvisionLink.objects.get(source__version=second, source__number="Art. 3")
    assert (link.target.version.instrument.key, link.relation) == ("udhr", Relation.SUBSET)
    assert second.adoptions.count() == 0


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize(
    "address",
    [
        "instruments/?renewal=lapsed",
        "instruments/charter/",
        "instruments/charter/?on=2099-01-01",
        "instruments/charter/versions/new/",
        "instruments/charter/1/Art._1/",
        "instruments/new/",
    ],
)
def test_nothing_bars_the_way(page: Page, site: str, charter: InstrumentVersion, address: str, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}/{address}")

    assert barriers(page) == ""
    assert page.locator("html").evaluate("page => page.scrollWidth <= page.clientWidth")


def test_the_history_of_an_instrument_comes_by_itself(page: Page, charter: InstrumentVersion):
    expect(page.get_by_text("Instrument eingetragen")).to_be_visible()
