"""The second key turns for what its holder has read (rule 3), and a draft is read by nobody but its unit."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from commitments.models import Role
from commitments.workflow import last_change
from reviews.models import AssessmentState, ConfirmationState
from reviews.workflow import approving_together, assessments, confirmations
from reviews.workflow.confirmations import Answer
from tests.factories import (
    make_approver,
    make_assessment,
    make_confirmation,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)
from tests.reviews.answer_files import asked as asked_by_file
from tests.reviews.answer_files import cell, fill, out, plan, send, take_over, told
from tests.reviews.pages import signed_in

pytestmark = pytest.mark.django_db

State = ConfirmationState
NOW = timezone.now


@pytest.fixture
def cycle():
    return make_cycle()


@pytest.fixture
def unit():
    return make_unit()


@pytest.fixture
def releaser(unit):
    return make_user(Role.RELEASER, unit)


def submitted(cycle, unit):
    return make_confirmation(cycle, make_measure(unit), unit, State.SUBMITTED)


def answered_anew(row):
    contact = make_user(Role.CONTACT, row.unit)
    confirmations.withdraw(row, actor=contact, at=NOW(), reason="Noch etwas")
    confirmations.submit(row, Answer("disputed", "Ganz anders."), actor=contact, at=NOW())


def hidden_fields(response, *names):
    """Numbers that the page would send along; found in its markup."""
    text = response.content.decode()
    return {name: text.split(f'name="{name}" value="')[1].split('"')[0] for name in names}


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


def test_rule_03_what_was_submitted_anew_after_the_page_was_opened_is_not_released(cycle, unit, releaser):
    swapped, same = submitted(cycle, unit), submitted(cycle, unit)
    client = signed_in(releaser)
    page = client.get(reverse("reviews:confirm", args=[cycle.year, unit.key]))
    sent = {"release": [swapped.pk, same.pk]} | hidden_fields(page, f"seen-{swapped.pk}", f"seen-{same.pk}")
    answered_anew(swapped)

    response = client.post(reverse("reviews:release", args=[cycle.year, unit.key]), sent, follow=True)

    assert dict(cycle.confirmations.values_list("pk", "state")) == {swapped.pk: "submitted", same.pk: "released"}
    assert swapped.measure.title_de in messages_of(response)[-1]


@pytest.mark.parametrize("sent", ["", "x", "9" * 40, "²"])
def test_rule_03_an_answer_that_nobody_says_to_have_seen_is_not_released(cycle, unit, releaser, sent):
    row = submitted(cycle, unit)

    address = reverse("reviews:release", args=[cycle.year, unit.key])
    response = signed_in(releaser).post(address, {"release": [row.pk], f"seen-{row.pk}": sent}, follow=True)

    row.refresh_from_db()
    assert (response.status_code, row.state) == (200, State.SUBMITTED)


def test_an_answer_that_was_withdrawn_meanwhile_is_named(cycle, unit, releaser):
    row = submitted(cycle, unit)
    seen = last_change(row)
    confirmations.withdraw(row, actor=make_user(Role.CONTACT, unit), at=NOW(), reason="Noch etwas")

    address = reverse("reviews:release", args=[cycle.year, unit.key])
    response = signed_in(releaser).post(address, {"release": [row.pk], f"seen-{row.pk}": seen}, follow=True)

    assert row.measure.title_de in messages_of(response)[0]


def test_rule_09_an_assessment_that_was_changed_after_it_was_opened_is_not_approved():
    row, client = make_assessment(state=AssessmentState.SUBMITTED), signed_in(make_approver())
    address = reverse("reviews:decide", args=[row.cycle.year, row.commitment.reference])
    opened = hidden_fields(client.get(address), "seen")
    rewritten(row)

    response = client.post(address, opened)
    row.refresh_from_db()
    assert (row.state, len(messages_of(response))) == (AssessmentState.SUBMITTED, 1)

    client.post(address, hidden_fields(response, "seen"))
    row.refresh_from_db()
    assert row.state == AssessmentState.APPROVED


def rewritten(row):
    assessments.return_to_author(row, actor=make_approver(), at=NOW(), reason="Bitte kürzen")
    assessments.submit(row, actor=make_officer(), at=NOW())


@pytest.mark.parametrize("chosen", ["all", "chosen"])
def test_rule_09_of_many_what_was_submitted_after_the_page_was_opened_is_left_and_named(cycle, chosen):
    same, swapped = (make_assessment(cycle, state=AssessmentState.SUBMITTED) for _ in range(2))
    client = signed_in(make_approver())
    page = client.get(reverse("reviews:assessment-list", args=[cycle.year]))
    sent = hidden_fields(page, "seen") | ({"all": "1"} if chosen == "all" else {"chosen": [same.pk, swapped.pk]})
    rewritten(swapped)
    later = make_assessment(cycle, state=AssessmentState.SUBMITTED)

    response = client.post(reverse("reviews:assessments-approve", args=[cycle.year]), sent, follow=True)

    states = dict(cycle.assessments.values_list("pk", "state"))
    assert states == {same.pk: "approved", swapped.pk: "submitted", later.pk: "submitted"}
    assert swapped.commitment.reference in " ".join(messages_of(response))


# Drafts


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.AUDITOR])
@pytest.mark.parametrize("state", [State.DRAFT, State.RETURNED, State.SUBMITTED])
def test_what_a_unit_has_not_submitted_stands_on_no_page_of_others(cycle, unit, role, state):
    row = make_assessment(cycle)
    measure = make_link(make_measure(unit), row.commitment).measure
    answer = make_confirmation(cycle, measure, unit, state, result="disputed", statement_de="Ein Satz im Entwurf.")
    client = signed_in(make_user(role))

    name = "assess" if role == Role.OFFICER else "decide"
    pages = [
        client.get(reverse("reviews:unit", args=[cycle.year, unit.key])),
        client.get(reverse(f"reviews:{name}", args=[cycle.year, row.commitment.reference])),
    ]

    for page in pages:
        text = page.content.decode()
        assert f'id="standing-{answer.pk}"' in text
        assert ("Ein Satz im Entwurf." in text) == (state == State.SUBMITTED)


def test_a_file_that_the_officer_passes_on_holds_no_draft(cycle, unit):
    drafted = asked_by_file(cycle, unit, state=State.DRAFT, result="disputed", statement_de="Ein Satz im Entwurf.")
    asked_by_file(cycle, unit)

    book = out(make_officer(), cycle, unit)

    words = [value for row in book.worksheets[0].iter_rows(values_only=True) for value in row if value]
    assert drafted.measure.reference not in words
    assert "Ein Satz im Entwurf." not in words
    assert cell(book, 2, "result") is not None


# A file of which nothing can be taken


def test_where_nothing_can_be_taken_nobody_has_to_decide(cycle, unit):
    contact = make_user(Role.CONTACT, unit)
    row, other = asked_by_file(cycle, unit), asked_by_file(cycle, unit)
    book = out(contact, cycle, unit)
    for number in (2, 3):
        fill(book, number, result="Bestritten", statement="So war es nicht.")
    confirmations.submit(row, Answer("confirmed"), actor=contact, at=NOW())

    preview = send(contact, cycle, unit, book)
    assert [found.request for found in plan(preview).kept] == [row]
    assert f"choice-{row.pk}" not in preview.content.decode()
    done = take_over(contact, preview)

    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.state, other.state, len(told(done))) == (State.SUBMITTED, State.DRAFT, 1)


# Words


def test_a_releasing_person_is_asked_to_release_not_to_answer(cycle, unit, releaser):
    submitted(cycle, unit)

    client = signed_in(releaser)
    address = reverse("reviews:confirm", args=[cycle.year, unit.key])
    text = client.get(address, headers={"accept-language": "en"}).content.decode()

    assert "You read what is submitted" in text
    assert "What you enter is saved as a draft." not in text


def test_releasing_and_approving_many_asks_the_database_the_same_as_few(cycle, unit, releaser):
    counts = []
    for size in (2, 2, 6):  # the first time, rights and settings are read, too
        answers = [submitted(cycle, unit) for _ in range(size)]
        verdicts = [make_assessment(cycle, state=AssessmentState.SUBMITTED) for _ in range(size)]
        seen, approver = {row: last_change(row) for row in answers}, make_approver()
        newest = approving_together.newest_change(cycle)
        rewritten(verdicts[0])
        with CaptureQueriesContext(connection) as captured:
            assert confirmations.release_seen(seen, actor=releaser, at=NOW()) == (size, [])
            assert approving_together.approve_seen(verdicts, newest, actor=approver, at=NOW()).done == size - 1
        counts.append(len(captured))

    assert counts[1] == counts[2]
