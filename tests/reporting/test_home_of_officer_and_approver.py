"""What waits for the officer and the approver on their first page, and for who stands in for them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.models import Protection, Role, UnitSuccession
from reporting.tables.home import approver_home, officer_home
from reviews.models import AssessmentState
from tests.factories import (
    make_approver,
    make_assessment,
    make_assignment,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


def ended_unit():
    unit = make_unit(valid_to=TODAY() - timedelta(days=1))
    saved(UnitSuccession(unit=unit, successor=make_unit(), on=TODAY()))
    return unit


def test_rule_09_a_deputy_is_not_asked_to_decide_what_the_one_they_act_for_wrote():
    approver, deputy = make_approver(), make_user()
    make_assignment(deputy, Role.APPROVER, acting_for=approver)
    cycle = make_cycle()
    make_assessment(cycle, state=AssessmentState.SUBMITTED, author=approver)
    make_assessment(cycle, state=AssessmentState.SUBMITTED, author_for=approver)
    others = make_assessment(cycle, state=AssessmentState.SUBMITTED)

    assert list(approver_home(deputy, TODAY()).submitted) == [others]


def test_rule_07_a_unit_that_has_ended_and_still_holds_work_is_the_officers_task():
    unit, officer = ended_unit(), make_officer()
    make_measure(unit)

    tasks = officer_home(officer, TODAY()).tasks

    assert [task.url for task in tasks].count(reverse("reviews:organisation")) == 1


def test_rule_10_a_unit_that_holds_nothing_but_what_is_protected_is_no_task():
    unit, officer = ended_unit(), make_officer()
    make_measure(unit, protection=Protection.PROTECTED)

    tasks = officer_home(officer, TODAY()).tasks

    assert reverse("reviews:organisation") not in [task.url for task in tasks]
