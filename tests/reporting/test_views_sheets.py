"""Sheets as pages: who may ask for which, what becomes of the file, and the same by command."""

import os
import re
from datetime import timedelta
from io import StringIO

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone, translation

from commitments import filestore, jobs
from commitments.ledger import save_as
from commitments.models import Erasure, Job, JobState, Protection, Role, Transfer
from reporting import erasing, handlers
from reporting.models import EditionState
from reporting.sheets import keeping
from reporting.sheets.registry import KINDS
from tests.commitments.pages import make_trusted
from tests.factories import make_officer, make_unit, make_user
from tests.reporting.editions import make_edition
from tests.reporting.sheet_worlds import make_world, release
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

OF_ALL = (Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.COUNCIL)
OF_UNITS = (Role.CONTACT, Role.RELEASER)
OF_NONE = (Role.DPO, Role.ADMINISTRATOR)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with translation.override("en"):
        yield


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def edition(world):
    return release(world)


def address(edition, *more):
    return reverse(
        "reporting:sheet-ask" if more else "reporting:sheets", args=[edition.cycle.year, edition.number, *more]
    )


def ask(user, edition, kind="unit", **data):
    said = {"subject": "jugend", "language": "de"} | data
    return signed_in(user).post(address(edition, kind), said)


def worked_on():
    job = Job.objects.get(kind=keeping.KIND)
    jobs.run(str(job.pk))
    job.refresh_from_db()
    return job


class TestWhoMayAsk:
    @pytest.mark.parametrize("role", OF_ALL)
    def test_those_who_take_out_data_have_every_sheet(self, edition, role):
        user = make_user(role)

        page = signed_in(user).get(address(edition)).content.decode()
        answer = ask(user, edition, "commitment", subject="K-001")

        assert all(f"/sheets/{kind}/" in page for kind in KINDS)
        assert answer["Location"] == f"{address(edition)}#files"
        assert Job.objects.filter(kind=keeping.KIND, asked_by=user, arguments__subject="K-001").exists()

    @pytest.mark.parametrize("role", OF_UNITS)
    def test_a_unit_has_its_own_sheet(self, world, edition, role):
        assert ask(make_user(role, world.unit), edition).status_code == 302

    @pytest.mark.parametrize("role", OF_UNITS)
    def test_a_unit_has_no_other_sheet(self, edition, role):
        user = make_user(role, make_unit(key="planung"))

        page = signed_in(user).get(address(edition)).content.decode()

        assert ask(user, edition).status_code == 403
        assert ask(user, edition, "commitment", subject="K-001").status_code == 403
        assert "/sheets/commitment/" not in page
        assert 'value="jugend"' not in page
        assert not Job.objects.filter(kind=keeping.KIND).exists()

    @pytest.mark.parametrize("role", OF_NONE)
    def test_who_has_no_part_in_content_has_none(self, edition, role):
        user = make_user(role)

        assert signed_in(user).get(address(edition)).status_code == 403
        assert ask(user, edition).status_code == 403
        assert "/sheets/" not in signed_in(user).get(f"/reports/{edition.cycle.year}/1/").content.decode()

    def test_the_page_of_the_edition_leads_there(self, edition):
        assert address(edition) in signed_in(make_officer()).get(f"/reports/{edition.cycle.year}/1/").content.decode()

    def test_a_draft_has_no_sheets(self, world):
        draft = make_edition(world.cycle)

        assert signed_in(make_officer()).get(address(draft)).status_code == 404
        assert ask(make_officer(), draft).status_code == 404

    def test_a_superseded_edition_keeps_its_sheets(self, edition):
        edition.state = EditionState.SUPERSEDED
        save_as(edition, actor=None, reason="Ersetzt", at=timezone.now())

        assert ask(make_officer(), edition).status_code == 302


class TestHostileRequests:
    @pytest.mark.parametrize("subject", ["", "nobody", "../../etc/passwd", "K-001", "x" * 5000, "<b>"])
    def test_an_unknown_subject_is_not_found_and_says_so(self, edition, subject):
        answer = ask(make_officer(), edition, subject=subject)

        assert answer.status_code == 404
        assert "Dieser Bericht enthält nichts mit dem Namen" in answer.content.decode()
        assert "<b>“" not in answer.content.decode()

    def test_a_unit_of_another_edition_is_not_found(self, edition):
        make_unit(key="later")

        assert ask(make_officer(), edition, subject="later").status_code == 404

    @pytest.mark.parametrize("kind", ["poem", "unit2", "main-de"])
    def test_an_unknown_kind_is_not_found(self, edition, kind):
        assert ask(make_officer(), edition, kind).status_code == 404

    @pytest.mark.parametrize("data", [{"language": "fr"}, {"language": ""}])
    def test_a_wrong_choice_is_said_on_the_page(self, edition, data):
        answer = ask(make_officer(), edition, **data)

        assert answer.status_code == 400
        assert "error-summary" in answer.content.decode() or "kern-error" in answer.content.decode()
        assert not Job.objects.filter(kind=keeping.KIND).exists()

    def test_asking_is_a_post(self, edition):
        assert signed_in(make_officer()).get(address(edition, "unit")).status_code == 405


class TestTheFile:
    @pytest.mark.slow
    def test_it_is_drawn_kept_and_handed_to_the_one_who_asked(self, edition):
        officer = make_officer()
        ask(officer, edition)

        job = worked_on()

        assert job.state == JobState.DONE, job.error
        answer = signed_in(officer).get(job.result["url"])
        data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert answer["Content-Type"] == "application/pdf"
        assert 'filename="unit-jugend-2025-1-de.pdf"' in answer["Content-Disposition"]
        assert data.startswith(b"%PDF")
        assert signed_in(make_officer()).get(job.result["url"]).status_code == 404
        noted = Transfer.objects.get(subject="sheets")
        assert (noted.by, noted.size) == (officer, len(data))
        assert job.result["url"] in signed_in(officer).get(address(edition)).content.decode()

    @pytest.mark.slow
    def test_a_second_run_finds_it_drawn(self, edition):
        ask(make_officer(), edition)
        job = worked_on()

        handlers.render_sheet(job.arguments, jobs.Progress(job))

        assert Transfer.objects.filter(subject="sheets").count() == 1

    @pytest.mark.slow
    def test_it_is_removed_after_a_day(self, edition):
        officer = make_officer()
        ask(officer, edition)
        job = worked_on()
        old = (timezone.now() - timedelta(days=1, minutes=1)).timestamp()
        os.utime(keeping.path_of(job), (old, old))

        handlers.expire_exports({}, jobs.Progress(job))

        assert signed_in(officer).get(job.result["url"]).status_code == 404
        assert "nach einem Tag entfernt" in signed_in(officer).get(address(edition)).content.decode()

    @pytest.mark.slow
    def test_it_is_not_handed_out_once_the_edition_holds_what_is_protected(self, world, edition):
        officer, trusted = make_officer(), make_trusted()
        ask(officer, edition)
        url = worked_on().result["url"]
        world.measure.protection = Protection.PROTECTED
        save_as(world.measure, actor=None, reason="Geschützt", at=timezone.now())

        assert signed_in(officer).get(url).status_code == 403
        assert signed_in(officer).get(address(edition)).status_code == 403
        assert ask(officer, edition).status_code in {400, 403}
        assert signed_in(trusted).get(address(edition)).status_code == 200

    def test_a_job_asked_for_before_the_lock_says_why_it_draws_nothing(self, world, edition):
        ask(make_officer(), edition)
        world.measure.protection = Protection.PROTECTED
        save_as(world.measure, actor=None, reason="Geschützt", at=timezone.now())

        job = worked_on()

        assert job.state == JobState.FAILED
        assert job.error.startswith(("This edition is locked", "Diese Ausgabe ist gesperrt"))
        assert not list(keeping.folder().iterdir())

    @pytest.mark.slow
    def test_an_erasure_removes_every_file(self, edition):
        ask(make_officer(), edition)
        worked_on()

        done = erasing.erase_traces(Erasure(files=[]))

        assert done["sheets"] == 1
        assert not list(keeping.folder().iterdir())

    def test_the_same_sheet_is_drawn_once_at_a_time(self, edition):
        officer = make_officer()
        ask(officer, edition)
        ask(officer, edition)

        assert Job.objects.filter(kind=keeping.KIND).count() == 1

    def test_an_altered_content_is_said_and_nothing_is_drawn(self, edition):
        path = filestore.path_of(edition.content_file)
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(b"Jugendamt", b"Jugendant"))

        answer = signed_in(make_officer()).get(address(edition))

        assert answer.status_code == 500
        assert "kern-alert--danger" in answer.content.decode()


def test_the_page_asks_few_queries_however_many_files_there_are(edition):
    officer = make_officer()
    queries(officer, address(edition))
    before = queries(officer, address(edition))
    for language in ("de", "en"):
        ask(officer, edition, language=language)

    assert queries(officer, address(edition)) == before <= MOST_QUERIES


class TestTheCommand:
    def render(self, output, **options):
        out = StringIO()
        said = {"cycle": 2025, "kind": "unit", "subject": "jugend", "language": "de"}
        call_command("render_sheet", output=output, stdout=out, stderr=out, **(said | options))
        return out.getvalue()

    @pytest.mark.slow
    def test_it_makes_the_bytes_of_the_button(self, edition, tmp_path):
        ask(make_officer(), edition)
        job = worked_on()

        said = self.render(tmp_path / "sheet.pdf")

        assert (tmp_path / "sheet.pdf").read_bytes() == keeping.path_of(job).read_bytes()
        assert re.search(r"\d+ Seiten in [\d.]+ Sekunden", said)

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"kind": "poem"}, "There is no sheet “poem”"),
            ({"subject": "nobody"}, "holds nothing that is called “nobody”"),
            ({"format": "xlsx"}, "not there as a table"),
            ({"cycle": 1999}, "There is no review cycle 1999"),
        ],
    )
    def test_what_cannot_be_drawn_is_said_in_a_sentence(self, edition, tmp_path, options, sentence):
        with pytest.raises(CommandError, match=sentence):
            self.render(tmp_path / "sheet.pdf", **options)

    def test_an_edition_with_protected_entries_is_refused(self, world, edition, tmp_path):
        world.measure.protection = Protection.PROTECTED
        save_as(world.measure, actor=None, reason="Geschützt", at=timezone.now())

        with pytest.raises(CommandError, match="erased or protected since"):
            self.render(tmp_path / "sheet.pdf")

    @pytest.mark.slow
    def test_a_cycle_without_an_edition_is_drawn_as_a_draft(self, world, tmp_path):
        self.render(tmp_path / "sheet.pdf")

        with pikepdf.open(tmp_path / "sheet.pdf") as pdf:
            assert "2025" in str(pdf.docinfo["/Title"])
