"""A signed-in reader of the register's pages, and what a page costs."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from commitments.models import ProtectedAccess, Role, User
from tests.factories import LONG_AGO, make_user, saved

MOST_QUERIES = 15


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user: User, name: str, *args: Any, **query: Any) -> Any:
    return client_of(user).get(reverse(name, args=args), query)


def text(user: User, name: str, *args: Any, **query: Any) -> str:
    """The page as it is sent; it must be there."""
    response = get(user, name, *args, **query)
    assert response.status_code == 200
    content: str = response.content.decode()
    return content


def cost(user: User, name: str, *args: Any, **query: Any) -> int:
    """Queries of a page, sign-in and frame included."""
    client = client_of(user)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name, args=args), query).status_code == 200
    return len(queries)


def make_trusted(role: Role = Role.OFFICER) -> User:
    """Somebody with the right to protected content."""
    user = make_user(role)
    by_officer, by_dpo = make_user(Role.OFFICER), make_user(Role.DPO)
    saved(
        ProtectedAccess(
            user=user,
            valid_from=LONG_AGO,
            valid_to=LONG_AGO.replace(year=2099),
            reason="Aufgabe",
            given_by_officer=by_officer,
            given_by_dpo=by_dpo,
        )
    )
    return user
