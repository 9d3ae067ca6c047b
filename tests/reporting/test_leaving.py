"""A person who leaves: what stands in the way, what goes and what stays, and who signs."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from commitments.ledger import save_as
from commitments.ledger.verification import findings
from commitments.models import (
    Erasure,
    ErasureKind,
    Ground,
    Measure,
    ProtectedAccess,
    Role,
    User,
)
from commitments.tracking import history_model
from commitments.workflow import erasure as acts
from commitments.workflow import leaving
from commitments.workflow.erasure import Proposal, subject_of
from reporting import erasing
from reviews.models import Mail, MailKind
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, text
from tests.factories import (
    LONG_AGO,
    make_assignment,
    make_confirmation,
    make_cycle,
    make_measure,
    make_unit,
    make_user,
    saved,
)

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
    return make_measure(note_de=f"Ansprechpartnerin ist {NAME}.")


def propose(actor, row, *columns) -> Erasure:
    proposal = Proposal([subject_of(type(row), row.pk, columns)], Ground.CONSENT_WITHDRAWN, "Antrag auf Löschung")
    return acts.propose(proposal, actor=actor, at=NOW())


def send(user, name, data, *arguments):
    return client_of(user).post(reverse(f"reporting:{name}", args=arguments), data, follow=True)


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
