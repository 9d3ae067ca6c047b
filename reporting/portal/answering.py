"""How a page of the portal is answered: kept until something it may say has changed, with ETag, without any cookie.

A page is asked for again by its ETag each time (``no-cache``): it may have been locked since (rule 10). That costs the
reader nothing and the server two queries.
"""

from collections.abc import Callable, Mapping
from functools import cache as kept_for_ever
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from commitments import filestore
from reporting.documents.stamp import template_version
from reporting.portal import frame
from reporting.portal.published import Shelf

KEPT = 24 * 60 * 60
"""Seconds for which a page is kept; it is made anew whenever what it says has changed."""

ASKED_EACH_TIME = "public, no-cache"
CODE = (
    Path(settings.BASE_DIR) / "templates" / "portal",
    Path(settings.BASE_DIR) / "templates" / "components",
    Path(settings.BASE_DIR) / "reporting",
    Path(settings.BASE_DIR) / "locale",
)

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Shelf, P], HttpResponse]


@kept_for_ever
def version() -> str:
    """Changes with the code and templates that the pages are made by; read once a process."""
    digest = sha256(template_version().encode())
    for folder in CODE:
        for path in sorted(each for each in folder.rglob("*") if each.suffix in {".html", ".py", ".mo"}):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def public(view: "View[P]") -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
    """A page for everybody, in the language of its address. What is not there is said on a page of the portal."""

    @wraps(view)
    def handle(request: HttpRequest, language: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with translation.override(language):
            try:
                return view(request, Shelf.read(), *args, **kwargs)
            except Http404:
                return told(request, 404, "portal/not_found.html")
            except (filestore.AlteredError, ValidationError):
                return told(request, 503, "portal/altered.html")

    return login_not_required(require_safe(handle))  # type: ignore[return-value] # wraps() says it is still the view


def told(request: HttpRequest, status: int, template: str) -> HttpResponse:
    """A page that says why there is nothing to read here."""
    language = translation.get_language()
    html = render_to_string(template, frame.of(request, language))
    return HttpResponse(html, status=status, headers={"Content-Language": language, "Cache-Control": "no-store"})


def page(
    request: HttpRequest, shelf: Shelf, template: str, make: Callable[[], Mapping[str, Any]], *, also: str = ""
) -> HttpResponse:
    """The page as it is kept, or made now. ``also`` says what else it depends on."""
    language = translation.get_language()
    around = frame.of(request, language)
    said = "\n".join((version(), shelf.state, repr(around), also))
    tag = f'"{sha256(said.encode()).hexdigest()}"'
    unchanged = get_conditional_response(request, etag=tag)
    if unchanged is not None:
        return _with_headers(unchanged, tag)
    key = f"portal:{tag}"
    html = cache.get(key)
    if html is None:
        html = _made(around, template, make)
        cache.set(key, html, timeout=KEPT)
    if not html:
        raise Http404
    return _with_headers(HttpResponse(html), tag)


def _made(around: Mapping[str, Any], template: str, make: Callable[[], Mapping[str, Any]]) -> str:
    """The page; nothing where there is no such page, which is kept as well."""
    try:
        return render_to_string(template, {**around, **make()})
    except Http404:
        return ""


def file(request: HttpRequest, digest: str, make: Callable[[], bytes], headers: Mapping[str, str]) -> HttpResponse:
    """A file of an edition, asked for again by its hash each time."""
    tag = f'"{digest}"'
    unchanged = get_conditional_response(request, etag=tag)
    if unchanged is not None:
        return _with_headers(unchanged, tag)
    try:
        data = make()
    except (filestore.AlteredError, ValidationError):
        with translation.override("de"):
            return told(request, 503, "portal/altered.html")
    response = HttpResponse(data, headers={"X-Content-Type-Options": "nosniff"} | dict(headers))
    return _with_headers(response, tag)


def _with_headers(response: HttpResponse, tag: str) -> HttpResponse:
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = ASKED_EACH_TIME
    return response
