"""An entry changes hands: to a colleague, or by the officer to the unit whose it is. Nobody loses access by it."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import Protection, Role
from reviews.models import Confirmation, ConfirmationState, Mail, MailKind
from reviews.workflow import confirmations
from reviews.workflow import handing_over as workflow
from reviews.workflow.confirmations import Answer
from tests.factories import (
    make_assignment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now
State = ConfirmationState


@pytest.fixture
def unit():
    return make_unit()


@pytest.fixture
def contact(unit):
    return make_user(Role.CONTACT, unit)


@pytest.fixture
def colleague(unit):
    return make_user(Role.CONTACT, unit)


def not_theirs(unit=None, named=None, **fields) -> Confirmation:
    """A released answer that an entry is not the unit's."""
    row = make_confirmation(unit=unit, state=State.RELEASED, **fields)
    row.result, row.statement_de, row.named_unit = "not_ours", "Das macht das Kulturamt.", named
    save_as(row, actor=None, reason="Made for a test", at=NOW())
    return row


def test_an_entry_is_handed_to_a_colleague_who_gets_a_mail(unit, contact, colleague):
    row = make_confirmation(unit=unit)

    count = workflow.hand_to_colleague([row], colleague, "Bitte bis Freitag.", actor=contact, at=NOW())

    row.refresh_from_db()
    mail = Mail.objects.get(kind=MailKind.HANDOVER)
    assert (count, row.handed_to) == (1, colleague)
    assert (mail.address, mail.open_answers, list(mail.units.all())) == (colleague.email, 1, [unit])
    assert "Bitte bis Freitag." in row.history.latest().history_change_reason


def test_who_handed_it_over_can_still_answer_and_so_can_the_colleague(unit, contact, colleague):
    first = make_confirmation(unit=unit)
    second = make_confirmation(first.cycle, unit=unit)
    workflow.hand_to_colleague([first, second], colleague, actor=contact, at=NOW())

    confirmations.submit(first, Answer("confirmed"), actor=contact, at=NOW())
    confirmations.submit(second, Answer("confirmed"), actor=colleague, at=NOW())

    assert set(Confirmation.objects.filter(cycle=first.cycle).values_list("state", flat=True)) == {State.SUBMITTED}


def test_on_one_day_a_colleague_gets_one_mail_that_counts_what_came_meanwhile(unit, contact, colleague):
    first = make_confirmation(unit=unit)
    second = make_confirmation(first.cycle, unit=unit)

    workflow.hand_to_colleague([first], colleague, actor=contact, at=NOW())
    workflow.hand_to_colleague([second], colleague, actor=contact, at=NOW())

    assert Mail.objects.filter(kind=MailKind.HANDOVER).values_list("open_answers", flat=True).get() == 2


def test_nothing_goes_to_somebody_who_cannot_answer_for_the_unit(unit, contact):
    row = make_confirmation(unit=unit)

    for other in (make_user(Role.RELEASER, unit), make_user(Role.CONTACT)):
        with pytest.raises(ValidationError) as error:
            workflow.hand_to_colleague([row], other, actor=contact, at=NOW())
        assert "colleague" in error.value.message_dict
    assert not Mail.objects.exists()


def test_a_submitted_answer_is_not_handed_over(unit, contact, colleague):
    row = make_confirmation(unit=unit, state=State.SUBMITTED)

    with pytest.raises(ValidationError):
        workflow.hand_to_colleague([row], colleague, actor=contact, at=NOW())


def test_only_those_who_answer_for_the_unit_hand_over(unit, colleague):
    row = make_confirmation(unit=unit)

    for actor in (make_user(Role.RELEASER, unit), make_user(Role.CONTACT), make_officer()):
        with pytest.raises(PermissionDenied):
            workflow.hand_to_colleague([row], colleague, actor=actor, at=NOW())


def test_the_page_hands_over_what_is_ticked(unit, contact, colleague):
    first = make_confirmation(unit=unit)
    second = make_confirmation(first.cycle, unit=unit)
    page = reverse("reviews:hand-over", args=[first.cycle.year, unit.key])
    client = signed_in(contact)

    ticked = [item.is_ticked for item in client.get(page, {"entry": second.pk}).context["open"]]
    refused = client.post(page, {"colleague": colleague.pk})
    client.post(page, {"colleague": colleague.pk, "entry": [second.pk]})

    first.refresh_from_db()
    second.refresh_from_db()
    assert sorted(ticked) == [False, True]
    assert refused.status_code == 200
    assert (first.handed_to, second.handed_to) == (None, colleague)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_to_hand_over_is_for_contacts_of_the_unit(unit, contact, language):
    row = make_confirmation(unit=unit)
    page = reverse("reviews:hand-over", args=[row.cycle.year, unit.key])
    headers = {"accept-language": language}

    assert signed_in(contact).get(page, headers=headers).status_code == 200
    assert signed_in(make_user(Role.RELEASER, unit)).get(page, headers=headers).status_code == 403
    assert signed_in(make_user(Role.CONTACT)).get(page, headers=headers).status_code == 404
    assert signed_in(make_user(Role.COUNCIL)).get(page, headers=headers).status_code == 404


def test_the_list_says_who_works_on_an_entry(unit, contact):
    colleague = make_user(Role.CONTACT, unit, name="Frau Beispiel")
    row = make_confirmation(unit=unit, state=State.DRAFT, result="confirmed", handed_to=colleague)

    page = signed_in(contact).get(reverse("reviews:confirm", args=[row.cycle.year, unit.key]))

    assert "Frau Beispiel" in page.content.decode()


def test_an_answer_names_the_unit_whose_it_is(unit, contact):
    other, row = make_unit(), make_confirmation(unit=unit)
    page = reverse("reviews:confirm", args=[row.cycle.year, unit.key])
    prefix = f"answer-{row.pk}-"
    sent = {"opened": row.pk, f"{prefix}result": "not_ours", f"{prefix}named_unit": other.key}
    sent |= {f"{prefix}statement_de": "Das macht ein anderes Amt."}

    signed_in(contact).post(page, sent)

    row.refresh_from_db()
    assert (row.result, row.named_unit) == ("not_ours", other)


def test_an_answer_cannot_name_its_own_unit(unit, contact):
    row = make_confirmation(unit=unit)

    with pytest.raises(ValidationError):
        confirmations.save_draft(row, Answer("not_ours", "Nein.", named_unit=unit), actor=contact, at=NOW())


def test_another_result_forgets_the_named_unit(unit, contact):
    row = make_confirmation(unit=unit)
    confirmations.save_draft(row, Answer("not_ours", "Nein.", named_unit=make_unit()), actor=contact, at=NOW())

    saved = confirmations.save_draft(row, Answer("confirmed"), actor=contact, at=NOW())

    assert saved.named_unit is None


def test_the_officer_asks_the_unit_whose_it_is_and_both_names_are_kept(unit):
    other = make_unit()
    contact = make_user(Role.CONTACT, other)
    row = not_theirs(unit, named=other)
    officer = make_officer()

    new = workflow.pass_on(row, other, actor=officer, at=NOW(), reason="Das Kulturamt führt sie.")

    assert (new.follows, new.unit, new.state, row.unit) == (row, other, State.REQUESTED, unit)
    assert new.history.latest().history_change_reason == "Das Kulturamt führt sie."
    assert list(Confirmation.objects.current()) == [new]
    assert Mail.objects.get(kind=MailKind.HANDOVER).address == contact.email


def test_the_first_unit_still_reads_its_answer_and_does_not_answer_again(unit, contact):
    other = make_unit()
    row = not_theirs(unit, named=other)
    workflow.pass_on(row, other, actor=make_officer(), at=NOW(), reason="Sie führt sie.")

    sheet = signed_in(contact).get(reverse("reviews:confirm", args=[row.cycle.year, unit.key])).context["sheet"]
    with pytest.raises(ValidationError) as error:
        confirmations.withdraw(row, actor=contact, at=NOW(), reason="Doch unsere.")

    assert (sheet.items, sheet.passed_on) == ([], [row])
    assert other.name_de in error.value.messages[0]


def test_the_second_unit_reads_why_it_is_asked(unit):
    other = make_unit()
    row = not_theirs(unit, named=other)
    new = workflow.pass_on(row, other, actor=make_officer(), at=NOW(), reason="Sie führt sie.")

    page = signed_in(make_user(Role.CONTACT, other)).get(reverse("reviews:confirm", args=[row.cycle.year, other.key]))

    assert "Sie führt sie." in page.content.decode()
    assert [item.confirmation for item in page.context["sheet"].asked] == [new]
    assert row.statement_de in page.content.decode()
    assert unit.name_de in page.content.decode()


def test_a_unit_is_not_asked_twice_about_the_same(unit):
    other = make_unit()
    measure = make_measure(unit, (other,))
    row = not_theirs(unit, measure=measure)
    make_confirmation(row.cycle, measure, other)

    with pytest.raises(ValidationError) as error:
        workflow.pass_on(row, other, actor=make_officer(), at=NOW(), reason="Sie führt sie.")

    assert "unit" in error.value.message_dict


def test_rule_10_nobody_is_asked_about_what_they_cannot_see(unit):
    row = not_theirs(unit, measure=make_measure(unit, protection=Protection.INTERNAL))

    with pytest.raises(ValidationError) as error:
        workflow.pass_on(row, make_unit(), actor=make_officer(), at=NOW(), reason="Sie führt sie.")

    assert "unit" in error.value.message_dict


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED])
def test_only_a_released_answer_is_passed_on(unit, state):
    row = make_confirmation(unit=unit, state=state, result="not_ours", statement_de="Nein.")

    with pytest.raises(ValidationError):
        workflow.pass_on(row, make_unit(), actor=make_officer(), at=NOW(), reason="Sie führt sie.")


def test_the_officer_may_hold_that_it_is_the_units_own(unit, contact):
    row = not_theirs(unit)

    new = workflow.ask_back(row, actor=make_officer(), at=NOW(), reason="Laut Ratsbeschluss ist es Ihre.")

    page = signed_in(contact).get(reverse("reviews:confirm", args=[row.cycle.year, unit.key]))
    assert (new.follows, new.unit) == (row, unit)
    assert "Laut Ratsbeschluss ist es Ihre." in page.content.decode()


def test_the_page_decides_whose_it_is(unit):
    other = make_unit()
    first, second = not_theirs(unit, named=other), not_theirs(make_unit(), cycle=make_cycle(2027))
    client = signed_in(make_officer())

    refused = client.post(reverse("reviews:whose", args=[first.pk]), {"unit": "", "reason": ""})
    client.post(reverse("reviews:whose", args=[first.pk]), {"unit": other.key, "reason": "Sie führt sie."})
    client.post(reverse("reviews:whose", args=[second.pk]), {"back-reason": "Es bleibt Ihre."})

    assert refused.context["other"].errors.keys() == {"unit", "reason"}
    assert Confirmation.objects.get(follows=first).unit == other
    assert Confirmation.objects.get(follows=second).unit == second.unit


def test_only_the_officer_decides_whose_it_is(unit, contact):
    row = not_theirs(unit)

    assert signed_in(contact).get(reverse("reviews:whose", args=[row.pk])).status_code == 403
    assert signed_in(make_user(Role.CONTACT)).get(reverse("reviews:whose", args=[row.pk])).status_code == 404
    assert signed_in(make_user(Role.APPROVER)).get(reverse("reviews:whose", args=[row.pk])).status_code == 403


def test_the_board_lists_what_units_lay_before_the_officer(unit):
    row = not_theirs(unit)
    proposed = make_measure(unit, accepted_on=None)
    page = reverse("reviews:to-decide", args=[row.cycle.year])

    context = signed_in(make_officer()).get(page).context

    assert (context["not_theirs"], context["proposed"]) == ([row], [proposed])
    assert signed_in(make_user(Role.CONTACT, unit)).get(page).status_code == 403


@pytest.mark.parametrize("role", [Role.OFFICER, Role.APPROVER, Role.DPO, Role.AUDITOR])
def test_nobody_is_led_to_a_page_that_is_closed_to_them(unit, role):
    row = not_theirs(unit)
    client = signed_in(make_user(role))

    page = client.get(reverse("reviews:to-decide", args=[row.cycle.year])).content.decode()

    whose = reverse("reviews:whose", args=[row.pk])
    answer = f"{reverse('reviews:unit', args=[row.cycle.year, unit.key])}#answer-{row.pk}"
    led_to = whose if role == Role.OFFICER else answer
    assert [url for url in (whose, answer) if f'href="{url}"' in page] == [led_to]
    assert client.get(led_to).status_code == 200
    assert role == Role.OFFICER or f'id="answer-{row.pk}"' in client.get(answer).content.decode()


def test_a_deputy_hands_over_for_somebody(unit, contact, colleague):
    deputy = make_user()
    make_assignment(deputy, Role.CONTACT, unit, acting_for=contact)
    row = make_confirmation(unit=unit)

    workflow.hand_to_colleague([row], colleague, actor=deputy, at=NOW())

    assert row.history.latest().acting_for_id == contact.pk


def test_the_pages_ask_the_database_the_same_for_few_and_for_many(unit, contact):
    officer = make_officer()
    row = not_theirs(unit, named=make_unit())
    pages = [
        (contact, reverse("reviews:hand-over", args=[row.cycle.year, unit.key])),
        (officer, reverse("reviews:to-decide", args=[row.cycle.year])),
    ]
    counts = []
    for number in (1, 5):
        for _ in range(number):
            make_confirmation(row.cycle, unit=unit)
            not_theirs(make_unit(), cycle=row.cycle, named=unit)
            make_measure(unit, accepted_on=None)
        counts.append([queries(user, page) for user, page in pages])

    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES
