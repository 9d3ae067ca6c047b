"""A person at a browser."""

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from commitments.models.people import User


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
