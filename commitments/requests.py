"""Requests of people who have signed in; the middleware lets nobody else through to a page."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from commitments.models.people import User


class UserRequest(HttpRequest):
    user: User
    htmx: HtmxDetails
