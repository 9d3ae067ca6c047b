"""What every page shows around its content: city, role, navigation, language."""

from collections.abc import Iterable
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from commitments import clock, texts
from commitments.models.people import CITY_WIDE_ROLES, UNIT_ROLES, City, Role, User
from commitments.views.saved_views import SavedViews

EVERYONE = frozenset(Role)
READERS = EVERYONE - {Role.ADMINISTRATOR}
UNITS = frozenset(UNIT_ROLES)
OVERVIEW = READERS - UNITS  # a unit's people are spared what they need not know

#: URL name, label, and the roles that see it. A page that is not built is left out.
NAVIGATION: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("reporting:home", gettext_noop("Today"), EVERYONE),
    ("reviews:answers", gettext_noop("Answers"), UNITS),
    ("reporting:articles", gettext_noop("Thirty articles"), READERS),
    ("reporting:matrix", gettext_noop("Matrix"), OVERVIEW),
    ("commitments:instrument-list", gettext_noop("Instruments"), OVERVIEW),
    ("commitments:recommendation-list", gettext_noop("Recommendations"), OVERVIEW),
    ("commitments:commitment-list", gettext_noop("Commitments"), READERS),
    ("commitments:measure-list", gettext_noop("Measures"), READERS),
    ("commitments:engagement-list", gettext_noop("Engagements"), OVERVIEW),
    ("reviews:board", gettext_noop("Review cycle"), frozenset({Role.OFFICER, Role.APPROVER, Role.AUDITOR})),
    ("reviews:follow-up-list", gettext_noop("Follow-up"), UNITS | {Role.OFFICER, Role.APPROVER}),
    ("reporting:edition-list", gettext_noop("Reports"), READERS),
    ("commitments:person-list", gettext_noop("People"), frozenset({Role.ADMINISTRATOR})),
    ("commitments:unit-list", gettext_noop("Units"), frozenset({Role.ADMINISTRATOR})),
    ("commitments:access-list", gettext_noop("Protected content"), frozenset({Role.OFFICER, Role.DPO})),
    ("reporting:erasure-list", gettext_noop("Erasures"), frozenset({Role.OFFICER, Role.DPO, Role.ADMINISTRATOR})),
    ("commitments:exchange", gettext_noop("Import and export"), frozenset({Role.OFFICER, Role.AUDITOR, Role.DPO})),
    ("reporting:audit", gettext_noop("Audit ledger"), CITY_WIDE_ROLES),
)
ACCOUNT = (
    ("reviews:calendar", gettext_noop("My calendar")),
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


class Shell:
    """Asked piece by piece: fragments and files that show no frame cost no query."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _user(self) -> User | None:
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) else None

    @cached_property
    def _city(self) -> City | None:
        return City.objects.first()

    @property
    def city(self) -> str:
        return texts.localized(self._city, "name") if self._city else str(settings.CITY_NAME)

    @property
    def notice(self) -> str:
        """Whose data a sample's are not."""
        return texts.localized(self._city, "notice") if self._city else ""

    @property
    def is_sample(self) -> bool:
        return bool(self._city and self._city.is_sample)

    @property
    def home_url(self) -> str:
        return address("reporting:home") or "/"

    @property
    def search_url(self) -> str:
        return address("reporting:search") if self._user else ""

    @cached_property
    def saved(self) -> SavedViews:
        """The views of this list that one keeps; asked for by lists alone."""
        return SavedViews(self._request)

    @property
    def language_url(self) -> str:
        return address("set_language")

    @property
    def login_url(self) -> str:
        url = address("account_login")
        return "" if self._request.path == url else url

    @property
    def logout_url(self) -> str:
        return address("account_logout")

    @cached_property
    def role(self) -> str:
        """The first role that is held; a unit's people see their unit with it."""
        held = self._user.assignments_on(clock.today()) if self._user else []
        if not held:
            return ""
        label = str(held[0].get_role_display())
        return f"{label}, {texts.localized(held[0].unit, 'name')}" if held[0].unit else label

    @cached_property
    def nav(self) -> list[Entry]:
        """The pages that exist and concern one's roles; the one that this address begins with is active."""
        if self._user is None:
            return []
        roles, path = self._user.roles, self._request.path
        entries = _entries((name, label) for name, label, who in NAVIGATION if who & roles)
        here = [
            entry.url for entry in entries if path == entry.url or (entry.url != "/" and path.startswith(entry.url))
        ]
        active = max(here, key=len, default="")
        return [entry._replace(is_active=entry.url == active) for entry in entries]

    @cached_property
    def account(self) -> list[Entry]:
        return _entries(ACCOUNT)

    @cached_property
    def footer(self) -> list[Entry]:
        """The parts that pages are made of are for those who build them, not for a city at work."""
        return _entries(FOOTER) if self._user and self.is_sample else []

    @property
    def demo_accounts(self) -> list[dict[str, str]]:
        return [{"label": str(role.label), "email": f"{name}@demo.example"} for name, role in DEMO_ACCOUNTS]


def address(name: str) -> str:
    """The page's address, or nothing where there is no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _entries(pages: Iterable[tuple[str, str]]) -> list[Entry]:
    found = ((address(name), _(label)) for name, label in pages)
    return [Entry(url, label) for url, label in found if url]


def shell(request: HttpRequest) -> dict[str, Shell]:
    return {"shell": Shell(request)}
