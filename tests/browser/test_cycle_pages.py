"""Every page of the review cycle, as its people see it in the sample city: no barriers, nothing too wide."""

import pytest
from playwright.sync_api import Page

from commitments.models import User
from reviews.models import AssessmentState, ReviewCycle
from tests.browsing import looked_at, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCREENS = [(360, "light"), (1280, "dark")]
PAGES = {
    "contact": [
        "answers/2026/aiv/",
        "answers/2025/aiv/",
        "answers/2026/aiv/hand-over/",
        "answers/2026/aiv/beside/",
        "follow-ups/",
        "follow-ups/?state=own",
    ],
    "releaser": ["answers/2026/aiv/"],
    "officer": [
        "",
        "2026/units/aiv/",
        "2026/to-decide/",
        "2026/carried-over/",
        "cycles/",
        "cycles/plan/",
        "2026/",
        "2025/",
        "2026/dates/",
        "2026/assessments/",
        "2026/assessments/K-005/",
        "2026/assessments/K-005/entry/",
        "2026/assessments/K-005/statement/",
        "2026/assessments/K-005/dissent/",
        "2026/assessments/K-005/follow-up/",
        "follow-ups/",
    ],
    "approver": ["2025/assessments/K-005/decide/", "2026/assessments/K-005/decide/"],
    "council": ["2025/", "follow-ups/"],
}


@pytest.mark.parametrize("who", PAGES)
def test_the_pages_have_no_barriers(demo_site: str, page: Page, who: str):
    sign_in(page, demo_site, User.objects.get(email=f"{who}@demo.example"))

    found = [problem for path in PAGES[who] for problem in looked_at(page, f"{demo_site}/reviews/{path}", SCREENS)]

    assert found == []


def test_a_form_that_comes_back_has_no_barriers(demo_site: str, page: Page):
    sign_in(page, demo_site, User.objects.get(email="officer@demo.example"))
    row = ReviewCycle.objects.get(year=2026).assessments.filter(state=AssessmentState.DRAFT).earliest("pk")

    found = looked_at(page, f"{demo_site}/reviews/2026/assessments/{row.commitment.reference}/", [(360, "light")])
    page.locator("button[name=submit]").click()
    page.wait_for_selector(".kern-alert--danger")

    assert found == []
    assert page.evaluate("document.activeElement.matches('.kern-alert--danger')")
