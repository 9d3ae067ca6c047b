"""Editions as pages: who sees, asks, releases and downloads what."""

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments import filestore, jobs
from commitments.models import Job, JobState, Measure, Protection, Role
from reporting import workflow
from reporting.models import EditionState, ReportDocument, ReportEdition
from reporting.workflow import Wanted
from tests.commitments.pages import make_trusted
from tests.factories import make_approver, make_city, make_measure, make_officer, make_user, saved
from tests.reporting.editions import MAIN, drawn, make_edition, make_frozen_cycle, make_released
from tests.reviews.pages import queries, signed_in

pytestmark = pytest.mark.django_db

CITY_WIDE = (Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.DPO)
OTHERS = (Role.CONTACT, Role.RELEASER, Role.COUNCIL)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def page(name, edition, *more):
    return reverse(f"reporting:{name}", args=[edition.cycle.year, edition.number, *more])


def add(edition, state="released", wanted=MAIN):
    return workflow.add_document(edition, wanted, drawn(state, b"%PDF a report"), actor=None, at=timezone.now())


def with_audience(edition, audience):
    """A document of a volume for fewer people."""
    row = ReportDocument(
        edition=edition,
        audience=audience,
        edition_state="released",
        content_sha256="0" * 64,
        sha256=filestore.put(b"%PDF for few"),
        size=12,
        pages=1,
        rendered_at=timezone.now(),
        **MAIN.arguments,
    )
    return saved(row)


class TestThePages:
    @pytest.mark.parametrize("role", CITY_WIDE)
    def test_a_draft_is_seen_by_those_who_see_all(self, role):
        assert signed_in(make_user(role)).get(page("edition", make_edition())).status_code == 200

    @pytest.mark.parametrize("role", OTHERS)
    def test_a_draft_is_seen_by_nobody_else(self, role):
        assert signed_in(make_user(role)).get(page("edition", make_edition())).status_code == 404

    @pytest.mark.parametrize("role", [*CITY_WIDE, *OTHERS])
    def test_a_released_edition_is_seen_by_all(self, role):
        client, edition = signed_in(make_user(role)), make_released()

        assert client.get(page("edition", edition)).status_code == 200
        assert f"/reports/{edition.cycle.year}/1/" in client.get(reverse("reporting:edition-list")).content.decode()

    def test_the_officer_prepares_the_next_edition_with_a_reason(self):
        edition, client = make_released(), signed_in(make_officer())
        address = reverse("reporting:edition-prepare", args=[edition.cycle.year])

        refused = client.post(address, {"reason": ""})
        accepted = client.post(address, {"reason": "Eine Zahl war falsch."})

        assert refused.status_code == 200
        assert accepted["Location"] == f"/reports/{edition.cycle.year}/2/"

    def test_only_the_officer_prepares(self):
        cycle = make_frozen_cycle()

        response = signed_in(make_approver()).get(reverse("reporting:edition-prepare", args=[cycle.year]))

        assert response.status_code == 403

    def test_the_approver_releases(self):
        edition = make_edition()

        response = signed_in(make_approver()).post(page("edition-release", edition))

        edition.refresh_from_db()
        assert (response["Location"], edition.state) == (page("edition", edition), EditionState.RELEASED)

    def test_a_release_that_is_refused_says_why(self):
        edition = make_released()

        response = signed_in(make_approver()).post(page("edition-release", edition), follow=True)

        assert response.status_code == 200
        assert "kern-alert--danger" in response.content.decode()

    def test_the_officer_does_not_release(self):
        assert signed_in(make_officer()).post(page("edition-release", make_edition())).status_code == 403

    def test_a_release_is_a_post(self):
        assert signed_in(make_approver()).get(page("edition-release", make_edition())).status_code == 405

    def test_the_number_of_queries_does_not_grow(self):
        edition, officer = make_released(), make_officer()
        before = queries(officer, page("edition", edition))
        for wanted in workflow.EVERY_DOCUMENT:
            add(edition, wanted=wanted)

        assert queries(officer, page("edition", edition)) == before <= 15


class TestADocumentThatIsDrawn:
    def test_the_button_enqueues_the_job(self, django_capture_on_commit_callbacks):
        edition, officer = make_edition(), make_officer()

        response = signed_in(officer).post(page("document-ask", edition, MAIN.slug))

        job = Job.objects.get()
        assert response["Location"] == f"{page('edition', edition)}#document-main-de"
        assert (job.state, job.asked_by, job.arguments["edition"]) == (JobState.QUEUED, officer, edition.pk)

    def test_with_script_the_row_alone_comes_back_and_asks_again(self):
        edition = make_edition()

        response = signed_in(make_officer()).post(
            page("document-ask", edition, MAIN.slug), headers={"hx-request": "true"}
        )

        text = response.content.decode()
        assert "<html" not in text
        assert 'hx-trigger="every 2s"' in text

    def test_its_progress_is_shown(self):
        edition, officer = make_edition(), make_officer()
        job = workflow.ask_for_document(edition, MAIN, actor=officer, at=timezone.now())
        Job.objects.update(state=JobState.RUNNING, lease=None)
        jobs.Progress(job)(40, 100, "Setting page 12")

        text = signed_in(officer).get(page("document-state", edition, MAIN.slug)).content.decode()

        assert "Setting page 12" in text
        assert 'value="40"' in text

    def test_once_it_is_over_it_asks_no_more_and_shows_the_link(self):
        edition, officer = make_edition(), make_officer()
        workflow.ask_for_document(edition, MAIN, actor=officer, at=timezone.now())
        document = add(edition, "draft")
        Job.objects.update(state=JobState.DONE)

        text = signed_in(officer).get(page("document-state", edition, MAIN.slug)).content.decode()

        assert "every 2s" not in text
        assert reverse("reporting:document", args=[document.pk]) in text

    def test_a_failure_is_shown_with_its_reason(self):
        edition, officer = make_edition(), make_officer()
        workflow.ask_for_document(edition, MAIN, actor=officer, at=timezone.now())
        Job.objects.update(state=JobState.FAILED, error="Der Datenträger ist voll.")

        text = signed_in(officer).get(page("edition", edition)).content.decode()

        assert "Der Datenträger ist voll." in text

    def test_it_can_be_stopped(self):
        edition, officer = make_edition(), make_officer()
        job = workflow.ask_for_document(edition, MAIN, actor=officer, at=timezone.now())

        signed_in(officer).post(page("document-cancel", edition, job.pk))

        job.refresh_from_db()
        assert job.state == JobState.CANCELLED

    def test_a_job_of_something_else_is_not_stopped_here(self):
        first, officer = make_edition(), make_officer()
        job = workflow.ask_for_document(first, MAIN, actor=officer, at=timezone.now())
        second = make_edition(make_frozen_cycle(2024))

        assert signed_in(officer).post(page("document-cancel", second, job.pk)).status_code == 404

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.DPO])
    def test_who_only_reads_does_not_ask(self, role):
        edition = make_edition()

        assert signed_in(make_user(role)).post(page("document-ask", edition, MAIN.slug)).status_code == 403

    def test_there_is_no_other_volume(self):
        assert signed_in(make_officer()).post(page("document-ask", make_edition(), "novel-de")).status_code == 404

    def test_the_names_of_documents_in_addresses_are_all_different(self):
        slugs = {wanted.slug for wanted in workflow.EVERY_DOCUMENT}

        assert len(slugs) == len(workflow.EVERY_DOCUMENT)
        assert Wanted("annex", "human_rights", "en").slug == "annex-human-rights-en"


class TestTheDownload:
    def get(self, document, role=Role.COUNCIL, **headers):
        return signed_in(make_user(role)).get(reverse("reporting:document", args=[document.pk]), **headers)

    def test_it_is_the_stored_file(self):
        response = self.get(add(make_released()))

        assert response.content == b"%PDF a report"
        assert response["Content-Type"] == "application/pdf"
        assert response["X-Content-Type-Options"] == "nosniff"

    def test_it_has_a_name_that_says_what_it_is(self):
        make_city(name_de="Köln")

        response = self.get(add(make_released()))

        assert response["Content-Disposition"] == (
            'inline; filename="menschenrechtsbericht-koeln-2025-ausgabe-1-main-de.pdf"'
        )

    def test_whoever_has_it_does_not_fetch_it_again(self):
        document = add(make_released())
        etag = self.get(document)["ETag"]

        again = self.get(document, headers={"if-none-match": etag})

        assert etag == f'"{document.sha256}"'
        assert again.status_code == 304

    @pytest.mark.parametrize(
        ("audience", "seen_by"),
        [
            (Protection.PUBLIC, {*CITY_WIDE, *OTHERS}),
            (Protection.COUNCIL, {*CITY_WIDE, Role.COUNCIL}),
            (Protection.INTERNAL, set(CITY_WIDE)),
            (Protection.PROTECTED, set()),
        ],
    )
    def test_who_may_not_see_a_volume_does_not_learn_that_it_exists(self, audience, seen_by):
        """Rules 10 and 19."""
        document = with_audience(make_released(), audience)

        found = {role for role in Role if self.get(document, role).status_code == 200}
        missing = {role for role in Role if self.get(document, role).status_code == 404}

        assert found == seen_by
        assert found | missing == set(Role)

    @pytest.mark.parametrize("role", OTHERS)
    def test_a_draft_is_not_handed_out_even_once_its_edition_is_released(self, role):
        document = add(make_edition(), "draft")
        workflow.release_edition(document.edition, actor=make_approver(), at=timezone.now())

        assert self.get(document, role).status_code == 404
        assert self.get(document, Role.OFFICER).status_code == 200

    def test_rule_10_a_row_that_is_protected_since_locks_the_files_that_hold_it(self):
        document = add(make_released())
        etag = self.get(document)["ETag"]
        content = reverse("reporting:edition-content", args=[2025, document.edition.number])
        measure = Measure.objects.get()
        measure.protection = Protection.PROTECTED
        saved(measure)

        codes = {role: self.get(document, role).status_code for role in Role if role != Role.ADMINISTRATOR}
        kept = self.get(document, headers={"if-none-match": etag})

        assert set(codes.values()) == {403}
        assert kept.status_code == 403
        assert document.sha256 in kept.content.decode()
        assert signed_in(make_officer()).get(content).status_code == 403

    def test_rule_10_what_was_protected_before_locks_nothing_and_who_has_the_right_reads_on(self):
        make_measure(protection=Protection.PROTECTED)
        document = add(make_released())
        assert self.get(document).status_code == 200

        measure = Measure.objects.get(protection=Protection.PUBLIC)
        measure.protection = Protection.PROTECTED
        saved(measure)

        assert self.get(document).status_code == 403
        assert signed_in(make_trusted()).get(reverse("reporting:document", args=[document.pk])).status_code == 200

    def test_an_altered_file_is_not_handed_out(self):
        document = add(make_released())
        filestore.path_of(document.sha256).write_bytes(b"%PDF something else")

        response = self.get(document)

        assert response.status_code == 500
        assert b"something else" not in response.content

    def test_the_content_of_a_release_can_be_fetched_and_has_its_hash(self):
        edition = make_released()

        response = signed_in(make_user(Role.COUNCIL)).get(page("edition-content", edition))

        assert filestore.put(response.content) == edition.content_sha256
        assert response["Content-Type"] == "application/json"

    def test_nobody_downloads_without_signing_in(self, client):
        document = add(make_released())

        assert client.get(reverse("reporting:document", args=[document.pk])).status_code == 302


def test_released_editions_are_listed_for_all_and_drafts_for_few():
    make_released()
    make_edition(make_frozen_cycle(2024))

    assert ReportEdition.objects.visible_to(make_user(Role.COUNCIL)).count() == 1
    assert ReportEdition.objects.visible_to(make_officer()).count() == 2
