"""Units are merged, renamed and dissolved, and what they held is handed over row by row (rule 7)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from commitments.models import (
    CommitmentUnit,
    EngagementPart,
    OrganisationalUnit,
    Part,
    Protection,
    Role,
    UnitSuccession,
)
from commitments.workflow import unit_changes
from commitments.workflow.unit_changes import NEW, UnitChange
from reviews.models import Confirmation, ConfirmationState, CycleState
from reviews.workflow import succession
from reviews.workflow.succession import Held
from tests.factories import (
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_engagement,
    make_follow_up,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

NOW, TODAY = timezone.now, timezone.localdate
NEW_UNIT = {"new_name_de": "Amt für Neues", "new_name_en": "Office for New", "new_key": "neues"}


def ended(*successors, days=1):
    """A unit that ended some days ago."""
    unit = make_unit(valid_to=TODAY() - timedelta(days=days))
    for successor in successors:
        saved(UnitSuccession(unit=unit, successor=successor, on=TODAY() - timedelta(days=days - 1)))
    return unit


def change(administrator, units, **fields):
    values: dict[str, Any] = {"on": TODAY(), "successors": []} | fields
    return unit_changes.change_units(UnitChange(units, **values), actor=administrator, at=NOW(), reason="Beschluss")


@pytest.fixture
def administrator():
    return make_user(Role.ADMINISTRATOR)


# The administration: units and roles


def test_rule_07_two_units_are_merged_into_a_new_one_in_one_act(administrator):
    one, other = make_unit(is_officers_own=True), make_unit()
    below = make_unit(parent=one)
    contact = make_assignment(make_user(), Role.CONTACT, one)

    columns = {"key": "neues", "name_de": "Amt für Neues", "kind": one.kind}
    heirs = change(administrator, [one, other], new=columns, roles={contact.pk: NEW})

    new = OrganisationalUnit.objects.get(key="neues")
    one.refresh_from_db()
    other.refresh_from_db()
    below.refresh_from_db()
    contact.refresh_from_db()
    yesterday = TODAY() - timedelta(days=1)
    assert heirs == [new]
    assert (one.valid_to, other.valid_to, new.valid_from) == (yesterday, yesterday, TODAY())
    assert set(new.predecessions.values_list("unit", flat=True)) == {one.pk, other.pk}
    assert (below.parent, new.is_officers_own) == (new, True)
    assert contact.valid_to == yesterday
    assert new.assignments.get().user == contact.user


def test_a_unit_is_merged_into_another_which_goes_on(administrator):
    one, other = make_unit(), make_unit()

    change(administrator, [one, other], successors=[other])

    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.valid_to, other.valid_to) == (TODAY() - timedelta(days=1), None)


def test_rule_11_a_role_that_is_not_moved_ends_and_a_deputys_keeps_for_whom(administrator):
    one, other, boss = make_unit(), make_unit(), make_user()
    ends = make_assignment(make_user(), Role.CONTACT, one)
    deputy = make_assignment(make_user(), Role.RELEASER, one, acting_for=boss)

    change(administrator, [one], successors=[other], roles={deputy.pk: other.key})

    ends.refresh_from_db()
    assert ends.valid_to == TODAY() - timedelta(days=1)
    assert other.assignments.get().acting_for == boss


def test_a_change_that_lies_ahead_gives_roles_from_that_day_on(administrator):
    one, other = make_unit(), make_unit()
    held = make_assignment(make_user(), Role.CONTACT, one)
    day = TODAY() + timedelta(days=30)

    change(administrator, [one], successors=[other], roles={held.pk: other.key}, on=day)

    held.refresh_from_db()
    assert held.valid_to == day - timedelta(days=1)
    assert other.assignments.get().valid_from == day


def test_nothing_is_written_where_one_part_is_refused(administrator):
    one, gone = make_unit(), ended()

    with pytest.raises(ValidationError):
        change(administrator, [one], successors=[gone])

    one.refresh_from_db()
    assert one.valid_to is None


def test_only_the_administration_changes_units():
    with pytest.raises(PermissionDenied):
        change(make_officer(), [make_unit()], successors=[make_unit()])


def test_a_merger_is_shown_first_and_done_with_the_confirmation(administrator):
    one, other = make_unit(), make_unit()
    make_measure(one)
    make_measure(one, protection=Protection.PROTECTED)
    held = make_assignment(make_user(), Role.CONTACT, one)
    sent = {"units": [one.key, other.key], "on": TODAY().isoformat(), "reason": "Beschluss"} | NEW_UNIT
    client, address = signed_in(administrator), reverse("reviews:units-merge")

    shown = client.post(address, sent)
    one.refresh_from_db()
    before = one.valid_to
    client.post(address, sent | {"confirm": "1", f"role-{held.pk}": NEW})

    one.refresh_from_db()
    assert [(row["unit"], row["leads"]) for row in shown.context["takes"]] == [(one, 1), (other, 0)]
    assert (before, one.valid_to) == (None, TODAY() - timedelta(days=1))
    assert OrganisationalUnit.objects.get(key="neues").assignments.get().user == held.user


def test_a_unit_is_renamed_from_a_day_on_and_the_past_keeps_the_old_name(administrator):
    unit = make_unit(email="amt@example.org")
    held = make_assignment(make_user(), Role.CONTACT, unit)
    sent = {"unit": unit.key, "on": TODAY().isoformat(), "reason": "Beschluss", "confirm": "1", f"role-{held.pk}": NEW}

    signed_in(administrator).post(reverse("reviews:units-rename"), sent | NEW_UNIT)

    new, old = OrganisationalUnit.objects.get(key="neues"), OrganisationalUnit.objects.get(pk=unit.pk)
    assert (old.name_de, new.name_de, new.email) == (unit.name_de, "Amt für Neues", "amt@example.org")
    assert UnitSuccession.objects.get().successor == new


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"units": []}, "units"),
        ({"new_name_de": "", "new_key": ""}, "successors"),
        ({"new_key": ""}, "new_key"),
        ({"new_key": "Neues Amt"}, "new_key"),
        ({"on": "gestern"}, "on"),
        ({"reason": ""}, "reason"),
    ],
)
def test_bad_input_is_said_at_its_field_and_writes_nothing(administrator, changed, field):
    unit = make_unit()
    sent = {"units": [unit.key], "on": TODAY().isoformat(), "reason": "Beschluss", "confirm": "1"} | NEW_UNIT

    response = signed_in(administrator).post(reverse("reviews:units-merge"), sent | changed)

    assert field in response.context["form"].errors
    assert not UnitSuccession.objects.exists()


@pytest.mark.parametrize("field", ["new_name_de", "new_key", "unit", "on", "reason"])
def test_what_is_missing_for_a_new_name_is_said_at_its_field(administrator, field):
    sent = {"unit": make_unit().key, "on": TODAY().isoformat(), "reason": "x"} | NEW_UNIT

    response = signed_in(administrator).post(reverse("reviews:units-rename"), sent | {field: ""})

    assert response.context["form"].errors.keys() == {field}


def test_a_key_that_is_taken_is_said_at_the_key(administrator):
    unit = make_unit()
    sent = {"unit": unit.key, "on": TODAY().isoformat(), "reason": "x"} | NEW_UNIT | {"new_key": unit.key}

    response = signed_in(administrator).post(reverse("reviews:units-rename"), sent)

    assert "new_key" in response.context["form"].errors


# The officer: what the units held


def test_rule_07_each_entry_goes_to_the_successor_chosen_for_it_and_the_rest_to_one():
    first, second = make_unit(), make_unit()
    unit = ended(first, second)
    led, helped = make_measure(unit), make_measure(contributing=(unit,))
    commitment, engagement = make_commitment(lead_unit=unit), make_engagement(unit=unit)
    contribution = saved(CommitmentUnit(commitment=make_commitment(), unit=unit))
    part = saved(EngagementPart(engagement=make_engagement(), unit=unit))
    promise = make_follow_up(commitment=make_commitment(), unit=unit)
    fingerprint = led.fingerprint

    row = led.measure_units.get()
    succession.hand_over(unit, {Held.key(row): second}, first, actor=make_officer(), at=NOW(), reason="Beschluss")

    for obj in (commitment, engagement, contribution, part, promise, led):
        obj.refresh_from_db()
    running = {each.unit: each.part for each in led.measure_units.filter(ended_on__isnull=True)}
    assert running == {second: Part.LEAD}
    assert led.measure_units.get(unit=unit).ended_on == TODAY()
    assert helped.measure_units.get(unit=first).part == Part.CONTRIBUTING
    assert {commitment.lead_unit, engagement.unit, promise.unit} == {first}
    assert (contribution.ended_on, part.ended_on) == (TODAY(), TODAY())
    assert led.fingerprint == fingerprint


def test_rule_07_open_requests_go_with_their_measure_and_answers_keep_the_name():
    first, second = make_unit(), make_unit()
    unit, cycle = ended(first, second), make_cycle()
    open_ = make_confirmation(cycle, make_measure(unit), unit, ConfirmationState.DRAFT)
    given = make_confirmation(cycle, make_measure(unit), unit, ConfirmationState.RELEASED)
    assert open_.measure
    row = open_.measure.measure_units.get()

    succession.hand_over(unit, {Held.key(row): second}, first, actor=make_officer(), at=NOW(), reason="Beschluss")

    open_.refresh_from_db()
    given.refresh_from_db()
    assert (open_.unit, given.unit) == (second, unit)
    assert not Confirmation.objects.void().exists()
    assert open_.history.first().history_change_reason == "Beschluss"


def test_where_the_successor_is_asked_about_the_same_both_requests_stay():
    first = make_unit()
    unit, cycle = ended(first), make_cycle()
    measure = make_measure(unit, contributing=(first,))
    old, own = make_confirmation(cycle, measure, unit), make_confirmation(cycle, measure, first)

    succession.hand_over(unit, {}, first, actor=make_officer(), at=NOW(), reason="Beschluss")

    old.refresh_from_db()
    own.refresh_from_db()
    assert (old.unit, own.unit) == (unit, first)
    assert measure.measure_units.get(ended_on__isnull=True).part == Part.LEAD


def test_rule_12_requests_of_a_frozen_cycle_stay_as_they_were():
    first = make_unit()
    unit, cycle = ended(first), make_cycle()
    row = make_confirmation(cycle, make_measure(unit), unit)
    cycle.state, cycle.frozen_at = CycleState.FROZEN, NOW()
    saved(cycle)

    succession.hand_over(unit, {}, first, actor=make_officer(), at=NOW(), reason="Beschluss")

    row.refresh_from_db()
    assert row.unit == unit


def test_rule_10_what_the_officer_may_not_see_goes_along_and_is_not_shown():
    first = make_unit()
    unit = ended(first)
    hidden, officer = make_measure(unit, protection=Protection.PROTECTED), make_officer()
    make_measure(unit)
    address = reverse("reviews:units-hand-over", args=[unit.key])

    shown = signed_in(officer).get(address).content.decode()
    signed_in(officer).post(address, {"rest": first.key, "reason": "Beschluss", "confirm": "1"})

    assert hidden.reference not in shown
    assert hidden.measure_units.get(ended_on__isnull=True).unit == first


def test_what_moves_where_is_shown_before_anything_is_written():
    first, second = make_unit(), make_unit()
    unit = ended(first, second)
    row = make_measure(unit).measure_units.get()
    sent = {"rest": first.key, Held.key(row): second.key, "reason": "Beschluss"}
    client, address = signed_in(make_officer()), reverse("reviews:units-hand-over", args=[unit.key])

    shown = client.post(address, sent)
    row.refresh_from_db()
    before = row.ended_on
    client.post(address, sent | {"confirm": "1"})

    row.refresh_from_db()
    assert shown.context["sums"] == [(second.name_de, 1)]
    assert (before, row.ended_on) == (None, TODAY())


@pytest.mark.parametrize("sent", [{}, {"rest": "nobody", "reason": "x"}, {"reason": "x"}])
def test_a_bad_choice_is_said_and_writes_nothing(sent):
    unit = ended(make_unit())
    row = make_measure(unit).measure_units.get()
    address = reverse("reviews:units-hand-over", args=[unit.key])

    response = signed_in(make_officer()).post(address, sent | {"confirm": "1"})

    row.refresh_from_db()
    assert response.context["form"].errors
    assert row.ended_on is None


def test_before_the_day_nothing_is_handed_over():
    unit, later = make_unit(valid_to=TODAY() + timedelta(days=5)), make_unit()
    saved(UnitSuccession(unit=unit, successor=later, on=TODAY() + timedelta(days=6)))
    make_measure(unit)

    with pytest.raises(ValidationError):
        succession.hand_over(unit, {}, later, actor=make_officer(), at=NOW(), reason="x")


def test_handing_over_twice_says_that_nothing_is_left():
    first = make_unit()
    unit, officer = ended(first), make_officer()
    make_measure(unit)

    succession.hand_over(unit, {}, first, actor=officer, at=NOW(), reason="x")

    with pytest.raises(ValidationError):
        succession.hand_over(unit, {}, first, actor=officer, at=NOW(), reason="x")


def test_the_officer_finds_units_that_still_hold_work():
    first = make_unit()
    holding, done = ended(first), ended(first)
    make_measure(holding)

    context = signed_in(make_officer()).get(reverse("reviews:organisation")).context

    assert list(context["waiting"]) == [holding]
    assert done not in context["waiting"]


# Who may


@pytest.mark.parametrize(
    ("role", "statuses"),
    [
        (Role.ADMINISTRATOR, (200, 200, 403)),
        (Role.OFFICER, (200, 403, 200)),
        (Role.APPROVER, (403, 403, 403)),
        (Role.AUDITOR, (403, 403, 403)),
        (Role.COUNCIL, (403, 403, 403)),
        (Role.CONTACT, (403, 403, 403)),
    ],
)
def test_who_sees_which_page(role, statuses):
    unit, client = ended(make_unit()), signed_in(make_user(role))
    addresses = [reverse("reviews:organisation"), reverse("reviews:units-merge")]
    addresses.append(reverse("reviews:units-hand-over", args=[unit.key]))

    assert tuple(client.get(address).status_code for address in addresses) == statuses


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMINISTRATOR])
def test_a_unit_that_does_not_exist_cannot_be_handed_over(role):
    status = signed_in(make_user(role)).get(reverse("reviews:units-hand-over", args=["nobody"])).status_code

    assert status == (404 if role == Role.OFFICER else 403)


@pytest.mark.parametrize(("language", "word"), [("de", "Änderungen von Dienststellen"), ("en", "Changes of units")])
def test_the_page_speaks_the_readers_language(language, word):
    client = signed_in(make_officer())
    client.cookies["django_language"] = language

    assert word in client.get(reverse("reviews:organisation")).content.decode()


def test_the_page_asks_the_database_the_same_for_few_and_for_many():
    officer, counts = make_officer(), []
    unit = ended(make_unit(), make_unit())
    cycle = make_cycle()
    for count in (1, 5):
        for _ in range(count):
            measure = make_measure(unit)
            make_confirmation(cycle, measure, unit)
            make_commitment(lead_unit=unit)
            make_follow_up(cycle, make_commitment(), unit=unit)
        counts.append(queries(officer, reverse("reviews:units-hand-over", args=[unit.key])))

    assert counts[0] == counts[1] <= MOST_QUERIES
