"""The auditor's trail: who reads it, how it is narrowed, what it says of a change, and what it never shows."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from commitments import clock
from commitments.ledger import save_as
from commitments.ledger.sealing import seal
from commitments.models import (
    Ground,
    LedgerLeaf,
    Measure,
    MeasureLink,
    MeasureStatus,
    ProtectedAccess,
    Protection,
    Role,
    SealOccasion,
    User,
)
from commitments.tracking import history_model
from commitments.workflow import erasure
from commitments.workflow.erasure import Proposal, subject_of
from reporting import erasing
from reporting.audit import rows, trail, words
from reporting.audit.people import People
from reporting.audit.trail import Wanted
from reporting.audit.withheld import paths, tracked
from reviews.models import ConfirmationState, Reminder, ReminderKind
from tests.factories import (
    make_assessment,
    make_city,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_engagement,
    make_follow_up,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

URL = "/ledger/"


@pytest.fixture(autouse=True)
def _in_german():
    with translation.override("de"):
        yield


@pytest.fixture
def auditor() -> User:
    return make_user(Role.AUDITOR, name="Rechnungsprüfung")


def events(user: User, **wanted) -> list[rows.Event]:
    with translation.override("de"):
        return rows.events(list(trail.leaves(user, Wanted(**wanted))), People(), user)


def page(client: Client, user: User, query: str = "", language: str = "en") -> str:
    client.force_login(user)
    client.cookies["django_language"] = language
    answer = client.get(f"{URL}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def change(row, actor: User | None, reason: str, **columns) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
    save_as(row, actor=actor, reason=reason, at=timezone.now())


def grant_protected(user: User) -> None:
    today = clock.today()
    saved(
        ProtectedAccess(
            user=user,
            valid_from=today,
            valid_to=today + timedelta(days=30),
            reason="Audit of a case",
            given_by_officer=make_officer(),
            given_by_dpo=make_user(Role.DPO),
        )
    )


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OFFICER, Role.APPROVER, Role.DPO])
def test_those_who_may_read_the_ledger_see_the_trail(client, role):
    assert "Audit ledger" in page(client, make_user(role))


@pytest.mark.parametrize("role", [Role.CONTACT, Role.RELEASER, Role.COUNCIL, Role.ADMINISTRATOR])
@pytest.mark.parametrize("name", ["audit", "audit-seals", "audit-verification", "audit-verify"])
def test_nobody_else_reaches_a_page_of_the_ledger(client, role, name):
    client.force_login(make_user(role))

    url = reverse(f"reporting:{name}")
    answer = client.post(url) if name == "audit-verify" else client.get(url)

    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["rows/1/proof.json", "seals/1/consistency.json"])
def test_nobody_else_gets_a_proof(client, path):
    client.force_login(make_user(Role.COUNCIL))

    assert client.get(f"{URL}{path}").status_code == 403


def test_a_change_is_told_with_person_object_difference_and_reason(auditor):
    measure, officer = make_measure(title_de="Austausch der Jugend"), make_officer()

    change(measure, officer, "Der Name war falsch.", title_de="Austausch der Schulen", status=MeasureStatus.COMPLETED)

    newest = events(auditor)[0]
    assert (newest.kind, newest.title) == (words.kind("measure"), "Geändert")
    assert newest.name == f"{measure.reference} Austausch der Schulen"
    assert newest.url == f"/measures/{measure.reference}/"
    assert newest.who == str(Role.OFFICER.label)
    assert newest.reason == "Der Name war falsch."
    told = {each.label: (each.old, each.new) for each in newest.changes}
    assert told["Titel"] == ("Austausch der Jugend", "Austausch der Schulen")
    assert told["Stand"] == ("Laufend", "Abgeschlossen")


def test_the_difference_is_shown_word_by_word_in_both_languages(client, auditor):
    measure = make_measure(title_de="Austausch der Jugend")
    change(measure, None, "Anderer Name", title_de="Austausch der Schulen")

    english, german = (page(client, auditor, language=language) for language in ("en", "de"))

    for text in (english, german):
        assert "<del>Jugend</del><ins>Schulen</ins>" in text
    assert "Title: " in english
    assert "Changed" in english
    assert "Titel: " in german
    assert "Geändert" in german


def test_an_act_for_somebody_names_both(auditor):
    unit, absent = make_unit(), make_officer()
    unit.name_de = "Neu"
    save_as(unit, actor=make_officer(), reason="In Vertretung", at=timezone.now(), acting_for=absent)

    newest = events(auditor)[0]

    assert newest.who
    assert newest.acting_for == str(Role.OFFICER.label)
    assert [event.index for event in events(auditor, acting_for=str(absent.pk))] == [newest.index]


def test_people_appear_in_the_role_of_that_day_with_their_unit(auditor):
    unit = make_unit(name_de="Amt für Wohnen")
    change(make_measure(unit), make_user(Role.CONTACT, unit), "Gemeldet", title_de="Neu")

    assert events(auditor)[0].who == f"{Role.CONTACT.label}, Amt für Wohnen"


def test_the_order_is_that_of_insertion_whatever_date_a_row_holds_from(auditor):
    make_city(is_sample=True)
    first, second = make_unit(name_de="Zuerst"), make_unit(name_de="Dann")

    saved(first, at=timezone.now())
    saved(second, at=timezone.now() - timedelta(days=400))

    newest, before = events(auditor)[:2]
    assert [newest.name, before.name] == ["Dann", "Zuerst"]
    assert newest.recorded_at
    assert not before.recorded_at


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"kind": "measure"}, {"Neuer Titel", "Eingetragen"}),
        ({"kind": "measure", "act": "~"}, {"Neuer Titel"}),
        ({"why": "titel"}, {"Neuer Titel"}),
        ({"why": "neuer titel"}, {"Neuer Titel"}),
        ({"why": "kein solcher Grund"}, set()),
        ({"act": "erased"}, set()),
        ({"last": date(2020, 1, 1)}, set()),
    ],
)
def test_filters_narrow_the_trail_in_the_database(auditor, wanted, expected):
    measure = make_measure()
    change(measure, None, "Neuer Titel", title_de="Anders")

    found = {"Neuer Titel" if event.reason == "Neuer Titel" else "Eingetragen" for event in events(auditor, **wanted)}

    assert found == expected


def test_a_period_takes_in_its_first_and_its_last_day(auditor):
    unit = make_unit(name_de="Amt für Heute")
    today = timezone.localdate()

    on_the_day = events(auditor, kind="organisationalunit", first=today, last=today)
    before = events(auditor, kind="organisationalunit", last=today - timedelta(days=1))

    assert unit.name_de in {event.name for event in on_the_day}
    assert before == []


def test_the_trail_of_one_person_and_of_the_system_itself(auditor):
    officer, measure = make_officer(), make_measure()
    change(measure, officer, "Von der Beauftragten", title_de="Anders")

    assert [event.reason for event in events(auditor, who=str(officer.pk))] == ["Von der Beauftragten"]
    of_the_system = events(auditor, who=trail.SYSTEM)
    assert len(of_the_system) == LedgerLeaf.objects.count() - 1


def test_the_trail_of_one_object_holds_what_belongs_to_it(auditor):
    measure, other = make_measure(), make_measure()
    make_link(measure)
    make_confirmation(measure=measure)

    found = trail.find(measure.reference.lower(), auditor)
    kinds = [event.kind for event in events(auditor, about=found)]

    assert found == (Measure, measure.pk)
    assert set(kinds) == {words.kind(name) for name in ("measure", "measureunit", "measurelink", "confirmation")}
    assert all(other.reference not in event.name for event in events(auditor, about=found))


def test_an_engagement_and_a_cycle_are_found_as_people_write_them(auditor):
    engagement, cycle = make_engagement(), make_cycle(2024)

    for reference, expected in ((engagement.key, engagement.name_de), ("2024", str(cycle.year))):
        found = events(auditor, about=trail.find(reference, auditor))
        assert expected in {event.name for event in found}


def test_filters_stay_in_the_address_and_are_said_in_words(client, auditor):
    for n in range(30):
        make_unit(name_de=f"Amt {n}")

    text = page(client, auditor, "?kind=organisationalunit&act=%2B&why=test")

    assert "Filter: Unit, Entered, “test”" in text
    assert "kind=organisationalunit&amp;act=%2B&amp;why=test&amp;page=2" in text
    assert "page=2" in text


def test_an_unknown_reference_is_explained(client, auditor):
    assert "There is no entry with this reference" in page(client, auditor, "?about=M-999")


def test_a_filter_that_nobody_can_choose_is_left_out(client, auditor):
    make_unit()

    text = page(client, auditor, "?who=nobody&first=yesterday&kind=rubbish&act=x&page=99999")

    assert "Made for a test" in text


# Rule 10: protected content


def of_protected_measure() -> Measure:
    """A measure that was public, with all that hangs on it, raised to protected afterwards."""
    measure = make_measure(title_de="Geheimer Name")
    make_link(measure, rationale_de="Geheime Begründung")
    answer = make_confirmation(measure=measure, state=ConfirmationState.SUBMITTED, statement_de="Geheime Antwort")
    saved(Reminder(cycle=answer.cycle, confirmation=answer, kind=ReminderKind.BEFORE, sent_on=timezone.localdate()))
    change(measure, None, "Geheimer Grund", protection=Protection.PROTECTED)
    return measure


def test_nothing_of_a_protected_measure_reaches_those_without_the_right(client, auditor):
    measure = of_protected_measure()
    make_measure(parent=measure, title_de="Öffentliches Kind")

    text = page(client, auditor, "?kind=measure") + page(client, auditor)

    assert "Öffentliches Kind" in text
    assert "Geheim" not in text
    assert measure.reference not in text
    hidden = ("measurelink", "confirmation", "reminder")
    assert [event for name in hidden for event in events(auditor, kind=name)] == []


def test_nor_in_any_filter_nor_in_the_number_of_events(client, auditor):
    measure = of_protected_measure()

    assert trail.find(measure.reference, auditor) is None
    assert events(auditor, why="Geheim") == []
    assert all("Geheim" not in event.reason for event in events(auditor, who=trail.SYSTEM))
    seen = trail.leaves(auditor, Wanted()).count()
    assert seen == len(events(auditor))
    assert seen < LedgerLeaf.objects.count()
    assert "There is no entry with this reference" in page(client, auditor, f"?about={measure.reference}")


def test_nor_as_a_proof(client, auditor):
    of_protected_measure()
    seal(SealOccasion.DEMAND, at=timezone.now())
    table = history_model(MeasureLink)._meta.db_table
    client.force_login(auditor)

    answer = client.get(f"{URL}rows/{LedgerLeaf.objects.get(table=table).index}/proof.json?content")

    assert answer.status_code == 404


def test_whoever_holds_the_right_sees_all_of_it(client, auditor):
    measure = of_protected_measure()
    grant_protected(auditor)

    text = page(client, auditor, f"?about={measure.reference}")

    assert "Geheimer Name" in text
    assert "Geheimer Grund" in text
    assert trail.leaves(auditor, Wanted()).count() == LedgerLeaf.objects.count()


def test_a_public_measure_says_nothing_of_its_protected_engagement(auditor):
    engagement = make_engagement(name_de="Geheimes Netzwerk")
    make_measure(engagement=engagement, title_de="Öffentlich")
    change(engagement, None, "Geschützt", protection=Protection.PROTECTED)

    shown = events(auditor)

    assert "Öffentlich" in " ".join(event.name for event in shown)
    assert all("Geheim" not in f"{event.name} {event.changes}" for event in shown)


def test_whatever_can_belong_to_something_protected_is_known_as_such():
    classed = {model.__name__ for model in tracked() if paths(model)}

    assert {
        "Measure",
        "MeasureUnit",
        "MeasureLink",
        "MeasureProvision",
        "Commitment",
        "Evidence",
        "Indicator",
    } <= classed
    assert {"Confirmation", "Reminder", "Assessment", "Dissent", "ReviewEntry", "FollowUp", "Statement"} <= classed
    assert {"IndicatorValue", "AssessmentMeasure", "CouncilMandate", "ReportDocument", "Partnership"} <= classed


# Words and queries


def test_every_link_of_the_trail_leads_the_auditor_to_a_page(client, auditor):
    cycle = make_cycle()
    make_link()
    make_engagement()
    make_confirmation(cycle)
    make_assessment(cycle)
    make_follow_up(cycle)

    urls = {event.url for event in events(auditor)} - {""}

    assert len(urls) >= 7
    client.force_login(auditor)
    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_table_and_every_column_has_a_word(language):
    with translation.override(language):
        for model in tracked():
            name = model._meta.model_name or ""
            assert words.kind(name) != name
            for column in history_model(model).tracked_fields:
                if not column.attname.endswith("_precision"):
                    assert words.column(name, column.attname) != column.attname


def test_the_page_takes_as_many_queries_for_many_rows_of_many_tables_as_for_few(client, auditor):
    make_unit()
    page(client, auditor)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(client, auditor)
    make_commitment()
    make_link()
    make_confirmation(state=ConfirmationState.RELEASED)
    for _number in range(30):
        change(make_measure(), make_officer(), "Anders", title_de="Anders")
    seal(SealOccasion.DEMAND, at=timezone.now())

    with CaptureQueriesContext(connection) as many:
        page(client, auditor)

    assert len(many) <= len(few) + 1  # the nodes that prove the seal


def test_the_dearest_filter_takes_fifteen_queries(client, auditor, django_assert_max_num_queries):
    measure = make_measure()
    of_protected_measure()
    seal(SealOccasion.DEMAND, at=timezone.now())
    page(client, auditor)
    client.force_login(auditor)
    query = f"?about={measure.reference}&who=system&act=%2B&why=test&first=2020-01-01"

    with django_assert_max_num_queries(15):
        client.get(f"{URL}{query}")


def test_what_a_unit_reported_is_told_in_words_and_not_in_codes(auditor):
    changes = {
        "status": ["ongoing", "completed"],
        "contributing_units": [[], ["kulturamt"]],
        "start": [None, "2017-09"],
        "money:2026:Haushalt": [None, "72500"],
    }
    make_confirmation(state=ConfirmationState.RELEASED, result="changed", changes=changes)

    told = {each.label: each.new for each in events(auditor)[0].changes}

    assert told["Gemeldete Änderungen"] == (
        "Status: Laufend → Abgeschlossen; Beginn: … → September 2017; "
        "Mitwirkende Dienststellen: … → kulturamt; Mittel 2026, Haushalt: … → 72.500 €"
    )


def test_an_erasure_is_told_in_words_and_not_in_codes(auditor):
    measure, officer = make_measure(note_de="Ein Name"), make_officer()
    proposal = Proposal([subject_of(Measure, measure.pk, ["note_de"])], Ground.CONSENT_WITHDRAWN, "Auf Antrag")
    proposed = erasure.propose(proposal, actor=officer, at=timezone.now())

    erasing.carry_out(proposed, actor=make_user(Role.DPO), at=timezone.now())

    told = {each.new for row in events(auditor) for each in row.changes}
    assert {
        f"Maßnahme {measure.pk} (Fingerabdruck des Inhalts, Anmerkung)",
        "Maßnahme: 1, im Verlauf 1",
        "Verlauf von: Maßnahme",
    } <= told
    assert not any("commitments" in text for text in told)
