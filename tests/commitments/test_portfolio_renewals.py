"""Rule 17: renewals of memberships and adoptions, due and lapsed."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from commitments import renewals
from commitments.models import EngagementStatus, Protection, Role
from commitments.workflow import portfolio
from tests.factories import (
    make_adoption,
    make_city,
    make_cycle,
    make_engagement,
    make_instrument,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import signed_in

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 23)


def days(found):
    return [renewal.days for renewal in found]


def in_days(number):
    return DAY + timedelta(days=number)


def test_rule_17_what_falls_due_and_what_has_lapsed_is_told_of_memberships_and_adoptions_together():
    membership = make_engagement(renewal_due_on=in_days(10), name_de="Eurocities", name_en="Eurocities")
    make_engagement(renewal_due_on=in_days(-5))
    make_adoption(make_instrument("fairtrade"), renewal_due_on=in_days(38))
    make_adoption(renewal_due_on=in_days(-1))
    make_engagement(renewal_due_on=in_days(91))
    make_engagement()
    officer = make_officer()

    assert days(renewals.due(officer, DAY)) == [10, 38]
    assert days(renewals.lapsed(officer, DAY)) == [-5, -1]
    assert days(renewals.until(officer, DAY, in_days(91))) == [-5, -1, 10, 38, 91]
    first, second = renewals.due(officer, DAY)
    assert (first.name, first.url, first.is_membership) == ("Eurocities", f"/engagements/{membership.key}/", True)
    assert (second.url, second.is_membership) == ("/instruments/fairtrade/", False)


def test_the_due_day_itself_is_no_lapse():
    row = make_engagement(renewal_due_on=DAY)

    due, over = renewals.of(row, DAY), renewals.of(row, in_days(1))

    assert due is not None
    assert not due.is_lapsed
    assert over is not None
    assert over.is_lapsed


def test_what_has_ended_is_not_asked_for_again():
    make_engagement(renewal_due_on=in_days(-5), status=EngagementStatus.ENDED)
    make_engagement(renewal_due_on=in_days(-5), ends_on=in_days(-4))
    make_adoption(renewal_due_on=in_days(-5), ended_on=in_days(-4))

    assert renewals.until(make_officer(), DAY, in_days(90)) == []


def test_rule_10_a_protected_membership_is_in_no_list_of_renewals():
    make_engagement(renewal_due_on=in_days(-5), protection=Protection.PROTECTED)
    unit = make_unit()
    own = make_engagement(renewal_due_on=in_days(-5), protection=Protection.INTERNAL, unit=unit)

    assert [row.url for row in renewals.lapsed(make_officer(), DAY)] == [f"/engagements/{own.key}/"]
    assert len(renewals.lapsed(make_user(Role.CONTACT, unit), DAY)) == 1
    assert renewals.lapsed(make_user(Role.CONTACT, make_unit()), DAY) == []


def test_it_is_one_query_whatever_the_number():
    for number in range(4):
        make_engagement(renewal_due_on=in_days(number))
        make_adoption(renewal_due_on=in_days(number))
    officer = make_officer()
    officer.clearance()

    with CaptureQueriesContext(connection) as queries:
        assert len(renewals.due(officer, DAY)) == 8
    assert len(queries) == 1


def test_rule_17_a_lapse_shows_in_the_running_cycle_until_it_is_renewed():
    make_city()
    cycle, officer = make_cycle(), make_officer()
    today = timezone.localdate()
    row = make_engagement(renewal_due_on=today - timedelta(days=2), name_de="Eurocities", name_en="")
    client = signed_in(officer)
    assert "Eurocities" in client.get(reverse("reviews:cycle", args=[cycle.year])).content.decode()

    portfolio.renew(row, today + timedelta(days=300), reason="Beitrag", actor=officer, at=timezone.now())

    assert "Eurocities" not in client.get(reverse("reviews:cycle", args=[cycle.year])).content.decode()


def test_rule_17_a_lapse_stays_in_the_cycle_that_was_frozen_with_it():
    make_city(is_sample=True)
    officer, now = make_officer(), timezone.now()
    row = make_engagement(name_de="Eurocities")
    values = {
        "name_de": "ICLEI",
        "field": "europe",
        "unit": row.unit,
        "renewal_due_on": (now - timedelta(days=30)).date(),
    }
    lapsed: Any = portfolio.add("network", values, actor=officer, at=now - timedelta(days=60))
    frozen = now - timedelta(days=10)
    later = now.date() + timedelta(days=300)
    portfolio.renew(lapsed, later, reason="Nachgeholt", actor=officer, at=now - timedelta(days=5))

    then = renewals.lapsed_then(officer, timezone.localtime(frozen).date())

    assert [renewal.name for renewal in then] == ["ICLEI"]
    assert renewals.lapsed(officer, timezone.localdate()) == []
    lapsed.refresh_from_db()
    lapsed.protection = Protection.PROTECTED
    saved(lapsed)
    assert renewals.lapsed_then(officer, timezone.localtime(frozen).date()) == []
