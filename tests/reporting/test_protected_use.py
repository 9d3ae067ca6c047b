"""Giving, using and ending the right to protected content stand in the ledger; what was read is told to nobody else."""

import pytest
from django.utils import timezone

from commitments.models import (
    Job,
    JobState,
    ProtectedAccess,
    ProtectedUse,
    Protection,
    Role,
    User,
)
from commitments.tracking import history_model
from commitments.workflow import access
from commitments.workflow.evidence import note_reading
from reviews.models import Mail, MailKind
from tests.commitments.pages import MOST_QUERIES, cost, make_trusted, text
from tests.factories import (
    make_commitment,
    make_cycle,
    make_evidence,
    make_measure,
    make_partnership,
    make_user,
)

pytestmark = pytest.mark.django_db

NOW, TODAY = timezone.now, timezone.localdate
NAME = "Frau Amira Beispiel"


@pytest.fixture
def officer() -> User:
    return make_user(Role.OFFICER)


@pytest.fixture
def dpo() -> User:
    return make_user(Role.DPO)


class TestUseOfTheRight:
    def test_a_page_with_the_right_is_noted_once_a_day_and_each_row_once(self):
        row = make_measure(protection=Protection.PROTECTED)
        reader = make_trusted()

        for _again in range(2):
            text(reader, "commitments:measure-list")
            text(reader, "commitments:measure", row.reference)

        noted = ProtectedUse.objects.order_by("pk")
        assert [(each.reader, each.measure_id) for each in noted] == [(reader, None), (reader, row.pk)]
        assert history_model(ProtectedUse).objects.count() == 2

    def test_rows_that_are_not_protected_and_people_without_the_right_leave_no_trace(self, officer):
        row = make_measure()

        text(officer, "commitments:measure", row.reference)
        text(make_trusted(), "commitments:measure", row.reference)

        assert not ProtectedUse.objects.exclude(measure=None).exists()
        assert not ProtectedUse.objects.filter(reader=officer).exists()

    @pytest.mark.parametrize("kind", ["commitment", "engagement"])
    def test_the_pages_of_commitments_and_engagements_are_noted_too(self, kind):
        reader = make_trusted()
        if kind == "commitment":
            number = (row := make_commitment(protection=Protection.PROTECTED)).pk
            text(reader, "reporting:commitment", row.reference)
        else:
            number = (project := make_partnership(protection=Protection.PROTECTED)).pk
            text(reader, "commitments:engagement", project.key)

        assert getattr(ProtectedUse.objects.exclude(**{kind: None}).get(), f"{kind}_id") == number

    def test_rule_10_what_was_read_is_shown_to_nobody_without_the_right(self, officer):
        row = make_measure(protection=Protection.PROTECTED, title_de="Geheimer Ort")
        reader = make_trusted()
        text(reader, "commitments:measure", row.reference)

        page = text(officer, "reporting:audit", kind="protecteduse")

        assert "Geheimer Ort" not in page
        assert row.reference not in page
        assert "Geheimer Ort" in text(reader, "reporting:audit", kind="protecteduse")

    def test_it_is_noted_in_few_queries(self):
        row = make_measure(protection=Protection.PROTECTED)
        reader = make_trusted()
        text(reader, "commitments:measure", row.reference)

        assert cost(reader, "commitments:measure", row.reference) <= MOST_QUERIES

    def test_giving_using_and_ending_the_right_stand_in_the_ledger(self, officer, dpo):
        reader = make_user(Role.APPROVER)
        right = access.give_access(reader, TODAY(), TODAY(), actor=officer, at=NOW(), reason="Prüfung des Falls")
        access.sign_access(right, actor=dpo, at=NOW())
        evidence = make_evidence(make_measure(protection=Protection.PROTECTED))
        note_reading(evidence, actor=reader, at=NOW())
        text(User.objects.get(pk=reader.pk), "commitments:measure-list")
        access.end_access(right, actor=dpo, at=NOW(), reason="Der Fall ist geprüft")

        rows = list(history_model(ProtectedAccess).objects.order_by("history_id"))
        assert [row.history_user_id for row in rows] == [officer.pk, dpo.pk, dpo.pk]
        assert rows[-1].history_change_reason == "Der Fall ist geprüft"
        assert history_model(ProtectedUse).objects.get().reader_id == reader.pk
        assert history_model(type(evidence.reads.get())).objects.get().reader_id == reader.pk


def test_rule_10_a_job_quotes_nothing_to_one_who_may_see_less_than_its_asker(officer):
    asker = make_trusted()
    failed = Job.objects.create(
        kind="apply-import",
        asked_by=asker,
        state=JobState.FAILED,
        error="“Geheimer Ort” steht doppelt",
        message="Geheimer Ort",
        asked_at=NOW(),
        sent_at=NOW(),
    )

    assert "Geheimer Ort" not in text(officer, "commitments:job", failed.pk)
    assert "Geheimer Ort" in text(asker, "commitments:job", failed.pk)
    assert "Geheimer Ort" in text(make_trusted(), "commitments:job", failed.pk)


def test_rule_10_the_log_of_mails_counts_nothing_protected_for_one_without_the_right(officer):
    trusted = make_trusted(Role.APPROVER)
    mail = Mail.objects.create(
        cycle=make_cycle(),
        kind=MailKind.REQUEST,
        on=TODAY(),
        address=trusted.email,
        person=trusted,
        subject="Bitte bestätigen Sie",
        text="Es sind 17 Angaben offen.",
    )

    assert "17 Angaben" not in text(officer, "reviews:mail", mail.pk)
    assert "17 Angaben" in text(make_trusted(), "reviews:mail", mail.pk)
