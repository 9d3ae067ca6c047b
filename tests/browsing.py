"""A person at a browser."""

from collections.abc import Sequence

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from commitments.models.people import User

SCREENS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]


def sign_in(page: Page, site: str, user: User) -> None:
    """As ``user``, without the sign-in page, which has tests of its own."""
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])


def barriers(page: Page) -> str:
    """What axe finds on the page, as text; empty where it finds nothing."""
    results = Axe().run(page)
    return results.generate_report() if results.violations_count else ""


def sideways(page: Page) -> int:
    """By how many pixels the page is too wide for the screen."""
    return int(
        page.evaluate("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)")
    )


def looked_at(page: Page, address: str, screens: Sequence[tuple[int, str]] = SCREENS) -> list[str]:
    """What is wrong with a page on any of the screens: width, light or dark."""
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(address)
    found = []
    for width, scheme in screens:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        if report := barriers(page):
            found.append(f"{address} {width} {scheme}: {report}")
        if pixels := sideways(page):
            found.append(f"{address} {width}: {pixels} pixels too wide")
    return found + refused
