"""Writes down that somebody used the right to protected content: once a day, and once a day for each row's own pages.

It stands around all pages, so that none can forget it. For everybody else it costs nothing.
"""

from collections.abc import Callable
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from commitments import clock
from commitments.models import Protection, User
from commitments.workflow import access

ENGAGEMENTS = "engagement"
"""How the names of the addresses of one engagement begin; their key is one of an engagement."""


def noting(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        reader = getattr(request, "_cached_user", None)
        if isinstance(reader, User) and response.status_code == 200 and _used(reader):
            with suppress(ValidationError):  # one's own request in another window has noted it just now
                access.note_use(reader, reference=_reference(request), key=_key(request), at=clock.now())
        return response

    return handle


def _used(reader: User) -> bool:
    """Whether this answer was made with the right: the classes that somebody may see were asked for."""
    return Protection.PROTECTED in getattr(reader, "_clearance", ())


def _reference(request: HttpRequest) -> str:
    match = request.resolver_match
    return str(match.kwargs.get("reference", "")) if match else ""


def _key(request: HttpRequest) -> str:
    match = request.resolver_match
    is_of_one = match is not None and (match.url_name or "").startswith(ENGAGEMENTS)
    return str(match.kwargs.get("key", "")) if match and is_of_one else ""
