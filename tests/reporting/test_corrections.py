"""Corrections of a released edition: two people, an edition that lists them, and nothing of what must not be shown."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from commitments import filestore
from commitments.ledger import save_as
from commitments.ledger.sealing import seal
from commitments.models import Commitment, Measure, Protection, Role, SealOccasion
from reporting import workflow as editions
from reporting.content.canonical import content_hash, from_json
from reporting.models import Correction, CorrectionState, EditionState, ProposedCorrection
from reporting.printing import content_of
from reporting.workflow import corrections as workflow
from reporting.workflow.corrections import Error
from reviews.models import CycleState
from tests.commitments.pages import make_trusted
from tests.factories import make_approver, make_assignment, make_cycle, make_officer, make_user
from tests.reporting.editions import make_released
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db
TITLE = "title.de"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with translation.override("en"):
        yield


def of_commitment(edition):
    return content_of(edition).commitments[0]


def title(edition, new="Der richtige Titel", **fields):
    row = of_commitment(edition)
    defaults = {"target": f"commitment:{row.reference}", "field": TITLE, "seen": row.title.de, "new": new}
    return Error(**(defaults | {"reason": "Verschrieben."} | fields))


def propose(edition, actor=None, **fields):
    error = title(edition, **fields)
    return workflow.propose_correction(edition, error, actor=actor or make_officer(), at=timezone.now())


def approve(proposal, actor=None):
    return workflow.approve_correction(proposal, actor=actor or make_approver(), at=timezone.now())


def release(edition, actor=None):
    return workflow.release_erratum(edition, actor=actor or make_approver(), at=timezone.now())


def page(name, edition, *more):
    return reverse(f"reporting:{name}", args=[edition.cycle.year, edition.number, *more])


class TestTwoPeople:
    def test_a_correction_is_entered_approved_and_printed_in_a_new_edition(self):
        edition = make_released()
        before = edition.content_sha256

        approve(propose(edition))
        erratum = release(edition)

        edition.refresh_from_db()
        assert (edition.state, edition.content_sha256) == (EditionState.SUPERSEDED, before)
        assert (erratum.number, erratum.state) == (2, EditionState.RELEASED)
        assert of_commitment(erratum).title.de == "Der richtige Titel"
        assert [row.reason for row in content_of(erratum).corrections] == ["Verschrieben."]
        stored = filestore.get(erratum.content_file)
        assert content_hash(from_json(stored)) == erratum.content_sha256 != before

    def test_the_register_of_today_does_not_come_into_it(self):
        edition = make_released()
        row = Commitment.objects.get()
        QuerySet(Commitment).filter(pk=row.pk).update(wording_de="Seither geändert")

        approve(propose(edition))

        assert of_commitment(release(edition)).wording == of_commitment(edition).wording

    def test_the_next_correction_keeps_the_list_of_the_earlier_one(self):
        first = make_released()
        approve(propose(first))
        second = release(first)
        approve(propose(second, new="Noch richtiger"))

        third = release(second)

        assert [(row.edition, row.new) for row in content_of(third).corrections] == [
            (1, "Der richtige Titel"),
            (2, "Noch richtiger"),
        ]

    def test_an_edition_made_from_the_register_anew_keeps_the_corrections(self):
        edition = make_released()
        approve(propose(edition))
        draft = editions.prepare_edition(edition.cycle, actor=make_officer(), at=timezone.now(), reason="Neu gesetzt")

        released = editions.release_edition(draft, actor=make_approver(), at=timezone.now())

        assert of_commitment(released).title.de == "Der richtige Titel"
        assert ProposedCorrection.objects.get().published_in == released

    def test_the_history_says_who_and_why(self):
        officer = make_officer()

        proposal = propose(make_released(), actor=officer)

        entry = proposal.history.latest()
        assert (entry.history_user_id, entry.history_change_reason) == (officer.pk, "Verschrieben.")

    def test_who_entered_it_neither_decides_nor_releases(self):
        edition, both = make_released(), make_officer()
        make_assignment(both, Role.APPROVER)
        proposal = propose(edition, actor=both)

        with pytest.raises(ValidationError, match="cannot decide"):
            approve(proposal, actor=both)
        with pytest.raises(ValidationError, match="cannot decide"):
            workflow.decline_correction(proposal, actor=both, at=timezone.now(), reason="Doch nicht")
        approve(proposal)
        with pytest.raises(ValidationError, match="cannot release"):
            release(edition, actor=both)

    def test_nor_does_their_deputy(self):
        edition, officer, deputy = make_released(), make_officer(), make_user()
        make_assignment(deputy, Role.APPROVER, acting_for=officer)

        with pytest.raises(ValidationError, match="cannot decide"):
            approve(propose(edition, actor=officer), actor=deputy)

    def test_the_database_holds_that_too(self):
        proposal = propose(make_released())

        with pytest.raises(IntegrityError), transaction.atomic():
            QuerySet(ProposedCorrection).filter(pk=proposal.pk).update(
                state=CorrectionState.APPROVED, decided_by=proposal.entered_by
            )

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
    def test_only_the_officer_enters_one(self, role):
        edition, actor = make_released(), make_user(role)

        with pytest.raises(PermissionDenied):
            propose(edition, actor=actor)

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.APPROVER}))
    def test_only_the_approver_decides_and_releases(self, role):
        edition, actor = make_released(), make_user(role)
        proposal = propose(edition)

        with pytest.raises(PermissionDenied):
            approve(proposal, actor=actor)
        approve(proposal)
        with pytest.raises(PermissionDenied):
            release(edition, actor=actor)


class TestRefusals:
    def test_a_declined_correction_is_not_printed_and_may_be_entered_again(self):
        edition = make_released()
        proposal = propose(edition)

        declined = workflow.decline_correction(proposal, actor=make_approver(), at=timezone.now(), reason="Stimmt so.")

        assert (declined.state, declined.refusal) == (CorrectionState.DECLINED, "Stimmt so.")
        with pytest.raises(ValidationError, match="No correction is approved"):
            release(edition)
        assert propose(edition).state == CorrectionState.PROPOSED

    @pytest.mark.parametrize("first", ["approve", "decline"])
    def test_two_people_at_once_the_second_is_told(self, first):
        proposal = propose(make_released())
        if first == "approve":
            approve(proposal)
        else:
            workflow.decline_correction(proposal, actor=make_approver(), at=timezone.now(), reason="Nein")

        with pytest.raises(ValidationError):
            approve(proposal)

        assert Correction.objects.count() == (first == "approve")

    def test_one_place_is_corrected_once_at_a_time(self):
        edition = make_released()
        propose(edition)

        with pytest.raises(ValidationError, match="entered already"):
            propose(edition, new="Anders")

    def test_a_stale_old_value_is_refused(self):
        with pytest.raises(ValidationError, match="Something else stands there"):
            propose(make_released(), seen="Was dort nie stand")

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"target": "commitment:K-999"}, "no such entry"),
            ({"field": "reference"}, "cannot be corrected"),
            ({"new": "  "}, "cannot be left empty"),
            ({"reason": " "}, "reason"),
        ],
    )
    def test_what_does_not_fit_is_refused_with_a_sentence(self, fields, sentence):
        with pytest.raises(ValidationError, match=sentence):
            propose(make_released(), **fields)

    def test_only_the_valid_edition_is_corrected(self):
        first = make_released()
        approve(propose(first))
        waiting = propose(first, field="title.en", seen=of_commitment(first).title.en, new="The right title")
        release(first)

        with pytest.raises(ValidationError, match="valid now"):
            propose(first, new="Zu spät")
        with pytest.raises(ValidationError, match="valid now"):
            approve(waiting)

    def test_while_a_draft_waits_no_corrected_edition_is_released(self):
        edition = make_released()
        approve(propose(edition))
        editions.prepare_edition(edition.cycle, actor=make_officer(), at=timezone.now(), reason="Neu")

        with pytest.raises(ValidationError, match="draft edition"):
            release(edition)

    def test_an_approved_correction_is_never_changed(self):
        correction = approve(propose(make_released()))

        with pytest.raises(IntegrityError), transaction.atomic():
            QuerySet(Correction).filter(pk=correction.pk).update(new="anders")


class TestWhatMustNotBeShown:
    def test_an_edition_with_content_protected_since_is_not_printed_again(self):
        edition = make_released()
        approve(propose(edition))
        QuerySet(Measure).update(protection=Protection.PROTECTED)

        with pytest.raises(ValidationError, match="redacted edition"):
            release(edition)

    def test_a_correction_of_a_protected_row_is_seen_only_with_the_right_to_it(self):
        proposal = propose(make_released())
        QuerySet(Commitment).filter(pk=proposal.commitment_id).update(protection=Protection.PROTECTED)

        assert not ProposedCorrection.objects.visible_to(make_approver()).exists()
        assert ProposedCorrection.objects.visible_to(make_trusted(Role.APPROVER)).exists()

    @pytest.mark.parametrize("role", [Role.CONTACT, Role.RELEASER, Role.COUNCIL])
    def test_proposals_are_seen_by_nobody_outside(self, role):
        edition = make_released()
        propose(edition)

        assert signed_in(make_user(role)).get(page("correction-list", edition)).status_code == 404

    def test_the_page_says_nothing_of_a_locked_edition(self):
        edition = make_released()
        propose(edition)
        QuerySet(Measure).update(protection=Protection.PROTECTED)

        answer = signed_in(make_approver()).get(page("correction-list", edition))

        assert answer.status_code == 403
        assert "Der richtige Titel" not in answer.content.decode()


class TestThePages:
    def test_the_officer_goes_from_the_entry_to_the_place_to_the_correction(self):
        edition, client = make_released(), signed_in(make_officer())
        error, address = title(edition), page("correction-new", edition)

        assert error.target in client.get(address).content.decode()
        assert f"field={TITLE}" in client.get(address, {"target": error.target}).content.decode()
        query = f"?target={error.target}&field={TITLE}"
        assert error.seen in client.get(address + query).content.decode()
        answer = client.post(address + query, {"new": error.new, "seen": error.seen, "reason": error.reason})

        assert answer.status_code == 302
        assert ProposedCorrection.objects.get().new == error.new

    @pytest.mark.parametrize(
        "query", ["?target=commitment:K-999", "?target=words&field=nonsense", "?target=words&field=__class__"]
    )
    def test_what_does_not_exist_is_said_in_a_sentence(self, query):
        edition = make_released()

        answer = signed_in(make_officer()).get(page("correction-new", edition) + query)

        assert answer.status_code == 400

    def test_a_refused_correction_loses_nothing(self):
        edition = make_released()
        error = title(edition)
        address = f"{page('correction-new', edition)}?target={error.target}&field={TITLE}"

        answer = signed_in(make_officer()).post(address, {"new": error.seen, "seen": error.seen, "reason": "Mein Wort"})

        assert answer.status_code == 400
        assert "Mein Wort" in answer.content.decode()

    def test_the_approver_approves_and_releases_on_the_page(self):
        edition, client = make_released(), signed_in(make_approver())
        proposal = propose(edition)

        client.post(page("correction-approve", edition, proposal.pk))
        answer = client.post(page("erratum-release", edition))

        assert answer["Location"].endswith("/2/")
        shown = client.get(answer["Location"]).content.decode()
        assert "Der richtige Titel" in shown
        assert "Verschrieben." in shown

    def test_everybody_reads_what_a_released_edition_corrects(self):
        edition = make_released()
        approve(propose(edition))
        erratum = release(edition)

        assert "Verschrieben." in signed_in(make_user(Role.COUNCIL)).get(page("edition", erratum)).content.decode()

    def test_declining_without_a_reason_keeps_the_page(self):
        edition = make_released()
        proposal = propose(edition)

        answer = signed_in(make_approver()).post(page("correction-decline", edition, proposal.pk), {"reason": ""})

        assert answer.status_code == 400
        proposal.refresh_from_db()
        assert proposal.state == CorrectionState.PROPOSED

    @pytest.mark.parametrize("name", ["correction-approve", "correction-decline"])
    def test_a_correction_of_another_edition_is_not_found_here(self, name):
        proposal, other = propose(make_released()), make_released_of(2031)

        assert signed_in(make_approver()).post(page(name, other, proposal.pk)).status_code == 404

    def test_others_are_refused(self):
        edition = make_released()

        assert signed_in(make_approver()).get(page("correction-new", edition)).status_code == 403
        assert signed_in(make_officer()).post(page("erratum-release", edition)).status_code == 403

    def test_an_altered_content_is_said_and_not_shown(self):
        edition = make_released()
        filestore.path_of(edition.content_file).write_bytes(b"{}")

        assert signed_in(make_officer()).get(page("correction-list", edition)).status_code == 500

    def test_the_list_asks_the_database_the_same_for_few_and_for_many(self):
        edition, reader = make_released(), make_approver()
        address, officer = page("correction-list", edition), make_officer()
        few = queries(reader, address)
        for target, field, seen in (
            ("words", "method.de", content_of(edition).words.method.de),
            ("words", "method.en", content_of(edition).words.method.en),
            ("words", "introduction.de", content_of(edition).words.introduction.de),
        ):
            propose(edition, actor=officer, target=target, field=field, seen=seen, new="Neu")

        assert queries(reader, address) == few
        assert few <= MOST_QUERIES

    def test_the_approver_is_told_at_home(self):
        edition = make_released()
        propose(edition)

        assert page("correction-list", edition) in signed_in(make_approver()).get("/").content.decode()


def make_released_of(year):
    cycle = make_cycle(year, CycleState.ASSESSING)
    cycle.state, cycle.frozen_at = CycleState.FROZEN, timezone.now()
    save_as(cycle, actor=None, reason="Frozen for a test", at=timezone.now())
    seal(SealOccasion.FREEZE, at=timezone.now())
    return make_released(cycle)
