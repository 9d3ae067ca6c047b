"""The one table of powers, and who sees what."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import Commitment, Measure, ProtectedAccess, Protection, Role, UnitSuccession, User
from commitments.permissions import ALLOWED, LABELS, Verb, can, require
from reviews.models import Assessment, AssessmentState, Confirmation, CycleState
from tests.factories import (
    make_approver,
    make_assessment,
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

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def test_every_role_and_every_verb_stand_in_the_table():
    assert set(ALLOWED) == set(Role.values)
    assert set(LABELS) == set(Verb)
    assert {verb for verbs in ALLOWED.values() for verb in verbs} == set(Verb)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("verb", Verb)
def test_a_role_may_do_what_the_table_says_and_nothing_else(role, verb):
    user = make_user(role)

    assert can(user, verb, on=TODAY) == (verb in ALLOWED[role])


def test_somebody_without_a_role_may_do_nothing():
    user = make_user()

    assert not any(can(user, verb, on=TODAY) for verb in Verb)
    with pytest.raises(PermissionDenied):
        require(user, Verb.EXPORT, on=TODAY)


def test_the_administrator_has_no_power_over_content():
    assert ALLOWED[Role.ADMINISTRATOR] == {Verb.MANAGE_PEOPLE, Verb.PSEUDONYMISE}
    make_measure()

    assert not Measure.objects.visible_to(make_user(Role.ADMINISTRATOR)).exists()


def test_a_contact_answers_for_the_own_unit_only():
    unit = make_unit()
    contact = make_user(Role.CONTACT, unit)

    assert can(contact, Verb.ANSWER, make_confirmation(unit=unit), on=TODAY)
    assert not can(contact, Verb.ANSWER, make_confirmation(cycle=make_cycle(2027)), on=TODAY)


def test_a_role_ends_on_its_last_day():
    user = make_user()
    make_assignment(user, Role.OFFICER, valid_to=TODAY)

    assert can(user, Verb.ASSESS, on=TODAY)
    assert not can(user, Verb.ASSESS, on=TODAY + timedelta(days=1))


def test_somebody_who_left_may_do_nothing():
    user = make_officer()
    user.is_active = False
    save_as(user, actor=None, reason="Left", at=timezone.now())

    assert not can(user, Verb.ASSESS, on=TODAY)


def test_rule_03_a_deputy_acts_for_someone_and_an_own_role_comes_first():
    unit, other = make_unit(), make_unit()
    absent = make_user(Role.CONTACT, unit)
    deputy = make_user(Role.CONTACT, other)
    make_assignment(deputy, Role.CONTACT, unit, acting_for=absent)
    cycle = make_cycle()

    assert require(deputy, Verb.ANSWER, make_confirmation(cycle, unit=unit), on=TODAY).acting_for == absent
    assert require(deputy, Verb.ANSWER, make_confirmation(cycle, unit=other), on=TODAY).acting_for is None


def test_rule_07_a_successor_answers_for_the_unit_whose_duties_it_took_over():
    old, middle, new = make_unit(), make_unit(), make_unit()
    saved(UnitSuccession(unit=old, successor=middle, on=TODAY))
    saved(UnitSuccession(unit=middle, successor=new, on=TODAY))
    confirmation = make_confirmation(unit=old)

    contact = make_user(Role.CONTACT, new)

    assert can(contact, Verb.ANSWER, confirmation, on=TODAY)
    assert Confirmation.objects.visible_to(contact).get() == confirmation


@pytest.mark.parametrize(
    ("role", "classes"),
    [
        (Role.OFFICER, {"public", "council", "internal"}),
        (Role.APPROVER, {"public", "council", "internal"}),
        (Role.AUDITOR, {"public", "council", "internal"}),
        (Role.DPO, {"public", "council", "internal"}),
        (Role.COUNCIL, {"public", "council"}),
        (Role.CONTACT, {"public"}),
        (Role.RELEASER, {"public"}),
        (Role.ADMINISTRATOR, set()),
        (None, set()),
    ],
)
def test_rule_10_each_role_sees_its_protection_classes(role, classes):
    for protection in Protection:
        make_measure(protection=protection)
        make_commitment(protection=protection)
    user = make_user(role)

    assert set(Measure.objects.visible_to(user).values_list("protection", flat=True)) == classes
    assert set(Commitment.objects.visible_to(user).values_list("protection", flat=True)) == classes


def test_rule_10_a_unit_sees_its_own_internal_measures_but_no_protected_one():
    unit = make_unit()
    contact = make_user(Role.CONTACT, unit)
    own = make_measure(unit, protection=Protection.INTERNAL)
    make_measure(unit, protection=Protection.PROTECTED)
    make_measure(protection=Protection.INTERNAL)

    assert list(Measure.objects.visible_to(contact)) == [own]


def test_rule_10_the_right_to_protected_content_needs_two_people_and_a_date():
    officer, dpo = make_officer(), make_user(Role.DPO)
    user = make_user(Role.CONTACT)
    make_measure(protection=Protection.PROTECTED)
    access = saved(
        ProtectedAccess(
            user=user, valid_from=TODAY, valid_to=TODAY, reason="Review of one case", given_by_officer=officer
        )
    )
    assert not Measure.objects.visible_to(User.objects.get(pk=user.pk)).exists()

    access.given_by_dpo = dpo
    save_as(access, actor=dpo, reason="Agreed", at=timezone.now())
    assert Measure.objects.visible_to(User.objects.get(pk=user.pk)).exists()

    access.valid_from = access.valid_to = TODAY - timedelta(days=1)
    save_as(access, actor=dpo, reason="Ended", at=timezone.now())
    assert not Measure.objects.visible_to(User.objects.get(pk=user.pk)).exists()


def test_a_unit_does_not_see_the_answers_of_others():
    unit = make_unit()
    cycle = make_cycle()
    own = make_confirmation(cycle, unit=unit)
    make_confirmation(cycle)

    assert list(Confirmation.objects.visible_to(make_user(Role.CONTACT, unit))) == [own]


def test_the_council_sees_verdicts_of_closed_cycles_only():
    running = make_assessment(make_cycle(2026), state=AssessmentState.APPROVED)
    closed = make_assessment(make_cycle(2025), state=AssessmentState.APPROVED)
    closed.cycle.state = CycleState.CLOSED
    save_as(closed.cycle, actor=None, reason="Released", at=timezone.now())

    assert list(Assessment.objects.visible_to(make_user(Role.COUNCIL))) == [closed]
    assert set(Assessment.objects.visible_to(make_approver())) == {running, closed}
