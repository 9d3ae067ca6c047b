"""Who is written to when a cycle opens and when answers are missing, and what becomes of each mail."""

import socket
from datetime import date, timedelta
from io import StringIO

import pytest
from aiosmtpd.controller import Controller
from django.core import mail as outbox
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from commitments import jobs
from commitments.models import ProtectedAccess, Protection, Role, UnitSuccession
from reviews import business_days, letters
from reviews.models import (
    Confirmation,
    ConfirmationState,
    CycleState,
    Mail,
    MailKind,
    MailState,
    Reminder,
    ReminderDate,
    ReminderKind,
)
from reviews.workflow import cycles, mails, reminders, schedule
from tests.factories import (
    LONG_AGO,
    make_assignment,
    make_city,
    make_confirmation,
    make_cycle,
    make_engagement,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now
WEDNESDAY = date(2026, 11, 18)


def send():
    """Run the job once, as the worker does."""
    job = jobs.enqueue(mails.SEND_MAILS, asked_by=None)
    jobs.run(str(job.pk))
    job.refresh_from_db()
    return job.result


@pytest.fixture
def workday(monkeypatch):
    """Whatever the day on which the tests run, the administration works."""
    monkeypatch.setattr(business_days._Calendar, "works_on", lambda self, day: True)


def asked(*people_of_units, **fields):
    """A running cycle in which each unit owes one answer."""
    cycle = make_cycle(**fields)
    for unit in people_of_units:
        make_confirmation(cycle, make_measure(unit), unit=unit)
    return cycle


def due_today(cycle, kind=ReminderKind.AFTER):
    return saved(ReminderDate(cycle=cycle, kind=kind, on=timezone.localdate()))


class TestWhoIsWrittenTo:
    def test_opening_a_cycle_writes_one_mail_a_person_with_all_their_units(self):
        first, second = make_unit(), make_unit()
        contact = make_user(Role.CONTACT, first)
        make_assignment(contact, Role.CONTACT, second)
        for unit in (first, first, second):
            make_measure(unit)
        cycle = make_cycle(state=CycleState.PLANNED)

        mails.open_and_ask(cycle, actor=make_officer(), at=NOW())

        (written,) = Mail.objects.all()
        assert (written.address, written.kind, written.open_answers) == (contact.email, MailKind.REQUEST, 3)
        assert set(written.units.all()) == {first, second}

    def test_opening_twice_writes_once(self):
        make_user(Role.CONTACT, unit := make_unit())
        make_measure(unit)
        cycle, officer = make_cycle(state=CycleState.PLANNED), make_officer()

        mails.open_and_ask(cycle, actor=officer, at=NOW())
        mails.open_and_ask(cycle, actor=officer, at=NOW())

        assert Mail.objects.count() == 1

    def test_a_deputy_is_written_to_as_well(self):
        unit = make_unit()
        contact = make_user(Role.CONTACT, unit)
        deputy = make_user()
        make_assignment(deputy, Role.CONTACT, unit, acting_for=contact)

        found = mails.letters(asked(unit), MailKind.REMINDER, timezone.localdate())

        assert {letter.address for letter in found} == {contact.email, deputy.email}

    def test_a_unit_without_people_is_written_to_at_its_mailbox(self):
        unit = make_unit(email="amt@example.org")

        (letter,) = mails.letters(asked(unit), MailKind.REMINDER, timezone.localdate())

        assert (letter.address, letter.person) == ("amt@example.org", None)

    def test_where_no_address_is_known_the_officer_sees_it_and_all_others_get_their_mail(self):
        nobody, somebody = make_unit(), make_unit()
        make_user(Role.CONTACT, somebody)
        for unit in (nobody, somebody):
            make_measure(unit)

        with translation.override("en"):
            mails.open_and_ask(make_cycle(state=CycleState.PLANNED), actor=make_officer(), at=NOW())

        failed = Mail.objects.get(units=nobody)
        assert failed.state == MailState.FAILED
        assert "no address is known" in failed.error
        assert Mail.objects.get(units=somebody).state == MailState.WAITING

    def test_rule_06_a_draft_does_not_stop_reminders_and_a_submitted_answer_does(self):
        drafting, done = make_unit(), make_unit()
        writer = make_user(Role.CONTACT, drafting)
        make_user(Role.CONTACT, done)
        cycle = make_cycle()
        make_confirmation(cycle, make_measure(drafting), unit=drafting, state=ConfirmationState.DRAFT)
        make_confirmation(cycle, make_measure(done), unit=done, state=ConfirmationState.SUBMITTED)

        found = mails.letters(cycle, MailKind.REMINDER, timezone.localdate())

        assert [letter.address for letter in found] == [writer.email]

    def test_the_releasing_person_hears_of_what_waits_for_them(self):
        unit = make_unit()
        releaser = make_user(Role.RELEASER, unit)
        cycle = make_cycle()
        make_confirmation(cycle, make_measure(unit), unit=unit, state=ConfirmationState.SUBMITTED)

        (letter,) = mails.letters(cycle, MailKind.REMINDER, timezone.localdate())

        assert (letter.address, letter.answers, letter.releases) == (releaser.email, 0, 1)
        assert "wait" in letters.write(cycle, MailKind.REMINDER, letter, None).text or letter.language == "de"

    def test_rule_07_the_successor_is_reminded_of_what_its_predecessor_owes(self):
        old, new = make_unit(), make_unit()
        saved(UnitSuccession(unit=old, successor=new, on=LONG_AGO))
        contact = make_user(Role.CONTACT, new)

        (letter,) = mails.letters(asked(old), MailKind.REMINDER, timezone.localdate())

        assert (letter.address, letter.units) == (contact.email, [old])

    def test_rule_10_protected_measures_are_counted_for_those_alone_who_may_see_them(self):
        unit = make_unit()
        without, with_right = make_user(Role.CONTACT, unit), make_user(Role.CONTACT, unit)
        officer, dpo = make_officer(), make_user(Role.DPO)
        today = timezone.localdate()
        saved(
            ProtectedAccess(
                user=with_right,
                valid_from=LONG_AGO,
                valid_to=today,
                reason="Keeps the file",
                given_by_officer=officer,
                given_by_dpo=dpo,
            )
        )
        cycle = asked(unit)
        make_confirmation(cycle, make_measure(unit, protection=Protection.PROTECTED), unit=unit)

        found = {letter.address: letter.answers for letter in mails.letters(cycle, MailKind.REMINDER, today)}

        assert found == {without.email: 1, with_right.email: 2}

    def test_the_number_of_queries_does_not_grow_with_the_units(self):
        cycle = asked(*(unit for unit in (make_unit(), make_unit()) if make_user(Role.CONTACT, unit)))
        with CaptureQueriesContext(connection) as few:
            mails.letters(cycle, MailKind.REMINDER, timezone.localdate())
        for _number in range(5):
            make_user(Role.CONTACT, unit := make_unit())
            make_confirmation(cycle, make_measure(unit), unit=unit)

        with CaptureQueriesContext(connection) as many:
            found = mails.letters(cycle, MailKind.REMINDER, timezone.localdate())

        assert len(found) == 7
        assert len(many) == len(few)


class TestTheWords:
    @pytest.mark.parametrize("kind", [MailKind.REQUEST, MailKind.REMINDER, MailKind.ESCALATION])
    @pytest.mark.parametrize("language", ["de", "en"])
    def test_rules_10_and_21_a_mail_counts_and_leads_to_the_sign_in_and_tells_nothing_else(self, kind, language):
        unit = make_unit(name_de="Amt für Wohnen", name_en="Housing office", email="x@example.org")
        make_user(Role.CONTACT, unit, language=language)
        cycle = make_cycle()
        measure = make_measure(unit, title_de="Zuflucht für Frau Muster", title_en="Refuge for Ms Sample")
        make_confirmation(cycle, measure, unit=unit)

        (letter,) = mails.letters(cycle, kind, timezone.localdate())
        words = letters.write(cycle, kind, letter, None)

        for text in (words.text, words.html):
            assert "Zuflucht" not in text
            assert "Refuge" not in text
            assert measure.reference not in text
            assert "/reviews/answers/" in text
        answer = Client().get("/reviews/answers/")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/")

    def test_each_reads_their_own_language_and_the_officers_words_come_first(self):
        cycle = make_cycle(letter_de="Danke für Ihre Mühe.", letter_en="Thank you.")
        german, english = make_user(language="de"), make_user(language="en")
        unit = make_unit(name_de="Amt für Wohnen", name_en="Housing office")

        with translation.override("en"):
            first = letters.write(cycle, MailKind.REQUEST, mails.Letter("a@example.org", german, [unit], 2), None)
            second = letters.write(cycle, MailKind.REQUEST, mails.Letter("b@example.org", english, [unit], 2), None)

        assert "Danke für Ihre Mühe." in first.text
        assert "Amt für Wohnen" in first.text
        assert "Thank you." in second.text
        assert "Housing office" in second.text
        assert first.subject != second.subject

    def test_what_looks_like_markup_is_text(self):
        cycle = make_cycle(letter_de="<script>alert(1)</script>")
        words = letters.write(cycle, MailKind.REQUEST, mails.Letter("a@example.org", None, [make_unit()], 1), None)

        assert "<script>alert" not in words.html
        assert "<script>alert(1)</script>" in words.text


@pytest.mark.usefixtures("workday")
class TestTheSchedule:
    def test_what_is_due_today_goes_out_once_whatever_restarts(self):
        make_user(Role.CONTACT, unit := make_unit())
        due_today(cycle := asked(unit))

        first, second = send(), send()

        assert (first["sent"], second["sent"]) == (1, 0)
        assert len(outbox.outbox) == 1
        assert Reminder.objects.count() == 1
        assert ReminderDate.objects.get(cycle=cycle).sent_on == timezone.localdate()

    def test_days_that_were_missed_make_one_reminder_and_it_is_the_gravest(self):
        make_user(Role.CONTACT, unit := make_unit())
        cycle = asked(unit)
        today = timezone.localdate()
        for ago, kind in ((5, ReminderKind.BEFORE), (3, ReminderKind.ON), (1, ReminderKind.AFTER)):
            saved(ReminderDate(cycle=cycle, kind=kind, on=today - timedelta(days=ago)))

        send()

        assert [row.kind for row in Reminder.objects.all()] == [ReminderKind.AFTER]
        assert len(outbox.outbox) == 1
        assert not ReminderDate.objects.planned().exists()

    def test_the_letter_to_the_head_goes_to_the_units_mailbox_beside_the_reminder(self):
        contact = make_user(Role.CONTACT, unit := make_unit(email="leitung@example.org"))
        cycle = asked(unit)
        due_today(cycle, ReminderKind.AFTER)
        due_today(cycle, ReminderKind.ESCALATION)

        send()

        assert {message.to[0] for message in outbox.outbox} == {contact.email, "leitung@example.org"}

    def test_a_frozen_cycle_reminds_nobody(self):
        make_user(Role.CONTACT, unit := make_unit())
        due_today(cycle := asked(unit))
        cycle.state = CycleState.FROZEN
        saved(cycle)

        assert send() == {"sent": 0, "failed": 0}

    def test_the_officer_plans_and_takes_off_and_nobody_else_does(self):
        cycle, officer, other = make_cycle(), make_officer(), make_user(Role.AUDITOR)
        day = timezone.localdate() + timedelta(days=3)

        planned = reminders.add_day(cycle, ReminderKind.BEFORE, day, actor=officer, at=NOW())
        with pytest.raises(PermissionDenied):
            reminders.drop_day(planned, actor=other, at=NOW(), reason="No")
        reminders.drop_day(planned, actor=officer, at=NOW(), reason="Ferien")

        assert not ReminderDate.objects.planned().exists()
        with pytest.raises(ValidationError):
            reminders.drop_day(planned, actor=officer, at=NOW(), reason="Ferien")

    @pytest.mark.parametrize("days", [0, -3, 300])
    def test_a_day_outside_the_time_to_answer_is_refused_with_a_sentence(self, days):
        cycle, officer = make_cycle(), make_officer()

        with pytest.raises(ValidationError) as refused:
            reminders.add_day(
                cycle, ReminderKind.ON, timezone.localdate() + timedelta(days=days), actor=officer, at=NOW()
            )

        assert "on" in refused.value.message_dict

    def test_the_usual_days_move_with_the_deadline_and_those_sent_stay(self):
        officer = make_officer()
        make_cycle(year=2025, state=CycleState.CLOSED)
        cycle = cycles.plan_cycle(2026, actor=officer, at=NOW())
        before = {row.pk: row.on for row in ReminderDate.objects.filter(cycle=cycle)}
        first = ReminderDate.objects.filter(cycle=cycle).order_by("on")[0]
        first.sent_on = first.on
        saved(first)
        days = {name: getattr(cycle, name) for name in cycles.CycleDates.__dataclass_fields__}
        later = timedelta(days=7)
        moved = days | {name: days[name] + later for name in ("confirm_by", "last_reminder_on", "assess_by")}

        cycles.change_dates(cycle, cycles.CycleDates(**moved), actor=officer, at=NOW(), reason="Ferien")

        after = {row.pk: row.on for row in ReminderDate.objects.filter(cycle=cycle)}
        assert len(before) >= 4
        assert after[first.pk] == before[first.pk]
        assert all(after[pk] == before[pk] + later for pk in before if pk != first.pk)


@pytest.mark.usefixtures("workday")
class TestRenewals:
    """Rule 17: what the city must renew is reminded of in time, and once it has lapsed."""

    @pytest.mark.parametrize(
        ("days", "mails_sent"), [(91, 0), (90, 1), (60, 0), (30, 1), (7, 1), (0, 1), (-1, 1), (-2, 0)]
    )
    def test_rule_17_the_officer_is_written_to_on_the_days_that_count(self, days, mails_sent):
        officer = make_officer()
        make_cycle()
        make_engagement(renewal_due_on=timezone.localdate() + timedelta(days=days))

        assert (send()["sent"], send()["sent"]) == (mails_sent, 0)

        assert [row.address for row in Mail.objects.filter(kind=MailKind.RENEWAL)] == [officer.email] * mails_sent

    def test_rule_10_a_mail_of_renewals_names_none_of_them(self):
        make_officer()
        make_cycle()
        name = "Netz der Zufluchtsstädte"
        make_engagement(name_de=name, renewal_due_on=timezone.localdate() + timedelta(days=7))

        send()

        assert name not in outbox.outbox[0].body
        assert name not in outbox.outbox[0].message().as_string()
        assert "Netz" not in outbox.outbox[0].message().as_string()

    def test_what_has_ended_is_not_reminded_of(self):
        make_officer()
        make_cycle()
        today = timezone.localdate()
        make_engagement(renewal_due_on=today, status="ended", ends_on=today - timedelta(days=3))

        assert send() == {"sent": 0, "failed": 0}


class TestWorkingDays:
    def test_weekends_and_the_holidays_of_the_land_are_no_working_days(self):
        make_city(country="DE", state="NW")

        assert not business_days.is_business_day(date(2026, 11, 21))
        assert not business_days.is_business_day(date(2026, 6, 4))
        assert business_days.is_business_day(WEDNESDAY)
        assert business_days.on_or_after(date(2026, 12, 25)) == date(2026, 12, 28)
        assert business_days.on_or_before(date(2026, 12, 26)) == date(2026, 12, 24)

    def test_another_land_has_other_holidays(self):
        make_city(country="DE", state="BE")

        assert business_days.is_business_day(date(2026, 6, 4))
        assert not business_days.is_business_day(date(2027, 3, 8))

    def test_an_unknown_land_has_weekends_only(self):
        make_city(country="DE", state="XX")

        assert business_days.is_business_day(date(2026, 12, 25))
        assert not business_days.is_business_day(date(2026, 12, 26))

    def test_on_a_holiday_nothing_goes_out(self, monkeypatch):
        monkeypatch.setattr(business_days._Calendar, "works_on", lambda self, day: False)
        make_user(Role.CONTACT, unit := make_unit())
        due_today(asked(unit))

        assert send() == {"sent": 0, "failed": 0}

    def test_the_usual_days_are_working_days_before_on_and_after_the_deadline(self):
        make_city(country="DE", state="NW")
        cycle = make_cycle(
            opens_on=date(2026, 10, 1),
            confirm_by=date(2026, 11, 27),
            last_reminder_on=date(2026, 12, 13),
            assess_by=date(2027, 1, 31),
            period_from=date(2025, 10, 1),
            period_to=date(2026, 9, 30),
            reporting_date=date(2026, 9, 30),
        )

        found = schedule.usual_days(cycle)

        assert (ReminderKind.ON, date(2026, 11, 27)) in found
        assert (ReminderKind.ESCALATION, date(2026, 12, 11)) in found
        assert all(business_days.is_business_day(day) for _kind, day in found)
        assert [day for _kind, day in found] == sorted(day for _kind, day in found)


class MailServer:
    """A mail server of its own that refuses some addresses."""

    def __init__(self):
        self.taken, self.refused, self.busy = [], set(), set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return "550 5.1.1 No such mailbox here"
        if address in self.busy:
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.taken.append((envelope.rcpt_tos[0], envelope.content))
        return "250 OK"


@pytest.fixture
def mail_server(settings):
    handler = MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 5
    yield handler
    controller.stop()


@pytest.mark.usefixtures("workday")
class TestTheMailServer:
    def units(self, number):
        people = [make_user(Role.CONTACT, make_unit()) for _number in range(number)]
        due_today(cycle := asked(*(person.assignments.get().unit for person in people)))
        return cycle, [person.email for person in people]

    def test_a_refused_address_stops_no_other_mail_and_the_officer_reads_why(self, mail_server):
        _cycle, (first, second, third) = self.units(3)
        mail_server.refused.add(second)

        result = send()

        assert result == {"sent": 2, "failed": 1}
        assert [address for address, _content in mail_server.taken] == [first, third]
        refused = Mail.objects.get(address=second)
        assert refused.state == MailState.FAILED
        assert "No such mailbox here" in refused.error

    def test_a_busy_server_is_asked_again_that_day_and_not_for_ever(self, mail_server):
        _cycle, (address,) = self.units(1)
        mail_server.busy.add(address)

        for _number in range(mails.ATTEMPTS):
            assert send() == {"sent": 0, "failed": 1}

        assert Mail.objects.get().state == MailState.FAILED
        assert send() == {"sent": 0, "failed": 0}

    def test_a_server_that_is_away_loses_nothing(self, mail_server, settings):
        _cycle, (address,) = self.units(1)
        port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
        send()
        assert Mail.objects.get().state == MailState.WAITING
        settings.EMAIL_PORT = port

        assert send() == {"sent": 1, "failed": 0}
        assert [taken for taken, _content in mail_server.taken] == [address]

    def test_a_mail_of_which_nobody_knows_whether_it_left_is_not_sent_again(self, mail_server):
        self.units(1)
        reminders.run_schedule(ReminderDate.objects.get().cycle, at=NOW())
        mails.take(Mail.objects.get().pk)  # and the worker dies here
        Mail.objects.update(changed_at=NOW() - 2 * mails.LOST)

        assert send() == {"sent": 0, "failed": 0}
        assert mail_server.taken == []
        assert Mail.objects.get().state == MailState.FAILED
        assert "hinausgegangen" in Mail.objects.get().error

    def test_what_came_back_is_noted_and_sent_again_once_the_address_is_mended(self, mail_server, tmp_path):
        self.units(1)
        send()
        row = Mail.objects.get()
        report = tmp_path / "report"
        report.write_bytes(delivery_report(row.message_id))

        call_command("note_bounce", str(report), stdout=StringIO())

        row.refresh_from_db()
        assert (row.state, "5.1.1" in row.error) == (MailState.BOUNCED, True)
        with pytest.raises(PermissionDenied):
            mails.send_again(row, actor=make_user(Role.AUDITOR), at=NOW())
        mails.send_again(row, actor=make_officer(), at=NOW())
        assert send()["sent"] == 1
        assert len(mail_server.taken) == 2

    @pytest.mark.parametrize("content", [b"", b"\x00\xff nonsense", b"Subject: x\n\nNo report."])
    def test_a_report_about_no_mail_of_ours_is_refused(self, content, tmp_path):
        report = tmp_path / "report"
        report.write_bytes(content)

        with pytest.raises(CommandError) as refused:
            call_command("note_bounce", str(report))

        assert refused.value.returncode == 1


def delivery_report(message_id):
    return f"""From: MAILER-DAEMON@example.org
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

Your mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; gone@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown
--b
Content-Type: message/rfc822

Message-ID: {message_id}
Subject: x

text
--b--
""".encode()


class TestThePages:
    def test_the_officer_sees_schedule_and_log_and_plans_a_day(self):
        cycle, officer = make_cycle(), make_officer()
        day = next(day for ahead in range(2, 9) if (day := timezone.localdate() + timedelta(days=ahead)).weekday() < 5)
        client = signed_in(officer)
        url = reverse("reviews:mails", args=[cycle.year])

        answer = client.post(url, {"kind": "before", "on": day.isoformat()}, follow=True)

        assert answer.status_code == 200
        assert ReminderDate.objects.get().on == day

    @pytest.mark.parametrize("data", [{}, {"kind": "x", "on": "x"}, {"kind": "before", "on": "2026-02-30"}])
    def test_what_cannot_be_read_is_said_at_the_field(self, data):
        cycle = make_cycle()

        answer = signed_in(make_officer()).post(reverse("reviews:mails", args=[cycle.year]), data)

        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert not ReminderDate.objects.exists()

    @pytest.mark.parametrize("role", [Role.CONTACT, Role.RELEASER, Role.COUNCIL, Role.ADMINISTRATOR])
    def test_others_see_no_mails(self, role):
        cycle = make_cycle()
        row = Mail.objects.create(cycle=cycle, kind=MailKind.REQUEST, on=timezone.localdate(), address="a@example.org")
        client = signed_in(make_user(role))

        assert client.get(reverse("reviews:mails", args=[cycle.year])).status_code == 403
        assert client.get(reverse("reviews:mail", args=[row.pk])).status_code == 403
        assert client.post(reverse("reviews:mail-again", args=[row.pk])).status_code == 403

    def test_the_auditor_reads_and_changes_nothing(self):
        cycle, auditor = make_cycle(), make_user(Role.AUDITOR)
        planned = saved(ReminderDate(cycle=cycle, kind="on", on=timezone.localdate()))
        client = signed_in(auditor)

        assert client.get(reverse("reviews:mails", args=[cycle.year])).status_code == 200
        assert client.post(reverse("reviews:mails", args=[cycle.year]), {"kind": "on"}).status_code == 403
        assert client.post(reverse("reviews:reminder-drop", args=[planned.pk]), {"reason": "x"}).status_code == 403

    def test_the_list_takes_as_many_queries_for_many_mails_as_for_few(self):
        cycle, officer = make_cycle(), make_officer()
        url = reverse("reviews:mails", args=[cycle.year])

        def write(number):
            for _each in range(number):
                row = Mail.objects.create(
                    cycle=cycle, kind="request", on=timezone.localdate(), address=f"{Mail.objects.count()}@example.org"
                )
                row.units.set([make_unit()])

        write(2)
        few = queries(officer, url)
        write(20)

        assert queries(officer, url) == few <= MOST_QUERIES

    def test_before_the_opening_each_mail_can_be_read(self):
        unit, empty = make_unit(), make_unit(name_de="Amt ohne Menschen", name_en="Empty office")
        contact = make_user(Role.CONTACT, unit)
        make_measure(unit)
        make_measure(empty)
        make_cycle(year=2025, state=CycleState.CLOSED)
        cycle = make_cycle(state=CycleState.PLANNED)

        page = signed_in(make_officer()).get(reverse("reviews:cycle-open-mails", args=[cycle.year])).content.decode()

        assert contact.email in page
        assert "Amt ohne Menschen" in page
        assert Mail.objects.count() == 0

    def test_the_words_of_the_mails_are_taken_over_from_last_year(self):
        officer = make_officer()
        make_cycle(year=2025, state=CycleState.CLOSED, letter_de="Danke.")

        cycle = cycles.plan_cycle(2026, actor=officer, at=NOW())

        assert cycle.letter_de == "Danke."
        assert Confirmation.objects.count() == 0
