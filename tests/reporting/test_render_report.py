"""The command and the job draw the same document; what goes wrong is said in a sentence."""

import re
from hashlib import sha256
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from commitments import filestore, jobs
from commitments.models import Job, JobState
from reporting import handlers, workflow
from reporting.content.canonical import from_json
from reporting.documents import press
from reporting.models import EditionState, ReportDocument
from reviews.models import CycleState
from tests.factories import make_city, make_cycle, make_officer
from tests.reporting.editions import MAIN, make_edition, make_frozen_cycle, make_released

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with translation.override("en"):
        yield


def render(output, **options):
    out = StringIO()
    call_command("render_report", cycle=2025, output=output, stdout=out, stderr=out, **options)
    return out.getvalue()


def work_on(edition, wanted=MAIN):
    """The job as the worker does it."""
    job = workflow.ask_for_document(edition, wanted, actor=make_officer(), at=timezone.now())
    jobs.run(str(job.pk))
    job.refresh_from_db()
    return job


@pytest.fixture
def without_pango(monkeypatch):
    """A machine whose libraries for typesetting are missing."""

    def refuse():
        raise press.RenderingUnavailable("Install them: libpango-1.0-0.")

    monkeypatch.setattr(press, "_weasyprint", refuse)


@pytest.mark.slow
def test_command_and_button_make_the_same_bytes(tmp_path):
    edition = make_released()
    work_on(edition)
    output = tmp_path / "report.pdf"

    said = render(output)

    document = ReportDocument.objects.get()
    assert document.edition_state == EditionState.RELEASED
    assert sha256(output.read_bytes()).hexdigest() == document.sha256
    assert document.sha256 in said
    assert edition.content_sha256 in said
    assert re.search(r"\d+ pages in [\d.]+ seconds, at most \d+ MiB", said)


@pytest.mark.slow
def test_a_cycle_without_an_edition_is_drawn_as_a_first_draft(tmp_path):
    make_frozen_cycle()
    output = tmp_path / "report.pdf"

    said = render(output)

    assert output.read_bytes().startswith(b"%PDF")
    assert "Edition 2025/1, Draft" in said
    assert sha256(output.read_bytes()).hexdigest() in said


@pytest.mark.slow
def test_a_second_job_leaves_the_released_document_as_it_is():
    edition = make_released()
    work_on(edition)
    Job.objects.all().delete()

    arguments = {"edition": edition.pk, **MAIN.arguments}
    again = handlers.render_document(arguments, jobs.Progress(Job(asked_by=None)))

    assert again["document"] == ReportDocument.objects.get().pk


@pytest.mark.slow
def test_a_draft_says_so(tmp_path):
    edition = make_edition()

    job = work_on(edition)

    document = ReportDocument.objects.get()
    assert (job.state, job.result["document"]) == (JobState.DONE, document.pk)
    assert document.edition_state == EditionState.DRAFT


@pytest.mark.slow
def test_an_annex_volume_is_drawn_by_its_field(tmp_path):
    make_released()
    output = tmp_path / "annex.pdf"

    render(output, volume="annex", field="partnerships", language="en")

    assert output.read_bytes().startswith(b"%PDF")


@pytest.mark.usefixtures("without_pango")
class TestWithoutPango:
    def test_the_command_says_what_to_install(self, tmp_path):
        make_released()

        with pytest.raises(CommandError, match="libpango"):
            render(tmp_path / "report.pdf")

    def test_the_job_fails_with_that_sentence(self):
        job = work_on(make_released())

        assert job.state == JobState.FAILED
        assert "libpango" in job.error

    def test_nothing_is_left_behind(self, tmp_path):
        edition = make_released()

        work_on(edition)

        assert not ReportDocument.objects.exists()


class TestWrongQuestions:
    def test_a_cycle_that_does_not_exist(self, tmp_path):
        make_city()
        make_cycle(2026)

        with pytest.raises(CommandError, match=r"no review cycle 2025. There are: 2026"):
            render(tmp_path / "report.pdf")

    def test_a_cycle_that_is_only_planned(self, tmp_path):
        make_cycle(2025, CycleState.PLANNED)

        with pytest.raises(CommandError, match="nothing to report"):
            render(tmp_path / "report.pdf")

    def test_a_folder_that_does_not_exist(self, tmp_path):
        with pytest.raises(CommandError, match="There is no folder"):
            render(tmp_path / "nowhere" / "report.pdf")

    def test_a_folder_in_the_place_of_a_file(self, tmp_path):
        with pytest.raises(CommandError, match="is a folder"):
            render(tmp_path)

    def test_a_place_that_cannot_be_written(self, tmp_path, monkeypatch):
        monkeypatch.setattr("os.access", lambda path, mode: False)

        with pytest.raises(CommandError, match="cannot be written"):
            render(tmp_path / "report.pdf")

    def test_an_annex_volume_without_a_field(self, tmp_path):
        make_frozen_cycle()

        with pytest.raises(CommandError, match="--field"):
            render(tmp_path / "report.pdf", volume="annex")

    def test_a_main_volume_with_a_field(self, tmp_path):
        make_frozen_cycle()

        with pytest.raises(CommandError, match="--volume annex"):
            render(tmp_path / "report.pdf", field="europe")


def test_a_stored_content_that_was_altered_is_not_drawn(tmp_path):
    edition = make_released()
    filestore.path_of(edition.content_file).write_bytes(b"{}")

    with pytest.raises(CommandError, match="altered"):
        render(tmp_path / "report.pdf")


def test_a_full_disk_is_the_reason_of_the_failure(monkeypatch):
    edition = make_released()

    def full(data):
        raise ValidationError("The disk is full.")

    monkeypatch.setattr(filestore, "put", full)
    monkeypatch.setattr("reporting.printing.print_main_volume", lambda *args: press.Printed(b"%PDF", 1, 0))

    job = work_on(edition)

    assert (job.state, job.error) == (JobState.FAILED, "The disk is full.")
    assert not ReportDocument.objects.exists()


def test_the_stored_content_can_be_read_back():
    edition = make_released()

    assert from_json(filestore.get(edition.content_file)).cycle.year == edition.cycle.year
