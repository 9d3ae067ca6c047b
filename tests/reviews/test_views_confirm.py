"""The unit's list: who sees it, what it keeps, what it refuses."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import MeasureStatus, Role, UnitSuccession
from commitments.workflow import last_change
from reviews.models import ConfirmationResult, ConfirmationState, CycleState
from reviews.workflow import confirmations as workflow
from tests.factories import (
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

State = ConfirmationState


@pytest.fixture
def cycle():
    return make_cycle()


@pytest.fixture
def unit():
    return make_unit()


@pytest.fixture
def contact(unit):
    return make_user(Role.CONTACT, unit)


@pytest.fixture
def releaser(unit):
    return make_user(Role.RELEASER, unit)


def asked(cycle, unit, **fields):
    return make_confirmation(cycle, make_measure(unit), unit, **fields)


def address(cycle, unit, name="confirm"):
    return reverse(f"reviews:{name}", args=[cycle.year, unit.key])


def typed(row, **values):
    """What the form of one request sends; prefilled as the page does it."""
    measure = row.measure
    prefilled = {"status": measure.status, "title_de": measure.title_de} if measure else {}
    return {f"answer-{row.pk}-{name}": value for name, value in (prefilled | values).items()}


def test_the_page_holds_the_units_whole_list(cycle, unit, contact):
    rows = {asked(cycle, unit).pk, asked(cycle, unit).pk}
    asked(cycle, make_unit())

    sheet = signed_in(contact).get(address(cycle, unit)).context["sheet"]

    assert {item.confirmation.pk for item in sheet.items} == rows


def test_the_way_to_the_list_leads_to_ones_own_unit(cycle, unit, contact):
    asked(cycle, unit)

    response = signed_in(contact).get(reverse("reviews:answers"))

    assert response["Location"] == address(cycle, unit)


def test_another_units_list_does_not_exist_for_a_contact(cycle, contact):
    other = make_unit()
    asked(cycle, other, state=State.DRAFT)

    assert signed_in(contact).get(address(cycle, other)).status_code == 404


def test_another_units_request_does_not_exist_for_a_contact(cycle, contact):
    row = asked(cycle, make_unit(), state=State.DRAFT)

    assert signed_in(contact).get(reverse("reviews:answer", args=[row.pk])).status_code == 404


@pytest.mark.parametrize("name", ["answer", "withdraw", "send-back"])
def test_a_council_member_sees_no_answer_of_a_running_cycle(cycle, unit, name):
    row = asked(cycle, unit, state=State.SUBMITTED)

    assert signed_in(make_user(Role.COUNCIL)).post(reverse(f"reviews:{name}", args=[row.pk])).status_code == 404


def test_a_council_member_sees_no_list(cycle, unit):
    asked(cycle, unit)

    assert signed_in(make_user(Role.COUNCIL)).get(address(cycle, unit)).status_code == 404


def test_the_officer_sees_the_list_elsewhere_but_does_not_answer(cycle, unit):
    asked(cycle, unit)

    assert signed_in(make_officer()).get(address(cycle, unit)).status_code == 403


@pytest.mark.parametrize("name", ["confirm", "confirm-unchanged", "submit"])
def test_a_releasing_person_alone_cannot_answer(cycle, unit, releaser, name):
    asked(cycle, unit)

    assert signed_in(releaser).post(address(cycle, unit, name)).status_code == 403


def test_a_contact_alone_cannot_release(cycle, unit, contact):
    asked(cycle, unit, state=State.SUBMITTED)

    assert signed_in(contact).post(address(cycle, unit, "release")).status_code == 403


def test_twelve_unchanged_measures_are_one_click(cycle, unit, contact):
    rows = [asked(cycle, unit) for _ in range(12)]

    signed_in(contact).post(address(cycle, unit, "confirm-unchanged"), {"unchanged": [row.pk for row in rows]})

    assert {(row.state, row.result) for row in cycle.confirmations.all()} == {(State.SUBMITTED, "confirmed")}


def test_without_a_tick_nothing_is_submitted(cycle, unit, contact):
    row = asked(cycle, unit)

    response = signed_in(contact).post(address(cycle, unit, "confirm-unchanged"), {})

    row.refresh_from_db()
    assert response.status_code == 200
    assert row.state == State.REQUESTED


def test_what_points_to_a_change_is_asked_singly(cycle, unit, contact):
    over = make_measure(unit, ends_on=timezone.localdate() - timedelta(days=90))
    row = make_confirmation(cycle, over, unit)

    sheet = signed_in(contact).get(address(cycle, unit)).context["sheet"]

    assert [item.confirmation for item in sheet.asked] == [row]


def test_what_was_disputed_last_year_is_asked_singly(cycle, unit, contact):
    measure = make_measure(unit)
    before = make_cycle(cycle.year - 1, scale=cycle.scale)
    make_confirmation(before, measure, unit, State.RELEASED, result="disputed", statement_de="Nein.")
    make_confirmation(cycle, measure, unit)

    sheet = signed_in(contact).get(address(cycle, unit)).context["sheet"]

    assert not sheet.quick
    assert sheet.asked[0].hint


def test_a_nil_return_as_last_year_is_waved_through_with_the_rest(cycle, unit, contact):
    commitment, new = make_commitment(lead_unit=unit), make_commitment(lead_unit=unit)
    before = make_cycle(cycle.year - 1, scale=cycle.scale)
    make_confirmation(before, commitment=commitment, state=State.RELEASED)
    row = make_confirmation(cycle, commitment=commitment)
    make_confirmation(cycle, commitment=new)
    client = signed_in(contact)
    sheet = client.get(address(cycle, unit)).context["sheet"]

    client.post(address(cycle, unit, "confirm-unchanged"), {"unchanged": [row.pk]})

    row.refresh_from_db()
    assert [item.confirmation for item in sheet.quick] == [row]
    assert (row.state, row.result) == (State.SUBMITTED, ConfirmationResult.NIL)


def test_a_request_can_be_opened_to_answer_it_singly(cycle, unit, contact):
    row = asked(cycle, unit)
    client = signed_in(contact)

    response = client.post(address(cycle, unit), {"open": row.pk}, follow=True)

    assert [item.confirmation for item in response.context["sheet"].asked] == [row]


def test_a_change_is_kept_as_a_draft_with_old_and_new(cycle, unit, contact):
    row = asked(cycle, unit)

    signed_in(contact).post(address(cycle, unit), {"opened": row.pk} | typed(row, result="changed", status="completed"))

    row.refresh_from_db()
    assert row.state == State.DRAFT
    assert row.changes == {"status": ["ongoing", "completed"]}


def test_typing_is_kept_without_a_button(cycle, unit, contact):
    row = asked(cycle, unit)
    fragment = reverse("reviews:answer", args=[row.pk])

    response = signed_in(contact).post(fragment, typed(row, result="changed", end="11.2022", start="2019"))

    row.refresh_from_db()
    assert response.context["saved"]
    assert row.changes == {"start": [None, "2019"], "end": [None, "2022-11"]}


def test_a_date_that_is_none_comes_back_with_all_that_was_typed(cycle, unit, contact):
    row = asked(cycle, unit)
    sent = typed(row, result="changed", start="gestern", note="Ein langer Text.")

    response = signed_in(contact).post(address(cycle, unit, "submit"), {"opened": row.pk} | sent)

    form = response.context["sheet"].asked[0].form
    row.refresh_from_db()
    assert row.state == State.REQUESTED
    assert form.errors.keys() == {"start"}
    assert form["note"].value() == "Ein langer Text."


def test_an_end_before_the_start_is_pointed_out_at_the_end(cycle, unit, contact):
    row = asked(cycle, unit)
    sent = typed(row, result="changed", start="2022", end="11.2021")

    response = signed_in(contact).post(address(cycle, unit), {"opened": row.pk} | sent)

    assert response.context["sheet"].asked[0].form.errors.keys() == {"end"}


def test_a_dispute_without_a_text_is_kept_but_not_submitted(cycle, unit, contact):
    row = asked(cycle, unit)
    sent = typed(row, result="disputed")

    response = signed_in(contact).post(address(cycle, unit, "submit"), {"opened": row.pk} | sent)

    row.refresh_from_db()
    assert row.state == State.DRAFT
    assert response.context["sheet"].asked[0].form.errors.keys() == {"statement_de"}


def test_one_incomplete_answer_holds_the_others_back(cycle, unit, contact):
    whole, half = asked(cycle, unit), asked(cycle, unit)
    sent = {"opened": [whole.pk, half.pk]} | typed(whole, result="confirmed") | typed(half, result="not_ours")

    signed_in(contact).post(address(cycle, unit, "submit"), sent)

    whole.refresh_from_db()
    assert whole.state == State.DRAFT


def test_all_chosen_answers_are_submitted_together(cycle, unit, contact):
    nil = make_confirmation(cycle, commitment=make_commitment(lead_unit=unit))
    disputed, later = asked(cycle, unit), asked(cycle, unit)
    sent = {"opened": [nil.pk, disputed.pk, later.pk]} | typed(nil, result="nil") | typed(later)
    sent |= typed(disputed, result="disputed", statement_de="Der Beitrag ist nur unterstützend.")

    signed_in(contact).post(address(cycle, unit, "submit"), sent)

    results = {row.pk: (row.state, row.result) for row in cycle.confirmations.all()}
    assert results == {
        nil.pk: (State.SUBMITTED, ConfirmationResult.NIL),
        disputed.pk: (State.SUBMITTED, ConfirmationResult.DISPUTED),
        later.pk: (State.REQUESTED, ""),
    }


def test_a_deputys_answer_names_both(cycle, unit, contact):
    deputy = make_user()
    make_assignment(deputy, Role.CONTACT, unit, acting_for=contact)
    row = asked(cycle, unit)
    client = signed_in(deputy)

    client.post(address(cycle, unit, "confirm-unchanged"), {"unchanged": [row.pk]})

    row.refresh_from_db()
    assert (row.submitted_by, row.submitted_for) == (deputy, contact)
    assert contact.name in client.get(address(cycle, unit)).content.decode()


def test_the_releasing_person_releases_what_is_ticked(cycle, unit, releaser):
    ticked, other = (asked(cycle, unit, state=State.SUBMITTED) for _ in range(2))

    sent = {"release": [ticked.pk], f"seen-{ticked.pk}": last_change(ticked)}
    signed_in(releaser).post(address(cycle, unit, "release"), sent)

    assert dict(cycle.confirmations.values_list("pk", "state")) == {ticked.pk: "released", other.pk: "submitted"}


def test_releasing_nothing_says_so(cycle, unit, releaser):
    asked(cycle, unit, state=State.SUBMITTED)

    response = signed_in(releaser).post(address(cycle, unit, "release"), {})

    assert response.status_code == 200
    assert len(response.context["messages"]) == 1


def test_an_answer_is_returned_with_a_note(cycle, unit, releaser):
    row = asked(cycle, unit, state=State.SUBMITTED)
    sent = {f"return-{row.pk}-reason": "Bitte die Zahl ergänzen."}

    signed_in(releaser).post(reverse("reviews:send-back", args=[row.pk]), sent)

    row.refresh_from_db()
    assert (row.state, row.return_note_de) == (State.RETURNED, "Bitte die Zahl ergänzen.")


def test_an_answer_is_not_returned_without_a_note(cycle, unit, releaser):
    row = asked(cycle, unit, state=State.SUBMITTED)

    response = signed_in(releaser).post(reverse("reviews:send-back", args=[row.pk]), {})

    row.refresh_from_db()
    assert row.state == State.SUBMITTED
    assert response.context["sheet"].waiting[0].return_form.errors.keys() == {"reason"}


def test_a_submitted_answer_is_withdrawn_with_a_reason(cycle, unit, contact):
    row = asked(cycle, unit, state=State.SUBMITTED)
    client = signed_in(contact)

    refused = client.post(reverse("reviews:withdraw", args=[row.pk]), {"reason": ""})
    client.post(reverse("reviews:withdraw", args=[row.pk]), {"reason": "Die Zahl fehlt."})

    row.refresh_from_db()
    assert refused.context["form"].errors.keys() == {"reason"}
    assert row.state == State.DRAFT


def test_a_releasing_person_cannot_withdraw(cycle, unit, releaser):
    row = asked(cycle, unit, state=State.SUBMITTED)

    assert signed_in(releaser).get(reverse("reviews:withdraw", args=[row.pk])).status_code == 403


def test_a_late_answer_is_marked(unit, contact):
    today = timezone.localdate()
    cycle = make_cycle(confirm_by=today - timedelta(days=3), last_reminder_on=today - timedelta(days=1))
    row = asked(cycle, unit)
    client = signed_in(contact)

    client.post(address(cycle, unit, "confirm-unchanged"), {"unchanged": [row.pk]})
    sheet = client.get(address(cycle, unit)).context["sheet"]

    assert sheet.is_late
    assert sheet.waiting[0].confirmation.was_late


def test_after_the_freeze_the_list_is_read_only(unit, contact):
    cycle = make_cycle()
    row = asked(cycle, unit)
    cycle.state, cycle.frozen_at = CycleState.FROZEN, timezone.now()
    save_as(cycle, actor=None, reason="Eingefroren", at=timezone.now())
    client = signed_in(contact)

    sheet = client.get(address(cycle, unit)).context["sheet"]
    client.post(address(cycle, unit, "confirm-unchanged"), {"unchanged": [row.pk]})

    row.refresh_from_db()
    assert not sheet.quick
    assert not sheet.asked
    assert row.state == State.REQUESTED


def test_a_successor_finds_the_requests_of_the_unit_it_took_over(cycle, unit, contact):
    old = make_unit()
    saved(UnitSuccession(unit=old, successor=unit, on=timezone.localdate()))
    row = asked(cycle, old)

    sheet = signed_in(contact).get(address(cycle, unit)).context["sheet"]

    assert [item.confirmation for item in sheet.items] == [row]


def test_what_was_asked_again_is_answered_anew(cycle, unit, contact):
    officer = make_officer()
    row = asked(cycle, unit, state=State.RELEASED)
    row.measure.title_de, row.measure.fingerprint = "Ein anderer Titel", "f" * 64
    save_as(row.measure, actor=officer, reason="Titel geändert", at=timezone.now())
    again = workflow.ask_again(row, actor=officer, at=timezone.now())

    sheet = signed_in(contact).get(address(cycle, unit)).context["sheet"]

    assert [item.confirmation for item in sheet.items] == [again]


def test_the_list_asks_the_database_the_same_for_one_and_for_many(cycle, unit, contact):
    asked(cycle, unit)
    asked(cycle, unit, state=State.SUBMITTED)
    few = queries(contact, address(cycle, unit))
    for status in (MeasureStatus.PLANNED, MeasureStatus.ONGOING, MeasureStatus.COMPLETED):
        make_confirmation(cycle, make_measure(unit, (make_unit(),), status=status), unit)
        asked(cycle, unit, state=State.SUBMITTED)
        make_confirmation(cycle, commitment=make_commitment(lead_unit=unit))

    assert queries(contact, address(cycle, unit)) == few <= MOST_QUERIES


def test_who_was_overtaken_by_a_colleague_is_told(cycle, unit, contact):
    row = asked(cycle, unit, state=State.SUBMITTED)
    asked(cycle, unit)

    response = signed_in(contact).post(
        address(cycle, unit), {"opened": row.pk} | typed(row, result="changed"), follow=True
    )

    row.refresh_from_db()
    assert row.result == ConfirmationResult.CONFIRMED
    assert [message.level_tag for message in response.context["messages"]] == ["warning", "success"]
