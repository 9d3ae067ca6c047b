"""A complete cycle of the demo city up to the released report, walked by five people who are signed in at once.

Each sees what the others have done, as soon as they have done it; the clock of the demonstration moves on between them.
"""

from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from commitments import clock
from commitments.models import User
from reporting.models import EditionState, ReportEdition
from reviews.models import Assessment, AssessmentState, Confirmation, ConfirmationState, CycleState, ReviewCycle
from reviews.workflow.schedule import note_sent
from tests.browsing import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

YEAR = 2026
PEOPLE = ("officer", "approver", "contact", "releaser", "auditor")
UNIT = f"/reviews/answers/{YEAR}/aiv/"
LIST = f"/reviews/{YEAR}/assessments/"
TOGETHER = f"/reviews/{YEAR}/assessments-together"


@pytest.fixture
def people(chromium: Browser, demo_site: str, settings):
    """A page for each of the five, all signed in at the same time, on the day of the demonstration."""
    settings.DEMO_TODAY = date(YEAR, 11, 23)
    contexts, pages = [], {}
    for name in PEOPLE:
        context = chromium.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(30_000)
        contexts.append(context)
        pages[name] = context.new_page()
        sign_in(pages[name], demo_site, User.objects.get(email=f"{name}@demo.example"))
    yield pages
    for context in contexts:
        context.close()


def of_unit():
    """The answers of the contact's unit that are asked for now."""
    return Confirmation.objects.current().filter(cycle__year=YEAR, unit__key="aiv")


def released_on_board(page: Page, site: str) -> int:
    page.goto(f"{site}/reviews/{YEAR}/board/")
    return int(page.locator(".facts li b").first.inner_text())


def press_for_all(page: Page, site: str, act: str, state: str = "") -> None:
    """Tick all that the filters find, and do one act with them."""
    page.goto(f"{site}{LIST}?state={state}")
    page.locator("label[for=choose-all]").click()
    page.locator(f"[formaction='{TOGETHER}/{act}/']").click()
    page.wait_for_load_state()


def assess(page: Page, site: str, reference: str) -> None:
    page.goto(f"{site}{LIST}{reference}/")
    page.locator("#id_finding_de").fill("Dafür ist es noch zu früh; die Zusage ist neu.")
    page.locator("label[for=verdict-too_early]").click()
    page.locator("input[name=trend][value=first]").check()
    page.locator("button[name=save]").click()
    page.wait_for_load_state()


def answer(contact: Page, releaser: Page, site: str) -> int:
    """The contact submits, and the releasing person finds it waiting and releases it; the number of answers."""
    contact.goto(f"{site}{UNIT}")
    contact.locator("[formaction$='/confirm-unchanged/']").first.click()
    expect(contact.locator("#waiting")).to_be_visible()
    waiting = of_unit().filter(state=ConfirmationState.SUBMITTED).count()
    releaser.goto(f"{site}{UNIT}")
    releaser.locator("#release button.kern-btn--primary").click()
    expect(releaser.locator("#released")).to_be_visible()
    return int(waiting)


def assess_all(officer: Page, site: str) -> None:
    """Last year's verdicts are taken over, the new commitments are written, and all are submitted together."""
    officer.goto(f"{site}/reviews/{YEAR}/")
    officer.locator("form[action$='/begin-assessing/'] button").click()
    press_for_all(officer, site, "carry-over", "draft")
    left = Assessment.objects.filter(cycle__year=YEAR, outcome="").values_list("commitment__reference", flat=True)
    for reference in sorted(left):
        assess(officer, site, reference)
    press_for_all(officer, site, "submit", "draft")


def approve_all(approver: Page, site: str) -> None:
    approver.goto(f"{site}{LIST}?state=submitted")
    expect(approver.locator("tbody tr").first).to_be_visible()
    press_for_all(approver, site, "approve", "submitted")
    left = Assessment.objects.filter(cycle__year=YEAR, state=AssessmentState.SUBMITTED)
    for reference in sorted(left.values_list("commitment__reference", flat=True)):  # each looked at by itself (rule 14)
        approver.goto(f"{site}{LIST}{reference}/decide/")
        approver.locator(f"form[action='{LIST}{reference}/decide/'] button").click()
        approver.wait_for_load_state()


def freeze(officer: Page, site: str) -> None:
    officer.goto(f"{site}/reviews/{YEAR}/board/")
    officer.locator("form[action$='/freeze/'] button").click()
    expect(officer).to_have_url(f"{site}/reviews/{YEAR}/")


def undo_freeze(approver: Page, site: str) -> None:
    approver.goto(f"{site}/reviews/{YEAR}/undo-freeze/")
    approver.locator("#id_reason").fill("Eine Rückmeldung fehlte noch.")
    approver.locator("main form button[type=submit]").click()
    expect(approver).to_have_url(f"{site}/reviews/{YEAR}/")


def look_on(auditor: Page, site: str) -> None:
    """The auditor reads what the others did, and is offered none of their acts."""
    auditor.goto(f"{site}/reviews/{YEAR}/board/")
    expect(auditor.locator("#progress")).to_be_visible()
    expect(auditor.locator("form[action$='/freeze/']")).to_have_count(0)
    auditor.goto(f"{site}/reviews/{YEAR}/assessments/K-001/decide/")
    expect(auditor.locator("#finding")).to_be_visible()


def release_report(officer: Page, approver: Page, site: str) -> str:
    """The officer prepares the report, another person releases it; its address."""
    officer.goto(f"{site}/reports/{YEAR}/prepare/")
    officer.locator("main form button[type=submit]").click()
    officer.wait_for_url(f"{site}/reports/{YEAR}/*/")
    address = officer.url
    expect(officer.locator("form[action$='/release/']")).to_have_count(0)  # not whoever prepared it
    approver.goto(address)
    approver.locator("form[action$='/release/'] button").click()
    expect(approver.locator("form[action$='/release/']")).to_have_count(0)
    return address


def test_a_complete_cycle_of_the_demo_city(demo_site: str, people: dict[str, Page], settings):
    officer, approver, contact, releaser, auditor = (people[name] for name in PEOPLE)
    cycle = ReviewCycle.objects.get(year=YEAR)
    before = released_on_board(officer, demo_site)

    answered = answer(contact, releaser, demo_site)
    after = released_on_board(officer, demo_site)
    settings.DEMO_TODAY = cycle.last_reminder_on
    note_sent(cycle, cycle.last_reminder_on, at=clock.now())
    assess_all(officer, demo_site)
    approve_all(approver, demo_site)
    verdicts = set(Assessment.objects.filter(cycle=cycle).values_list("state", flat=True))
    freeze(officer, demo_site)
    undo_freeze(approver, demo_site)
    freeze(officer, demo_site)

    cycle.refresh_from_db()
    assert (answered > 1, after) == (True, before + answered)
    assert verdicts == {AssessmentState.APPROVED}
    assert cycle.state == CycleState.FROZEN
    contact.goto(f"{demo_site}{UNIT}")
    expect(contact.locator("[formaction$='/confirm-unchanged/']")).to_have_count(0)
    officer.goto(f"{demo_site}{LIST}")
    expect(officer.locator("input[name=chosen]")).to_have_count(0)
    look_on(auditor, demo_site)

    report = release_report(officer, approver, demo_site)

    cycle.refresh_from_db()
    edition = ReportEdition.objects.get(cycle=cycle)
    assert (cycle.state, edition.state) == (CycleState.CLOSED, EditionState.RELEASED)
    for reader in (contact, releaser, auditor):
        reader.goto(report)
        expect(reader.locator("main")).to_contain_text(edition.content_sha256[:8])
