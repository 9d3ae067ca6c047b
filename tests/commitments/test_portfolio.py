"""What people do to the portfolio: entering, changing, pausing, ending, renewing, and its parts."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from commitments.dates import PartialDate
from commitments.models import (
    Engagement,
    EngagementBudget,
    EngagementKind,
    EngagementPart,
    EngagementStatus,
    Measure,
    MeasureStatus,
    NetworkMembership,
    Partnership,
    ProjectAmendment,
    ProjectPartner,
    Role,
    UnitSuccession,
)
from commitments.workflow import Edit, advice, last_change, portfolio, portfolio_parts
from tests.factories import (
    LONG_AGO,
    make_city,
    make_engagement,
    make_eu_project,
    make_measure,
    make_officer,
    make_partnership,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en"


def today():
    return timezone.localdate()


def now():
    return timezone.now()


def since(written="2022-03-01"):
    return portfolio.Turn(PartialDate.parse(written), "Der Rat hat es so beschlossen.")


def values(**fields):
    defaults = {"name_de": "Köln – Lüttich", "city_de": "Lüttich", "country": "BE", "field": "partnerships"}
    if "unit" not in fields:
        fields["unit"] = make_unit()
    return defaults | fields


def refusal(act, *args, **options):
    with pytest.raises(ValidationError) as refused:
        act(*args, **options)
    error = refused.value
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}


def add(**fields):
    return portfolio.add("partnership", values(**fields), actor=make_officer(), at=now())


def dissolved_unit(on, successor=""):
    unit = make_unit(name_de="Amt für Altes", name_en="", valid_from=LONG_AGO, valid_to=on)
    if successor:
        saved(UnitSuccession(unit=unit, successor=make_unit(name_de=successor, name_en=""), on=on + timedelta(days=1)))
    return unit


# Entering and changing


def test_the_officer_enters_a_partnership_with_a_key_made_from_its_name():
    first, second = add(), add()

    assert [first.key, second.key] == ["koeln-luettich", "koeln-luettich-2"]
    assert (first.kind, first.status) == (EngagementKind.PARTNERSHIP, EngagementStatus.ACTIVE)
    assert Partnership.objects.get(key=first.key).history.get().history_change_reason == "Entered"


@pytest.mark.parametrize("name", ["add", "advice", "map"])
def test_a_key_is_no_word_of_an_address(name):
    assert add(name_de=name).key == f"{name}-2"


def test_a_name_without_latin_letters_gets_a_key_too():
    assert add(name_de="北京").key == "engagement"


def test_what_is_over_is_entered_as_ended():
    ended = add(starts_on=date(2010, 1, 1), ends_on=date(2012, 1, 1), ends_on_precision="year")

    assert ended.status == EngagementStatus.ENDED


@pytest.mark.parametrize("role", [Role.APPROVER, Role.COUNCIL, Role.AUDITOR, Role.ADMINISTRATOR])
def test_nobody_but_the_officer_enters_an_engagement(role):
    with pytest.raises(PermissionDenied):
        portfolio.add("partnership", values(), actor=make_user(role), at=now())


def test_a_contact_does_not_change_what_their_unit_keeps():
    row = make_partnership()

    with pytest.raises(PermissionDenied):
        portfolio.pause(row, since(), actor=make_user(Role.CONTACT, row.unit), at=now())


def test_an_end_before_the_start_is_refused_beside_the_end():
    told = refusal(add, starts_on=date(2020, 1, 1), ends_on=date(2019, 1, 1))

    assert told == {"ends_on": ["The end lies before the start. Please correct one of the two dates."]}
    assert not Engagement.objects.exists()


def test_an_end_known_less_exactly_than_the_start_is_asked_for_more_exactly():
    told = refusal(add, starts_on=date(2020, 5, 1), ends_on=date(2020, 1, 1), ends_on_precision="year")

    assert told == {"ends_on": ["Give this date as exactly as the start, with month or day."]}


def test_a_unit_that_no_longer_exists_is_refused_and_its_successor_named():
    told = refusal(add, unit=dissolved_unit(date(2024, 12, 31), "Amt für Neues"))

    assert told == {
        "unit": [
            "“Amt für Altes” existed only until 31 December 2024. Its successor is “Amt für Neues”; choose that one."
        ]
    }


def test_a_unit_without_successor_is_refused_as_well():
    told = refusal(add, unit=dissolved_unit(date(2024, 12, 31)))

    assert told == {"unit": ["“Amt für Altes” existed only until 31 December 2024. Choose another unit."]}


def test_what_ended_in_its_time_may_be_kept_by_a_unit_of_that_time():
    unit = dissolved_unit(date(2024, 12, 31))

    assert add(unit=unit, starts_on=date(2020, 1, 1), ends_on=date(2023, 6, 1)).unit == unit


def test_a_change_names_its_reason_and_a_lost_update_is_refused():
    row, officer = make_partnership(), make_officer()
    seen = last_change(row)

    portfolio.edit(row, Edit({"note_de": "Neu"}, "Nachgetragen", seen=seen), actor=officer, at=now())

    assert row.history.first().history_change_reason == "Nachgetragen"
    told = refusal(portfolio.edit, row, Edit({"note_de": "Anders"}, "Zu spät", seen=seen), actor=officer, at=now())
    assert "Somebody has changed this entry" in told[""][0]
    row.refresh_from_db()
    assert row.note_de == "Neu"


def test_another_note_is_no_reason_to_ask_for_the_unit_again():
    row = make_partnership(unit=dissolved_unit(today() - timedelta(days=1)))

    portfolio.edit(row, Edit({"note_de": "Neu"}, "Nachgetragen"), actor=make_officer(), at=now())

    assert Partnership.objects.get(pk=row.pk).note_de == "Neu"


# Status


def test_rule_18_a_pause_suspends_the_measures_with_its_reason_and_they_have_not_failed():
    row = make_partnership(starts_on=date(1988, 1, 1))
    measure = make_measure(engagement=row, status=MeasureStatus.ONGOING)
    done = make_measure(engagement=row, status=MeasureStatus.COMPLETED)

    def shown(row):
        found: Any = Measure.objects.with_shown_status().get(pk=row.pk)
        return found.shown_status

    portfolio.pause(row, since("2022-03"), actor=make_officer(), at=now())

    paused = Engagement.objects.get(pk=row.pk)
    assert paused.suspends_measures
    assert (paused.status_reason_de, paused.status_since_precision) == ("Der Rat hat es so beschlossen.", "month")
    assert shown(measure) == MeasureStatus.SUSPENDED
    assert shown(done) == MeasureStatus.COMPLETED
    assert Measure.objects.get(pk=measure.pk).status == MeasureStatus.ONGOING

    portfolio.resume(row, since("2024"), actor=make_officer(), at=now())

    assert shown(measure) == MeasureStatus.ONGOING


def test_rule_11_what_has_ended_stays_and_can_be_taken_up_again():
    row, officer = make_partnership(starts_on=date(1988, 1, 1)), make_officer()

    portfolio.end(row, since("2020"), actor=officer, at=now())
    ended = Partnership.objects.get(pk=row.pk)
    assert (ended.status, ended.ends_on) == (EngagementStatus.ENDED, date(2020, 1, 1))

    portfolio.resume(row, since("2024"), actor=officer, at=now())
    again = Partnership.objects.get(pk=row.pk)
    assert (again.status, again.ends_on) == (EngagementStatus.ACTIVE, None)
    assert [each.status for each in row.history.all()] == ["active", "ended", "active"]


@pytest.mark.parametrize("status", EngagementStatus.values)
def test_only_the_changes_of_the_table_are_allowed(status):
    acts = {
        "active": portfolio.resume,
        "paused": portfolio.pause,
        "dormant": portfolio.let_rest,
        "ended": portfolio.end,
    }
    for to, act in acts.items():
        row = make_partnership(status=status)
        if to in portfolio.NEXT_STATUSES[status]:
            assert act(row, since(), actor=make_officer(), at=now()).status == to
        else:
            assert "cannot become" in refusal(act, row, since(), actor=make_officer(), at=now())[""][0]


def test_a_pause_does_not_lie_in_the_future_or_before_the_start():
    row, officer = make_partnership(starts_on=date(2000, 1, 1)), make_officer()
    later = since((today() + timedelta(days=1)).isoformat())

    assert "since" in refusal(portfolio.pause, row, later, actor=officer, at=now())
    assert "since" in refusal(portfolio.end, row, since("1999"), actor=officer, at=now())


def test_taking_up_again_asks_for_a_unit_that_exists():
    row = make_partnership(status="paused", unit=dissolved_unit(today() - timedelta(days=1), "Amt für Neues"))

    told = refusal(portfolio.resume, row, since(), actor=make_officer(), at=now())

    assert "Amt für Neues" in told["unit"][0]


# Renewal


def test_rule_17_a_membership_is_renewed_until_a_later_day():
    row = make_engagement(renewal_due_on=today() - timedelta(days=5))
    next_year = today() + timedelta(days=360)

    portfolio.renew(row, next_year, reason="Beitrag bezahlt", actor=make_officer(), at=now())

    assert NetworkMembership.objects.get(pk=row.pk).renewal_due_on == next_year
    assert row.history.first().history_change_reason == "Beitrag bezahlt"


def test_a_renewal_does_not_lie_before_the_last_one():
    row = make_engagement(renewal_due_on=today() + timedelta(days=50))

    for day in (today(), today() + timedelta(days=50)):
        assert "due_on" in refusal(portfolio.renew, row, day, reason="x", actor=make_officer(), at=now())


# Parts


def enter(part):
    return portfolio_parts.enter(part, reason="Angelegt", actor=make_officer(), at=now())


def end(part):
    return portfolio_parts.end(part, reason="Vorbei", actor=make_officer(), at=now())


def test_a_unit_takes_part_once_and_again_after_it_left():
    row, unit = make_partnership(), make_unit()
    part = enter(EngagementPart(engagement=row, unit=unit))

    assert refusal(enter, EngagementPart(engagement=row, unit=unit)) == {"unit": ["This unit already takes part."]}
    end(part)
    again = enter(EngagementPart(engagement=row, unit=unit))

    assert (again.pk, again.ended_on) == (part.pk, None)
    assert EngagementPart.objects.count() == 1
    assert part.history.count() == 3


def test_the_unit_that_keeps_it_takes_part_anyway():
    row = make_partnership()

    assert "keeps the engagement already" in refusal(enter, EngagementPart(engagement=row, unit=row.unit))["unit"][0]


def test_a_unit_that_is_gone_does_not_take_part_any_more():
    row, unit = make_partnership(), dissolved_unit(today() - timedelta(days=1), "Amt für Neues")

    assert "Amt für Neues" in refusal(enter, EngagementPart(engagement=row, unit=unit))["unit"][0]


def test_a_year_has_one_amount_and_a_taken_out_one_comes_back_with_new_figures():
    project = make_eu_project()
    first = enter(EngagementBudget(engagement=project, year=2026, total=Decimal(500), source="alt"))

    told = refusal(enter, EngagementBudget(engagement=project, year=2026, total=Decimal(1)))
    assert told == {"year": ["There is already an amount for this year."]}
    end(first)
    again = enter(EngagementBudget(engagement=project, year=2026, funded=Decimal(300)))

    assert (again.pk, again.total, again.funded, again.source) == (first.pk, None, Decimal(300), "")


def test_more_money_cannot_come_from_the_funder_than_there_is():
    project = make_eu_project()

    told = refusal(enter, EngagementBudget(engagement=project, year=2026, total=Decimal(1), funded=Decimal(2)))

    assert "More cannot come from the funder" in str(told)
    assert not EngagementBudget.objects.exists()


def test_the_city_is_known_by_its_pic_and_never_by_its_name():
    make_city(pics=["999987654"])
    project = make_eu_project()

    city = enter(ProjectPartner(project=project, name="Comune di Colonia", pic="999987654"))
    other = enter(ProjectPartner(project=project, name="Stadt Köln", pic="111111111"))

    assert (city.is_city, other.is_city) == (True, False)
    told = refusal(enter, ProjectPartner(project=project, name="Noch einmal", pic="111111111"))
    assert told == {"pic": ["An organisation with this code is already a partner of the project."]}


def test_an_amendment_is_changed_with_a_reason_and_a_lost_update_is_refused():
    amendment = enter(ProjectAmendment(project=make_eu_project(), number=1, subject_de="Verlängert"))
    seen, officer = last_change(amendment), make_officer()

    change = Edit({"subject_de": "Um sechs Monate verlängert"}, "Genauer", seen=seen)
    portfolio_parts.change(amendment, change, actor=officer, at=now())

    assert refusal(portfolio_parts.change, amendment, change, actor=officer, at=now())
    end(amendment)
    assert "has ended" in refusal(end, amendment)[""][0]


@pytest.mark.parametrize("role", [Role.APPROVER, Role.COUNCIL, Role.AUDITOR])
def test_nobody_but_the_officer_enters_parts(role):
    part = EngagementBudget(engagement=make_eu_project(), year=2026, total=Decimal(1))

    with pytest.raises(PermissionDenied):
        portfolio_parts.enter(part, reason="x", actor=make_user(role), at=now())


# Advice


def test_advice_is_given_to_a_unit_of_that_day_and_not_in_the_future():
    columns = {"subject_de": "Antrag bei CERV", "unit": dissolved_unit(date(2024, 12, 31), "Amt für Neues")}

    told = refusal(advice.add, columns | {"given_on": date(2025, 2, 1)}, actor=make_officer(), at=now())
    assert "Amt für Neues" in told["unit"][0]
    later = columns | {"given_on": today() + timedelta(days=1)}
    assert "given_on" in refusal(advice.add, later, actor=make_officer(), at=now())
    assert advice.add(columns | {"given_on": date(2024, 2, 1)}, actor=make_officer(), at=now()).pk


def test_withdrawn_advice_stays_in_the_history():
    row = advice.add({"subject_de": "Antrag", "unit": make_unit(), "given_on": today()}, actor=make_officer(), at=now())

    advice.withdraw(row, reason="Doppelt", actor=make_officer(), at=now())

    assert row.history.count() == 2
    assert "withdrawn" in refusal(advice.withdraw, row, reason="x", actor=make_officer(), at=now())[""][0]
