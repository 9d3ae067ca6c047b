"""One's own deadlines in a calendar program: what stands in it, who gets it, and that the address is a secret."""

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from icalendar import Calendar

from commitments.ledger import save_as
from commitments.models import ProtectedAccess, Protection, Role, UnitSuccession
from reviews.calendars import content_of
from reviews.deadlines import of_person
from reviews.models import (
    CalendarFeed,
    ConfirmationState,
    CycleState,
    FollowUp,
    FollowUpState,
    ReminderDate,
    ReminderKind,
)
from reviews.workflow import calendars as workflow
from reviews.workflow import confirmations
from reviews.workflow.confirmations import Answer
from tests.factories import (
    LONG_AGO,
    make_assessment,
    make_assignment,
    make_city,
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

PAGE = "/reviews/calendar/"


@pytest.fixture(autouse=True)
def no_memory():
    """Nobody has asked too often yet."""
    cache.clear()


@pytest.fixture
def unit():
    return make_unit(name_de="Amt für Vielfalt", name_en="Diversity Office")


@pytest.fixture
def contact(unit):
    return make_user(Role.CONTACT, unit)


@pytest.fixture
def cycle():
    return make_cycle(2027)


def today():
    return timezone.localdate()


def asked(cycle, unit, number=1, **fields):
    return [make_confirmation(cycle, make_measure(unit), unit, **fields) for _ in range(number)]


def token_of(user):
    return workflow.renew(actor=user, at=timezone.now())


def fetched(token, **headers):
    return Client().get(reverse("reviews:calendar-feed", args=[token]), headers=headers)


def entries(user):
    """The entries of somebody's calendar as a program reads them, by the beginning of their UID."""
    calendar = Calendar.from_ical(fetched(token_of(user)).content)
    return {str(event["uid"]).partition(f".{user.pk}@")[0]: event for event in calendar.walk("VEVENT")}


def titles(user, language="de"):
    with translation.override(language):
        return {deadline.key: deadline.title for deadline in of_person(user, today())}


def protect(measure):
    measure.protection = Protection.PROTECTED
    save_as(measure, actor=None, reason="Made for a test", at=timezone.now())


class TestWhatStandsInIt:
    def test_a_contact_reads_how_many_answers_are_due_and_of_which_unit(self, cycle, unit, contact):
        asked(cycle, unit, 3)
        asked(cycle, unit, state=ConfirmationState.SUBMITTED)
        asked(cycle, make_unit(), 5)

        found = of_person(contact, today())

        assert [(each.on, each.title) for each in found] == [
            (cycle.confirm_by, "3 Rückmeldungen 2027 sind fällig: Amt für Vielfalt"),
            (cycle.last_reminder_on, "Letzter Tag für Rückmeldungen 2027: Amt für Vielfalt"),
        ]
        assert "3" in found[0].text
        assert found[0].path == reverse("reviews:confirm", args=[2027, unit.key])

    def test_what_is_all_submitted_says_so_and_has_no_last_day(self, cycle, unit, contact):
        asked(cycle, unit, state=ConfirmationState.SUBMITTED)

        assert list(titles(contact).values()) == ["Rückmeldungen 2027, alle eingereicht: Amt für Vielfalt"]

    def test_an_answer_that_no_longer_holds_is_open_again(self, cycle, unit, contact):
        row = asked(cycle, unit, state=ConfirmationState.RELEASED)[0]
        row.measure.fingerprint = "0" * 64
        save_as(row.measure, actor=None, reason="Made for a test", at=timezone.now())

        assert "1 Rückmeldung 2027 ist fällig: Amt für Vielfalt" in titles(contact).values()

    def test_a_releasing_person_reads_what_waits(self, cycle, unit):
        asked(cycle, unit, 2, state=ConfirmationState.SUBMITTED)
        asked(cycle, unit)

        assert list(titles(make_user(Role.RELEASER, unit)).values()) == [
            "2 Rückmeldungen 2027 warten auf Ihre Freigabe: Amt für Vielfalt"
        ]

    def test_a_releasing_person_of_a_unit_that_is_done_has_nothing_left(self, cycle, unit):
        asked(cycle, unit, state=ConfirmationState.RELEASED)

        assert titles(make_user(Role.RELEASER, unit)) == {}

    def test_a_deputy_has_the_deadlines_of_the_person(self, cycle, unit, contact):
        asked(cycle, unit)
        deputy = make_user()
        make_assignment(deputy, Role.CONTACT, unit, acting_for=contact)

        assert titles(deputy) == titles(contact)

    def test_rule_07_what_a_dissolved_unit_owes_stands_with_its_successor(self, cycle, unit):
        asked(cycle, unit)
        successor = make_unit()
        saved(UnitSuccession(unit=unit, successor=successor, on=LONG_AGO))

        assert "Amt für Vielfalt" in titles(make_user(Role.CONTACT, successor))[f"2027-{unit.key}-answers"]

    def test_reminders_stand_in_it_as_long_as_something_is_open(self, cycle, unit, contact):
        row = asked(cycle, unit)[0]
        day = saved(ReminderDate(cycle=cycle, kind=ReminderKind.BEFORE, on=today() + timedelta(days=11)))
        saved(ReminderDate(cycle=cycle, kind=ReminderKind.ESCALATION, on=today() + timedelta(days=28)))
        saved(ReminderDate(cycle=cycle, kind=ReminderKind.ON, on=today() + timedelta(days=14), dropped_on=today()))

        before = {key: title for key, title in titles(contact).items() if key.startswith("reminder")}
        confirmations.submit(row, Answer("confirmed"), actor=contact, at=timezone.now())

        assert before == {f"reminder-{day.pk}": "Erinnerung vor der Frist 2027"}
        assert not [key for key in titles(contact) if key.startswith("reminder")]

    def test_the_officer_reads_the_days_of_the_cycle_with_what_is_missing(self, cycle, unit):
        asked(cycle, unit, 2)
        asked(cycle, make_unit())
        make_assessment(cycle)
        day = saved(ReminderDate(cycle=cycle, kind=ReminderKind.ESCALATION, on=today() + timedelta(days=28)))

        found = {each.key: each for each in of_person(make_officer(), today())}

        assert {key: each.on for key, each in found.items()} == {
            "2027-reporting": cycle.reporting_date,
            "2027-opens": cycle.opens_on,
            "2027-due": cycle.confirm_by,
            "2027-last": cycle.last_reminder_on,
            "2027-assess": cycle.assess_by,
            f"reminder-{day.pk}": day.on,
        }
        assert found["2027-due"].text == "Offene Rückmeldungen: 3, in 2 Dienststellen."
        assert found["2027-assess"].text == "Bewertungen in Arbeit: 1. Warten auf Genehmigung: 0."

    @pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR, Role.DPO])
    def test_who_sees_the_whole_city_has_the_days_of_the_cycle_without_reminders(self, cycle, unit, role):
        asked(cycle, unit)
        saved(ReminderDate(cycle=cycle, kind=ReminderKind.BEFORE, on=today()))

        assert set(titles(make_user(role))) == {
            "2027-reporting",
            "2027-opens",
            "2027-due",
            "2027-last",
            "2027-assess",
        }

    @pytest.mark.parametrize("role", [Role.COUNCIL, Role.ADMINISTRATOR])
    def test_who_has_no_part_in_a_running_cycle_has_an_empty_calendar(self, cycle, unit, role):
        asked(cycle, unit)
        make_follow_up(cycle)

        assert titles(make_user(role)) == {}

    @pytest.mark.parametrize("state", [CycleState.FROZEN, CycleState.CLOSED])
    def test_a_cycle_that_is_over_leaves_the_calendar(self, unit, contact, state):
        cycle = make_cycle(2027)
        asked(cycle, unit)
        cycle.state = state
        saved(cycle)

        assert titles(contact) == {} == titles(make_officer())

    def test_a_planned_cycle_tells_the_units_its_days(self, contact):
        cycle = make_cycle(2028, CycleState.PLANNED)

        assert [(each.on, each.title) for each in of_person(contact, today())] == [
            (cycle.opens_on, "Rückmeldungen 2028 beginnen"),
            (cycle.confirm_by, "Rückmeldungen 2028 sind fällig"),
        ]

    def test_promises_stand_on_their_day_for_the_unit_and_summed_up_for_the_officer(self, cycle, unit, contact):
        due = today() + timedelta(days=9)
        for _ in range(2):
            make_follow_up(cycle, unit=unit, due_on=due)
        make_follow_up(cycle, unit=make_unit(name_de="Zoo"), due_on=due)
        make_follow_up(cycle, unit=unit, due_on=due, state=FollowUpState.DONE, result_de="Gehalten")
        make_follow_up(cycle, unit=unit, due_on=today() - timedelta(days=400))

        of_officer = {each.key: each for each in of_person(make_officer(), today())}

        assert titles(contact) == {f"promises-{unit.key}-{due}": "2 Zusagen sind fällig: Amt für Vielfalt"}
        assert of_officer[f"promises-{due}"].title == "3 Zusagen sind fällig"
        assert of_officer[f"promises-{due}"].text == "Amt für Vielfalt: 2\nZoo: 1"

    def test_renewals_are_counted_for_the_officer_and_not_named(self, contact):
        due = today() + timedelta(days=200)
        for _ in range(2):
            make_engagement(renewal_due_on=due, name_de="Städtenetz Geheim")

        found = of_person(make_officer(), today())

        assert [(each.on, each.title) for each in found] == [(due, "2 Erneuerungen sind fällig")]
        assert not any("Geheim" in f"{each.title}{each.text}" for each in found)
        assert titles(contact) == {}

    def test_rule_10_what_is_protected_is_counted_only_for_those_with_the_right(self, cycle, unit, contact):
        _shown, hidden = asked(cycle, unit, 2)
        protect(hidden.measure)
        secret = make_commitment(protection=Protection.PROTECTED)
        make_follow_up(cycle, secret, unit=unit)
        trusted = make_user(Role.CONTACT, unit)
        saved(
            ProtectedAccess(
                user=trusted,
                valid_from=today(),
                valid_to=today(),
                reason="Begleitung",
                given_by_officer=make_officer(),
                given_by_dpo=make_user(Role.DPO),
            )
        )

        assert titles(contact)[f"2027-{unit.key}-answers"].startswith("1 ")
        assert not [key for key in titles(contact) if key.startswith("promises")]
        assert titles(trusted)[f"2027-{unit.key}-answers"].startswith("2 ")
        assert [key for key in titles(trusted) if key.startswith("promises")]

    def test_titles_never_leave_the_house(self, cycle, unit, contact):
        measure = make_measure(unit, title_de="Zuflucht für Verfolgte")
        make_confirmation(cycle, measure, unit)
        make_assessment(cycle, make_commitment(title_de="Schutz der Schutzlosen"))
        make_follow_up(cycle, unit=unit, action_de="Heimlicher Schritt")

        for user in (contact, make_user(Role.RELEASER, unit), make_officer()):
            written = fetched(token_of(user)).content.decode()
            unfolded = written.replace("\r\n ", "")
            assert "BEGIN:VEVENT" in written
            assert not any(word in unfolded for word in ("Zuflucht", "Schutzlosen", "Heimlich", measure.reference))


class TestTheFile:
    def test_it_is_a_calendar_of_whole_days_that_keep_nobody_busy(self, cycle, unit, contact, settings):
        settings.BASE_URL = "https://rechenschaft.example"
        asked(cycle, unit)

        response = fetched(token_of(contact))
        event = entries(contact)[f"2027-{unit.key}-answers"]

        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        assert b"METHOD" not in response.content
        assert response.content.startswith(b"BEGIN:VCALENDAR\r\n")
        assert response.content.endswith(b"END:VCALENDAR\r\n")
        assert f"DTSTART;VALUE=DATE:{cycle.confirm_by:%Y%m%d}\r\n".encode() in response.content
        assert event["dtend"].dt - event["dtstart"].dt == timedelta(days=1)
        assert isinstance(event["dtend"].dt, date)
        assert not isinstance(event["dtend"].dt, datetime)
        assert str(event["transp"]) == "TRANSPARENT"
        assert str(event["uid"]) == f"2027-{unit.key}-answers.{contact.pk}@rechenschaft.example"
        assert str(event["url"]) == f"https://rechenschaft.example/reviews/answers/2027/{unit.key}/"

    def test_no_line_is_longer_than_75_bytes_and_no_name_breaks_out_of_its_line(self, cycle, contact):
        make_city(name_de="Stadt; mit, allem")
        unit = make_unit(name_de="Ämter" * 25 + "\r\nBEGIN:VALARM\nEND:VALARM, drei; vier\\", key="odd")
        make_assignment(contact, Role.CONTACT, unit)
        asked(cycle, unit)

        response = fetched(token_of(contact))

        assert max(len(line) for line in response.content.split(b"\r\n")) <= 75
        assert b"\nBEGIN:VALARM" not in response.content
        assert rb"X-WR-CALNAME:Menschenrechte: Fristen (Stadt\; mit\, allem)" in response.content
        assert Calendar.from_ical(response.content).walk("VALARM") == []
        assert "drei; vier\\" in str(entries(contact)["2027-odd-answers"]["summary"])

    def test_it_speaks_the_language_of_the_person_whatever_the_program_asks_for(self, cycle, unit):
        asked(cycle, unit)
        person = make_user(Role.CONTACT, unit, language="en")

        response = fetched(token_of(person), accept_language="de")

        assert "SUMMARY;LANGUAGE=en:1 answer 2027 is due: Diversity Office" in response.content.decode()

    def test_the_uid_stays_and_the_stamp_moves_when_something_changes(self, cycle, unit, contact):
        asked(cycle, unit)
        token = token_of(contact)
        first = Calendar.from_ical(fetched(token).content).walk("VEVENT")
        CalendarFeed.objects.update(changed_at=timezone.now() - timedelta(days=3))
        asked(cycle, unit)

        second = Calendar.from_ical(fetched(token).content).walk("VEVENT")

        assert [each["uid"] for each in first] == [each["uid"] for each in second]
        assert first[0]["summary"] != second[0]["summary"]
        assert timezone.now() - second[0].decoded("dtstamp") < timedelta(hours=1)

    def test_what_has_not_changed_has_the_same_bytes_and_is_not_sent_again(self, cycle, unit, contact):
        asked(cycle, unit)
        token = token_of(contact)
        first = fetched(token)
        CalendarFeed.objects.update(changed_at=(then := timezone.now() - timedelta(days=3)))

        again, matched = fetched(token), fetched(token, if_none_match=first["ETag"])

        assert again["ETag"] == first["ETag"]
        assert f"DTSTAMP:{then:%Y%m%dT%H%M%S}Z".encode() in again.content
        assert (matched.status_code, matched.content) == (304, b"")
        assert matched["Cache-Control"] == again["Cache-Control"] == "private, no-cache"

    def test_a_change_changes_the_etag(self, cycle, unit, contact):
        asked(cycle, unit)
        token = token_of(contact)
        etag = fetched(token)["ETag"]
        asked(cycle, unit)

        assert fetched(token, if_none_match=etag).status_code == 200

    def test_an_empty_calendar_is_a_calendar(self, contact):
        calendar = Calendar.from_ical(fetched(token_of(contact)).content)

        assert str(calendar["version"]) == "2.0"
        assert calendar.walk("VEVENT") == []


class TestTheAddress:
    def test_the_token_is_kept_as_a_hash_only(self, contact):
        token = token_of(contact)

        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM reviews_calendarfeed")
            assert token not in str(cursor.fetchall())
        assert len(token) >= 43

    def test_a_renewed_address_replaces_the_one_before(self, contact):
        old, new = token_of(contact), token_of(contact)

        assert (fetched(old).status_code, fetched(new).status_code) == (404, 200)
        assert CalendarFeed.objects.count() == 2

    def test_one_that_was_taken_back_leads_nowhere(self, contact):
        token = token_of(contact)
        workflow.revoke(actor=contact, at=timezone.now())

        assert fetched(token).status_code == 404
        with pytest.raises(ValidationError):
            workflow.revoke(actor=contact, at=timezone.now())

    @pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "ä", "..", "%2e%2e%2fsecret"])
    def test_nonsense_leads_nowhere(self, contact, token):
        token_of(contact)

        assert Client().get(f"/reviews/calendar/{token}.ics").status_code == 404

    def test_the_hash_itself_is_no_token(self, contact):
        token_of(contact)

        assert fetched(CalendarFeed.objects.get().digest).status_code == 404

    @pytest.mark.parametrize("left", [{"is_active": False}, {"pseudonymised_on": date(2026, 1, 1)}])
    def test_somebody_who_has_left_gets_nothing(self, contact, left):
        token = token_of(contact)
        for name, value in left.items():
            setattr(contact, name, value)
        save_as(contact, actor=None, reason="Left", at=timezone.now())

        assert fetched(token).status_code == 404

    def test_somebody_whose_last_role_has_ended_gets_nothing(self, contact):
        token = token_of(contact)
        role = contact.assignments.get()
        role.valid_to = today() - timedelta(days=1)
        saved(role)

        assert fetched(token).status_code == 404

    def test_nobody_without_a_role_gets_an_address(self):
        with pytest.raises(ValidationError):
            token_of(make_user())

        assert not CalendarFeed.objects.exists()

    def test_the_database_holds_one_valid_address_a_person(self, contact):
        token_of(contact)

        with pytest.raises(IntegrityError), transaction.atomic():
            CalendarFeed.objects.create(user=contact, digest="1" * 64, made_at=timezone.now())

    def test_who_guesses_is_slowed_down_and_a_right_address_is_not(self, contact):
        token = token_of(contact)

        guesses = [fetched(f"guess{number}").status_code for number in range(32)]
        right = fetched(token)

        assert guesses == [404] * 30 + [429] * 2
        assert right.status_code == 200

    def test_a_program_that_asks_without_end_is_slowed_down(self, contact):
        token = token_of(contact)

        answers = [fetched(token) for _ in range(31)]

        assert [answer.status_code for answer in answers] == [200] * 30 + [429]
        assert answers[-1]["Retry-After"] == "60"

    def test_it_is_read_and_not_written(self, contact):
        address = reverse("reviews:calendar-feed", args=[token_of(contact)])

        assert Client().head(address).status_code == 200
        assert Client().post(address).status_code == 405

    def test_the_address_opens_nothing_else(self, contact):
        client = Client()
        client.get(reverse("reviews:calendar-feed", args=[token_of(contact)]))

        assert client.get(PAGE).status_code == 302
        assert not client.cookies


class TestThePage:
    @pytest.mark.parametrize("role", Role)
    def test_every_role_has_it_and_finds_it_in_the_menu(self, role):
        response = signed_in(make_user(role)).get(PAGE)

        assert response.status_code == 200
        assert f'href="{PAGE}"' in response.content.decode()

    def test_a_new_address_is_shown_once_and_works(self, cycle, unit, contact, settings):
        asked(cycle, unit)
        client = signed_in(contact)

        response = client.post(reverse("reviews:calendar-renew"))
        address = response.context["address"]

        assert address in response.content.decode()
        assert "no-store" in response["Cache-Control"]
        assert f'href="webcal:{address.partition(":")[2]}"' in response.content.decode()
        assert Client().get(urlsplit(address).path).status_code == 200
        assert address.rpartition("/")[2] not in client.get(PAGE).content.decode()

    def test_the_page_says_when_it_was_last_fetched(self, contact):
        token = token_of(contact)
        fetched(token)

        assert signed_in(contact).get(PAGE).context["feed"].fetched_on == today()

    def test_it_is_taken_back_on_the_page(self, contact):
        token = token_of(contact)

        response = signed_in(contact).post(reverse("reviews:calendar-revoke"), follow=True)

        assert "Die Adresse ist zurückgenommen" in response.content.decode()
        assert fetched(token).status_code == 404

    def test_taking_back_what_is_not_there_is_a_sentence(self, contact):
        response = signed_in(contact).post(reverse("reviews:calendar-revoke"), follow=True)

        assert response.status_code == 200
        assert "Sie haben keine Kalenderadresse" in response.content.decode()

    def test_nobody_without_a_role_gets_one_on_the_page(self):
        response = signed_in(make_user()).post(reverse("reviews:calendar-renew"), follow=True)

        assert "keine Rolle" in response.content.decode()

    def test_another_person_cannot_take_it_back(self, contact):
        token = token_of(contact)

        signed_in(make_officer()).post(reverse("reviews:calendar-revoke"))

        assert fetched(token).status_code == 200

    @pytest.mark.parametrize(("language", "heading"), [("de", "Mein Kalender"), ("en", "My calendar")])
    def test_it_is_read_in_both_languages(self, contact, language, heading):
        client = signed_in(contact)

        response = client.get(PAGE, headers={"accept-language": language})

        assert heading in response.content.decode()


def filled(cycle, units, each):
    for _ in range(units):
        unit = make_unit()
        asked(cycle, unit, each)
        make_follow_up(cycle, unit=unit, due_on=today() + timedelta(days=each))
        make_engagement(renewal_due_on=today() + timedelta(days=each))


@pytest.mark.parametrize("role", [Role.OFFICER, Role.CONTACT])
def test_page_and_file_ask_as_many_queries_whatever_the_size(cycle, unit, role):
    user = make_user(role, unit if role == Role.CONTACT else None)
    asked(cycle, unit)
    filled(cycle, 1, 1)
    token = token_of(user)
    fetched(token)

    def of_file():
        with CaptureQueriesContext(connection) as captured:
            assert fetched(token).status_code == 200
        return len(captured)

    few = (of_file(), queries(user, PAGE))
    asked(cycle, unit, 5)
    filled(cycle, 6, 3)
    saved(ReminderDate(cycle=cycle, kind=ReminderKind.BEFORE, on=today()))
    fetched(token)
    many = (of_file(), queries(user, PAGE))

    assert many == few
    assert max(many) <= MOST_QUERIES


def test_the_content_is_the_same_as_long_as_nothing_changes(cycle, unit, contact):
    asked(cycle, unit, 2)

    assert content_of(contact, today()).digest == content_of(contact, today()).digest
    assert FollowUp.objects.count() == 0
