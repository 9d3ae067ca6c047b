"""A worker killed while it opens a large cycle: a real worker, a real SIGKILL; nothing doubled, nothing lost.

The opening is one transaction: whatever a killed worker had written of 10,000 requests is gone with it.
"""

import time
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.utils import timezone

from commitments import jobs
from commitments.jobs import enqueue
from commitments.ledger import save_all_as
from commitments.models import FieldOfAction, Job, JobState, Measure, MeasureStatus, MeasureUnit, Part
from config.celery import app
from reviews.handlers import OPEN_CYCLE
from reviews.models import Assessment, Confirmation, CycleState, Mail, ReviewCycle
from tests.factories import make_commitment, make_cycle, make_officer, make_unit
from tests.processes import kill, wait_until, worker

REQUESTS = 10_000
A_MOMENT = 1.5
"""Seconds in which the worker is well into the opening and far from its end."""


@pytest.fixture
def data(tmp_path, settings):
    """The folder that this process and the workers share, with a broker of files in it."""
    folder = tmp_path / "data"
    messages, control = folder / "broker" / "messages", folder / "broker" / "control"
    for each in (messages, control, folder / "cache"):
        each.mkdir(parents=True)
    settings.DATA_DIR = folder
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": str(folder / "cache")}}
    options = {"data_folder_in": str(messages), "data_folder_out": str(messages), "control_folder": str(control)}
    sender = Celery("sender", broker="filesystem://localhost//", broker_transport_options=options, set_as_current=False)
    sender.set_current()
    yield folder
    sender.close()
    app.set_current()


def many_measures():
    """Measures of three units, each led by one of them."""
    units = [make_unit(email=f"amt-{number}@example.org") for number in range(3)]
    said: dict[str, Any] = {"actor": None, "reason": "Made for a test", "at": timezone.now()}
    measures = [
        Measure(
            key=f"m-{number}",
            reference=f"M-{number:05}",
            title_de=f"Maßnahme {number}",
            field=FieldOfAction.EUROPE,
            status=MeasureStatus.ONGOING,
            accepted_on=timezone.localdate(),
            fingerprint="0" * 64,
        )
        for number in range(REQUESTS)
    ]
    save_all_as(measures, **said)
    parts = [MeasureUnit(measure=row, unit=units[number % 3], part=Part.LEAD) for number, row in enumerate(measures)]
    save_all_as(parts, **said)


@pytest.mark.slow
def test_a_cycle_whose_worker_is_killed_while_opening_it_is_opened_once(committed_db, data):
    many_measures()
    make_commitment()
    cycle, officer = make_cycle(state=CycleState.PLANNED), make_officer()
    job = enqueue(OPEN_CYCLE, asked_by=officer, cycle=cycle.pk, actor=officer.pk)

    with worker(data) as first:
        wait_until(lambda: Job.objects.get(pk=job.pk).state == JobState.RUNNING, "it runs", data / "worker.log")
        time.sleep(A_MOMENT)
        kill(first)
    assert Job.objects.get(pk=job.pk).state == JobState.RUNNING
    assert ReviewCycle.objects.get().state == CycleState.PLANNED
    assert not Confirmation.objects.exists()
    assert not Mail.objects.exists()

    Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - timedelta(seconds=1))  # the lease has run out
    with worker(data):
        jobs.resume()
        wait_until(lambda: Job.objects.get(pk=job.pk).is_over, "the cycle is open", data / "worker.log")

    job.refresh_from_db()
    asked = Confirmation.objects.values_list("unit", "measure", "commitment")
    assert (job.state, job.attempts, job.error) == (JobState.DONE, 2, "")
    assert ReviewCycle.objects.get().state == CycleState.OPEN
    assert len(asked) == len(set(asked)) == REQUESTS + 1  # and the commitment without a measure
    assert Confirmation.history.count() == REQUESTS + 1
    assert Assessment.objects.count() == 1
    assert Mail.objects.exclude(address="").count() == 3
