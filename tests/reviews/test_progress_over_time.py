"""How the answers came in, day by day, as the history knows it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import Protection, Role
from reviews.models import ConfirmationState, CycleState, ReminderKind
from reviews.views.progress_over_time import picture
from reviews.workflow import confirmations
from reviews.workflow.confirmations import Answer
from tests.factories import (
    make_city,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate
State = ConfirmationState


@pytest.fixture
def cycle():
    """A cycle that opened ten days ago; the register is a sample, so acts may lie in the past."""
    make_city()
    return make_cycle(opens_on=TODAY() - timedelta(days=10), opened_at=timezone.now() - timedelta(days=10))


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def change_measure(row):
    """The measure of an answer is another one now."""
    measure = row.measure
    measure.fingerprint = "0" * 64
    save_as(measure, actor=None, reason="Changed", at=timezone.now())


def drawn(cycle, user=None, reminders=(), planned=()):
    return picture(user or make_officer(), cycle, TODAY(), reminders, planned)


def by_day(found):
    return {(TODAY() - day.on).days: (day.released, day.submitted, day.open) for day in found.rows}


def test_each_day_says_how_many_were_released_submitted_and_open(cycle):
    unit = make_unit()
    contact, releaser = make_user(Role.CONTACT, unit), make_user(Role.RELEASER, unit)
    rows = [make_confirmation(cycle, make_measure(unit), unit) for _ in range(3)]
    confirmations.submit(rows[0], Answer("confirmed"), actor=contact, at=days_ago(6))
    confirmations.submit(rows[1], Answer("confirmed"), actor=contact, at=days_ago(4))
    confirmations.release(rows[0], actor=releaser, at=days_ago(3))
    confirmations.withdraw(rows[1], actor=contact, at=days_ago(1), reason="Falsch.")

    found = drawn(cycle)

    sums = by_day(found)
    assert (sums[5][:2], sums[4][:2], sums[3][:2], sums[2][:2]) == ((0, 1), (0, 2), (1, 1), (1, 1))
    assert sums[0] == (1, 0, 2)
    assert (found.last.released, found.last.open) == (1, 2)


def test_an_answer_that_no_longer_holds_counts_as_open(cycle):
    row = make_confirmation(cycle, state=State.RELEASED)
    change_measure(row)

    assert drawn(cycle).last[1:4] == (0, 0, 1)


def test_what_was_asked_again_counts_once(cycle):
    row = make_confirmation(cycle, state=State.RELEASED)
    change_measure(row)
    confirmations.ask_again(row, actor=make_officer(), at=timezone.now())

    assert drawn(cycle).last[1:4] == (0, 0, 1)


def test_rule_10_what_is_protected_is_in_no_sum(cycle):
    make_confirmation(cycle, make_measure(protection=Protection.PROTECTED), state=State.RELEASED)
    make_confirmation(cycle)

    assert drawn(cycle).last[1:4] == (0, 0, 1)


def test_reminders_that_went_out_and_that_are_to_come_are_marked_and_named_in_the_table(cycle):
    make_confirmation(cycle)

    found = drawn(cycle, reminders=[TODAY() - timedelta(days=2)], planned=[TODAY() + timedelta(days=3)])

    assert (len(found.reminders), len(found.planned)) == (1, 1)
    assert [day.on for day in found.rows if day.is_reminder] == [TODAY() - timedelta(days=2)]


def test_before_the_opening_there_is_no_picture():
    assert drawn(make_cycle(state=CycleState.PLANNED)) is None


def test_where_nothing_was_asked_there_is_no_picture(cycle):
    assert drawn(cycle) is None


def test_last_year_is_drawn_beside_it(cycle):
    make_confirmation(cycle)
    make_confirmation(make_cycle(cycle.year - 1), state=State.RELEASED)

    assert drawn(cycle).before.startswith("M")


@pytest.mark.parametrize(("language", "word"), [("de", "freigegeben"), ("en", "are released")])
@pytest.mark.parametrize("name", ["board", "cycle"])
def test_the_picture_has_words_and_a_table(cycle, name, language, word):
    make_confirmation(cycle)
    client = signed_in(make_officer())
    client.cookies["django_language"] = language

    said = client.get(reverse(f"reviews:{name}", args=[cycle.year])).content.decode()

    label = said.split("chart--progress", 1)[1].split('aria-label="', 1)[1].split('"', 1)[0]
    assert word in label
    assert 'class="f-submitted' in said
    assert "</table>" in said.split("chart--progress", 1)[1]


@pytest.mark.parametrize("name", ["board", "cycle"])
def test_the_pages_ask_the_database_the_same_for_few_and_for_many(cycle, name):
    officer, counts = make_officer(), []
    for count in (1, 4):
        for _ in range(count):
            row = make_confirmation(cycle, state=State.RELEASED)
            confirmations.remind(cycle, ReminderKind.BEFORE, actor=None, at=timezone.now())
            change_measure(row)
        counts.append(queries(officer, reverse(f"reviews:{name}", args=[cycle.year])))

    assert counts[0] == counts[1] <= MOST_QUERIES
