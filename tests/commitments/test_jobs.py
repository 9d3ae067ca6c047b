"""Background work: taken once, cancelled, resumed, and always ended with a reason in words."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from commitments import jobs
from commitments.models import Job, JobState
from tests.factories import make_officer

pytestmark = pytest.mark.django_db
KIND = "test-kind"


@pytest.fixture(autouse=True)
def _own_kinds(monkeypatch):
    """Handlers registered here are gone afterwards."""
    monkeypatch.setattr(jobs, "HANDLERS", {})
    monkeypatch.setattr(jobs, "LONG", set())


def handle(handler):
    """A queued job of a kind that this handler works on."""
    jobs.register(KIND, handler)
    return jobs.enqueue(KIND, asked_by=None)


def nothing(arguments, progress):
    return {}


def abandon(job, attempts=1):
    """Its worker has died: running, with a lease that has run out."""
    gone = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, leased_until=gone, attempts=attempts)


def test_a_job_of_an_unknown_kind_is_refused():
    with pytest.raises(LookupError):
        jobs.enqueue("no such kind", asked_by=None)


def test_the_result_of_a_handler_is_kept():
    job = handle(lambda arguments, progress: {"answer": 42})

    jobs.run(str(job.pk))

    job.refresh_from_db()
    assert (job.state, job.result, job.attempts) == (JobState.DONE, {"answer": 42}, 1)


def test_a_job_is_taken_once():
    calls = []

    def count(arguments, progress):
        calls.append(1)
        return {}

    job = handle(count)

    jobs.run(str(job.pk))
    jobs.run(str(job.pk))

    assert calls == [1]


def test_what_is_short_does_not_wait_behind_what_is_long():
    jobs.register("draw", nothing, is_long=True)
    jobs.register("mail", nothing)
    volumes = [jobs.enqueue("draw", asked_by=None) for _ in range(3)]
    mail = jobs.enqueue("mail", asked_by=None)

    jobs.run(str(volumes[0].pk))

    done = Job.objects.filter(state=JobState.DONE)
    assert [job.pk for job in done] == [mail.pk]


def test_a_job_that_was_passed_over_is_done_by_the_message_of_the_one_that_went_first():
    jobs.register("draw", nothing, is_long=True)
    jobs.register("mail", nothing)
    volume, mail = jobs.enqueue("draw", asked_by=None), jobs.enqueue("mail", asked_by=None)

    jobs.run(str(volume.pk))
    jobs.run(str(mail.pk))

    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}


def test_of_two_jobs_alike_the_one_is_taken_that_the_message_names():
    first, second = handle(nothing), jobs.enqueue(KIND, asked_by=None)

    jobs.run(str(second.pk))

    second.refresh_from_db()
    first.refresh_from_db()
    assert (first.state, second.state) == (JobState.QUEUED, JobState.DONE)


def test_a_job_that_runs_is_not_taken_by_another_worker():
    calls = []

    def once_more(arguments, progress):
        calls.append(1)
        jobs.run(str(progress.job.pk))
        return {}

    job = handle(once_more)

    jobs.run(str(job.pk))

    assert calls == [1]


def test_a_broken_rule_is_the_reason_of_the_failure():
    def refuse(arguments, progress):
        raise ValidationError("The disk is full.")

    job = handle(refuse)

    jobs.run(str(job.pk))

    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The disk is full.")


def test_something_unexpected_fails_in_words_and_is_raised_for_the_log():
    job = handle(lambda arguments, progress: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        jobs.run(str(job.pk))

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error
    assert "ZeroDivision" not in job.error


def test_a_queued_job_can_be_cancelled():
    job = handle(nothing)

    assert jobs.cancel(job)
    jobs.run(str(job.pk))

    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.CANCELLED, 0)


def test_a_running_job_that_is_cancelled_stops_at_its_next_report():
    def cancelled_meanwhile(arguments, progress):
        jobs.cancel(progress.job)
        progress._renewed -= timedelta(hours=1)
        progress(1, 2)
        raise AssertionError("went on")

    job = handle(cancelled_meanwhile)

    jobs.run(str(job.pk))

    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_what_is_over_cannot_be_cancelled():
    job = handle(nothing)
    jobs.run(str(job.pk))

    assert not jobs.cancel(job)


def test_progress_is_seen_while_the_job_runs():
    seen = []

    def count(arguments, progress):
        progress(3, 10, "Three of ten")
        seen.append(jobs.with_progress(Job.objects.get()).as_progress())
        return {}

    jobs.run(str(handle(count).pk))

    assert seen == [{"done": 3, "total": 10, "message": "Three of ten"}]


def test_the_last_progress_is_kept_with_the_job():
    def count(arguments, progress):
        progress(10, 10, "All of them")
        return {}

    job = handle(count)
    jobs.run(str(job.pk))

    job.refresh_from_db()
    assert job.as_progress() == {"done": 10, "total": 10, "message": "All of them"}


def test_a_job_whose_worker_is_gone_is_sent_again():
    job = handle(nothing)
    abandon(job)

    jobs.resume()

    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_a_job_that_was_never_started_is_sent_again():
    job = handle(nothing)
    Job.objects.update(sent_at=timezone.now() - timedelta(hours=1))

    assert jobs.resume() == 1

    job.refresh_from_db()
    assert timezone.now() - job.sent_at < timedelta(minutes=1)


def test_a_job_that_runs_is_left_alone():
    job = handle(nothing)
    Job.objects.update(state=JobState.RUNNING, leased_until=timezone.now() + timedelta(minutes=1))

    assert jobs.resume() == 0

    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_a_job_whose_workers_keep_dying_is_given_up_with_a_sentence():
    job = handle(nothing)
    abandon(job, attempts=jobs.ATTEMPTS)

    jobs.resume()

    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert str(jobs.ATTEMPTS) in job.error


@pytest.mark.parametrize("attempts", [1, jobs.ATTEMPTS])
def test_what_ended_while_others_were_sent_again_stays_as_it_ended(monkeypatch, attempts):
    later, sooner = handle(nothing), handle(nothing)
    abandon(later, attempts)
    abandon(sooner)

    def end_the_other(job):
        Job.objects.filter(pk=later.pk).update(state=JobState.CANCELLED, leased_until=None)

    monkeypatch.setattr(jobs, "send", end_the_other)

    assert jobs.resume() == 1

    later.refresh_from_db()
    assert later.state == JobState.CANCELLED


def test_a_worker_that_lost_its_job_leaves_no_trace():
    def lost_meanwhile(arguments, progress):
        abandon(progress.job)
        jobs.resume()
        progress._renewed -= timedelta(hours=1)
        progress(1, 2)
        raise AssertionError("went on")

    job = handle(lost_meanwhile)

    jobs.run(str(job.pk))

    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_one_sees_one_s_own_jobs():
    officer = make_officer()
    jobs.register(KIND, nothing)
    job = jobs.enqueue(KIND, asked_by=officer)

    assert list(Job.objects.visible_to(officer)) == [job]
