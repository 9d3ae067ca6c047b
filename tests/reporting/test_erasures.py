"""The pages of erasures and of people who leave, and what an erasure reaches beyond its rows."""

import json

import pytest
from django.core.cache import cache
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from commitments import filestore
from commitments.exchange import storage
from commitments.jobs import Progress
from commitments.ledger import save_as
from commitments.ledger.verification import findings
from commitments.models import (
    Direction,
    Erasure,
    ErasureState,
    Evidence,
    Ground,
    Job,
    JobState,
    Measure,
    Protection,
    Role,
    SavedView,
    Transfer,
    TransferState,
    User,
)
from commitments.tracking import history_model
from commitments.workflow import erasure as acts
from commitments.workflow.erasure import Proposal, subject_of
from reporting import erasing, workflow
from reporting.handlers import erase_traces
from reporting.models import LockedEdition, ProposedCorrection
from reporting.printing import content_of
from reporting.workflow import corrections
from reporting.workflow.corrections import Error
from reviews.models import Confirmation, ConfirmationState, CycleState
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_approver,
    make_confirmation,
    make_cycle,
    make_evidence,
    make_measure,
    make_user,
    saved,
)
from tests.reporting.editions import MAIN, SECRET_MEASURE, drawn, make_frozen_cycle, make_released

pytestmark = pytest.mark.django_db

NOW, TODAY = timezone.now, timezone.localdate
NAME = "Frau Amira Beispiel"


@pytest.fixture
def officer() -> User:
    return make_user(Role.OFFICER)


@pytest.fixture
def dpo() -> User:
    return make_user(Role.DPO)


@pytest.fixture
def measure() -> Measure:
    row = make_measure()
    row.note_de = f"Ansprechpartnerin ist {NAME}."
    save_as(row, actor=None, reason="Ergänzt", at=NOW())
    return row


def propose(actor, row, *columns) -> Erasure:
    proposal = Proposal([subject_of(type(row), row.pk, columns)], Ground.CONSENT_WITHDRAWN, "Antrag auf Löschung")
    return acts.propose(proposal, actor=actor, at=NOW())


def carried_out(officer, dpo, row, *columns) -> Erasure:
    return erasing.carry_out(propose(officer, row, *columns), actor=dpo, at=NOW())


def traces_removed(event: Erasure) -> None:
    """What the worker does after the act."""
    job = Job.objects.filter(kind=acts.TRACES).order_by("asked_at").last()
    assert job is not None
    erase_traces({"erasure": event.pk}, Progress(job))


def send(user, name, data, *arguments):
    return client_of(user).post(reverse(f"reporting:{name}", args=arguments), data, follow=True)


class TestPages:
    def test_content_is_erased_from_proposal_to_second_signature(self, officer, dpo, measure):
        assert NAME in text(officer, "reporting:erasure-new", "measure", measure.pk)
        data = {"columns": ["note_de"], "ground": "b", "reason": "Antrag auf Löschung"}
        send(officer, "erasure-new", data, "measure", measure.pk)
        waiting = Erasure.objects.get()
        assert "disabled" not in text(dpo, "reporting:erasure", waiting.pk)

        answer = send(dpo, "erasure-sign", {}, waiting.pk)

        assert answer.status_code == 200
        assert Erasure.objects.get().state == ErasureState.CARRIED_OUT
        for name, args in (
            ("reporting:erasure", (waiting.pk,)),
            ("reporting:erasure-list", ()),
            ("reporting:audit", ()),
        ):
            page = text(officer, name, *args)
            assert NAME not in page
            assert measure.reference in page or name == "reporting:erasure-list"
        assert "nach Artikel 17 Absatz 1 Buchstabe b DSGVO gelöscht" in text(officer, "reporting:audit")

    def test_the_history_of_a_page_says_erased_instead_of_the_difference(self, officer, dpo, measure):
        measure.note_de = "Ohne Namen"
        save_as(measure, actor=None, reason="Geändert", at=NOW())
        carried_out(officer, dpo, measure, "note_de")

        page = text(officer, "commitments:measure-history", measure.reference)

        assert NAME not in page
        assert "nach Artikel 17 Absatz 1 Buchstabe b DSGVO gelöscht" in page

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER, Role.DPO}))
    def test_nobody_else_erases(self, officer, role, measure):
        waiting, other = propose(officer, measure, "note_de"), make_user(role)

        assert get(other, "reporting:erasure-new", "measure", measure.pk).status_code == 403
        for name in ("erasure-sign", "erasure-drop"):
            assert send(other, name, {"reason": "Nein."}, waiting.pk).status_code in (403, 404)
        assert Erasure.objects.get().state == ErasureState.PROPOSED

    @pytest.mark.parametrize("role", sorted(Role))
    def test_the_list_is_for_those_who_sign_and_those_who_audit(self, officer, role, measure):
        waiting = propose(officer, measure, "note_de")
        readers = {Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.DPO}

        answer = get(make_user(role), "reporting:erasure-list")
        one = get(make_user(role), "reporting:erasure", waiting.pk)

        assert answer.status_code == (200 if role in readers | {Role.ADMINISTRATOR} else 403)
        expected = 200 if role in readers else 404 if role == Role.ADMINISTRATOR else 403
        assert one.status_code == expected

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"ground": "b", "reason": "x"}, "columns"),
            ({"columns": ["status"], "ground": "b", "reason": "x"}, "columns"),
            ({"columns": ["password"], "ground": "b", "reason": "x"}, "columns"),
            ({"columns": ["note_de"], "ground": "z", "reason": "x"}, "ground"),
            ({"columns": ["note_de"], "ground": "b"}, "reason"),
            ({"columns": ["note_de"], "ground": "b", "reason": f"Ansprechpartnerin ist {NAME}."}, "reason"),
            ({"columns": ["note_de"], "ground": "b", "reason": "a\x00b"}, "reason"),
        ],
    )
    def test_bad_input_is_said_at_the_field_and_writes_nothing(self, officer, measure, data, field):
        answer = send(officer, "erasure-new", data, "measure", measure.pk)

        assert field in answer.context["form"].errors
        assert not Erasure.objects.exists()

    @pytest.mark.parametrize(("kind", "number"), [("user", 1), ("ledgerseal", 1), ("nonsense", 1), ("measure", 999)])
    def test_there_is_no_page_for_what_cannot_be_erased(self, officer, kind, number):
        assert get(officer, "reporting:erasure-new", kind, number).status_code == 404

    def test_rule_10_a_protected_row_is_erased_by_those_alone_who_may_see_it(self, officer, dpo):
        row = make_measure(note_de=NAME, title_de="Geheimer Ort", protection=Protection.PROTECTED)
        trusted = make_trusted()
        assert get(officer, "reporting:erasure-new", "measure", row.pk).status_code == 404
        waiting = propose(trusted, row, "note_de")

        for reader in (officer, dpo):
            assert get(reader, "reporting:erasure", waiting.pk).status_code == 404
            assert "Geheimer Ort" not in text(reader, "reporting:erasure-list")
            assert send(reader, "erasure-sign", {}, waiting.pk).status_code == 404
        assert "Geheimer Ort" in text(trusted, "reporting:erasure", waiting.pk)

    def test_a_proposal_can_be_dropped_with_a_reason(self, officer, dpo, measure):
        waiting = propose(officer, measure, "note_de")

        refused = send(dpo, "erasure-drop", {"reason": ""}, waiting.pk)
        assert "reason" in refused.context["form"].errors
        send(dpo, "erasure-drop", {"reason": "Der Antrag wurde zurückgezogen."}, waiting.pk)

        assert Erasure.objects.get().state == ErasureState.DROPPED
        assert Measure.objects.get().note_de.endswith(f"{NAME}.")

    def test_one_page_tells_the_first_that_the_other_signs(self, officer, measure):
        waiting = propose(officer, measure, "note_de")

        page = text(officer, "reporting:erasure", waiting.pk)

        assert reverse("reporting:erasure-sign", args=[waiting.pk]) not in page
        assert send(officer, "erasure-sign", {}, waiting.pk).status_code == 403

    def test_the_pages_are_there_in_both_languages(self, officer, measure):
        waiting = propose(officer, measure, "note_de")
        client = client_of(officer)
        for name, args in (("erasure-list", []), ("erasure", [waiting.pk]), ("erasure-new", ["measure", measure.pk])):
            url = reverse(f"reporting:{name}", args=args)
            client.cookies["django_language"] = "en"
            english = client.get(url).content.decode()
            client.cookies["django_language"] = "de"
            german = client.get(url).content.decode()
            assert "Legal ground" in english
            assert "Rechtsgrund" in german

    def test_the_pages_ask_a_constant_number_of_queries(self, officer, dpo, measure):
        for number in range(3):
            row = make_measure(note_de=f"{NAME} {number}")
            erasing.carry_out(propose(officer, row, "note_de"), actor=dpo, at=NOW())
        first = cost(dpo, "reporting:erasure-list")
        waiting = propose(officer, measure, "note_de")
        for number in range(3):
            propose(officer, make_measure(note_de=f"{NAME} {number}"), "note_de")

        assert cost(dpo, "reporting:erasure-list") == first <= MOST_QUERIES
        assert cost(dpo, "reporting:erasure", waiting.pk) <= MOST_QUERIES
        assert cost(officer, "reporting:erasure-new", "measure", measure.pk) <= MOST_QUERIES
        assert cost(officer, "reporting:audit") <= MOST_QUERIES


class TestReports:
    @pytest.fixture
    def edition(self):
        edition = make_released(make_frozen_cycle())
        workflow.add_document(edition, MAIN, drawn("released"), actor=None, at=NOW())
        return edition

    def printed(self) -> Measure:
        return Measure.objects.get()

    def test_rule_10_an_edition_that_holds_what_was_erased_is_locked_for_all(self, edition, officer, dpo):
        row = self.printed()
        title, digest = row.title_de, edition.content_sha256
        assert title in filestore.get(edition.content_file).decode()
        waiting = propose(officer, row, "title_de")
        assert edition in erasing.previewed(waiting)

        erasing.carry_out(waiting, actor=dpo, at=NOW())

        for reader in (officer, dpo, make_user(Role.COUNCIL), make_trusted()):
            for url in (
                reverse("reporting:edition-content", args=[edition.cycle.year, edition.number]),
                reverse("reporting:document", args=[edition.documents.get().pk]),
            ):
                answer = client_of(reader).get(url)
                assert answer.status_code == 403
                assert title not in answer.content.decode()
            page = text(reader, "reporting:edition", edition.cycle.year, edition.number)
            assert digest in page
            assert "kern-alert--warning" in page
        assert list(findings()) == []

    def test_an_edition_that_does_not_hold_it_stays(self, edition, officer, dpo):
        row = make_measure(note_de=f"{NAME} steht in keinem Bericht")

        erasing.carry_out(propose(officer, row, "note_de"), actor=dpo, at=NOW())

        assert not LockedEdition.objects.exists()
        assert get(officer, "reporting:edition-content", edition.cycle.year, edition.number).status_code == 200

    def test_rule_10_a_redacted_edition_says_that_it_was_erased(self, edition, officer, dpo):
        row = self.printed()
        title = row.title_de
        carried_out(officer, dpo, row, "title_de")

        draft = workflow.prepare_edition(edition.cycle, actor=officer, at=NOW(), reason="Geschwärzt")
        second = workflow.release_edition(draft, actor=make_user(Role.APPROVER), at=NOW())

        content = filestore.get(second.content_file).decode()
        assert title not in content
        assert f"Gelöscht am {TODAY():%d.%m.%Y}" in content
        assert not second.locks.exists()

    def test_a_draft_from_before_an_erasure_is_drawn_anew(self, officer, dpo, measure):
        edition = workflow.prepare_edition(make_frozen_cycle(), actor=officer, at=NOW())
        old = workflow.add_document(edition, MAIN, drawn("draft"), actor=None, at=NOW())
        carried_out(officer, dpo, measure, "note_de")
        new = workflow.add_document(edition, MAIN, drawn("draft", b"%PDF-1.7 new"), actor=None, at=NOW())

        assert get(officer, "reporting:document", old.pk).status_code == 403
        assert get(officer, "reporting:document", new.pk).status_code == 200


class TestTraces:
    def test_a_stored_file_goes_unless_another_row_uses_it(self, officer, dpo):
        shared, own = filestore.put(b"shared by two"), filestore.put(b"one's own")
        rows = [make_evidence(sha256=digest) for digest in (shared, shared, own)]

        for row in (rows[0], rows[2]):
            traces_removed(carried_out(officer, dpo, row, acts.FILE, "title"))
        assert filestore.path_of(shared).exists()
        assert not filestore.path_of(own).exists()
        traces_removed(carried_out(officer, dpo, rows[1], acts.FILE))

        assert not filestore.path_of(shared).exists()
        assert set(Evidence.objects.values_list("sha256", flat=True)) == {shared, own}

    def test_an_erased_file_is_not_handed_out_even_where_another_row_still_has_it(self, officer, dpo):
        digest = filestore.put(b"a letter")
        first, second = make_evidence(sha256=digest), make_evidence(sha256=digest)

        carried_out(officer, dpo, first, acts.FILE)

        assert get(officer, "commitments:evidence", first.pk).status_code == 410
        handed_out = get(officer, "commitments:evidence", second.pk)
        assert handed_out.status_code == 200
        handed_out.close()

    def test_waiting_imports_and_files_to_fetch_are_discarded(self, officer, dpo, measure):
        row = saved(
            Transfer(
                direction=Direction.IMPORT,
                subject="measures",
                file_name="x.xlsx",
                state=TransferState.CHECKED,
                by=officer,
                at=NOW(),
            )
        )
        path = storage.keep(row.pk, [NAME.encode()], ".xlsx")

        traces_removed(carried_out(officer, dpo, measure, "note_de"))

        assert not path.exists()
        assert Transfer.objects.get().state == TransferState.DISCARDED

    def test_what_finished_jobs_said_and_the_caches_go(self, officer, dpo, measure):
        job = Job.objects.create(
            kind="apply-import",
            arguments={"reason": NAME},
            state=JobState.FAILED,
            error=f"{NAME} steht doppelt",
            message=NAME,
            asked_at=NOW(),
            sent_at=NOW(),
        )
        running = Job.objects.create(kind="seal-ledger", state=JobState.RUNNING, asked_at=NOW(), sent_at=NOW())
        cache.set("told", NAME)

        traces_removed(carried_out(officer, dpo, measure, "note_de"))

        assert NAME not in json.dumps(list(Job.objects.filter(pk=job.pk).values()), default=str)
        assert cache.get("told") is None
        assert Job.objects.get(pk=running.pk).state == JobState.RUNNING

    def test_the_job_that_removes_them_is_asked_for_with_the_act(self, officer, dpo, measure):
        event = carried_out(officer, dpo, measure, "note_de")

        assert Job.objects.get(kind=acts.TRACES).arguments == {"erasure": event.pk}

    def test_the_hash_that_an_answer_holds_goes_and_an_answer_that_held_still_holds(self, officer, dpo, measure):
        answer = make_confirmation(make_cycle(), measure, state=ConfirmationState.RELEASED)
        before = answer.fingerprint

        carried_out(officer, dpo, measure, "note_de")

        assert not Confirmation.objects.void().exists()
        assert before not in history_model(Confirmation).objects.values_list("fingerprint", flat=True)
        assert Confirmation.objects.get().fingerprint == Measure.objects.get(pk=measure.pk).fingerprint
        assert list(findings()) == []

    def test_an_answer_that_lost_a_hash_alone_is_told_as_before(self, officer, dpo, measure):
        answer = make_confirmation(make_cycle(), measure, state=ConfirmationState.RELEASED)
        answer.statement_de = "Wie im Vorjahr"
        save_as(answer, actor=None, reason="Ergänzt", at=NOW())

        carried_out(officer, dpo, measure, "note_de")

        page = text(officer, "reporting:audit", kind="confirmation")
        assert "Wie im Vorjahr" in page
        assert "(b)" not in page
        assert "Buchstabe b" not in page

    def test_the_hash_in_a_frozen_answer_goes_as_well(self, officer, dpo, measure):
        cycle = make_cycle(2025)
        make_confirmation(cycle, measure, state=ConfirmationState.RELEASED)
        cycle.state, cycle.frozen_at = CycleState.FROZEN, NOW()
        save_as(cycle, actor=None, reason="Frozen", at=NOW())

        carried_out(officer, dpo, measure, "note_de")

        assert Confirmation.objects.get().fingerprint == ""
        assert list(findings()) == []


def test_saved_filters_that_say_what_was_erased_go_with_it(officer, dpo, measure):
    make_measure(title_de="Ansprechpartnerin für die Jugend")
    for name, query in (
        (NAME, "q=Jugend"),
        ("Eine Person", "page=2&q=Amira%20Beispiel"),
        ("Jugend", "q=Jugend"),
        ("Wer zuständig ist", "q=Ansprechpartnerin"),
    ):
        SavedView.objects.create(user=officer, page="commitments:measure-list", name=name, query=query)

    carried_out(officer, dpo, measure, "note_de")

    assert set(SavedView.objects.values_list("name", flat=True)) == {"Jugend", "Wer zuständig ist"}


def test_corrections_of_a_report_that_quote_what_was_erased_lose_their_words_and_the_ledger_holds(officer, dpo):
    edition = make_released()
    measure = Measure.objects.get()
    measure.note_de = f"Es begleitet {NAME}"
    save_as(measure, actor=None, reason="Ergänzt", at=NOW())
    title = content_of(edition).measures[0].title.de
    for new, reason in ((f"{title}. Es begleitet {NAME}.", "Genauer"), ("Ein anderer Titel", "Verschrieben")):
        error = Error(f"measure:{measure.reference}", "title.de", title, new, reason)
        proposal = corrections.propose_correction(edition, error, actor=officer, at=NOW())
        corrections.decline_correction(proposal, actor=make_approver(), at=NOW(), reason="So nicht")

    carried_out(officer, dpo, measure, "note_de")

    quoting, other = ProposedCorrection.objects.order_by("pk")
    kept = [
        *QuerySet(history_model(ProposedCorrection)).filter(id=quoting.pk).values_list("new", "history_change_reason")
    ]
    assert NAME not in str([quoting.new, quoting.old, quoting.reason, kept])
    assert quoting.new.startswith("Gelöscht am")
    assert (other.new, other.reason) == ("Ein anderer Titel", "Verschrieben")
    assert list(findings()) == []


def test_an_edition_whose_council_volume_alone_says_it_is_locked(officer, dpo):
    edition = make_released(make_frozen_cycle(beside=Protection.COUNCIL))
    assert SECRET_MEASURE not in filestore.get(edition.content_file).decode()
    assert SECRET_MEASURE in filestore.get(edition.council_content_file).decode()

    carried_out(officer, dpo, Measure.objects.get(title_de=SECRET_MEASURE), "title_de")

    assert [lock.edition for lock in LockedEdition.objects.all()] == [edition]
