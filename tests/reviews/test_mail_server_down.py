"""The mail server is down for a day: nothing is lost, nothing goes out twice."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core import mail as outbox
from django.utils import timezone

from commitments import clock
from commitments.models import Role
from reviews.handlers import send_mails
from reviews.models import CycleState, Mail, MailState
from reviews.workflow.mails import open_and_ask
from tests.factories import make_cycle, make_measure, make_officer, make_unit, make_user

pytestmark = pytest.mark.django_db

HOURS = 12
NOBODY_LISTENS = 1


def test_requests_wait_for_a_server_that_is_down_for_a_day_and_then_go_out_once(settings, monkeypatch):
    units = [make_unit() for _ in range(3)]
    for unit in units:
        make_measure(unit)
        make_user(Role.CONTACT, unit)
    open_and_ask(make_cycle(state=CycleState.PLANNED), actor=make_officer(), at=timezone.now())
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", NOBODY_LISTENS

    for _hour in range(HOURS):
        send_mails({}, Mock())
    down = set(Mail.objects.values_list("state", flat=True))
    said = Mail.objects.earliest("pk").error
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(clock, "today", lambda: tomorrow)
    for _hour in range(2):
        send_mails({}, Mock())

    assert down == {MailState.WAITING}
    assert said
    assert len(outbox.outbox) == len(units)
    assert {row.state for row in Mail.objects.all()} == {MailState.SENT}
