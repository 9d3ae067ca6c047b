"""Requests of people who have signed in; the middleware lets nobody else through to a page."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from commitments.models.people import User


class UserRequest(HttpRequest):
    user: User
    htmx: HtmxDetails


def posted_number(request: HttpRequest, name: str) -> int | None:
    """A number that a page sends along; None where it is missing or none."""
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
