"""What a unit says on its promises, and what the officer makes of it; and objections after the freeze."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import Evidence, Role
from reviews.models import ConfirmationState, CycleState, Dissent, FollowUpReport, FollowUpState, ReportKind
from reviews.workflow import assessments
from reviews.workflow import follow_ups as workflow
from reviews.workflow.follow_ups import Report
from tests.factories import (
    make_assessment,
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_evidence,
    make_follow_up,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now


def days(count):
    return timezone.localdate() + timedelta(days=count)


def address(promise, name="follow-up-report"):
    return reverse(f"reviews:{name}", args=[promise.pk])


@pytest.fixture
def unit():
    return make_unit()


@pytest.fixture
def contact(unit):
    return make_user(Role.CONTACT, unit)


@pytest.fixture
def promise(unit):
    return make_follow_up(unit=unit)


def insert(row):
    """Past every check in Python."""
    QuerySet(type(row)).bulk_create([row])


def freeze(cycle, state=CycleState.FROZEN):
    cycle.state, cycle.frozen_at = state, NOW()
    save_as(cycle, actor=None, reason="Eingefroren", at=NOW())


def test_a_unit_reports_how_far_it_is_and_the_promise_stays_open(promise, contact):
    signed_in(contact).post(address(promise), {"kind": "progress", "text_de": "Der Entwurf liegt vor."})

    said = FollowUpReport.objects.get()
    promise.refresh_from_db()
    assert (said.follow_up, said.kind, said.author) == (promise, ReportKind.PROGRESS, contact)
    assert promise.state == FollowUpState.OPEN


def test_done_is_said_with_what_shows_it(promise, contact):
    client = signed_in(contact)

    refused = client.post(address(promise), {"kind": "done", "text_de": "Erledigt."})
    link = {"url": "https://example.org/bericht", "title": "Bericht", "protection": "public"}
    client.post(address(promise), {"kind": "done", "text_de": "Erledigt."} | link)

    said = FollowUpReport.objects.get()
    assert refused.context["form"].errors.keys() == {"evidence"}
    assert said.evidence == Evidence.objects.get(url=link["url"])
    assert said.evidence.commitment == promise.commitment


def test_evidence_of_the_register_is_chosen_where_it_concerns_the_promise(promise, contact, unit):
    measure = make_measure(unit)
    make_link(measure, promise.commitment)
    own, other = make_evidence(measure), make_evidence()
    client = signed_in(contact)

    refused = client.post(address(promise), {"kind": "done", "text_de": "Erledigt.", "evidence": other.pk})
    client.post(address(promise), {"kind": "done", "text_de": "Erledigt.", "evidence": own.pk})

    assert refused.context["form"].errors.keys() == {"evidence"}
    assert FollowUpReport.objects.get().evidence == own


def test_a_deputys_report_names_both(promise, contact, unit):
    deputy = make_user()
    make_assignment(deputy, Role.CONTACT, unit, acting_for=contact)

    said = workflow.report(promise, Report(ReportKind.PROGRESS, "Läuft."), actor=deputy, at=NOW())

    assert (said.author, said.author_for) == (deputy, contact)


def test_another_unit_and_the_other_key_do_not_report(promise, unit):
    for actor in (make_user(Role.CONTACT), make_user(Role.RELEASER, unit), make_officer()):
        with pytest.raises(PermissionDenied):
            workflow.report(promise, Report(ReportKind.PROGRESS, "Läuft."), actor=actor, at=NOW())


@pytest.mark.parametrize("state", [FollowUpState.DONE, FollowUpState.DROPPED, FollowUpState.DECLINED])
def test_on_a_settled_promise_nothing_is_reported(contact, unit, state):
    promise = make_follow_up(unit=unit, state=state, result_de="Erledigt.")

    with pytest.raises(ValidationError):
        workflow.report(promise, Report(ReportKind.PROGRESS, "Läuft."), actor=contact, at=NOW())


def test_a_report_is_never_edited(promise, contact):
    workflow.report(promise, Report(ReportKind.PROGRESS, "Läuft."), actor=contact, at=NOW())

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reviews_followupreport SET text_de = 'anders'")


def test_the_reason_for_declining_stays_when_the_officer_keeps_it_open(promise, contact):
    workflow.decline(promise, "Die Mittel fehlen.", actor=contact, at=NOW())

    kept = workflow.put_off(promise, days(90), "Die Mittel kommen 2027.", actor=make_officer(), at=NOW())

    assert (kept.state, kept.due_on, kept.result_de, kept.closed_at) == (FollowUpState.OPEN, days(90), "", None)
    assert FollowUpReport.objects.get().text_de == "Die Mittel fehlen."
    assert kept.history.latest().history_change_reason == "Die Mittel kommen 2027."


def test_a_new_day_lies_ahead_and_is_another_one(promise):
    for day in (days(-1), promise.due_on):
        with pytest.raises(ValidationError) as error:
            workflow.put_off(promise, day, "Später.", actor=make_officer(), at=NOW())
        assert "due_on" in error.value.message_dict


def test_a_promise_that_was_kept_is_not_put_off():
    promise = make_follow_up(state=FollowUpState.DONE, result_de="Erledigt.")

    with pytest.raises(ValidationError):
        workflow.put_off(promise, days(90), "Später.", actor=make_officer(), at=NOW())


def test_only_the_officer_puts_off(promise, contact):
    assert signed_in(contact).get(address(promise, "follow-up-put-off")).status_code == 403
    assert signed_in(make_user(Role.CONTACT)).get(address(promise, "follow-up-put-off")).status_code == 404


def test_the_officer_finds_what_units_said_until_it_is_decided(promise, contact):
    officer = make_officer()
    page = reverse("reviews:follow-up-list")
    client = signed_in(officer)
    workflow.report(promise, Report(ReportKind.PROGRESS, "Läuft."), actor=contact, at=NOW())
    early = list(client.get(page, {"state": "said"}).context["page"])
    evidence = make_evidence(promise.commitment)
    workflow.report(promise, Report(ReportKind.DONE, "Fertig.", evidence=evidence), actor=contact, at=NOW())
    said = list(client.get(page, {"state": "said"}).context["page"])
    workflow.put_off(promise, days(90), "Der Nachweis reicht nicht.", actor=officer, at=NOW())

    assert (early, said) == ([], [promise])
    assert list(client.get(page, {"state": "said"}).context["page"]) == []


def test_first_pages_name_overdue_promises_and_what_units_said(unit, contact):
    cycle = make_cycle()
    make_follow_up(cycle, unit=unit, due_on=days(-9))
    workflow.decline(make_follow_up(cycle, unit=unit), "Die Mittel fehlen.", actor=contact, at=NOW())

    own = signed_in(contact).get("/").context["unit"]
    officers = signed_in(make_officer()).get("/").context["officer"]

    assert [task.url for task in own.tasks] == ["#promised"]
    assert [task.url for task in officers.tasks if "follow" in task.url or "#" in task.url][:2] == [
        "#overdue",
        f"{reverse('reviews:follow-up-list')}?state=said",
    ]
    assert len(officers.overdue) == 1


def test_a_round_opens_with_the_promises_of_earlier_ones(unit):
    before, now = make_cycle(2025), make_cycle(2026, CycleState.PLANNED)
    owed = make_follow_up(before, unit=unit, due_on=days(-9))
    make_follow_up(before, unit=unit, state=FollowUpState.DONE, result_de="Erledigt.")
    make_follow_up(now, unit=unit)
    page = reverse("reviews:carried-over", args=[2026])

    assert signed_in(make_officer()).get(page).context["promises"] == [owed]
    assert signed_in(make_user(Role.CONTACT, unit)).get(page).status_code == 403


def test_only_the_unit_and_those_who_see_all_read_its_reports(promise, contact):
    freeze(promise.cycle, CycleState.CLOSED)
    workflow.report(promise, Report(ReportKind.PROGRESS, "Nur für uns."), actor=contact, at=NOW())
    page = address(promise, "follow-up")

    texts = {
        name: signed_in(user).get(page).content.decode()
        for name, user in {"own": contact, "officer": make_officer(), "other": make_user(Role.CONTACT)}.items()
    }

    assert [name for name, text in texts.items() if "Nur für uns." in text] == ["own", "officer"]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_pages_of_a_promise_ask_few_questions_in_both_languages(promise, contact, language):
    for _ in range(3):
        workflow.report(promise, Report(ReportKind.PROGRESS, "Läuft."), actor=contact, at=NOW())
    headers = {"accept-language": language}

    assert signed_in(contact).get(address(promise), headers=headers).status_code == 200
    assert signed_in(make_officer()).get(address(promise, "follow-up-put-off"), headers=headers).status_code == 200
    assert queries(make_officer(), address(promise, "follow-up")) <= MOST_QUERIES


# Objections


@pytest.fixture
def asked(unit):
    """A released answer on a measure that serves a commitment under review."""
    cycle, measure, commitment = make_cycle(), make_measure(unit), make_commitment()
    make_link(measure, commitment)
    make_assessment(cycle, commitment)
    return make_confirmation(cycle, measure, unit, ConfirmationState.RELEASED)


def test_after_the_freeze_a_unit_objects_instead_of_withdrawing(asked, unit, contact):
    freeze(asked.cycle)
    page = reverse("reviews:object", args=[asked.pk])
    client = signed_in(contact)
    assessment = asked.cycle.assessments.get()

    shown = client.get(reverse("reviews:confirm", args=[asked.cycle.year, unit.key])).content.decode()
    withdrawn = client.post(reverse("reviews:withdraw", args=[asked.pk]), {"reason": "Die Zahl war falsch."})
    refused = client.post(page, {"assessment": assessment.pk, "text_de": ""})
    client.post(page, {"assessment": assessment.pk, "text_de": "Die Zahl war falsch."})

    asked.refresh_from_db()
    dissent = Dissent.objects.get()
    assert page in shown
    assert asked.state == "released"
    assert withdrawn.context["form"].errors
    assert refused.context["form"].errors.keys() == {"text_de"}
    assert (dissent.unit, dissent.assessment, dissent.text_de) == (unit, assessment, "Die Zahl war falsch.")


def test_an_objection_of_a_frozen_round_is_added_but_never_changed(asked, contact):
    freeze(asked.cycle)
    assessments.add_dissent(asked.cycle.assessments.get(), asked.unit, "Nein.", actor=contact, at=NOW())

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reviews_dissent SET text_de = 'Ja.'")


def test_after_the_release_an_objection_is_refused_with_a_sentence(asked, contact):
    freeze(asked.cycle, CycleState.CLOSED)
    assessment = asked.cycle.assessments.get()
    page = reverse("reviews:object", args=[asked.pk])

    answer = signed_in(contact).post(page, {"assessment": assessment.pk, "text_de": "Nein."})

    assert answer.status_code == 200
    assert "2026" in str(answer.context["form"].errors)
    assert not Dissent.objects.exists()
    late = Dissent(cycle=asked.cycle, assessment=assessment, unit=asked.unit, text_de="Nein.", stated_on=days(0))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(late)


def test_before_the_freeze_the_way_is_to_withdraw(asked, contact):
    answer = signed_in(contact).get(reverse("reviews:object", args=[asked.pk]), follow=True)

    assert answer.redirect_chain[0][0].endswith(f"#answer-{asked.pk}")


def test_only_the_units_contact_objects(asked, unit):
    freeze(asked.cycle)
    page = reverse("reviews:object", args=[asked.pk])

    assert signed_in(make_user(Role.RELEASER, unit)).get(page).status_code == 403
    assert signed_in(make_user(Role.CONTACT)).get(page).status_code == 404
    assert signed_in(make_officer()).get(page).status_code == 403
    assert signed_in(make_user(Role.COUNCIL)).get(page).status_code == 404


def test_a_unit_objects_once_to_a_verdict(asked, contact):
    freeze(asked.cycle)
    client, page = signed_in(contact), reverse("reviews:object", args=[asked.pk])
    sent = {"assessment": asked.cycle.assessments.get().pk, "text_de": "Nein."}

    client.post(page, sent)
    again = client.post(page, sent)

    assert again.status_code == 200
    assert Dissent.objects.count() == 1
