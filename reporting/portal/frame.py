"""What stands on every page of the portal: the city, the ways to its parts, and the same page in the other language."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from commitments.models import City
from commitments.texts import localized

LANGUAGES = ("de", "en")


@dataclass(frozen=True)
class Way:
    """A link of the frame; ``here``: the page stands at this address or below it."""

    url: str
    label: str
    here: bool = False


def of(request: HttpRequest, language: str) -> dict[str, Any]:
    """One query: the city."""
    city = City.objects.first()
    other = next(code for code in LANGUAGES if code != language)
    return {
        "language": language,
        "city": (localized(city, "name") if city else "") or settings.CITY_NAME,
        "sample_notice": localized(city, "notice") if city and city.is_sample else "",
        "home_url": reverse("portal:home", args=[language]),
        "ways": _ways(request, language),
        "foot": _foot(language),
        "feed_url": reverse("portal:feed", args=[language]),
        "contact": settings.CITY_CONTACT,
        "page_path": request.path,
        "page_url": request.build_absolute_uri(request.path),
        "other": {
            "code": other,
            "name": get_language_info(other)["name_local"],
            "url": request.path.replace(f"/portal/{language}/", f"/portal/{other}/", 1),
            "label": _in(other),
        },
        "translations": [
            (code, request.build_absolute_uri(request.path.replace(f"/portal/{language}/", f"/portal/{code}/", 1)))
            for code in LANGUAGES
        ],
    }


def _in(language: str) -> str:
    with translation.override(language):
        return _("This page in English") if language == "en" else "Diese Seite auf Deutsch"


def _ways(request: HttpRequest, language: str) -> list[Way]:
    pages = (
        ("home", _("Overview")),
        ("editions", _("Reports")),
        ("commitments", _("Commitments")),
        ("partners", _("Partner cities")),
        ("data", _("Open data")),
    )
    found = []
    for name, label in pages:
        url = reverse(f"portal:{name}", args=[language])
        found.append(Way(url, label, request.path == url or (name != "home" and request.path.startswith(url))))
    return found


def _foot(language: str) -> list[Way]:
    pages = (
        ("accessibility", _("Accessibility")),
        ("imprint", _("Imprint")),
        ("privacy", _("Data protection")),
    )
    return [Way(reverse(f"portal:{name}", args=[language]), label) for name, label in pages]
