"""Editions: prepared by one person, released by another, of a frozen cycle, and never replaced."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from commitments import filestore
from commitments.ledger import save_as
from commitments.ledger.sealing import seal
from commitments.models import Job, JobState, LedgerSeal, Role, SealOccasion
from reporting import workflow
from reporting.content.canonical import content_hash, from_json
from reporting.models import EditionState, ReportDocument, ReportEdition
from reporting.printing import content_of, freeze_seal, stamp_of
from reporting.workflow import EVERY_DOCUMENT
from reviews.models import CycleState
from tests.factories import (
    make_approver,
    make_article,
    make_assignment,
    make_city,
    make_commitment,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
    make_user,
)
from tests.reporting.editions import MAIN, drawn, make_frozen_cycle, make_released

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with translation.override("en"):
        yield


def test_the_first_edition_needs_no_reason():
    edition = workflow.prepare_edition(make_frozen_cycle(), actor=make_officer(), at=timezone.now())

    assert (edition.number, edition.state) == (1, EditionState.DRAFT)


def test_another_edition_says_why():
    edition = make_released()

    with pytest.raises(ValidationError, match="why there is another"):
        workflow.prepare_edition(edition.cycle, actor=make_officer(), at=timezone.now())


def test_there_is_one_draft_at_a_time():
    cycle, officer = make_frozen_cycle(), make_officer()
    workflow.prepare_edition(cycle, actor=officer, at=timezone.now())

    with pytest.raises(ValidationError, match="already a draft"):
        workflow.prepare_edition(cycle, actor=officer, at=timezone.now(), reason="Once more")


@pytest.mark.parametrize("fields", [{"state": CycleState.PLANNED}, {"state": CycleState.CLOSED, "imported": True}])
def test_a_cycle_without_answers_has_no_report(fields):
    make_city()

    with pytest.raises(ValidationError):
        workflow.prepare_edition(make_cycle(2024, **fields), actor=make_officer(), at=timezone.now())


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
def test_only_the_officer_prepares_an_edition(role):
    with pytest.raises(PermissionDenied):
        workflow.prepare_edition(make_frozen_cycle(), actor=make_user(role), at=timezone.now())


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.APPROVER}))
def test_only_the_approver_releases_an_edition(role):
    edition = workflow.prepare_edition(make_frozen_cycle(), actor=make_officer(), at=timezone.now())

    with pytest.raises(PermissionDenied):
        workflow.release_edition(edition, actor=make_user(role), at=timezone.now())


@pytest.mark.parametrize("state", [CycleState.OPEN, CycleState.ASSESSING])
def test_only_a_frozen_cycle_is_released(state):
    make_city()
    cycle = make_cycle(2025, state)
    edition = workflow.prepare_edition(cycle, actor=make_officer(), at=timezone.now())

    with pytest.raises(ValidationError, match="not frozen"):
        workflow.release_edition(edition, actor=make_approver(), at=timezone.now())


def test_whoever_prepared_an_edition_cannot_release_it():
    officer = make_officer()
    edition = workflow.prepare_edition(make_frozen_cycle(), actor=officer, at=timezone.now())
    edition.state, edition.content_sha256, edition.released_by = EditionState.RELEASED, "0" * 64, officer

    with pytest.raises(ValidationError, match="cannot release"):
        save_as(edition, actor=officer, reason="Around the workflow", at=timezone.now())


def test_nor_can_their_deputy_or_the_person_for_whom_it_was_prepared():
    officer, deputy, head = make_officer(), make_user(), make_approver()
    make_assignment(deputy, Role.APPROVER, acting_for=officer)
    edition = workflow.prepare_edition(make_frozen_cycle(), actor=officer, at=timezone.now())

    with pytest.raises(ValidationError, match="cannot release"):
        workflow.release_edition(edition, actor=deputy, at=timezone.now())

    stand_in = make_user()
    make_assignment(stand_in, Role.OFFICER, acting_for=head)
    edition = workflow.prepare_edition(make_frozen_cycle(year=2031), actor=stand_in, at=timezone.now())
    with pytest.raises(ValidationError, match="cannot release"):
        workflow.release_edition(edition, actor=head, at=timezone.now())


def test_the_database_too_refuses_a_release_by_whoever_prepared_it():
    officer = make_officer()
    edition = workflow.prepare_edition(make_frozen_cycle(), actor=officer, at=timezone.now())

    with pytest.raises(IntegrityError), transaction.atomic():
        QuerySet(ReportEdition).filter(pk=edition.pk).update(
            state="released", content_sha256="0" * 64, released_by=officer
        )


def test_a_release_stores_content_under_its_hash():
    edition = make_released()

    content = from_json(filestore.get(edition.content_file))
    assert content_hash(content) == edition.content_sha256 == edition.content_file
    assert content.cycle.year == 2025


def test_a_release_closes_the_cycle_and_seals_the_ledger():
    edition = make_released()

    edition.cycle.refresh_from_db()
    assert edition.cycle.state == CycleState.CLOSED
    seal = edition.release_seal
    assert seal is not None
    assert seal == LedgerSeal.objects.first()
    assert seal.occasion == SealOccasion.RELEASE


def test_the_cover_carries_the_seal_of_the_freeze():
    cycle = make_frozen_cycle()
    at_the_freeze = LedgerSeal.objects.get(occasion=SealOccasion.FREEZE)
    make_measure(title_de="Etwas Späteres")
    seal(SealOccasion.FREEZE, at=timezone.now())

    stamp = stamp_of(make_released(cycle))

    assert freeze_seal(cycle) == at_the_freeze
    assert (stamp.seal_root, stamp.seal_size) == (at_the_freeze.root, at_the_freeze.size)


def test_a_release_asks_for_every_volume_in_both_languages():
    edition = make_released()

    jobs = workflow.jobs_of(edition)
    assert jobs.count() == len(EVERY_DOCUMENT) - 2 == 12
    assert {job.arguments["language"] for job in jobs} == {"de", "en"}
    assert {job.state for job in jobs} == {JobState.QUEUED}


def test_a_later_edition_supersedes_the_earlier_one_and_both_stay():
    first = make_released()
    second = workflow.prepare_edition(first.cycle, actor=make_officer(), at=timezone.now(), reason="A figure was wrong")

    workflow.release_edition(second, actor=make_approver(), at=timezone.now())

    first.refresh_from_db()
    assert first.state == EditionState.SUPERSEDED
    assert filestore.get(first.content_file)
    assert stamp_of(first).state == EditionState.RELEASED


def test_what_changes_after_the_release_does_not_change_the_report():
    """Rule 12."""
    edition = make_released()
    before = edition.content_sha256
    make_link(make_measure(), make_commitment(make_article(3)))

    assert content_hash(content_of(edition)) == before


@pytest.mark.parametrize("state", sorted(set(EditionState) - {EditionState.DRAFT}))
def test_only_a_draft_is_released(state):
    edition = make_released()
    save_state(edition, state)

    with pytest.raises(ValidationError):
        workflow.release_edition(edition, actor=make_approver(), at=timezone.now())


def save_state(edition, state):
    edition.state = state
    save_as(edition, actor=None, reason="For a test", at=timezone.now())


def test_a_released_document_exists_once():
    edition = make_released()

    first = workflow.add_document(edition, MAIN, drawn("released", b"one"), actor=None, at=timezone.now())
    second = workflow.add_document(edition, MAIN, drawn("released", b"two"), actor=None, at=timezone.now())

    assert first == second
    assert filestore.get(second.sha256) == b"one"


def test_each_draft_is_a_document_of_its_own():
    edition = workflow.prepare_edition(make_frozen_cycle(), actor=make_officer(), at=timezone.now())

    for data in (b"one", b"two"):
        workflow.add_document(edition, MAIN, drawn("draft", data), actor=None, at=timezone.now())

    assert edition.documents.count() == 2


def test_a_draft_that_was_drawn_while_the_edition_was_released_stays_a_draft():
    edition = make_released()

    document = workflow.add_document(edition, MAIN, drawn("draft"), actor=None, at=timezone.now())

    assert document.edition_state == EditionState.DRAFT
    assert workflow.released_document(edition, MAIN) is None


def test_a_document_cannot_be_replaced_in_the_database():
    edition = make_released()
    document = workflow.add_document(edition, MAIN, drawn("released"), actor=None, at=timezone.now())

    with pytest.raises(IntegrityError), transaction.atomic():
        QuerySet(ReportDocument).filter(pk=document.pk).update(sha256="1" * 64)


def test_the_same_document_is_not_drawn_twice_at_a_time():
    cycle, officer = make_frozen_cycle(), make_officer()
    edition = workflow.prepare_edition(cycle, actor=officer, at=timezone.now())

    first = workflow.ask_for_document(edition, MAIN, actor=officer, at=timezone.now())
    second = workflow.ask_for_document(edition, MAIN, actor=officer, at=timezone.now())

    assert first == second
    assert Job.objects.count() == 1


def test_a_released_document_is_not_asked_for_again():
    edition = make_released()
    workflow.add_document(edition, MAIN, drawn("released"), actor=None, at=timezone.now())

    with pytest.raises(ValidationError, match="never replaced"):
        workflow.ask_for_document(edition, MAIN, actor=make_officer(), at=timezone.now())


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER, Role.APPROVER}))
def test_documents_are_drawn_for_officer_and_approver(role):
    edition = workflow.prepare_edition(make_frozen_cycle(), actor=make_officer(), at=timezone.now())

    with pytest.raises(PermissionDenied):
        workflow.ask_for_document(edition, MAIN, actor=make_user(role), at=timezone.now())


def test_only_public_rows_reach_the_content_of_the_main_volume():
    """Rules 10 and 19."""
    cycle = make_frozen_cycle()
    hidden = make_measure(title_de="Schutz einer verfolgten Person", protection="protected")
    make_link(hidden, make_commitment(make_article(14)))

    data = filestore.get(make_released(cycle).content_file).decode()

    assert "verfolgten Person" not in data
    assert hidden.reference not in data


def test_a_release_is_dated_when_it_happens():
    cycle = make_frozen_cycle()
    edition = workflow.prepare_edition(cycle, actor=make_officer(), at=timezone.now())
    at = timezone.now() - timedelta(minutes=1)

    released = workflow.release_edition(edition, actor=make_approver(), at=at)

    assert released.released_at == at
    assert released.history.first().history_date == at
