"""Commitments: entered, changed whole, ended; what they rest on, and who keeps them."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from commitments.models import Commitment, CommitmentProvision, CommitmentUnit, Competence, Protection, Role, User
from commitments.workflow.commitments import (
    CommitmentEdit,
    Entry,
    Grounds,
    edit_commitment,
    end_commitment,
    enter_commitment,
)
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_officer,
    make_provision,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


def grounds(*provisions, basis=None):
    return Grounds(tuple(provisions), basis or provisions[0])


def entry(contributing=(), on=None, **columns):
    wanted = {"title_de": "Wasser für alle", "wording_de": "Die Stadt sichert Wasser.", "fulfil": True}
    wanted |= {"competence": Competence.OWN, **columns}
    wanted.setdefault("lead_unit", None)
    wanted["lead_unit"] = wanted["lead_unit"] or make_unit()
    return Entry(wanted, on or grounds(make_article(25)), tuple(contributing))


def enter(actor=None, **wanted):
    return enter_commitment(entry(**wanted), actor=actor or make_officer(), at=timezone.now())


def change(commitment, on=None, contributing=None, **changes):
    edit = CommitmentEdit(changes, "Ratsbeschluss", grounds=on, contributing=contributing)
    return edit_commitment(commitment, edit, actor=make_officer(), at=timezone.now())


def under(commitment):
    rows = commitment.commitment_provisions.filter(ended_on__isnull=True).order_by("order")
    return [(row.provision, row.is_basis) for row in rows]


def test_an_entered_commitment_has_its_number_its_grounds_and_the_day():
    make_commitment(reference="K-124")
    article, kin, helper = make_article(25), make_provision(), make_unit()

    commitment = enter(on=grounds(kin, article, basis=article), contributing=[helper], adoption=make_adoption())

    assert (commitment.reference, commitment.key) == ("K-125", "wasser-fuer-alle")
    assert commitment.registered_on == TODAY()
    assert under(commitment) == [(kin, False), (article, True)]
    assert commitment.commitment_units.get().unit == helper


def test_a_commitment_rests_on_one_of_its_provisions():
    with pytest.raises(ValidationError) as refused:
        grounds(make_article(1), basis=make_article(2))

    assert "provisions" in refused.value.message_dict


def test_the_basis_moves_and_what_is_taken_away_ends_and_comes_back():
    first, second = make_article(1), make_article(2)
    commitment = enter(on=grounds(first, second))

    change(commitment, on=grounds(second))
    assert under(commitment) == [(second, True)]
    assert CommitmentProvision.objects.get(commitment=commitment, provision=first).ended_on == TODAY()

    change(commitment, on=grounds(second, first, basis=first))
    assert under(commitment) == [(second, False), (first, True)]
    assert commitment.commitment_provisions.count() == 2


def test_contributing_units_end_and_come_back():
    helper = make_unit()
    commitment = enter(contributing=[helper])

    change(commitment, contributing=())
    assert commitment.commitment_units.get().ended_on == TODAY()

    change(commitment, contributing=(helper,))
    assert commitment.commitment_units.get().ended_on is None


def test_the_unit_in_charge_is_not_contributing_too():
    unit = make_unit()

    with pytest.raises(ValidationError) as refused:
        enter(lead_unit=unit, contributing=[unit])

    assert "contributing" in refused.value.message_dict


def test_a_unit_that_no_longer_exists_keeps_no_commitment():
    with pytest.raises(ValidationError) as refused:
        enter(lead_unit=make_unit(valid_to=date(2019, 12, 31)))

    assert "2019" in refused.value.message_dict["lead_unit"][0]


def test_saving_a_commitment_as_it_is_changes_nothing():
    commitment = enter()

    with pytest.raises(ValidationError):
        change(commitment, on=grounds(make_article(25)), contributing=())


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_only_the_officer_enters_and_ends_commitments(role):
    commitment, somebody = make_commitment(), make_user(role)

    with pytest.raises(PermissionDenied):
        enter(somebody)
    with pytest.raises(PermissionDenied):
        end_commitment(commitment, actor=somebody, at=timezone.now(), reason="Nein")


def test_rule_11_an_ended_commitment_keeps_everything_and_is_no_longer_in_force():
    commitment = make_commitment()

    ended = end_commitment(commitment, actor=make_officer(), at=timezone.now(), reason="Vertrag gekündigt.")

    assert (ended.ended_on, ended.end_reason_de) == (TODAY(), "Vertrag gekündigt.")
    assert commitment not in Commitment.objects.in_force()
    assert commitment.commitment_provisions.filter(ended_on__isnull=True).exists()
    with pytest.raises(ValidationError):
        end_commitment(commitment, actor=make_officer(), at=timezone.now(), reason="Noch einmal")


def test_a_commitment_does_not_end_without_a_reason():
    with pytest.raises(ValidationError) as refused:
        end_commitment(make_commitment(), actor=make_officer(), at=timezone.now(), reason=" ")

    assert "end_reason_de" in refused.value.message_dict


def test_a_unit_that_no_longer_contributes_no_longer_sees_what_is_internal():
    unit = make_unit()
    contact = make_user(Role.CONTACT, unit)
    part = saved(CommitmentUnit(commitment=make_commitment(protection=Protection.INTERNAL), unit=unit))
    assert Commitment.objects.visible_to(contact).exists()

    part.ended_on = TODAY()
    saved(part)

    assert not Commitment.objects.visible_to(User.objects.get(pk=contact.pk)).exists()
