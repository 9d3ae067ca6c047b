"""Promises on their pages: the overdue first, kept, dropped, declined."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.models import Role
from reviews.models import FollowUp, FollowUpState
from tests.factories import (
    make_approver,
    make_commitment,
    make_cycle,
    make_follow_up,
    make_officer,
    make_unit,
    make_user,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

LIST = reverse("reviews:follow-up-list")
RESULT = {"state": "done", "result_de": "Der Bericht liegt vor."}


def days(count):
    return timezone.localdate() + timedelta(days=count)


def address(promise, name="follow-up"):
    return reverse(f"reviews:{name}", args=[promise.pk])


def test_overdue_promises_come_first_and_those_that_ended_last():
    cycle = make_cycle()
    ended = make_follow_up(cycle, due_on=days(-90), state=FollowUpState.DONE, result_de="Erledigt.")
    later, overdue = make_follow_up(cycle, due_on=days(9)), make_follow_up(cycle, due_on=days(-9))

    page = signed_in(make_officer()).get(LIST).context["page"]

    assert list(page) == [overdue, later, ended]
    assert [row.overdue_now for row in page] == [True, False, False]


@pytest.mark.parametrize("state", ["overdue", "open", "closed"])
def test_the_list_is_narrowed_by_state(state):
    cycle = make_cycle()
    rows = {
        "overdue": [make_follow_up(cycle, due_on=days(-9))],
        "closed": [make_follow_up(cycle, state=FollowUpState.DROPPED, result_de="Entfallen.")],
    }
    rows["open"] = [*rows["overdue"], make_follow_up(cycle, due_on=days(9))]

    assert list(signed_in(make_officer()).get(LIST, {"state": state}).context["page"]) == rows[state]


def test_a_unit_sees_its_own_promises():
    unit = make_unit()
    own = make_follow_up(make_cycle(), make_commitment(lead_unit=unit))
    other = make_follow_up(own.cycle)
    client = signed_in(make_user(Role.CONTACT, unit))

    assert list(client.get(LIST).context["page"]) == [own]
    assert client.get(address(other)).status_code == 404


def test_the_officer_notes_what_came_of_it():
    promise = make_follow_up()

    signed_in(make_officer()).post(address(promise), RESULT)

    promise.refresh_from_db()
    assert (promise.state, promise.result_de) == (FollowUpState.DONE, RESULT["result_de"])


def test_a_promise_is_not_closed_without_a_result():
    promise = make_follow_up()

    response = signed_in(make_officer()).post(address(promise), {"state": "dropped"})

    promise.refresh_from_db()
    assert promise.state == FollowUpState.OPEN
    assert response.context["form"].errors.keys() == {"result_de"}


def test_only_the_officer_notes_the_result():
    promise = make_follow_up()

    assert signed_in(make_approver()).post(address(promise), RESULT).status_code == 403
    assert signed_in(make_user(Role.CONTACT, promise.unit)).post(address(promise), RESULT).status_code == 403


def test_the_unit_declines_with_its_reason():
    promise = make_follow_up()
    client = signed_in(make_user(Role.CONTACT, promise.unit))

    refused = client.post(address(promise, "follow-up-decline"), {"reason": ""})
    client.post(address(promise, "follow-up-decline"), {"reason": "Die Mittel fehlen."})

    promise.refresh_from_db()
    assert refused.context["form"].errors.keys() == {"reason"}
    assert (promise.state, promise.result_de) == (FollowUpState.DECLINED, "Die Mittel fehlen.")


def test_the_officer_does_not_decline_for_a_unit():
    assert signed_in(make_officer()).post(address(make_follow_up(), "follow-up-decline")).status_code == 403


def test_another_unit_cannot_decline():
    promise = make_follow_up()

    assert signed_in(make_user(Role.CONTACT)).post(address(promise, "follow-up-decline")).status_code == 404


def test_a_next_step_is_agreed_from_an_assessment():
    cycle, commitment = make_cycle(), make_commitment()
    add = reverse("reviews:follow-up-add", args=[cycle.year, commitment.reference])
    sent = {"action_de": "Bericht vorlegen.", "unit": commitment.lead_unit_id, "due_on": days(30).isoformat()}

    signed_in(make_officer()).post(add, sent)

    assert FollowUp.objects.get().commitment == commitment


def test_a_next_step_in_the_past_is_refused_at_the_date():
    cycle, commitment = make_cycle(), make_commitment()
    add = reverse("reviews:follow-up-add", args=[cycle.year, commitment.reference])
    sent = {"action_de": "Bericht vorlegen.", "unit": commitment.lead_unit_id, "due_on": days(-1).isoformat()}

    form = signed_in(make_officer()).post(add, sent).context["form"]

    assert form.errors.keys() == {"due_on"}
    assert form["action_de"].value() == "Bericht vorlegen."


def test_only_the_officer_agrees_next_steps():
    cycle, commitment = make_cycle(), make_commitment()
    add = reverse("reviews:follow-up-add", args=[cycle.year, commitment.reference])

    assert signed_in(make_approver()).get(add).status_code == 403


def test_the_list_asks_the_database_the_same_for_few_and_for_many():
    officer, cycle = make_officer(), make_cycle()
    counts = []
    for count in (1, 5):
        for _ in range(count):
            make_follow_up(cycle)
        counts.append(queries(officer, LIST))

    assert counts[0] == counts[1] <= MOST_QUERIES
