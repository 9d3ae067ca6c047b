"""A worker killed at any point loses nothing, on any broker: with real brokers, real workers and a real SIGKILL."""

from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone

from commitments import jobs
from commitments.models.jobs import Job, JobState
from config.celery import app
from tests import brokers
from tests.machine import needs
from tests.processes import kill, wait_until, worker
from tests.worker import SLOW

BROKERS = [
    pytest.param(brokers.filesystem, id="filesystem"),
    pytest.param(brokers.redis, id="redis", marks=needs("redis-server")),
    pytest.param(brokers.rabbitmq, id="rabbitmq", marks=needs("rabbitmq-server")),
]


@pytest.fixture
def data(tmp_path):
    """The folder that this process and the workers share."""
    folder = tmp_path / "data"
    (folder / "broker" / "messages").mkdir(parents=True)
    (folder / "broker" / "control").mkdir()
    return folder


@pytest.fixture(params=BROKERS)
def broker(request, data):
    """The address of a broker that this process and the workers talk to."""
    with request.param(data) as url:
        options = {}
        if url.startswith("filesystem"):
            messages, control = str(data / "broker" / "messages"), str(data / "broker" / "control")
            options = {"data_folder_in": messages, "data_folder_out": messages, "control_folder": control}
        sender = Celery("sender", broker=url, broker_transport_options=options, set_as_current=False)
        sender.set_current()
        yield url
        sender.close()
        app.set_current()


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_is_taken_up_again(committed_db, broker, data):
    marker = data / "was-here"
    job = jobs.enqueue(SLOW, asked_by=None, to=3, marker=str(marker), hang=True)
    with worker(data, app="tests.worker", CELERY_BROKER_URL=broker) as first:
        wait_until(marker.exists, "the job has begun", data / "worker.log")
        kill(first)
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))  # the lease has run out

    with worker(data, app="tests.worker", CELERY_BROKER_URL=broker):
        jobs.resume()
        wait_until(lambda: Job.objects.get(pk=job.pk).is_over, "the job is over", data / "worker.log")

    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert job.result == {"counted": 3}
    assert job.attempts == 2
