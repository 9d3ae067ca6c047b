"""Whoever asked for documents is told once all of them are ready; of that no document says anything."""

import pytest
from django.core import mail as outbox
from django.utils import timezone, translation

from commitments import jobs
from commitments.models import Job, JobState
from reporting import workflow
from reporting.documents.press import Printed
from reporting.models import EditionState
from reporting.workflow import Wanted
from reviews import handlers
from reviews.models import Mail, MailKind, MailState
from tests.factories import make_approver, make_officer
from tests.reporting.editions import MAIN, make_edition, make_released

pytestmark = pytest.mark.django_db

PLAIN = Wanted("plain", "", "de")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("reporting.printing.print_volume", lambda *args: Printed(b"%PDF-1.7 drawn", 1, 0))


def ask(edition, officer, *wanted):
    return [workflow.ask_for_document(edition, each, actor=officer, at=timezone.now()) for each in wanted]


def told():
    return list(Mail.objects.filter(kind=MailKind.DRAWN))


def test_the_one_who_asked_gets_one_mail_once_all_are_ready():
    edition, officer = make_edition(), make_officer()
    first, second = ask(edition, officer, MAIN, PLAIN)

    jobs.run(str(first.pk))
    in_between = told()
    jobs.run(str(second.pk))

    assert in_between == []
    assert [(row.person, row.address, row.leads_to) for row in told()] == [
        (officer, officer.email, f"/reports/{edition.cycle.year}/{edition.number}/")
    ]


def test_the_documents_of_somebody_else_are_not_waited_for():
    edition, officer, approver = make_edition(), make_officer(), make_approver()
    (own,) = ask(edition, officer, MAIN)
    ask(edition, approver, PLAIN)

    jobs.run(str(own.pk))

    assert [row.person for row in told()] == [officer]


def test_a_release_tells_once_and_not_for_each_volume():
    edition = make_released()

    for job in list(Job.objects.filter(kind=workflow.RENDER_DOCUMENT)):
        jobs.run(str(job.pk))

    assert edition.documents.count() == 12
    assert [row.person for row in told()] == [edition.released_by]


def test_of_two_workers_that_end_together_one_tells():
    """Both documents are stored while both jobs still run."""
    edition, officer = make_edition(), make_officer()
    pair = ask(edition, officer, MAIN, PLAIN)
    Job.objects.filter(pk__in=[job.pk for job in pair]).update(state=JobState.RUNNING)
    for wanted in (MAIN, PLAIN):
        drawn = workflow.Drawn(b"%PDF", 1, EditionState.DRAFT, "0" * 64)
        workflow.add_document(edition, wanted, drawn, actor=officer, at=timezone.now())

    for job in pair:
        workflow.tell_when_ready(edition, job, at=timezone.now())

    assert len(told()) == 1


def test_a_job_that_runs_twice_tells_once():
    edition = make_released()
    job = Job.objects.filter(kind=workflow.RENDER_DOCUMENT)[0]
    Job.objects.filter(kind=workflow.RENDER_DOCUMENT).exclude(pk=job.pk).delete()

    jobs.run(str(job.pk))
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED)
    jobs.run(str(job.pk))

    assert edition.documents.count() == 1
    assert len(told()) == 1


def test_asking_again_tells_again():
    edition, officer = make_edition(), make_officer()
    for _turn in range(2):
        (job,) = ask(edition, officer, MAIN)
        jobs.run(str(job.pk))

    assert len(told()) == 2


@pytest.mark.parametrize(("language", "said"), [("de", "sind fertig"), ("en", "are ready")])
def test_the_mail_leads_to_the_page_and_says_nothing_of_the_content(settings, language, said):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.BASE_URL = "https://rechenschaft.example.org"
    edition, officer = make_edition(), make_officer()
    (job,) = ask(edition, officer, MAIN)
    jobs.run(str(job.pk))
    Mail.objects.update(language=language)

    with translation.override("en"):
        handlers.send_mails({}, jobs.Progress(Job()))

    (sent,) = outbox.outbox
    assert sent.to == [officer.email]
    assert said in sent.subject
    assert f"https://rechenschaft.example.org/reports/{edition.cycle.year}/1/" in sent.body
    assert "Zusage" not in sent.body
    assert Mail.objects.get().state == MailState.SENT
