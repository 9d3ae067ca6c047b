"""What every page shows around its content: city, role, navigation, language."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commitments import clock, texts
from commitments.models.people import City, Role, User

#: URL name, label, and the roles that see it; no roles: everyone who is signed in. A page not built yet is left out.
NAVIGATION: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("reporting:home", gettext_noop("Today"), frozenset()),
    ("reviews:answers", gettext_noop("Answers"), frozenset({Role.CONTACT, Role.RELEASER})),
    ("reporting:articles", gettext_noop("Thirty articles"), frozenset()),
    ("reporting:matrix", gettext_noop("Matrix"), frozenset()),
    ("commitments:instrument-list", gettext_noop("Instruments"), frozenset()),
    ("commitments:commitment-list", gettext_noop("Commitments"), frozenset()),
    ("commitments:measure-list", gettext_noop("Measures"), frozenset()),
    ("commitments:engagement-list", gettext_noop("Partnerships and projects"), frozenset()),
    ("reviews:board", gettext_noop("Review cycle"), frozenset({Role.OFFICER, Role.APPROVER, Role.AUDITOR})),
    ("reporting:edition-list", gettext_noop("Reports"), frozenset()),
)
ACCOUNT = (
    ("mfa_index", gettext_noop("Second factor and passkeys")),
    ("account_change_password", gettext_noop("Change password")),
)
FOOTER = (("commitments:components", gettext_noop("Components")),)
#: The sign-ins of a sample register.
DEMO_ACCOUNTS = (
    ("officer", Role.OFFICER),
    ("approver", Role.APPROVER),
    ("contact", Role.CONTACT),
    ("releaser", Role.RELEASER),
    ("council", Role.COUNCIL),
    ("auditor", Role.AUDITOR),
    ("dpo", Role.DPO),
    ("admin", Role.ADMINISTRATOR),
)


class Entry(NamedTuple):
    url: str
    label: str
    is_active: bool = False


@dataclass(frozen=True)
class Shell:
    city: str
    is_sample: bool
    home_url: str
    search_url: str
    language_url: str
    login_url: str
    logout_url: str
    role: str = ""
    nav: list[Entry] = field(default_factory=list)
    account: list[Entry] = field(default_factory=list)
    footer: list[Entry] = field(default_factory=list)

    @property
    def demo_accounts(self) -> list[dict[str, str]]:
        return [{"label": str(role.label), "email": f"{name}@demo.example"} for name, role in DEMO_ACCOUNTS]


def address(name: str) -> str:
    """The page's address, or nothing where there is no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _entries(pages: Iterable[tuple[str, str]], path: str = "") -> list[Entry]:
    """The pages that exist; the one whose address is the longest beginning of ``path`` is active."""
    found = [(url, _(label)) for url, label in ((address(name), label) for name, label in pages) if url]
    here = max(
        (url for url, _label in found if path == url or (url != "/" and path.startswith(url))), key=len, default=""
    )
    return [Entry(url, label, url == here) for url, label in found]


def _role(user: User) -> str:
    """The role as the head of the page names it; a unit's people see their unit with it."""
    held = user.assignments_on(clock.today())
    if not held:
        return user.name
    first = held[0]
    label = str(first.get_role_display())
    return f"{label}, {texts.localized(first.unit, 'name')}" if first.unit else label


def _build(request: HttpRequest) -> Shell:
    user = getattr(request, "user", AnonymousUser())
    city = City.objects.first()
    shell = {
        "city": texts.localized(city, "name") if city else settings.CITY_NAME,
        "is_sample": bool(city and city.is_sample),
        "home_url": address("reporting:home") or "/",
        "language_url": address("set_language"),
        "login_url": address("account_login"),
        "logout_url": address("account_logout"),
    }
    if not isinstance(user, User):
        return Shell(search_url="", **shell)
    roles = user.roles
    pages = [(name, label) for name, label, who in NAVIGATION if not who or who & roles]
    return Shell(
        search_url=address("reporting:search"),
        role=_role(user),
        nav=_entries(pages, request.path),
        account=_entries(ACCOUNT),
        footer=_entries(FOOTER),
        **shell,
    )


def shell(request: HttpRequest) -> dict[str, object]:
    """Lazy: fragments and files that show no frame ask the database nothing."""
    return {"shell": SimpleLazyObject(lambda: _build(request))}
