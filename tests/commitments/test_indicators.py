"""Indicators: numbers as people write them, who enters what, and how far it is to the target."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone, translation

from commitments.forms.indicators import NumberField, written_number
from commitments.indicators import Standing
from commitments.models import Indicator, IndicatorValue, Measure, MeasureUnit, Protection, Role
from commitments.workflow import Edit
from commitments.workflow import indicators as workflow
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_commitment,
    make_indicator,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    make_value,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


COLUMNS = {"name_de": "Plätze", "kind": "process", "unit_of_measure": "Plätze"}


def add(owner=None, actor=None, **columns) -> Indicator:
    said = COLUMNS | columns
    return workflow.add(owner or make_measure(), said, actor=actor or make_officer(), at=timezone.now())


def enter(indicator, value="30", on=date(2024, 1, 1), actor=None) -> IndicatorValue:
    columns = {"value": Decimal(value), "on": on, "on_precision": "day", "note": ""}
    return workflow.enter_value(indicator, columns, actor=actor or make_officer(), at=timezone.now())


def correct(row, actor=None, /, **changes) -> IndicatorValue:
    edit = Edit(changes, "Zahlendreher")
    return workflow.correct_value(row, edit, actor=actor or make_officer(), at=timezone.now())


def errors_of(act, *args, **options) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as error:
        act(*args, **options)
    return error.value.message_dict if hasattr(error.value, "error_dict") else {"": error.value.messages}


# Numbers as people write them


@pytest.mark.parametrize(
    ("language", "written", "value"),
    [
        ("de", "1.234,5", "1234.5"),
        ("de", "1,234.5", "1234.5"),
        ("de", "1.234", "1234"),
        ("de", "1,234", "1.234"),
        ("de", "62,5", "62.5"),
        ("de", "62.5", "62.5"),
        ("de", "0.125", "0.125"),
        ("de", "1.234.567", "1234567"),
        ("de", "1 234", "1234"),
        ("de", "1\u202f234,5", "1234.5"),
        ("de", "-3,5", "-3.5"),
        ("de", "\u22123,5", "-3.5"),
        ("de", "12345678901234,5678", "12345678901234.5678"),
        ("en", "1,234.5", "1234.5"),
        ("en", "1.234,5", "1234.5"),
        ("en", "1,234", "1234"),
        ("en", "1.234", "1.234"),
        ("en", "62,5", "62.5"),
        ("en", "1'234", "1234"),
    ],
)
def test_a_number_is_read_as_it_is_written_in_german_and_english(language, written, value):
    with translation.override(language):
        assert NumberField().clean(written) == Decimal(value)


@pytest.mark.parametrize(
    "written",
    ["zwei", "NaN", "Infinity", "1e9", "1,2,3", "1.2.3", "12.34.567", "--3", "5 %", "1,", ",5", "0x10", "x" * 39, "\0"],
)
def test_what_is_no_number_is_refused_with_a_sentence(written):
    with pytest.raises(ValidationError):
        NumberField().clean(written)


@pytest.mark.parametrize("written", ["123456789012345", "1.23456", "9" * 41])
def test_a_number_that_is_too_long_is_refused(written):
    with pytest.raises(ValidationError):
        NumberField().clean(written)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("value", ["0", "1250", "1250.5", "-0.0625", "1000", "1234.567"])
def test_what_stands_in_a_form_is_read_back_as_the_same_number(language, value):
    with translation.override(language):
        assert NumberField().clean(written_number(Decimal(value).quantize(Decimal("0.0001")))) == Decimal(value)


# How far it is


def standing(*values: str, **fields) -> Standing:
    columns = {"baseline": Decimal(20), "target": Decimal(60), "more_is_better": True, "pk": 1} | fields
    row = Indicator(baseline_on=date(2022, 1, 1), target_on=date(2030, 1, 1), name_de="x", **columns)
    counted = [IndicatorValue(value=Decimal(value), on=date(2023 + n, 1, 1)) for n, value in enumerate(values)]
    return Standing(row, counted)


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (standing(), "Nothing has been counted"),
        (standing("44.8"), "62%"),
        (standing("59.99"), "99%"),
        (standing("20"), "0%"),
        (standing("19"), "Further from the target"),
        (standing("44", "60"), "reached"),
        (standing("61"), "reached"),
        (standing("44", target=None), "No target"),
        (standing("44", baseline=None), "not reached yet"),
        (standing("60", baseline=None), "reached"),
        (standing("40", baseline=Decimal(60), target=Decimal(20), more_is_better=False), "50%"),
        (standing("19", baseline=Decimal(60), target=Decimal(20), more_is_better=False), "reached"),
        (standing("70", baseline=Decimal(60), target=Decimal(20), more_is_better=False), "Further"),
        (standing("59", baseline=Decimal(60), target=Decimal(60)), "not reached yet"),
    ],
)
def test_the_way_to_the_target_is_said_in_words(shown, words):
    assert words in shown.progress


def test_the_picture_lies_within_its_frame_and_rises_with_the_numbers():
    chart = standing("30", "25", "50").chart

    assert chart.baseline is not None
    assert chart.target is not None
    points = [chart.baseline, *chart.points, chart.target]
    assert all(0 <= point.x <= chart.width and 20 <= point.y <= chart.height - 36 for point in points)
    assert [point.x for point in points] == sorted(point.x for point in points)
    ups = [point.y for point in chart.points]
    assert ups[2] < ups[0] < ups[1]
    assert chart.target.y == min(point.y for point in points)
    assert (chart.first_year, chart.last_year) == ("2022", "2030")


@pytest.mark.parametrize("value", ["0", "-5", "99999999999999.9999"])
def test_any_numbers_make_a_picture(value):
    for shown in (standing(value), standing(value, baseline=None), standing(value, value, target=None, baseline=None)):
        chart = shown.chart
        assert all(0 <= point.y <= chart.height for point in chart.points)


def test_one_number_is_no_picture():
    assert not standing("5", baseline=None, target=None).has_chart
    assert not standing(baseline=None).has_chart
    assert standing().has_chart


def test_the_picture_is_told_to_those_who_do_not_see_it():
    said = standing("30").description

    assert "Baseline: 20 (1 January 2022)" in said
    assert "Counted: 30 (1 January 2023)" in said
    assert "Target: 60 (1 January 2030)" in said


# Who enters what


@pytest.mark.parametrize("make", [make_measure, make_commitment])
def test_the_officer_gives_measures_and_commitments_indicators(make):
    owner = make()

    first, second = add(owner), add(owner)

    assert workflow.owner_of(first) == owner
    assert (first.key, second.key) == (f"{owner.key}-i1", f"{owner.key}-i2")


def test_a_long_key_leaves_room_for_the_number():
    assert len(add(make_measure(key="m" * 80)).key) <= 80


@pytest.mark.parametrize("role", [Role.CONTACT, Role.APPROVER, Role.COUNCIL, Role.AUDITOR])
def test_nobody_else_defines_changes_or_ends_indicators(role):
    indicator = make_indicator()
    unit = MeasureUnit.objects.get(measure=indicator.measure).unit if role == Role.CONTACT else None
    user, at = make_user(role, unit), timezone.now()

    with pytest.raises(PermissionDenied):
        add(indicator.measure, user)
    with pytest.raises(PermissionDenied):
        workflow.change(indicator, Edit({"name_de": "x"}, "y"), actor=user, at=at)
    with pytest.raises(PermissionDenied):
        workflow.end(indicator, "x", actor=user, at=at)


def test_a_contact_enters_and_corrects_values_of_their_own_measures_only():
    unit = make_unit()
    contact = make_user(Role.CONTACT, unit)
    own, other = make_indicator(make_measure(unit)), make_indicator()

    value = correct(enter(own, actor=contact), contact, value=Decimal(31))

    assert value.value == 31
    assert value.history.latest().history_change_reason == "Zahlendreher"
    with pytest.raises(PermissionDenied):
        enter(other, actor=contact)
    with pytest.raises(PermissionDenied):
        correct(make_value(other, 5, date(2024, 1, 1)), contact, value=Decimal(6))


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"baseline": Decimal(1)}, "baseline_on"),
        ({"target": Decimal(1)}, "target_on"),
        (
            {
                "baseline": Decimal(5),
                "baseline_on": date(2024, 1, 1),
                "target": Decimal(1),
                "target_on": date(2027, 1, 1),
            },
            "target",
        ),
        (
            {
                "baseline": Decimal(1),
                "baseline_on": date(2024, 1, 1),
                "target": Decimal(5),
                "target_on": date(2023, 1, 1),
            },
            "target_on",
        ),
        ({"baseline": Decimal(1), "baseline_on": date(2099, 1, 1)}, "baseline_on"),
    ],
)
def test_an_indicator_that_contradicts_itself_is_refused_at_the_field(columns, field):
    assert list(errors_of(add, **columns)) == [field]


def test_a_day_has_one_value_and_it_is_not_in_the_future():
    indicator = make_indicator()
    enter(indicator)

    assert "on" in errors_of(enter, indicator, "31")
    assert "on" in errors_of(enter, indicator, on=timezone.localdate() + timedelta(days=1))
    rows: models.QuerySet[IndicatorValue] = models.QuerySet(IndicatorValue)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.bulk_create([IndicatorValue(indicator=indicator, on=date(2024, 1, 1), value=1)])


def test_an_ended_indicator_takes_nothing_more_and_keeps_its_numbers():
    indicator = make_indicator()
    value = enter(indicator)

    ended = workflow.end(indicator, "Wird nicht mehr erhoben", actor=make_officer(), at=timezone.now())

    assert ended.ended_on == timezone.localdate()
    assert "has ended" in errors_of(enter, ended, on=date(2025, 1, 1))[""][0]
    assert "has ended" in errors_of(correct, value, value=Decimal(1))[""][0]
    assert ended.values.get().value == 30


# The pages


def post(user, name, *args, **data):
    return client_of(user).post(reverse(name, args=args), data)


def test_an_indicator_is_added_by_the_form_with_german_numbers_and_partial_dates():
    measure = make_measure()
    form = COLUMNS | {"better": "less", "baseline": "1.250,5", "baseline_on": "2023"}
    form |= {"target": "1.000", "target_on": "06.2028"}

    answer = post(make_officer(), "commitments:measure-indicator-add", measure.reference, **form)

    row = Indicator.objects.get()
    assert answer.url == reverse("commitments:indicator", args=[row.key])
    assert (row.baseline, row.target, row.more_is_better) == (Decimal("1250.5"), Decimal(1000), False)
    assert (row.baseline_on, row.baseline_on_precision) == (date(2023, 1, 1), "year")
    assert (row.target_on, row.target_on_precision) == (date(2028, 6, 1), "month")


def test_a_contact_enters_and_corrects_a_value_by_forms():
    unit = make_unit()
    contact, indicator = make_user(Role.CONTACT, unit), make_indicator(make_measure(unit))

    post(contact, "commitments:indicator-value-add", indicator.key, value="1.234,5", on="2024", note="Zählung")
    value = IndicatorValue.objects.get()
    seen = value.history.latest().history_id
    change = {"value": "1.234,6", "on": "2024", "note": "Zählung", "reason": "Tippfehler", "seen": seen}
    answer = post(contact, "commitments:indicator-value-correct", indicator.key, value.pk, **change)

    assert answer.status_code == 302
    assert IndicatorValue.objects.get().value == Decimal("1234.6")
    page = text(contact, "commitments:indicator", indicator.key)
    assert "1.234,6" in page
    assert reverse("commitments:indicator-edit", args=[indicator.key]) not in page


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"value": ""}, "value"),
        ({"value": "viele"}, "value"),
        ({"on": ""}, "on"),
        ({"on": "31.02.2024"}, "on"),
        ({"on": "2099"}, "on"),
        ({"note": "x" * 100_000}, "note"),
        ({"note": "x\0"}, "note"),
    ],
)
def test_bad_values_get_a_sentence_at_the_field(data, field):
    form = {"value": "5", "on": "2024", "note": "", **data}

    answer = post(make_officer(), "commitments:indicator-value-add", make_indicator().key, **form)

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not IndicatorValue.objects.exists()


def test_an_indicator_is_changed_and_ended_by_forms():
    officer, indicator = make_officer(), make_indicator()
    seen = indicator.history.latest().history_id
    form = COLUMNS | {"better": "more", "reason": "Genauer", "seen": seen}

    assert post(officer, "commitments:indicator-edit", indicator.key, **form).status_code == 302
    assert post(officer, "commitments:indicator-edit", indicator.key, **form).status_code == 200
    assert post(officer, "commitments:indicator-end", indicator.key, reason="Fertig").status_code == 302
    assert "Nothing is entered" in text(officer, "commitments:indicator", indicator.key).replace(
        "Es wird nichts mehr eingetragen", "Nothing is entered"
    )


@pytest.mark.parametrize("name", ["indicator-edit", "indicator-end", "indicator-value-add"])
def test_a_reader_finds_the_indicator_and_no_form(name):
    indicator, reader = make_indicator(), make_user(Role.COUNCIL)

    assert get(reader, "commitments:indicator", indicator.key).status_code == 200
    assert get(reader, f"commitments:{name}", indicator.key).status_code == 403


@pytest.mark.parametrize("make", [make_measure, make_commitment])
def test_rule_10_indicators_are_as_protected_as_their_row(make):
    owner = make(protection=Protection.PROTECTED)
    indicator = make_indicator(owner)
    value = make_value(indicator, 5, date(2024, 1, 1))

    for name in ("indicator", "indicator-edit", "indicator-end", "indicator-value-add"):
        assert get(make_officer(), f"commitments:{name}", indicator.key).status_code == 404
    assert get(make_officer(), "commitments:indicator-value-correct", indicator.key, value.pk).status_code == 404
    assert get(make_trusted(), "commitments:indicator", indicator.key).status_code == 200


def test_a_value_of_another_indicator_is_not_found():
    first, second = make_indicator(), make_indicator()
    value = make_value(second, 5, date(2024, 1, 1))

    assert get(make_officer(), "commitments:indicator-value-correct", first.key, value.pk).status_code == 404


def test_the_page_of_a_measure_shows_the_picture_with_its_numbers_as_a_table():
    indicator = make_indicator()
    make_value(indicator, Decimal("44.8"), date(2024, 1, 1))

    page = text(make_user(Role.COUNCIL), "commitments:measure-evidence", workflow.owner_of(indicator).reference)

    assert f'id="chart-{indicator.pk}-desc"' in page
    assert "62" in page
    assert page.count("44,8") >= 3  # in words, in the picture and in the table


def test_the_history_tells_what_was_counted():
    officer, indicator = make_officer(), make_indicator()
    correct(enter(indicator, actor=officer), officer, value=Decimal(31))

    entries = get(officer, "commitments:measure-history", workflow.owner_of(indicator).reference).context["entries"]

    assert "31 Menschen" in entries[0].title
    assert "30 Menschen" in entries[1].title
    assert [(change.old, change.new) for change in entries[0].changes] == [("30", "31")]


@pytest.mark.parametrize("make", [make_measure, make_commitment])
def test_a_page_costs_the_same_with_many_indicators_and_values(make):
    owner, officer = make(), make_officer()
    page = "commitments:measure-evidence" if isinstance(owner, Measure) else "commitments:commitment-evidence"
    first = make_indicator(owner)
    make_value(first, 25, date(2023, 1, 1))
    few = cost(officer, page, owner.reference), cost(officer, "commitments:indicator", first.key)

    for n in range(6):
        each = make_indicator(owner)
        for year in range(2020, 2020 + n):
            make_value(each, year, date(year, 1, 1))

    assert (cost(officer, page, owner.reference), cost(officer, "commitments:indicator", first.key)) == few
    assert max(few) <= MOST_QUERIES
