"""A small review cycle as people walk it, each signed in at their own browser: opened, answered, released, assessed,
approved and frozen.
"""

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from commitments.models import Role
from reviews.models import Assessment, AssessmentState, Confirmation, ConfirmationState, CycleState, ReviewCycle
from tests.browsing import barriers, sideways, sign_in
from tests.factories import (
    make_city,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_link,
    make_measure,
    make_unit,
    make_user,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MEASURES = 12
MOST_CLICKS = 5
UNCHANGED = "[formaction$='/confirm-unchanged/']"
RELEASE = "#release button.kern-btn--primary"


class Clicks:
    """Counts what a person presses."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def __call__(self, selector: str) -> None:
        self.count += 1
        self.page.locator(selector).first.click()


@pytest.fixture
def unit(site: str):
    make_city()
    return make_unit(key="aiv")


@pytest.fixture
def people(unit, chromium: Browser, site: str):
    """A page for each person; all are signed in at the same time."""
    contexts, pages = [], {}
    for role in (Role.OFFICER, Role.APPROVER, Role.CONTACT, Role.RELEASER, Role.AUDITOR):
        context = chromium.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(10_000)
        contexts.append(context)
        pages[role] = context.new_page()
        sign_in(pages[role], site, make_user(role, unit if role in (Role.CONTACT, Role.RELEASER) else None))
    yield pages
    for context in contexts:
        context.close()


@pytest.fixture
def asked(unit) -> ReviewCycle:
    """A cycle that runs and asks the unit for its measures."""
    cycle = make_cycle(2026)
    for _ in range(MEASURES):
        make_confirmation(cycle, make_measure(unit), unit)
    return cycle


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard.")


def open_cycle(page: Page, site: str) -> None:
    page.goto(f"{site}/reviews/2026/")
    page.locator("a[href='/reviews/2026/open/']").click()
    page.locator("main form button[type=submit]").click()
    expect(page).to_have_url(f"{site}/reviews/2026/board/")


def confirm_all(page: Page, site: str) -> int:
    """The number of clicks that an unchanged list takes."""
    page.goto(f"{site}/reviews/answers/")
    clicks = Clicks(page)
    clicks(UNCHANGED)
    expect(page.locator("#waiting")).to_be_visible()
    return clicks.count


def release_all(page: Page, site: str) -> int:
    """The number of clicks that releasing all of it takes."""
    page.goto(f"{site}/reviews/answers/")
    clicks = Clicks(page)
    clicks(RELEASE)
    expect(page.locator("#released")).to_be_visible()
    return clicks.count


def assess(page: Page, site: str, reference: str) -> None:
    page.goto(f"{site}/reviews/2026/")
    page.locator("form[action$='/begin-assessing/'] button").click()
    page.goto(f"{site}/reviews/2026/assessments/")
    page.locator(f"a[href$='/{reference}/']").click()
    page.locator("#id_finding_de").fill("Die Stadt hat die Zusage gehalten.")
    page.locator("label[for=verdict-B]").click()
    page.locator("input[name=trend][value=first]").check()
    page.locator("button[name=submit]").click()
    expect(page).to_have_url(f"{site}/reviews/2026/assessments/{reference}/decide/")


def approve(page: Page, site: str, reference: str) -> None:
    page.goto(f"{site}/reviews/2026/assessments/{reference}/decide/")
    page.locator("form[action$='/decide/'] button").click()
    expect(page).to_have_url(f"{site}/reviews/2026/assessments/")


def freeze(page: Page, site: str) -> None:
    page.goto(f"{site}/reviews/2026/board/")
    page.locator("form[action$='/freeze/'] button").click()
    expect(page).to_have_url(f"{site}/reviews/2026/")


def test_a_whole_cycle_is_walked_by_five_people(site: str, unit, people):
    today = timezone.localdate()
    cycle = make_cycle(2026, CycleState.PLANNED, confirm_by=today, last_reminder_on=today)
    measures = [make_measure(unit) for _ in range(MEASURES)]
    commitment = make_commitment(lead_unit=unit)
    make_link(measures[0], commitment)

    open_cycle(people[Role.OFFICER], site)
    clicks = confirm_all(people[Role.CONTACT], site) + release_all(people[Role.RELEASER], site)
    assess(people[Role.OFFICER], site, commitment.reference)
    approve(people[Role.APPROVER], site, commitment.reference)
    freeze(people[Role.OFFICER], site)
    people[Role.AUDITOR].goto(f"{site}/reviews/2026/board/")
    people[Role.CONTACT].goto(f"{site}/reviews/answers/2026/aiv/")

    cycle.refresh_from_db()
    assert clicks <= MOST_CLICKS
    assert cycle.confirmations.filter(state=ConfirmationState.RELEASED).count() == MEASURES
    assert Assessment.objects.get().state == AssessmentState.APPROVED
    assert cycle.state == CycleState.FROZEN
    expect(people[Role.AUDITOR].locator("#units")).to_be_visible()
    expect(people[Role.CONTACT].locator(UNCHANGED)).to_have_count(0)


def test_an_unchanged_list_is_answered_by_keyboard_alone(site: str, asked: ReviewCycle, people):
    page = people[Role.CONTACT]
    page.goto(f"{site}/reviews/answers/2026/aiv/")

    tab_to(page, UNCHANGED)
    page.keyboard.press("Enter")

    expect(page.locator("#waiting")).to_be_visible()
    assert asked.confirmations.filter(state=ConfirmationState.SUBMITTED).count() == MEASURES


def test_an_entry_is_handed_over_on_a_phone_and_stays_open_to_both(site: str, asked: ReviewCycle, people):
    row = asked.confirmations.earliest("pk")
    colleague = make_user(Role.CONTACT, row.unit, name="Frau Beispiel")
    page = people[Role.CONTACT]
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{site}/reviews/answers/2026/aiv/hand-over/?entry={row.pk}")

    page.get_by_label("Frau Beispiel").check()
    reports = barriers(page), sideways(page)
    page.locator("form.form button.kern-btn--primary").click()
    expect(page.locator("main")).to_contain_text("Frau Beispiel")

    row.refresh_from_db()
    assert (row.handed_to, asked.confirmations.filter(handed_to=colleague).count()) == (colleague, 1)
    assert reports == ("", 0)


def test_two_people_write_the_same_answer_and_nothing_is_lost(site: str, asked: ReviewCycle, people, chromium: Browser):
    row = asked.confirmations.earliest("pk")
    other = chromium.new_context(locale="de-DE").new_page()
    sign_in(other, site, make_user(Role.CONTACT, row.unit, name="Frau Beispiel"))
    pages = [people[Role.CONTACT], other]
    with pages[0].expect_response(lambda answer: "/requests/" in answer.url):
        pages[0].goto(f"{site}/reviews/answers/2026/aiv/?open={row.pk}")
        pages[0].locator(f"#answer-{row.pk} input[value=disputed]").check()
    other.goto(f"{site}/reviews/answers/2026/aiv/")
    texts = [page.locator(f"#answer-{row.pk} textarea[name$=statement_de]") for page in pages]

    with other.expect_response(lambda answer: "/requests/" in answer.url):
        texts[1].fill("Von Frau Beispiel.")
    texts[0].fill("Von mir.")
    expect(pages[0].locator(f"#saved-{row.pk} [role=alert]")).to_contain_text("Von Frau Beispiel.")
    row.refresh_from_db()
    kept = row.statement_de
    with pages[0].expect_response(lambda answer: "/requests/" in answer.url):
        pages[0].locator(f"#saved-{row.pk} button").click()
    expect(pages[0].locator("#saved-at")).to_contain_text("Entwurf gespeichert")
    other.context.close()

    row.refresh_from_db()
    assert (kept, row.statement_de) == ("Von Frau Beispiel.", "Von mir.")


def test_what_is_typed_is_kept_while_it_is_typed(site: str, asked: ReviewCycle, people):
    page, row = people[Role.CONTACT], asked.confirmations.earliest("pk")
    page.goto(f"{site}/reviews/answers/2026/aiv/")

    page.locator(f"button[name=open][value='{row.pk}']").click()
    form = page.locator(f"details#answer-{row.pk}")
    expect(form.locator("input[type=radio]").first).to_be_focused()
    form.locator("input[value=changed]").check()
    form.locator("select[name$=-status]").select_option("completed")
    expect(form.locator("ins")).to_be_visible()

    kept = Confirmation.objects.get(pk=row.pk)
    assert (kept.state, kept.changes) == (ConfirmationState.DRAFT, {"status": ["ongoing", "completed"]})
    assert barriers(page) == ""


def test_the_list_works_without_script(site: str, asked: ReviewCycle, chromium: Browser):
    row = asked.confirmations.earliest("pk")
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    sign_in(page, site, make_user(Role.CONTACT, row.unit))
    page.goto(f"{site}/reviews/answers/2026/aiv/")

    page.locator(f"button[name=open][value='{row.pk}']").click()
    form = page.locator(f"details#answer-{row.pk}")
    form.locator("input[value=disputed]").check()
    form.locator("textarea[name$=statement_de]").fill("Der Beitrag ist nur unterstützend.")
    page.locator("[formaction$='/submit/']").click()

    expect(page.locator("#waiting")).to_be_visible()
    context.close()
    row.refresh_from_db()
    assert (row.state, row.result) == (ConfirmationState.SUBMITTED, "disputed")
