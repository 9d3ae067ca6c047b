"""The pages of the report in a browser: no barriers, nothing scrolls sideways, and a document that is drawn live."""

import pytest
from celery import Celery
from playwright.sync_api import Page, expect

from commitments.models import User
from config.celery import app
from tests.browsing import looked_at, sign_in
from tests.processes import worker
from tests.reporting.editions import make_edition

pytestmark = pytest.mark.browser

SCREENS = [(360, "light"), (1280, "dark")]
PAGES = {
    "officer": (
        "/",
        "/changes/",
        "/articles/",
        "/articles/?by=measures&field=europe",
        "/matrix/",
        "/matrix/2/",
        "/matrix/5/europe/",
        "/matrix/5/europe/reason/",
        "/reports/",
        "/reports/2025/1/",
        "/reports/2025/1/sheets/",
        "/reports/2026/prepare/",
        "/search/?q=Rassismus",
    ),
    "approver": ("/", "/reports/2025/1/"),
    "contact": ("/", "/matrix/", "/reports/2025/1/sheets/"),
    "council": ("/", "/reports/2025/1/", "/reports/2025/1/sheets/"),
    "auditor": ("/",),
    "dpo": ("/",),
    "admin": ("/",),
}


@pytest.mark.slow
@pytest.mark.parametrize("who", PAGES)
def test_the_pages_have_no_barriers(demo_site: str, page: Page, who: str):
    sign_in(page, demo_site, User.objects.get(email=f"{who}@demo.example"))

    found = [problem for path in PAGES[who] for problem in looked_at(page, demo_site + path, SCREENS)]

    assert found == []


@pytest.fixture
def data(tmp_path, settings):
    """The folder that web server and worker share, with a broker of files in it."""
    folder = tmp_path / "data"
    messages, control = folder / "broker" / "messages", folder / "broker" / "control"
    for each in (messages, control, folder / "cache"):
        each.mkdir(parents=True)
    settings.DATA_DIR = folder
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": str(folder / "cache")}}
    options = {"data_folder_in": str(messages), "data_folder_out": str(messages), "control_folder": str(control)}
    sender = Celery("sender", broker="filesystem://localhost//", broker_transport_options=options, set_as_current=False)
    sender.set_default()
    sender.set_current()
    yield folder
    sender.close()
    app.set_default()
    app.set_current()


@pytest.mark.slow
def test_a_document_is_drawn_while_one_looks_on(site: str, page: Page, data):
    edition = make_edition()
    assert edition.prepared_by
    sign_in(page, site, edition.prepared_by)
    page.goto(f"{site}/reports/{edition.cycle.year}/{edition.number}/")
    row = page.locator("#document-main-de")

    row.get_by_role("button").click()
    expect(row.locator("progress")).to_be_visible()
    with worker(data):
        link = row.get_by_role("link")
        expect(link).to_be_visible(timeout=60_000)

    answer = page.request.get(site + (link.get_attribute("href") or ""))
    assert answer.body().startswith(b"%PDF")
    assert "entwurf" in answer.headers["content-disposition"]
