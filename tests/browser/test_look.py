"""The frame, the components and the sign-in pages as a browser shows them."""

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from commitments.models.people import Role
from tests.browsing import barriers, looked_at, sign_in
from tests.factories import make_city, make_user

pytestmark = pytest.mark.browser

PASSWORD = "a long enough password"
ENTRANCES = ("/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/")
OWN_PAGES = (
    "/components/",
    "/accounts/2fa/",
    "/accounts/password/change/",
    "/accounts/2fa/totp/activate/",
    "/accounts/logout/",
)


@pytest.fixture
def officer(site: str):
    make_city()
    user = make_user(Role.OFFICER, email="officer@demo.example")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.mark.parametrize("path", ENTRANCES)
def test_the_ways_in_have_no_barriers(site: str, page: Page, officer, path: str):
    assert looked_at(page, site + path) == []


@pytest.mark.parametrize("path", OWN_PAGES)
def test_own_pages_have_no_barriers(site: str, page: Page, officer, path: str):
    sign_in(page, site, officer)

    assert looked_at(page, site + path) == []


def sign_in_with_password(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/accounts/login/?next=/components/")
    page.get_by_label("E-Mail-Adresse").fill(email)
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bausteine")


def test_signing_in_with_password_and_out_again(site: str, page: Page, officer):
    sign_in_with_password(page, site, officer.email)

    page.get_by_text("Menschenrechtsbeauftragte").first.click()
    page.get_by_role("button", name="Abmelden").click()

    page.goto(f"{site}/components/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")


def test_a_wrong_password_says_so_and_takes_the_focus(site: str, page: Page, officer):
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("E-Mail-Adresse").fill(officer.email)
    page.get_by_label("Passwort", exact=True).fill("wrong")
    page.get_by_role("button", name="Anmelden").click()

    expect(page.get_by_role("alert")).to_contain_text("E-Mail-Adresse oder Passwort stimmen nicht.")
    expect(page.get_by_role("alert")).to_be_focused()
    assert barriers(page) == ""


def test_signing_in_with_a_code_sent_by_mail(site: str, page: Page, officer):
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("link", name="Code per E-Mail").click()
    page.get_by_label("E-Mail-Adresse").fill(officer.email)
    page.get_by_role("button", name="Code anfordern").click()
    code = next(line.strip() for line in mail.outbox[-1].body.splitlines() if "-" in line and line.strip().isupper())

    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Bestätigen").click()
    page.goto(f"{site}/components/")

    expect(page.get_by_role("heading", level=1)).to_have_text("Bausteine")


def test_the_other_language_is_one_click_away(site: str, page: Page, officer):
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_on_a_phone_the_menu_opens_without_a_script_and_closes_with_escape(site: str, page: Page, officer):
    sign_in(page, site, officer)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site}/components/")
    expect(page.get_by_role("navigation", name="Hauptnavigation")).to_be_hidden()

    page.get_by_role("button", name="Menü").click()
    expect(page.get_by_role("navigation", name="Hauptnavigation")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("navigation", name="Hauptnavigation")).to_be_hidden()


def test_every_stop_of_the_tab_key_shows_a_ring(site: str, page: Page, officer):
    sign_in(page, site, officer)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site}/components/")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")

    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(
            page.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e);
                return [e.outerHTML.slice(0, 80), s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 3]; }"""
            )
        )

    assert [html for html, has_ring in stops if not has_ring] == []


def test_a_passkey_is_added_and_opens_the_door(site: str, page: Page, officer):
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = key | {"isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in_with_password(page, site, officer.email)

    page.goto(f"{site}/accounts/2fa/webauthn/add/")
    page.get_by_label("Passwort", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Bestätigen").click()
    page.get_by_label("Passwortlos").check()
    page.get_by_role("button", name="Hinzufügen").click()
    page.wait_for_url("**/recovery-codes/**")
    page.context.clear_cookies()
    page.goto(f"{site}/accounts/login/?next=/components/")
    page.get_by_role("button", name="Passkey").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Bausteine")
