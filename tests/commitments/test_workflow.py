"""Changing the register: measures, commitments, links, gaps and people."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.utils import timezone

from commitments import workflow
from commitments.models import (
    Contribution,
    FieldOfAction,
    GapCode,
    GapReason,
    LinkState,
    MeasureStatus,
    Protection,
    Role,
)
from commitments.workflow import Edit, Gap, Post, Reasons
from tests.factories import (
    make_article,
    make_commitment,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db

REASONS = Reasons(Contribution.DIRECT, "Das Programm setzt die Zusage um.")


def edit(measure, *, actor=None, spelling_only=False, seen=None, reason="Ratsbeschluss", **changes):
    wanted = Edit(changes, reason, seen=seen, spelling_only=spelling_only)
    return workflow.edit_measure(measure, wanted, actor=actor or make_officer(), at=timezone.now())


def propose(measure, target, actor):
    return workflow.propose_link(measure, target, REASONS, actor=actor, at=timezone.now())


def test_a_change_of_substance_gives_a_measure_a_new_fingerprint():
    measure = make_measure()

    changed = edit(measure, title_de="Neuer Titel")

    assert changed.fingerprint != measure.fingerprint


def test_a_correction_of_spelling_keeps_the_fingerprint_and_is_logged_as_such():
    measure = make_measure()

    changed = edit(measure, spelling_only=True, reason="Tippfehler", title_de="Maßnahme, berichtigt")

    assert changed.fingerprint == measure.fingerprint
    assert "Tippfehler" in changed.history.first().history_change_reason
    assert changed.history.first().history_change_reason != "Tippfehler"


def test_a_change_outside_the_substance_after_a_correction_of_spelling_keeps_the_fingerprint():
    measure = edit(make_measure(), spelling_only=True, title_de="Berichtigt")

    changed = edit(measure, title_en="Corrected")

    assert changed.fingerprint == measure.fingerprint


def test_a_status_is_no_matter_of_spelling():
    with pytest.raises(ValidationError):
        edit(make_measure(), spelling_only=True, status=MeasureStatus.COMPLETED)


@pytest.mark.parametrize("status", [MeasureStatus.SUSPENDED, MeasureStatus.DISCONTINUED])
def test_a_measure_is_not_stopped_without_a_reason(status):
    with pytest.raises(ValidationError) as refused:
        edit(make_measure(), status=status)

    assert "status_reason_de" in refused.value.message_dict


def test_an_end_before_the_start_is_refused_with_a_sentence():
    measure = make_measure(starts_on=date(2024, 5, 1))

    with pytest.raises(ValidationError):
        edit(measure, ends_on=date(2023, 1, 1))


def test_history_says_who_changed_a_measure_and_why():
    officer = make_officer()

    changed = edit(make_measure(), actor=officer, reason="Beschluss vom Mai", title_de="Neu")

    entry = changed.history.first()
    assert (entry.history_user_id, entry.history_change_reason) == (officer.pk, "Beschluss vom Mai")


def test_nobody_overwrites_what_somebody_else_changed_meanwhile():
    measure = make_measure()
    seen = workflow.last_change(measure)
    edit(measure, title_de="Zuerst")

    with pytest.raises(ValidationError):
        edit(measure, seen=seen, title_de="Danach")


def test_saving_without_a_change_writes_nothing():
    measure = make_measure()

    with pytest.raises(ValidationError):
        edit(measure, title_de=measure.title_de)

    assert measure.history.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_only_the_officer_changes_the_register(role):
    with pytest.raises(PermissionDenied):
        edit(make_measure(), actor=make_user(role), title_de="Neu")


def test_a_commitment_keeps_every_wording_it_had():
    commitment = make_commitment(wording_de="Die Stadt handelt nach Möglichkeit fair.")
    wanted = Edit({"wording_de": "Die Stadt handelt fair."}, "Ratsresolution")

    workflow.edit_commitment(commitment, wanted, actor=make_officer(), at=timezone.now())

    wordings = [row.wording_de for row in commitment.history.all()]
    assert wordings == ["Die Stadt handelt fair.", "Die Stadt handelt nach Möglichkeit fair."]


def test_a_contact_proposes_a_link_for_their_own_unit():
    unit = make_unit()
    contact = make_user(Role.CONTACT, unit)

    link = propose(make_measure(unit), make_commitment(), contact)

    assert link.state == LinkState.PROPOSED


def test_a_contact_proposes_nothing_for_another_unit():
    with pytest.raises(PermissionDenied):
        propose(make_measure(), make_commitment(), make_user(Role.CONTACT))


def test_a_link_needs_a_rationale():
    with pytest.raises(ValidationError):
        workflow.propose_link(
            make_measure(),
            make_commitment(),
            Reasons(Contribution.DIRECT, ""),
            actor=make_officer(),
            at=timezone.now(),
        )


def test_the_same_thing_is_not_linked_twice():
    measure, commitment, officer = make_measure(), make_commitment(), make_officer()
    propose(measure, commitment, officer)

    with pytest.raises(ValidationError, match=r"."):
        propose(measure, commitment, officer)


def test_what_the_officer_adds_is_accepted_with_two_steps_in_the_history():
    measure = make_measure()

    link = workflow.add_link(measure, make_article(25), REASONS, actor=make_officer(), at=timezone.now())

    assert link.state == LinkState.ACCEPTED
    assert [row.state for row in link.history.all()] == [LinkState.ACCEPTED, LinkState.PROPOSED]


def test_what_a_contact_adds_waits():
    unit = make_unit()

    link = workflow.add_link(
        make_measure(unit), make_commitment(), REASONS, actor=make_user(Role.CONTACT, unit), at=timezone.now()
    )

    assert link.state == LinkState.PROPOSED


@pytest.mark.parametrize("state", [LinkState.ACCEPTED, LinkState.ENDED])
def test_only_a_proposed_link_is_accepted(state):
    link = make_link(state=state)

    with pytest.raises(ValidationError):
        workflow.accept_link(link, actor=make_officer(), at=timezone.now())


@pytest.mark.parametrize("state", [LinkState.PROPOSED, LinkState.ACCEPTED])
def test_a_link_ends_with_a_reason_and_stays(state):
    link = make_link(state=state)

    ended = workflow.end_link(link, actor=make_officer(), at=timezone.now(), reason="Programm eingestellt")

    assert ended.state == LinkState.ENDED
    assert ended.history.first().history_change_reason == "Programm eingestellt"


def test_an_ended_link_does_not_end_again():
    with pytest.raises(ValidationError):
        workflow.end_link(make_link(state=LinkState.ENDED), actor=make_officer(), at=timezone.now(), reason="Noch mal")


def test_after_its_end_the_same_thing_can_be_linked_again():
    link = make_link(state=LinkState.ENDED)

    again = workflow.add_link(link.measure, link.commitment, REASONS, actor=make_officer(), at=timezone.now())

    assert again.pk != link.pk


def test_a_contact_changes_a_proposal_of_their_unit_but_no_accepted_link():
    unit = make_unit()
    contact = make_user(Role.CONTACT, unit)
    proposed = make_link(make_measure(unit), state=LinkState.PROPOSED)
    accepted = make_link(make_measure(unit))

    workflow.change_link(proposed, REASONS, actor=contact, at=timezone.now(), reason="Genauer")

    with pytest.raises(PermissionDenied):
        workflow.change_link(accepted, REASONS, actor=contact, at=timezone.now(), reason="Genauer")


def test_an_ended_link_is_no_longer_changed():
    with pytest.raises(ValidationError):
        workflow.change_link(
            make_link(state=LinkState.ENDED), REASONS, actor=make_officer(), at=timezone.now(), reason="Zu spät"
        )


def test_a_gap_gets_a_reason_that_a_later_one_replaces():
    article, officer = make_article(15), make_officer()
    first = Gap(GapCode.NOT_LOOKED_AT, "Noch nicht geprüft.", "Prüfen", date(2027, 6, 30))
    second = Gap(GapCode.NO_COMPETENCE, "Sache des Bundes.")

    for gap in (first, second):
        workflow.give_gap_reason(article, FieldOfAction.EUROPE, gap, actor=officer, at=timezone.now())

    reason = GapReason.objects.get()
    assert (reason.code, reason.text_de, reason.due_on) == (GapCode.NO_COMPETENCE, "Sache des Bundes.", None)
    assert reason.history.count() == 2


def test_only_the_officer_gives_the_reason_for_a_gap():
    gap = Gap(GapCode.NOT_RELEVANT, "Ohne Bezug.")

    with pytest.raises(PermissionDenied):
        workflow.give_gap_reason(make_article(3), "", gap, actor=make_user(Role.APPROVER), at=timezone.now())


def test_the_administrator_enters_a_person_and_gives_them_a_role():
    administrator, unit, now = make_user(Role.ADMINISTRATOR), make_unit(), timezone.now()

    person = workflow.enter_person(
        email="Neu@Example.org", name="Neue Person", actor=administrator, at=now, reason="Antrag vom Mai"
    )
    post = Post(Role.CONTACT, valid_from=timezone.localdate(), unit=unit)
    workflow.assign_role(person, post, actor=administrator, at=now, reason="Antrag vom Mai")

    assert (person.email, person.has_usable_password()) == ("neu@example.org", False)
    assert person.unit_ids == {unit.pk}


def test_nobody_gives_a_role_to_themselves():
    administrator = make_user(Role.ADMINISTRATOR)

    with pytest.raises(PermissionDenied):
        workflow.assign_role(
            administrator,
            Post(Role.OFFICER, valid_from=timezone.localdate()),
            actor=administrator,
            at=timezone.now(),
            reason="Praktisch",
        )


def test_the_officer_enters_no_people():
    with pytest.raises(PermissionDenied):
        workflow.enter_person(email="a@b.example", name="A", actor=make_officer(), at=timezone.now(), reason="So")


def test_the_database_itself_refuses_a_link_without_a_rationale():
    link = make_link()

    with pytest.raises((IntegrityError, ValidationError)):
        workflow.change_link(
            link, Reasons(Contribution.DIRECT, ""), actor=make_officer(), at=timezone.now(), reason="Leer"
        )


def test_a_deputy_changes_the_register_for_somebody():
    officer = make_officer()
    deputy = make_user()
    administrator = make_user(Role.ADMINISTRATOR)
    post = Post(Role.OFFICER, valid_from=timezone.localdate(), acting_for=officer)
    workflow.assign_role(deputy, post, actor=administrator, at=timezone.now(), reason="Urlaub")

    changed = edit(make_measure(protection=Protection.INTERNAL), actor=deputy, title_de="Vertreten")

    assert changed.history.first().acting_for_id == officer.pk
