"""What tests of pages share: a signed-in client, and how many queries a page asks."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from commitments.models import User

MOST_QUERIES = 15


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def queries(user: User, address: str) -> int:
    """Queries of one page, sign-in and frame included."""
    client = signed_in(user)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200
    return len(captured)
