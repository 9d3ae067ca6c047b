"""Rule 19: what is for the council stands in a volume of its own; the main volume and its totals never learn of it."""

import io
import json

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from commitments import filestore, jobs
from commitments.models import Job, JobState, Protection, Role
from reporting import printing, workflow
from reporting.content.build import build_content
from reporting.content.canonical import canonical_json, content_hash, from_json
from reporting.content.council import build_council_content
from reporting.documents.volumes import print_council_volume, print_plain_volume
from reporting.models import EditionState, ReportDocument, Volume
from reporting.workflow import Wanted
from reviews.models import AssessmentState, CycleState, Statement
from tests.factories import (
    make_article,
    make_assessment,
    make_commitment,
    make_cycle,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.machine import needs
from tests.reporting.contents import small_content
from tests.reporting.editions import (
    MAIN,
    SECRET,
    SECRET_MEASURE,
    make_edition,
    make_frozen_cycle,
    make_released,
)
from tests.reporting.test_documents import STAMP
from tests.reporting.test_glyphs import text_of
from tests.reviews.pages import MOST_QUERIES, queries, signed_in
from tests.verapdf import verdicts

pytestmark = pytest.mark.django_db

COUNCIL = Wanted(Volume.COUNCIL.value, "", "de")


def make_statement(cycle, commitment, **fields):
    text = {"organisation": "Verein Muster", "text_de": "Nur für den Rat.", "received_on": timezone.localdate()}
    return saved(Statement(cycle=cycle, commitment=commitment, **(text | fields)))


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def make_confidential_cycle():
    """A frozen cycle with one public commitment, and one with its measure for the council only."""
    return make_frozen_cycle(beside=Protection.COUNCIL)


def page(name, edition, *more):
    return reverse(f"reporting:{name}", args=[edition.cycle.year, edition.number, *more])


class TestTheContents:
    def test_the_public_content_is_the_same_with_and_without_what_is_for_the_council(self):
        cycle = make_frozen_cycle()
        before = canonical_json(build_content(cycle))

        make_measure(title_de=SECRET_MEASURE, title_en="", protection=Protection.COUNCIL)
        make_commitment(make_article(20), title_de=SECRET, title_en="", protection=Protection.COUNCIL)

        assert canonical_json(build_content(cycle)) == before

    def test_its_totals_count_public_rows_only(self):
        cycle = make_confidential_cycle()

        public = build_content(cycle)

        assert [(row.outcome, row.count) for row in public.years[-1].counts if row.count] == [("B", 1)]
        assert SECRET.encode() not in canonical_json(public)
        assert SECRET_MEASURE.encode() not in canonical_json(public)

    def test_the_council_content_holds_it_and_names_it(self):
        cycle = make_confidential_cycle()
        public = build_content(cycle)

        council = build_council_content(cycle, public)

        said = {row.reference: row.title.de for row in council.commitments}
        said |= {row.reference: row.title.de for row in council.measures}
        assert [said[name] for name in council.beyond_public] == [SECRET, SECRET_MEASURE]
        assert (council.audience, content_hash(council) != content_hash(public)) == ("council", True)

    def test_a_public_commitment_of_which_the_council_reads_more_is_named_too(self):
        cycle, commitment = make_cycle(2025, CycleState.ASSESSING), make_commitment(make_article(19))
        make_assessment(cycle, commitment, AssessmentState.APPROVED, "B")
        public = build_content(cycle)
        make_statement(cycle, commitment, protection=Protection.COUNCIL)

        assert build_council_content(cycle, build_content(cycle)).beyond_public == (commitment.reference,)
        assert build_content(cycle) == public

    def test_protected_rows_reach_the_council_no_more_than_the_public(self):
        cycle = make_frozen_cycle()
        make_measure(title_de=SECRET_MEASURE, title_en="", protection=Protection.PROTECTED)
        make_measure(title_de=SECRET_MEASURE, title_en="", protection=Protection.INTERNAL)

        assert build_council_content(cycle, build_content(cycle)).beyond_public == ()


class TestTheRelease:
    def test_it_is_stored_with_a_hash_of_its_own_and_asked_for(self):
        edition = make_released(make_confidential_cycle())

        stored = filestore.get(edition.council_content_file)

        assert from_json(stored).beyond_public
        assert edition.council_content_sha256 not in ("", edition.content_sha256)
        assert Job.objects.filter(arguments__volume="council").count() == 2

    def test_without_such_rows_there_is_none(self):
        edition = make_released()

        assert (edition.council_content_file, edition.council_content_sha256) == ("", "")
        assert not Job.objects.filter(arguments__volume="council").exists()
        with pytest.raises(ValidationError):
            workflow.ask_for_document(edition, COUNCIL, actor=make_officer(), at=timezone.now())

    def test_the_public_json_says_nothing_of_it(self):
        edition = make_released(make_confidential_cycle())

        answer = signed_in(make_user(Role.COUNCIL)).get(page("edition-content", edition))

        assert SECRET not in answer.content.decode()
        assert json.loads(answer.content)["audience"] == "public"

    def test_it_is_drawn_and_kept_for_the_council(self):
        edition = make_released(make_confidential_cycle())
        job = Job.objects.get(arguments__volume="council", arguments__language="de")

        jobs.run(str(job.pk))

        job.refresh_from_db()
        document = ReportDocument.objects.get(volume=Volume.COUNCIL)
        assert (job.state, document.audience) == (JobState.DONE, Protection.COUNCIL)
        assert document.content_sha256 == edition.council_content_sha256

    def test_a_draft_is_drawn_from_the_register_as_it_is(self):
        edition = make_edition(make_confidential_cycle())

        assert printing.content_of(edition, Volume.COUNCIL).beyond_public
        assert printing.has_council_volume(edition)


class TestWhoReadsIt:
    @pytest.fixture
    def document(self):
        edition = make_released(make_confidential_cycle())
        drawn = workflow.Drawn(b"%PDF for the council", 3, EditionState.RELEASED, edition.council_content_sha256)
        return workflow.add_document(edition, COUNCIL, drawn, actor=None, at=timezone.now())

    @pytest.mark.parametrize("role", [Role.COUNCIL, Role.OFFICER, Role.APPROVER, Role.AUDITOR])
    def test_those_cleared_for_it(self, document, role):
        client = signed_in(make_user(role))

        shown = client.get(page("edition", document.edition)).content.decode()

        assert reverse("reporting:document", args=[document.pk]) in shown
        assert client.get(reverse("reporting:document", args=[document.pk])).status_code == 200
        assert client.get(page("document-state", document.edition, COUNCIL.slug)).status_code == 200

    @pytest.mark.parametrize("role", [Role.CONTACT, Role.RELEASER, Role.ADMINISTRATOR])
    def test_for_nobody_else_it_exists(self, document, role):
        unit = None if role == Role.ADMINISTRATOR else make_unit()
        client = signed_in(make_user(role, unit))

        shown = client.get(page("edition", document.edition)).content.decode()
        answers = [
            client.get(reverse("reporting:document", args=[document.pk])),
            client.get(page("document-state", document.edition, COUNCIL.slug)),
            client.post(page("document-ask", document.edition, COUNCIL.slug)),
        ]

        assert "document-council" not in shown
        assert {answer.status_code for answer in answers} == {404}

    def test_an_edition_without_it_shows_no_place_for_it(self):
        edition = make_released()
        client = signed_in(make_user(Role.COUNCIL))

        assert "document-council" not in client.get(page("edition", edition)).content.decode()
        assert client.get(page("document-state", edition, COUNCIL.slug)).status_code == 404

    def test_the_page_asks_no_more_for_it(self):
        edition, officer = make_edition(make_confidential_cycle()), make_officer()

        assert queries(officer, page("edition", edition)) <= MOST_QUERIES


class TestThePaper:
    @needs("poppler-utils")
    @pytest.mark.parametrize("language", ["de", "en"])
    def test_it_prints_what_the_main_volume_does_not_and_only_that(self, tmp_path, language):
        cycle = make_confidential_cycle()
        content = build_council_content(cycle, build_content(cycle))

        with translation.override(language):
            printed = print_council_volume(content, STAMP, language)

        text = text_of(printed.data, tmp_path)
        public = build_content(cycle).commitments[0].title
        assert SECRET in text
        assert SECRET_MEASURE in text
        assert public.de not in text
        assert public.en not in text
        assert ("nicht öffentlich" if language == "de" else "not public") in text
        with pikepdf.open(io.BytesIO(printed.data)) as pdf:
            assert pdf.attachments["inhalt.json"].get_file().read_bytes() == canonical_json(content)

    @needs("poppler-utils")
    @pytest.mark.parametrize(
        ("language", "said"), [("de", "Die Stadt hat 3 Versprechen"), ("en", "has made 3 promises")]
    )
    def test_the_volume_in_plain_language_counts_in_short_sentences(self, tmp_path, language, said):
        text = " ".join(text_of(print_plain_volume(small_content(), STAMP, language).data, tmp_path).split())

        assert said in text

    @needs("default-jdk-headless")
    @needs("libjaxb-java")
    @pytest.mark.slow
    @pytest.mark.verapdf
    def test_both_volumes_hold_pdf_ua_and_pdf_a(self, tmp_path):
        cycle = make_confidential_cycle()
        council = build_council_content(cycle, build_content(cycle))
        paths = []
        for name, printed in (
            ("council-de", print_council_volume(council, STAMP, "de")),
            ("council-en", print_council_volume(council, STAMP, "en")),
            ("plain-de", print_plain_volume(small_content(), STAMP, "de")),
            ("plain-en", print_plain_volume(small_content(), STAMP, "en")),
        ):
            paths.append(tmp_path / f"{name}.pdf")
            paths[-1].write_bytes(printed.data)

        compliant, said = verdicts(paths, tmp_path)

        assert compliant, said
        assert said.count("compliant=true") == 8


def test_the_main_volume_stays_the_first_of_all():
    assert workflow.EVERY_DOCUMENT[0] == MAIN
    assert {wanted.audience for wanted in workflow.EVERY_DOCUMENT if wanted.volume != Volume.COUNCIL} == {"public"}
