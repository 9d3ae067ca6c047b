"""The administration keeps people, roles and units; officer and data protection give access to protected content."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from commitments.models import (
    Assignment,
    Measure,
    OrganisationalUnit,
    ProtectedAccess,
    Protection,
    Role,
    UnitSuccession,
    User,
)
from commitments.workflow import access, people, units
from commitments.workflow.steps import Edit
from tests.factories import make_assignment, make_measure, make_officer, make_unit, make_user, saved
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

NOW = timezone.now
TODAY = timezone.localdate

ADMINISTRATION = ["person-list", "person-new", "unit-list", "unit-new"]


@pytest.fixture
def administrator():
    return make_user(Role.ADMINISTRATOR)


def send(user, name, data, *arguments):
    return signed_in(user).post(reverse(f"commitments:{name}", args=arguments), data, follow=True)


class TestPeople:
    def test_a_person_is_entered_and_given_a_role(self, administrator):
        unit = make_unit(key="jugend")
        data = {"name": "Erika Beispiel", "email": " Erika@Example.ORG ", "language": "de", "reason": "Neu im Amt"}

        send(administrator, "person-new", data)
        person = User.objects.get(email="erika@example.org")
        role = {"role": "contact", "unit": "jugend", "valid_from": TODAY().isoformat(), "reason": "Ansprechperson"}
        answer = send(administrator, "role-add", role, person.pk)

        assert answer.status_code == 200
        assert not person.has_usable_password()
        assert person.assignments.get().unit == unit

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({}, "name"),
            ({"name": "x", "email": "nonsense"}, "email"),
            ({"name": "x" * 500, "email": "a@example.org"}, "name"),
            ({"name": "a\x00b", "email": "a@example.org"}, "name"),
            ({"name": "x", "email": "a@example.org"}, "reason"),
        ],
    )
    def test_bad_input_is_said_at_the_field_and_loses_nothing(self, administrator, data, field):
        answer = send(administrator, "person-new", {"language": "de"} | data)

        assert field in answer.context["form"].errors
        assert User.objects.count() == 1

    def test_an_address_is_taken_once(self, administrator):
        known = make_user()

        answer = send(
            administrator,
            "person-new",
            {"name": "x", "email": known.email.upper(), "language": "de", "reason": "Neu"},
        )

        assert answer.context["form"].errors
        assert User.objects.count() == 2

    def test_a_contact_without_a_unit_is_refused(self, administrator):
        person = make_user()

        answer = send(
            administrator,
            "role-add",
            {"role": "contact", "valid_from": TODAY().isoformat(), "reason": "x"},
            person.pk,
        )

        assert answer.context["form"].errors
        assert not person.assignments.exists()

    def test_nobody_gives_a_role_to_themselves_or_ends_their_own(self, administrator):
        data = {"role": "officer", "valid_from": TODAY().isoformat(), "reason": "x"}
        own = administrator.assignments.get()

        assert send(administrator, "role-add", data, administrator.pk).status_code == 403
        with pytest.raises(PermissionDenied):
            people.end_role(own, TODAY(), actor=administrator, at=NOW(), reason="x")

    def test_a_role_ends_with_its_last_day_and_is_kept(self, administrator):
        person = make_user(Role.AUDITOR)
        held = person.assignments.get()

        send(
            administrator, "role-end", {"on": (TODAY() - timedelta(days=1)).isoformat(), "reason": "Ruhestand"}, held.pk
        )

        held.refresh_from_db()
        assert held.valid_to == TODAY() - timedelta(days=1)
        assert User.objects.get(pk=person.pk).roles == frozenset()
        assert Assignment.objects.filter(pk=held.pk).exists()

    def test_a_closed_account_cannot_sign_in_and_one_does_not_close_ones_own(self, administrator):
        person = make_user(Role.AUDITOR)
        close = {"is_active": False}

        people.edit_person(person, Edit(close, "Ausgeschieden"), actor=administrator, at=NOW())
        with pytest.raises(ValidationError):
            people.edit_person(administrator, Edit(close, "x"), actor=administrator, at=NOW())

        client = signed_in(User.objects.get(pk=person.pk))
        assert client.get("/").status_code == 302

    def test_a_lost_update_is_refused_and_what_was_typed_comes_back(self, administrator):
        person = make_user()
        page = signed_in(administrator).get(reverse("commitments:person-edit", args=[person.pk]))
        seen = page.context["form"].initial["seen"]
        people.edit_person(person, Edit({"name": "Anders"}, "x"), actor=administrator, at=NOW())

        data = {"name": "Ganz anders", "email": person.email, "language": "de", "is_active": "on", "seen": seen}
        answer = send(administrator, "person-edit", data | {"reason": "x"}, person.pk)

        assert "Ganz anders" in answer.content.decode()
        assert User.objects.get(pk=person.pk).name == "Anders"

    @pytest.mark.parametrize("name", ADMINISTRATION)
    @pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
    def test_the_administration_alone_keeps_people_and_units(self, name, role):
        client = signed_in(make_user(role))

        assert client.get(reverse(f"commitments:{name}")).status_code == 403
        assert client.post(reverse(f"commitments:{name}"), {}).status_code in {403, 405}

    @pytest.mark.parametrize("name", ["person-list", "unit-list"])
    def test_a_list_takes_as_many_queries_for_many_as_for_few(self, administrator, name):
        url = reverse(f"commitments:{name}")
        make_user(Role.CONTACT)
        few = queries(administrator, url)
        for _number in range(8):
            make_user(Role.CONTACT)

        assert queries(administrator, url) == few <= MOST_QUERIES

    def test_lists_are_filtered_by_role_and_word(self, administrator):
        auditor, nobody = make_user(Role.AUDITOR, name="Ada"), make_user(name="Bea")
        client, url = signed_in(administrator), reverse("commitments:person-list")

        found = [list(client.get(f"{url}?{query}").context["page"]) for query in ("role=auditor", "role=none", "q=ada")]

        assert found == [[auditor], [nobody], [auditor]]
        assert client.get(f"{url}?role=x&page=99&q=%00").status_code == 200


class TestUnits:
    def test_a_unit_is_entered_changed_and_renamed(self, administrator):
        data = {
            "name_de": "Amt für Neues",
            "key": "neues",
            "kind": "office",
            "email": "neues@example.org",
            "reason": "Neu",
        }

        answer = send(administrator, "unit-new", data)
        unit = OrganisationalUnit.objects.get(key="neues")
        units.edit_unit(unit, Edit({"name_de": "Amt für Anderes"}, "Umbenannt"), actor=administrator, at=NOW())

        assert answer.status_code == 200
        assert OrganisationalUnit.objects.get(key="neues").name_de == "Amt für Anderes"
        assert OrganisationalUnit.objects.get(key="neues").email == "neues@example.org"

    @pytest.mark.parametrize("key", ["Große Stadt", "a/b", "", "x" * 70])
    def test_a_key_that_cannot_stand_in_an_address_is_refused(self, administrator, key):
        answer = send(administrator, "unit-new", {"name_de": "A", "kind": "office", "key": key, "reason": "x"})

        assert "key" in answer.context["form"].errors

    def test_rule_07_a_dissolved_unit_hands_over_and_keeps_its_name(self, administrator):
        old, new = make_unit(), make_unit()
        make_measure(old)
        contact = make_user(Role.CONTACT, new)
        page = signed_in(administrator).get(reverse("commitments:unit-dissolve", args=[old.key]))
        assert page.context["measures"] == 1

        data = {"on": TODAY().isoformat(), "successors": [new.key], "reason": "Ratsbeschluss"}
        send(administrator, "unit-dissolve", data, old.key)

        old.refresh_from_db()
        assert old.valid_to == TODAY() - timedelta(days=1)
        assert UnitSuccession.objects.get().successor == new
        assert old.pk in User.objects.get(pk=contact.pk).unit_ids
        assert Measure.objects.get().measure_units.get().unit == old

    def test_a_unit_ends_once_and_never_without_a_successor(self, administrator):
        old, new = make_unit(), make_unit()
        act = {"actor": administrator, "at": NOW(), "reason": "x"}

        with pytest.raises(ValidationError):
            units.dissolve_unit(old, [], TODAY(), **act)
        with pytest.raises(ValidationError):
            units.dissolve_unit(old, [old], TODAY(), **act)
        units.dissolve_unit(old, [new], TODAY(), **act)
        with pytest.raises(ValidationError):
            units.dissolve_unit(old, [new], TODAY(), **act)
        with pytest.raises(ValidationError, match=r".+"):
            units.dissolve_unit(new, [old], TODAY() + timedelta(days=5), **act)

    def test_counts_of_what_moves_leave_out_protected_measures(self, administrator):
        unit = make_unit()
        make_measure(unit, protection=Protection.PROTECTED)

        page = signed_in(administrator).get(reverse("commitments:unit-dissolve", args=[unit.key]))

        assert page.context["measures"] == 0


class TestAccess:
    def given(self, person, *signers):
        officer, dpo = signers
        until = TODAY() + timedelta(days=30)
        row = access.give_access(person, TODAY(), until, actor=officer, at=NOW(), reason="Hält die Akte")
        return access.sign_access(row, actor=dpo, at=NOW())

    def test_rule_10_one_signature_opens_nothing_and_two_do(self):
        officer, dpo, person = make_officer(), make_user(Role.DPO), make_user(Role.AUDITOR)
        hidden = make_measure(protection=Protection.PROTECTED)
        until = TODAY() + timedelta(days=30)

        row = access.give_access(person, TODAY(), until, actor=officer, at=NOW(), reason="Hält die Akte")
        assert hidden not in Measure.objects.visible_to(User.objects.get(pk=person.pk))
        access.sign_access(row, actor=dpo, at=NOW())

        assert hidden in Measure.objects.visible_to(User.objects.get(pk=person.pk))

    def test_rule_10_an_ended_right_shows_nothing_from_that_moment(self):
        officer, dpo, person = make_officer(), make_user(Role.DPO), make_user(Role.AUDITOR)
        hidden = make_measure(protection=Protection.PROTECTED)
        row = self.given(person, officer, dpo)

        access.end_access(row, actor=dpo, at=NOW(), reason="Nicht mehr nötig")

        assert hidden not in Measure.objects.visible_to(User.objects.get(pk=person.pk))
        assert row.history.count() == 3

    def test_nobody_signs_for_themselves_or_for_the_other_side(self):
        officer, dpo, other = make_officer(), make_user(Role.DPO), make_officer()
        until = TODAY() + timedelta(days=30)

        with pytest.raises(PermissionDenied):
            access.give_access(officer, TODAY(), until, actor=officer, at=NOW(), reason="x")
        row = access.give_access(make_user(Role.AUDITOR), TODAY(), until, actor=officer, at=NOW(), reason="x")
        with pytest.raises(ValidationError):
            access.sign_access(row, actor=other, at=NOW())
        row = access.give_access(dpo, TODAY(), until, actor=officer, at=NOW(), reason="x")
        with pytest.raises(PermissionDenied):
            access.sign_access(row, actor=dpo, at=NOW())

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.DPO])
    def test_rule_10_a_deputy_signs_for_nobody_they_stand_in_for(self, role):
        person, deputy, officer = make_user(role), make_user(), make_officer()
        make_assignment(deputy, role, acting_for=person)
        until = TODAY() + timedelta(days=30)

        with pytest.raises(PermissionDenied):
            access.give_access(person, TODAY(), until, actor=deputy, at=NOW(), reason="x")
        assert not ProtectedAccess.objects.exists()

        other = officer if role == Role.DPO else make_user(Role.DPO)
        row = access.give_access(person, TODAY(), until, actor=other, at=NOW(), reason="x")
        page = signed_in(deputy).get(reverse("commitments:access-list"))
        with pytest.raises(PermissionDenied):
            access.sign_access(row, actor=deputy, at=NOW())
        row.refresh_from_db()
        assert not page.context["page"][0].waits_for_me
        assert None in (row.given_by_officer, row.given_by_dpo)

    def test_rule_10_the_second_signature_is_not_given_for_the_one_who_gave_the_first(self):
        officer, dpo, deputy, person = make_officer(), make_user(Role.DPO), make_user(), make_user(Role.AUDITOR)
        until = TODAY() + timedelta(days=30)
        stands_in = make_assignment(deputy, Role.OFFICER, acting_for=officer)
        row = access.give_access(person, TODAY(), until, actor=deputy, at=NOW(), reason="x")
        stands_in.role, stands_in.acting_for = Role.DPO, dpo  # later the same person stands in for the other side
        saved(stands_in)

        with pytest.raises(PermissionDenied):
            access.sign_access(row, actor=User.objects.get(pk=deputy.pk), at=NOW())

        row.refresh_from_db()
        assert row.given_by_dpo is None

    @pytest.mark.parametrize("days", [(-1, 10), (0, 400), (5, 3)])
    def test_a_right_has_a_sensible_time(self, days):
        first, last = (TODAY() + timedelta(days=number) for number in days)

        with pytest.raises(ValidationError):
            access.give_access(make_user(Role.AUDITOR), first, last, actor=make_officer(), at=NOW(), reason="x")

        assert not ProtectedAccess.objects.exists()

    def test_the_page_is_for_the_two_who_sign(self):
        url = reverse("commitments:access-list")

        codes = {role: signed_in(make_user(role)).get(url).status_code for role in Role}

        assert {role for role, code in codes.items() if code == 200} == {Role.OFFICER, Role.DPO}
        assert set(codes.values()) == {200, 403}

    def test_officer_and_data_protection_sign_on_the_page(self):
        officer, dpo, person = make_officer(), make_user(Role.DPO), make_user(Role.AUDITOR)
        until = TODAY() + timedelta(days=9)
        data = {"person": person.pk, "valid_from": TODAY().isoformat(), "valid_to": until.isoformat(), "reason": "Akte"}

        send(officer, "access-list", data)
        row = ProtectedAccess.objects.get()
        page = signed_in(dpo).get(reverse("commitments:access-list"))
        assert page.context["page"][0].waits_for_me
        send(dpo, "access-sign", {}, row.pk)

        row.refresh_from_db()
        assert (row.given_by_officer, row.given_by_dpo) == (officer, dpo)
        assert send(officer, "access-end", {"reason": "Fertig"}, row.pk).status_code == 200
        assert not ProtectedAccess.objects.valid(TODAY()).exists()
