"""Size and root of seals reach the auditor by mail: at a freeze, at a release, once a week, each at most once."""

from datetime import date, datetime, timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone, translation

from commitments import jobs
from commitments.ledger.sealing import seal, seal_of_the_night
from commitments.models import LedgerSeal, Protection, Role, SealOccasion
from reviews import business_days, seal_letters
from reviews.models import AssessmentState, CycleState, Mail, MailKind, MailState
from reviews.workflow import cycles, mails, seal_mails
from tests.factories import (
    make_assessment,
    make_city,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now


@pytest.fixture(autouse=True)
def _workday(monkeypatch):
    """Whatever the day on which the tests run, the administration works."""
    monkeypatch.setattr(business_days._Calendar, "works_on", lambda self, day: True)


def sealed(occasion: SealOccasion = SealOccasion.NIGHTLY) -> LedgerSeal:
    make_unit()
    return seal(occasion, at=NOW())


def send() -> None:
    job = jobs.enqueue(mails.SEND_MAILS, asked_by=None)
    jobs.run(str(job.pk))


def frozen(**fields) -> None:
    cycle = make_cycle(state=CycleState.ASSESSING, **fields)
    make_assessment(cycle, state=AssessmentState.APPROVED)
    cycles.freeze_cycle(cycle, actor=make_officer(), at=NOW())


def test_a_freeze_tells_every_auditor_size_and_root_and_nothing_else():
    auditors = {make_user(Role.AUDITOR, language="de").email, make_user(Role.AUDITOR, language="en").email}
    make_user(Role.APPROVER)
    make_measure(title_de="Zuflucht für Frau Muster", title_en="Refuge for Ms Sample")

    frozen()
    send()

    last = LedgerSeal.objects.get(occasion=SealOccasion.FREEZE)
    kinds = set(Mail.objects.filter(seal=last).values_list("kind", flat=True))
    told = [each for each in outbox.outbox if last.root in each.body]
    assert kinds == {MailKind.SEAL, MailKind.SEALS}
    assert {address for each in told for address in each.to} == auditors
    for each in told:
        assert f"{last.size}:{last.root}" in each.body
        assert "Zuflucht" not in each.body
        assert "Refuge" not in each.body


def test_a_mail_of_a_freeze_goes_out_once_whatever_restarts():
    make_user(Role.AUDITOR)
    frozen()

    send()
    send()

    assert Mail.objects.filter(kind=MailKind.SEAL, state=MailState.SENT).count() == 1
    assert len([each for each in outbox.outbox if "verify_ledger" in each.body]) == 2  # the freeze, and the week


def test_a_second_freeze_on_the_same_day_is_told_as_well():
    auditor = make_user(Role.AUDITOR)
    cycle = make_cycle()
    for _number in range(2):
        seal_mails.announce(cycle, sealed(SealOccasion.FREEZE), at=NOW())

    assert Mail.objects.filter(address=auditor.email, kind=MailKind.SEAL).count() == 2


def test_the_mail_of_the_week_tells_all_seals_since_the_one_before_and_goes_out_once_a_week():
    auditor, cycle = make_user(Role.AUDITOR), make_cycle()
    first, second = sealed(), sealed()
    at = datetime(2026, 11, 16, 8, tzinfo=timezone.get_default_timezone())

    seal_mails.prepare(at=at)
    seal_mails.prepare(at=at + timedelta(hours=3))
    Mail.objects.update(state=MailState.SENT)
    third = sealed()
    seal_mails.prepare(at=at + timedelta(days=2))
    seal_mails.prepare(at=at + timedelta(days=7))

    of_first_week, of_second_week = Mail.objects.filter(kind=MailKind.SEALS).order_by("pk")
    assert (of_first_week.address, of_first_week.cycle) == (auditor.email, cycle)
    assert seal_mails.seals_in(of_first_week) == [first, second]
    assert seal_mails.seals_in(of_second_week) == [third]


def test_a_mail_of_the_week_that_still_waits_is_not_written_a_second_time():
    make_user(Role.AUDITOR)
    make_cycle()
    sealed()
    at = datetime(2026, 11, 16, 8, tzinfo=timezone.get_default_timezone())
    seal_mails.prepare(at=at)
    sealed()

    seal_mails.prepare(at=at + timedelta(days=7))

    assert Mail.objects.get().on == date(2026, 11, 23)


def test_a_week_without_a_new_seal_has_no_mail():
    make_user(Role.AUDITOR)
    make_cycle()
    sealed()
    at = datetime(2026, 11, 16, 8, tzinfo=timezone.get_default_timezone())

    seal_mails.prepare(at=at)
    seal_mails.prepare(at=at + timedelta(days=7))

    assert Mail.objects.filter(kind=MailKind.SEALS).count() == 1


def test_a_week_whose_first_days_were_missed_is_made_good():
    make_user(Role.AUDITOR)
    make_cycle()
    sealed()

    seal_mails.prepare(at=datetime(2026, 11, 19, 8, tzinfo=timezone.get_default_timezone()))

    assert Mail.objects.get().on == date(2026, 11, 19)


def test_on_a_day_without_work_nothing_is_prepared(monkeypatch):
    monkeypatch.setattr(business_days._Calendar, "works_on", lambda self, day: False)
    make_user(Role.AUDITOR)
    make_cycle()
    sealed()

    seal_mails.prepare(at=NOW())

    assert not Mail.objects.exists()


def test_a_freeze_in_the_evening_is_told_the_next_day_and_not_dropped():
    make_user(Role.AUDITOR)
    cycle = make_cycle()
    seal_mails.announce(cycle, sealed(SealOccasion.FREEZE), at=NOW() - timedelta(days=1))

    send()

    assert Mail.objects.get(kind=MailKind.SEAL).state == MailState.SENT


def test_seals_of_a_past_that_was_entered_later_are_nobody_s_news():
    make_user(Role.AUDITOR)
    make_city(is_sample=True)
    seal_mails.announce(make_cycle(2023), sealed(SealOccasion.FREEZE), at=NOW() - timedelta(days=900))

    send()

    assert Mail.objects.get(kind=MailKind.SEAL).state == MailState.EXPIRED
    assert [each for each in outbox.outbox if "Freeze" in each.subject] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_rules_10_and_21_a_mail_of_seals_holds_numbers_and_leads_to_the_sign_in(language):
    make_user(Role.AUDITOR, language=language)
    make_measure(title_de="Geheimer Name", title_en="Secret name", protection=Protection.PROTECTED)
    seal_mails.announce(make_cycle(), sealed(SealOccasion.RELEASE), at=NOW())

    words = seal_letters.written(Mail.objects.get(), None)

    for text in (words.text, words.html):
        assert "Geheim" not in text
        assert "Secret" not in text
        assert LedgerSeal.objects.get().root in text
        assert "/ledger/seals/" in text
    assert ("Wurzel:" if language == "de" else "Root:") in words.text


def test_the_seal_of_the_night_is_set_once():
    make_unit()

    assert seal_of_the_night(at=NOW()) == seal_of_the_night(at=NOW())

    assert LedgerSeal.objects.get().occasion == SealOccasion.NIGHTLY


def test_a_night_without_a_server_is_sealed_as_soon_as_it_is_back(monkeypatch):
    make_unit()
    zone = timezone.get_default_timezone()
    seals = []
    for day, hour in ((20, 3), (20, 23), (21, 1), (22, 14), (22, 15), (23, 2)):  # nothing ran from the 21st to the 22nd
        at = datetime(2026, 11, day, hour, tzinfo=zone)
        monkeypatch.setattr(timezone, "now", lambda at=at: at)
        seals.append(seal_of_the_night(at=at).pk)

    assert [seals.index(each) for each in seals] == [0, 0, 0, 3, 3, 5]


@pytest.fixture(autouse=True)
def _in_german():
    with translation.override("de"):
        yield
