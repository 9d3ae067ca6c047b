"""A worker killed while it draws a report loses nothing: a real worker, a real document, a real SIGKILL."""

from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone

from commitments import filestore, jobs
from commitments.models import Job, JobState
from config.celery import app
from reporting import workflow
from reporting.models import EditionState, ReportDocument
from reporting.workflow import Wanted
from tests.factories import make_approver
from tests.processes import kill, wait_until, worker
from tests.reporting.editions import MAIN, make_released


@pytest.fixture
def data(tmp_path, settings):
    """The folder that this process and the workers share, with a broker of files in it."""
    folder = tmp_path / "data"
    messages, control = folder / "broker" / "messages", folder / "broker" / "control"
    for each in (messages, control, folder / "cache"):
        each.mkdir(parents=True)
    settings.DATA_DIR = folder
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": str(folder / "cache")},
    }
    options = {"data_folder_in": str(messages), "data_folder_out": str(messages), "control_folder": str(control)}
    url = "filesystem://localhost//"
    sender = Celery("sender", broker=url, broker_transport_options=options, set_as_current=False)
    sender.set_current()
    yield folder
    sender.close()
    app.set_current()


def progress_of(job):
    return jobs.with_progress(Job.objects.get(pk=job.pk)).done


@pytest.mark.slow
@pytest.mark.parametrize("share", [10, 50, 80], ids=["at 10 per cent", "at 50 per cent", "while the file is written"])
def test_a_report_whose_worker_is_killed_is_drawn_once(committed_db, data, share):
    edition = make_released()
    Job.objects.all().delete()
    job = workflow.ask_for_document(edition, MAIN, actor=make_approver(), at=timezone.now())

    with worker(data) as first:
        wait_until(lambda: progress_of(job) >= share, "the report is being drawn", data / "worker.log")
        kill(first)
    assert Job.objects.get(pk=job.pk).state == JobState.RUNNING
    assert not ReportDocument.objects.exists()

    Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))  # the lease has run out
    with worker(data):
        jobs.resume()
        wait_until(lambda: Job.objects.get(pk=job.pk).is_over, "the report is drawn", data / "worker.log")

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error) == (JobState.DONE, 2, "")
    document = ReportDocument.objects.get()
    assert document.edition_state == EditionState.RELEASED
    assert filestore.get(document.sha256).startswith(b"%PDF")


@pytest.mark.slow
def test_two_volumes_are_drawn_at_the_same_time_on_two_workers(committed_db, data):
    edition = make_released()
    Job.objects.all().delete()
    pair = [
        workflow.ask_for_document(edition, wanted, actor=make_approver(), at=timezone.now())
        for wanted in (MAIN, Wanted("main", "", "en"))
    ]
    keys = [job.pk for job in pair]

    def both(state):
        return Job.objects.filter(pk__in=keys, state=state).count() == len(keys)

    with worker(data), worker(data):
        wait_until(lambda: both(JobState.RUNNING), "both are being drawn", data / "worker.log")
        wait_until(lambda: both(JobState.DONE), "both are drawn", data / "worker.log")

    assert set(Job.objects.filter(pk__in=keys).values_list("attempts", "error")) == {(1, "")}
    assert sorted(ReportDocument.objects.values_list("language", flat=True)) == ["de", "en"]


@pytest.mark.slow
def test_a_report_that_was_drawn_before_its_worker_could_say_so_is_not_drawn_again(committed_db, data):
    edition = make_released()
    Job.objects.all().delete()
    job = workflow.ask_for_document(edition, MAIN, actor=make_approver(), at=timezone.now())
    with worker(data):
        wait_until(lambda: Job.objects.get(pk=job.pk).is_over, "the report is drawn", data / "worker.log")
    document = ReportDocument.objects.get()

    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, leased_until=timezone.now() - timedelta(seconds=1))
    with worker(data):
        jobs.resume()
        wait_until(lambda: Job.objects.get(pk=job.pk).is_over, "the job is over", data / "worker.log")

    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert job.result["document"] == document.pk
    assert ReportDocument.objects.count() == 1
