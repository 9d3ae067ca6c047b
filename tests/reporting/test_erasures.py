"""The pages of erasures and of people who leave, and what an erasure reaches beyond its rows."""

import json
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
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
    ErasureKind,
    ErasureState,
    Evidence,
    Ground,
    Job,
    JobState,
    Measure,
    ProtectedAccess,
    ProtectedUse,
    Protection,
    Role,
    Transfer,
    TransferState,
    User,
)
from commitments.tracking import history_model
from commitments.workflow import access, leaving
from commitments.workflow import erasure as acts
from commitments.workflow.erasure import Proposal, subject_of
from commitments.workflow.evidence import note_reading
from reporting import erasing, workflow
from reporting.handlers import erase_traces
from reporting.models import LockedEdition
from reviews.models import Confirmation, ConfirmationState, CycleState, Mail, MailKind
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    LONG_AGO,
    make_assignment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_evidence,
    make_measure,
    make_partnership,
    make_unit,
    make_user,
    saved,
)
from tests.reporting.editions import MAIN, drawn, make_frozen_cycle, make_released

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
def administrator() -> User:
    return make_user(Role.ADMINISTRATOR)


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
        assert "Artikel 17 Absatz 1 Buchstabe b" in text(officer, "reporting:audit") or "(b)" in text(
            officer, "reporting:audit"
        )

    def test_the_history_of_a_page_says_erased_instead_of_the_difference(self, officer, dpo, measure):
        measure.note_de = "Ohne Namen"
        save_as(measure, actor=None, reason="Geändert", at=NOW())
        carried_out(officer, dpo, measure, "note_de")

        page = text(officer, "commitments:measure-history", measure.reference)

        assert NAME not in page
        assert "(b)" in page

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
            assert "Rechtsgrund" in german or "Legal ground" in german  # before the German texts are merged

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


class TestLeaving:
    @pytest.fixture
    def person(self) -> User:
        """Somebody who has held a role until yesterday."""
        row = make_user(name=NAME, email="amira@example.org")
        make_assignment(row, Role.CONTACT, valid_to=TODAY() - timedelta(days=1))
        return row

    def gone(self, person, administrator, dpo) -> User:
        waiting = leaving.propose_pseudonym(person, "Aus dem Dienst", actor=administrator, at=NOW())
        erasing.carry_out(waiting, actor=dpo, at=NOW())
        found: User = User.objects.get(pk=person.pk)
        return found

    def test_name_and_address_go_and_number_role_and_acts_stay(self, person, administrator, dpo, measure):
        measure.title_de = "Neu"
        save_as(measure, actor=person, reason="Umbenannt", at=NOW())

        row = self.gone(person, administrator, dpo)

        assert (row.name, row.email) == (f"Person {row.pk}", f"person-{row.pk}@pseudonym.invalid")
        assert (row.is_active, row.pseudonymised_on) == (False, TODAY())
        assert row.assignments.get().role == Role.CONTACT
        assert history_model(Measure).objects.filter(history_user_id=row.pk).exists()
        told = str(list(history_model(User).objects.values())) + str(list(User.objects.values()))
        assert "Amira" not in told
        assert "amira" not in told
        assert list(findings()) == []

    def test_historic_acts_show_the_pseudonym_and_the_role(self, person, administrator, dpo, officer):
        measure = make_measure()
        measure.title_de = "Neu"
        save_as(measure, actor=person, reason="Umbenannt", at=NOW())
        row = self.gone(person, administrator, dpo)

        page = text(officer, "commitments:measure-history", measure.reference)

        assert "Amira" not in page
        assert f"Person {row.pk}" in page

    def test_no_way_in_is_left(self, person, administrator, dpo):
        client = client_of(person)
        EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
        assert client.get("/").status_code == 200

        row = self.gone(person, administrator, dpo)

        assert not row.has_usable_password()
        assert not EmailAddress.objects.filter(user=row).exists()
        assert str(row.pk) not in {each.get_decoded().get("_auth_user_id") for each in Session.objects.all()}
        assert client.get("/").status_code == 302

    def test_the_log_of_mails_keeps_no_address(self, person, administrator, dpo):
        cycle = make_cycle()
        to = {"address": person.email, "person": person, "text": f"Guten Tag {NAME}"}
        Mail.objects.create(cycle=cycle, kind=MailKind.REQUEST, on=TODAY(), **to)

        self.gone(person, administrator, dpo)

        mail = Mail.objects.get()
        assert (mail.address, mail.text, mail.on) == ("", "", TODAY())

    def test_what_was_said_of_the_person_goes_with_the_name(self, person, administrator, dpo):
        right = saved(
            ProtectedAccess(user=person, valid_from=LONG_AGO, valid_to=LONG_AGO, reason=f"{NAME} betreut die Fälle")
        )

        self.gone(person, administrator, dpo)

        assert "Amira" not in str(list(ProtectedAccess.objects.values()))
        assert "Amira" not in str(list(history_model(ProtectedAccess).objects.values()))
        assert ProtectedAccess.objects.get(pk=right.pk).valid_to == LONG_AGO

    def test_a_running_role_stands_in_the_way_and_is_named(self, administrator, dpo):
        person, unit = make_user(), make_unit(name_de="Amt für Wasser")
        make_assignment(person, Role.CONTACT, unit)

        page = text(administrator, "reporting:person-pseudonymise", person.pk)

        assert "Amt für Wasser" in page
        answer = send(administrator, "person-pseudonymise", {"reason": "Geht"}, person.pk)
        assert answer.context["form"].errors
        assert not Erasure.objects.exists()

    def test_open_entries_of_a_unit_without_another_contact_stand_in_the_way(self, administrator, dpo, person):
        unit = person.assignments.get().unit
        make_confirmation(make_cycle(), unit=unit)
        waiting = leaving.propose_pseudonym(person, "Aus dem Dienst", actor=administrator, at=NOW())

        with pytest.raises(ValidationError, match=unit.name_de):
            erasing.carry_out(waiting, actor=dpo, at=NOW())
        make_user(Role.CONTACT, unit)
        erasing.carry_out(waiting, actor=dpo, at=NOW())

        assert User.objects.get(pk=person.pk).pseudonymised_on == TODAY()

    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.DPO}))
    def test_nobody_else_does_it(self, person, administrator, role):
        waiting = leaving.propose_pseudonym(person, "Aus dem Dienst", actor=administrator, at=NOW())
        other = make_user(role)

        assert get(other, "reporting:person-pseudonymise", person.pk).status_code == 403
        with pytest.raises(PermissionDenied):
            erasing.carry_out(waiting, actor=other, at=NOW())

    def test_nobody_does_it_alone_or_to_themselves(self, person, administrator, dpo):
        waiting = leaving.propose_pseudonym(person, "Aus dem Dienst", actor=administrator, at=NOW())

        for actor in (administrator, make_user(Role.ADMINISTRATOR)):
            with pytest.raises(PermissionDenied):
                erasing.carry_out(waiting, actor=actor, at=NOW())
        with pytest.raises(ValidationError):
            leaving.propose_pseudonym(dpo, "Ich gehe", actor=dpo, at=NOW())
        with pytest.raises(ValidationError):
            leaving.propose_pseudonym(person, "Noch einmal", actor=dpo, at=NOW())

    def test_the_pages_ask_a_constant_number_of_queries(self, person, administrator, dpo):
        few = cost(administrator, "reporting:person-pseudonymise", person.pk)
        for _number in range(4):
            make_assignment(person, Role.RELEASER, valid_to=TODAY() - timedelta(days=1))
        waiting = leaving.propose_pseudonym(person, "Aus dem Dienst", actor=administrator, at=NOW())

        assert cost(administrator, "reporting:person-pseudonymise", person.pk) == few <= MOST_QUERIES
        assert cost(dpo, "reporting:erasure", waiting.pk) <= MOST_QUERIES
        assert cost(administrator, "reporting:erasure-list") <= MOST_QUERIES

    def test_the_administration_sees_the_erasures_of_people_alone(self, administrator, officer, person, measure):
        of_content = propose(officer, measure, "note_de")
        of_person = leaving.propose_pseudonym(person, "Aus dem Dienst", actor=administrator, at=NOW())

        assert Erasure.objects.filter(kind=ErasureKind.PERSON).get() == of_person
        assert get(administrator, "reporting:erasure", of_content.pk).status_code == 404
        assert get(administrator, "reporting:erasure", of_person.pk).status_code == 200


class TestUseOfTheRight:
    def test_a_page_with_the_right_is_noted_once_a_day_and_each_row_once(self):
        row = make_measure(protection=Protection.PROTECTED)
        reader = make_trusted()

        for _again in range(2):
            text(reader, "commitments:measure-list")
            text(reader, "commitments:measure", row.reference)

        noted = ProtectedUse.objects.order_by("pk")
        assert [(each.reader, each.measure_id) for each in noted] == [(reader, None), (reader, row.pk)]
        assert history_model(ProtectedUse).objects.count() == 2

    def test_rows_that_are_not_protected_and_people_without_the_right_leave_no_trace(self, officer):
        row = make_measure()

        text(officer, "commitments:measure", row.reference)
        text(make_trusted(), "commitments:measure", row.reference)

        assert not ProtectedUse.objects.exclude(measure=None).exists()
        assert not ProtectedUse.objects.filter(reader=officer).exists()

    @pytest.mark.parametrize("kind", ["commitment", "engagement"])
    def test_the_pages_of_commitments_and_engagements_are_noted_too(self, kind):
        reader = make_trusted()
        if kind == "commitment":
            number = (row := make_commitment(protection=Protection.PROTECTED)).pk
            text(reader, "reporting:commitment", row.reference)
        else:
            number = (project := make_partnership(protection=Protection.PROTECTED)).pk
            text(reader, "commitments:engagement", project.key)

        assert getattr(ProtectedUse.objects.exclude(**{kind: None}).get(), f"{kind}_id") == number

    def test_rule_10_what_was_read_is_shown_to_nobody_without_the_right(self, officer):
        row = make_measure(protection=Protection.PROTECTED, title_de="Geheimer Ort")
        reader = make_trusted()
        text(reader, "commitments:measure", row.reference)

        page = text(officer, "reporting:audit", kind="protecteduse")

        assert "Geheimer Ort" not in page
        assert row.reference not in page
        assert "Geheimer Ort" in text(reader, "reporting:audit", kind="protecteduse")

    def test_it_is_noted_in_few_queries(self):
        row = make_measure(protection=Protection.PROTECTED)
        reader = make_trusted()
        text(reader, "commitments:measure", row.reference)

        assert cost(reader, "commitments:measure", row.reference) <= MOST_QUERIES

    def test_giving_using_and_ending_the_right_stand_in_the_ledger(self, officer, dpo):
        reader = make_user(Role.APPROVER)
        right = access.give_access(reader, TODAY(), TODAY(), actor=officer, at=NOW(), reason="Prüfung des Falls")
        access.sign_access(right, actor=dpo, at=NOW())
        evidence = make_evidence(make_measure(protection=Protection.PROTECTED))
        note_reading(evidence, actor=reader, at=NOW())
        text(User.objects.get(pk=reader.pk), "commitments:measure-list")
        access.end_access(right, actor=dpo, at=NOW(), reason="Der Fall ist geprüft")

        rows = list(history_model(ProtectedAccess).objects.order_by("history_id"))
        assert [row.history_user_id for row in rows] == [officer.pk, dpo.pk, dpo.pk]
        assert rows[-1].history_change_reason == "Der Fall ist geprüft"
        assert history_model(ProtectedUse).objects.get().reader_id == reader.pk
        assert history_model(type(evidence.reads.get())).objects.get().reader_id == reader.pk


def test_rule_10_a_job_quotes_nothing_to_one_who_may_see_less_than_its_asker(officer):
    asker = make_trusted()
    failed = Job.objects.create(
        kind="apply-import",
        asked_by=asker,
        state=JobState.FAILED,
        error="“Geheimer Ort” steht doppelt",
        message="Geheimer Ort",
        asked_at=NOW(),
        sent_at=NOW(),
    )

    assert "Geheimer Ort" not in text(officer, "commitments:job", failed.pk)
    assert "Geheimer Ort" in text(asker, "commitments:job", failed.pk)
    assert "Geheimer Ort" in text(make_trusted(), "commitments:job", failed.pk)


def test_rule_10_the_log_of_mails_counts_nothing_protected_for_one_without_the_right(officer):
    trusted = make_trusted(Role.APPROVER)
    mail = Mail.objects.create(
        cycle=make_cycle(),
        kind=MailKind.REQUEST,
        on=TODAY(),
        address=trusted.email,
        person=trusted,
        subject="Bitte bestätigen Sie",
        text="Es sind 17 Angaben offen.",
    )

    assert "17 Angaben" not in text(officer, "reviews:mail", mail.pk)
    assert "17 Angaben" in text(make_trusted(), "reviews:mail", mail.pk)
