"""Several people act in the same second, on a database where commits are real."""

from concurrent.futures import ThreadPoolExecutor

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from commitments.models import Role
from commitments.workflow import last_change
from reviews.models import Confirmation, ConfirmationState, CycleState
from reviews.workflow import confirmations, cycles
from reviews.workflow.confirmations import Answer
from tests.factories import make_confirmation, make_cycle, make_measure, make_officer, make_user


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


def test_of_two_drafts_written_at_the_same_second_none_is_lost_unread(committed_db):
    row = make_confirmation()
    people = [make_user(Role.CONTACT, row.unit) for _number in range(2)]
    seen = last_change(row)

    def write(person):
        answer = Answer("disputed", f"Von {person.name}.")
        try:
            confirmations.save_draft(row, answer, actor=person, at=timezone.now(), seen=seen)
        except ValidationError as error:
            return error.code
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(write, people))

    assert outcomes == ["changed", "saved"]
    assert row.history.filter(state=ConfirmationState.DRAFT).count() == 1


def test_two_officers_who_open_a_cycle_at_the_same_second_ask_every_unit_once(committed_db):
    make_measure()
    cycle = make_cycle(state=CycleState.PLANNED)
    officers = [make_officer() for _number in range(2)]

    def open_it(officer):
        try:
            return cycles.open_cycle(cycle, actor=officer, at=timezone.now()).was_open
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        was_open = sorted(threads.map(open_it, officers))

    assert was_open == [False, True]
    assert Confirmation.objects.count() == 1
