"""Measures from the idea to the end: entered, proposed, decided on, changed whole, never deleted."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from commitments.models import (
    FieldOfAction,
    LinkState,
    Measure,
    MeasureStatus,
    MeasureUnit,
    Part,
    Role,
    UnitSuccession,
)
from commitments.workflow import last_change
from commitments.workflow.measures import (
    Doers,
    Entry,
    MeasureEdit,
    accept_measure,
    decline_measure,
    edit_measure,
    enter_measure,
    propose_measure,
)
from reporting.coverage import coverage
from reviews.workflow.scope import scope_of
from tests.factories import (
    make_article,
    make_commitment,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


def entry(lead=None, contributing=(), budgets=None, **columns):
    wanted = {"title_de": "Städtetag der Menschenrechte", "field": FieldOfAction.HUMAN_RIGHTS}
    wanted |= {"status": MeasureStatus.PLANNED} | columns
    return Entry(wanted, Doers(lead or make_unit(), tuple(contributing)), budgets or {})


def enter(actor=None, **wanted):
    return enter_measure(entry(**wanted), actor=actor or make_officer(), at=timezone.now())


def change(measure, doers=None, budgets=None, **changes):
    edit = MeasureEdit(changes, "Ratsbeschluss", doers=doers, budgets=budgets)
    return edit_measure(measure, edit, actor=make_officer(), at=timezone.now())


def refusal(act, *args, **wanted):
    with pytest.raises(ValidationError) as refused:
        act(*args, **wanted)
    return refused.value.message_dict


# Entering


def test_an_entered_measure_has_its_number_and_key_and_counts_at_once():
    make_measure(reference="M-041")

    measure = enter(budgets={(2026, "Haushalt"): Decimal("12500.50")})

    assert (measure.reference, measure.key) == ("M-042", "staedtetag-der-menschenrechte")
    assert measure.accepted_on == TODAY()
    assert measure.budgets.get().amount == Decimal("12500.50")
    assert measure.fingerprint == measure.substance([(measure.measure_units.get().unit.key, "lead")])


def test_the_number_after_999_has_four_digits_and_the_one_after_that_goes_on():
    make_measure(reference="M-999")
    make_measure(reference="M-1000")

    assert enter().reference == "M-1001"


def test_two_measures_of_the_same_title_have_different_keys():
    assert [enter().key, enter().key] == ["staedtetag-der-menschenrechte", "staedtetag-der-menschenrechte-2"]


def test_whoever_was_faster_keeps_the_number_and_the_other_gets_the_next_one(monkeypatch):
    taken = make_measure(reference="M-007")
    given = iter([taken.reference, "M-008"])
    monkeypatch.setattr("commitments.workflow.naming.next_reference", lambda *_: next(given))

    assert enter().reference == "M-008"
    assert Measure.objects.count() == 2


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_only_the_officer_enters_a_measure(role):
    with pytest.raises(PermissionDenied):
        enter(make_user(role))


# Who does it, and whether they were there


def test_a_unit_that_leads_is_not_named_as_contributing_too():
    unit = make_unit(name_de="Grünamt")

    assert "Grünamt" in refusal(Doers, unit, (unit,))["contributing"][0]


def test_a_unit_that_was_dissolved_is_refused_with_its_dates_and_its_successor():
    old, new = make_unit(name_de="Altes Amt", valid_to=date(2019, 12, 31)), make_unit(name_de="Neues Amt")
    saved(UnitSuccession(unit=old, successor=new, on=date(2020, 1, 1)))

    sentence = refusal(enter, lead=old)["lead"][0]

    assert "Altes Amt" in sentence
    assert "Neues Amt" in sentence
    assert "31. Dezember 2019" in sentence


@pytest.mark.parametrize(
    ("dates", "is_refused"),
    [
        ({"starts_on": date(2015, 1, 1), "ends_on": date(2018, 6, 30)}, False),
        ({"starts_on": date(2015, 1, 1), "ends_on": date(2020, 6, 30)}, True),
        ({"ends_on": date(2019, 1, 1), "ends_on_precision": "year"}, False),
        ({"starts_on": date(2015, 1, 1), "status": MeasureStatus.COMPLETED}, False),
        ({"starts_on": date(2020, 1, 1), "status": MeasureStatus.COMPLETED}, True),
        ({"starts_on": date(2015, 1, 1)}, True),
    ],
)
def test_a_unit_must_have_been_there_when_the_measure_ended(dates, is_refused):
    unit = make_unit(valid_to=date(2019, 6, 30))

    if is_refused:
        assert "lead" in refusal(enter, lead=unit, **dates)
    else:
        assert enter(lead=unit, **dates).pk


def test_a_unit_that_came_later_is_refused_with_the_one_before_it():
    old, new = make_unit(name_de="Altes Amt"), make_unit(name_de="Neues Amt", valid_from=date(2020, 1, 1))
    saved(UnitSuccession(unit=old, successor=new, on=date(2020, 1, 1)))

    sentences = refusal(enter, contributing=[new], starts_on=date(2010, 1, 1), ends_on=date(2012, 1, 1))

    assert "Altes Amt" in sentences["contributing"][0]


def test_a_dissolved_unit_does_not_stop_a_change_of_something_else():
    unit = make_unit()
    measure = make_measure(unit)
    unit.valid_to = TODAY() - timedelta(days=3)
    saved(unit)

    assert change(measure, Doers(unit), note_de="Neu").note_de == "Neu"
    assert "lead" in refusal(change, measure, Doers(unit), status=MeasureStatus.PLANNED)


def test_an_end_before_the_start_is_said_at_the_end():
    assert "ends_on" in refusal(enter, starts_on=date(2026, 5, 1), ends_on=date(2026, 4, 30))


# Changing units, money and what it is part of


def test_a_change_of_units_is_one_of_substance_and_ended_parts_stay():
    first, second = make_unit(), make_unit()
    measure = make_measure(first, (second,))

    changed = change(measure, Doers(second))

    parts = {row.unit: (row.part, row.ended_on) for row in MeasureUnit.objects.filter(measure=measure)}
    assert parts == {first: (Part.LEAD, TODAY()), second: (Part.LEAD, None)}
    assert changed.fingerprint not in ("", measure.fingerprint)


def test_lead_and_contributing_units_can_change_places():
    first, second = make_unit(), make_unit()

    changed = change(make_measure(first, (second,)), Doers(second, (first,)))

    assert {row.unit: row.part for row in changed.measure_units.all()} == {first: "contributing", second: "lead"}


def test_a_unit_that_comes_back_is_the_same_row_and_the_old_confirmation_holds_again():
    first, second = make_unit(), make_unit()
    measure = make_measure(first, (second,))
    change(measure, Doers(first))

    changed = change(measure, Doers(first, (second,)))

    assert changed.measure_units.count() == 2
    assert changed.fingerprint == measure.fingerprint


def test_units_are_no_matter_of_spelling():
    measure = make_measure()
    edit = MeasureEdit({}, "Tippfehler", spelling_only=True, doers=Doers(make_unit()))

    with pytest.raises(ValidationError):
        edit_measure(measure, edit, actor=make_officer(), at=timezone.now())


def test_money_that_is_taken_away_ends_and_comes_back_as_the_same_row():
    measure = enter(budgets={(2026, "Haushalt"): Decimal(100), (2026, "Land"): Decimal(50)})
    change(measure, budgets={(2026, "Haushalt"): Decimal(120)})

    assert {(row.source, row.amount, row.ended_on) for row in measure.budgets.all()} == {
        ("Haushalt", Decimal(120), None),
        ("Land", Decimal(50), TODAY()),
    }
    change(measure, budgets={(2026, "Haushalt"): Decimal(120), (2026, "Land"): Decimal(70)})
    assert measure.budgets.filter(ended_on__isnull=True).count() == measure.budgets.count() == 2


def test_a_change_of_money_is_no_change_of_substance_but_one_that_others_notice():
    measure = make_measure()
    seen = last_change(measure)

    changed = change(measure, budgets={(2027, ""): Decimal(5)})

    assert changed.fingerprint == measure.fingerprint
    assert last_change(changed) > seen


def test_saving_units_and_money_as_they_are_changes_nothing():
    unit = make_unit()

    with pytest.raises(ValidationError):
        change(make_measure(unit), Doers(unit), {})


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_measure_is_no_part_of_its_own_parts(depth):
    chain = [make_measure()]
    for _ in range(2):
        chain.append(make_measure(parent=chain[-1]))

    assert "parent" in refusal(change, chain[0], parent=chain[depth])


# Proposals


def test_a_proposal_counts_nowhere_until_it_is_accepted():
    unit, officer = make_unit(), make_officer()
    contact = make_user(Role.CONTACT, unit)
    proposed = propose_measure(entry(lead=unit), actor=contact, at=timezone.now())
    make_link(proposed, make_commitment(make_article(5)))

    assert coverage(officer).direct(5) == frozenset()
    assert proposed in Measure.objects.visible_to(contact)
    assert proposed not in Measure.objects.visible_to(make_user(Role.CONTACT))

    accept_measure(proposed, actor=officer, at=timezone.now())

    assert coverage(officer).direct(5) == {proposed.reference}


def test_a_contact_proposes_nothing_that_another_unit_leads():
    contact = make_user(Role.CONTACT)

    with pytest.raises(PermissionDenied):
        propose_measure(entry(), actor=contact, at=timezone.now())


def test_what_is_declined_stays_with_its_reason_and_is_not_decided_again():
    unit, officer = make_unit(), make_officer()
    contact = make_user(Role.CONTACT, unit)
    proposed = propose_measure(entry(lead=unit), actor=contact, at=timezone.now())

    declined = decline_measure(proposed, actor=officer, at=timezone.now(), reason="Gehört zu M-003.")

    assert (declined.declined_on, declined.decline_reason) == (TODAY(), "Gehört zu M-003.")
    assert declined in Measure.objects.visible_to(contact)
    with pytest.raises(ValidationError):
        accept_measure(proposed, actor=officer, at=timezone.now())


def test_nothing_is_declined_without_a_reason():
    proposed = make_measure(accepted_on=None)

    assert "reason" in refusal(decline_measure, proposed, actor=make_officer(), at=timezone.now(), reason=" ")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_only_the_officer_decides_on_proposals(role):
    unit = make_unit()
    proposed, somebody = make_measure(unit, accepted_on=None), make_user(role, unit if role == Role.CONTACT else None)

    with pytest.raises(PermissionDenied):
        accept_measure(proposed, actor=somebody, at=timezone.now())
    with pytest.raises(PermissionDenied):
        decline_measure(proposed, actor=somebody, at=timezone.now(), reason="Nein")


# Rules


def test_rule_01_one_measure_with_five_links_and_three_units_is_one_measure():
    units = [make_unit() for _ in range(3)]
    measure = make_measure(units[0], tuple(units[1:]))
    numbers = [2, 5, 22, 25, 27]
    for number in numbers:
        make_link(measure, make_commitment(make_article(number)), rationale_de=f"Dient Artikel {number}.")

    found = coverage(make_officer())
    asked = [each for each in scope_of(make_cycle(), TODAY()).requests if each.measure == measure]

    assert [number for number in range(1, 31) if measure.reference in found.direct(number)] == numbers
    assert found.direct_anywhere() == found.measures() == {measure.reference}
    assert {each.unit for each in asked} == set(units)
    assert len(asked) == 3
    assert measure.links.exclude(rationale_de="").count() == 5


def test_rule_11_whatever_ends_or_is_declined_stays_in_the_register():
    first, second = make_unit(), make_unit()
    measure = make_measure(first, (second,))
    link = make_link(measure)
    proposed = make_measure(accepted_on=None)

    change(measure, Doers(first), status=MeasureStatus.DISCONTINUED, status_reason_de="Vorhaben aufgegeben.")
    decline_measure(proposed, actor=make_officer(), at=timezone.now(), reason="Doppelt gemeldet.")

    assert Measure.objects.count() == 2
    assert MeasureUnit.objects.filter(measure=measure).count() == 2
    assert measure.links.get() == link
    assert link.state == LinkState.ACCEPTED
    with pytest.raises(RuntimeError):
        measure.delete()
    with pytest.raises(RuntimeError):
        Measure.objects.all().delete()
