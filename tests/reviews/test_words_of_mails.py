"""The officer's own words in requests, reminders and letters to the head, and each of them read before it goes out."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.models import Role
from reviews import letters
from reviews.models import CycleState, MailKind
from reviews.workflow.cycles import Words, change_dates, dates_like, plan_cycle
from reviews.workflow.mails import Letter
from tests.factories import make_confirmation, make_cycle, make_measure, make_officer, make_unit, make_user
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

OWN: dict[str, Any] = {
    "letter_de": "Für die Anfrage.",
    "reminder_de": "Für die Erinnerung.",
    "escalation_de": "Für die Leitung.",
}


def said(cycle, kind):
    return letters.write(cycle, kind, Letter("a@example.org", answers=1), None).text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (MailKind.REQUEST, "Für die Anfrage."),
        (MailKind.REMINDER, "Für die Erinnerung."),
        (MailKind.ESCALATION, "Für die Leitung."),
    ],
)
def test_each_kind_of_mail_says_its_own_words(kind, words):
    text = said(make_cycle(**OWN), kind)

    assert [each in text for each in OWN.values()].count(True) == 1
    assert words in text


@pytest.mark.parametrize("kind", [MailKind.REMINDER, MailKind.ESCALATION])
def test_where_a_kind_has_no_words_it_says_those_of_the_request(kind):
    assert "Für die Anfrage." in said(make_cycle(letter_de="Für die Anfrage."), kind)


def test_officers_who_are_told_of_renewals_read_none_of_them():
    text = said(make_cycle(**OWN), MailKind.RENEWAL)

    assert not any(each in text for each in OWN.values())


def test_a_planned_cycle_takes_over_dates_scale_and_all_words_in_one_step():
    last = make_cycle(2026, **OWN)

    planned = plan_cycle(2027, actor=make_officer(), at=timezone.now())

    assert Words.of(planned) == Words.of(last)
    assert planned.scale == last.scale
    assert planned.confirm_by == dates_like(last, 2027).confirm_by


def test_the_form_of_a_new_cycle_holds_last_years_words():
    make_cycle(2026, **OWN)

    form = signed_in(make_officer()).get(reverse("reviews:cycle-plan")).context["form"]

    assert {name: form[name].value() for name in OWN} == OWN


def test_words_of_mails_to_come_are_changed_while_the_cycle_runs():
    cycle = make_cycle(2026, **OWN)

    change_dates(
        cycle,
        dates_like(cycle, 2026),
        Words("Neu.", reminder_de="Neu erinnert."),
        actor=make_officer(),
        at=timezone.now(),
        reason="Klarer",
    )

    cycle.refresh_from_db()
    assert (cycle.letter_de, cycle.reminder_de, cycle.escalation_de) == ("Neu.", "Neu erinnert.", "")


def previews(user, cycle, kind=""):
    address = reverse("reviews:cycle-open-mails", args=[cycle.year])
    context = signed_in(user).get(address, {"kind": kind}).context
    return [preview.words.text for preview in context["letters"] if preview.words]


@pytest.mark.parametrize("kind", [MailKind.REQUEST, MailKind.REMINDER, MailKind.ESCALATION])
def test_before_the_opening_each_mail_is_read_word_for_word(kind):
    unit = make_unit(email="amt@example.org")
    make_measure(unit)
    make_user(Role.CONTACT, unit)

    shown = previews(make_officer(), make_cycle(state=CycleState.PLANNED, **OWN), kind)

    words = {MailKind.REMINDER: "Für die Erinnerung.", MailKind.ESCALATION: "Für die Leitung."}
    assert len(shown) == 1
    assert words.get(kind, "Für die Anfrage.") in shown[0]


def test_in_a_running_cycle_reminders_are_read_and_requests_have_gone_out():
    row = make_confirmation()
    make_user(Role.CONTACT, row.unit)
    officer = make_officer()

    assert len(previews(officer, row.cycle, MailKind.REMINDER)) == 1
    assert previews(officer, row.cycle, MailKind.REQUEST) == []


@pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR, Role.CONTACT])
def test_only_the_officer_reads_mails_to_come(role):
    address = reverse("reviews:cycle-open-mails", args=[make_cycle().year])

    assert signed_in(make_user(role)).get(address).status_code == 403


def test_the_preview_asks_the_database_the_same_for_few_and_for_many():
    officer, cycle, counts = make_officer(), make_cycle(), []
    for count in (1, 5):
        for _ in range(count):
            make_user(Role.CONTACT, make_confirmation(cycle).unit)
        counts.append(queries(officer, reverse("reviews:cycle-open-mails", args=[cycle.year]) + "?kind=reminder"))

    assert counts[0] == counts[1] <= MOST_QUERIES
