"""A form without its token looks right and is refused: a part included with ``only`` must be handed the token."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.factories import make_approver
from tests.reporting.editions import make_edition, make_frozen_cycle

INCLUDE = re.compile(r"""{%\s*include\s+["'](?P<name>[^"']+)["'](?P<rest>[^%]*)%}""")
TEMPLATES = {
    path.relative_to(settings.BASE_DIR / "templates").as_posix(): path.read_text(encoding="utf-8")
    for path in (settings.BASE_DIR / "templates").rglob("*.html")
}


def needs_token(name, seen=()):
    """Whether a template has a form of its own, or one in a part that shares its context."""
    text = TEMPLATES.get(name, "")
    shared = [part["name"] for part in INCLUDE.finditer(text) if part["rest"].split()[-1:] != ["only"]]
    return "{% csrf_token %}" in text or any(needs_token(each, (*seen, name)) for each in shared if each not in seen)


def without_token(name):
    """The parts that need a token, see nothing of the template that includes them, and are not handed it."""
    alone = [part for part in INCLUDE.finditer(TEMPLATES[name]) if part["rest"].split()[-1:] == ["only"]]
    return [part["name"] for part in alone if "csrf_token" not in part["rest"] and needs_token(part["name"])]


def test_a_part_with_a_form_is_handed_the_token():
    assert {name: parts for name in TEMPLATES if (parts := without_token(name))} == {}


@pytest.mark.django_db
def test_an_edition_is_released_by_the_button_on_its_page():
    edition = make_edition(make_frozen_cycle())
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_approver())
    page = browser.get(reverse("reporting:edition", args=[edition.cycle.year, edition.number])).content.decode()
    action = reverse("reporting:edition-release", args=[edition.cycle.year, edition.number])
    form = next(part for part in page.split("<form")[1:] if f'action="{action}"' in part)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.split("</form>")[0])
    assert token
    assert browser.post(action, {"csrfmiddlewaretoken": token[1]}).status_code == 302
