"""Several people act in the same second, on a database where commits are real."""

from concurrent.futures import ThreadPoolExecutor

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from commitments.models import Role
from reviews.models import ConfirmationState
from reviews.workflow import confirmations
from reviews.workflow.confirmations import Answer
from tests.factories import make_confirmation, make_user


def test_two_people_who_submit_at_the_same_second_make_one_answer(committed_db):
    row = make_confirmation()
    people = [make_user(Role.CONTACT, row.unit) for _number in range(2)]

    def submit(person):
        try:
            confirmations.submit(row, Answer("confirmed"), actor=person, at=timezone.now())
        except ValidationError:
            return "refused"
        finally:
            connection.close()
        return "submitted"

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(submit, people))

    row.refresh_from_db()
    assert outcomes == ["refused", "submitted"]
    assert row.history.filter(state=ConfirmationState.SUBMITTED).count() == 1
