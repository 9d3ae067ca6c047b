"""The ground that the other tests stand on: what one commits, the next does not see."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(committed_db, attempt):
    before = ContentType.objects.filter(app_label="nowhere").count()
    ContentType.objects.create(app_label="nowhere", model="nothing")

    assert before == 0
    assert not connection.in_atomic_block


@pytest.mark.django_db
def test_an_ordinary_test_works_in_a_transaction():
    assert connection.in_atomic_block


def test_the_served_pages_read_the_database_of_the_test(site, page):
    page.goto(f"{site}/accounts/login/")

    assert page.locator("input[name=login]").is_visible()
