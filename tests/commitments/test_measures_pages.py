"""The pages on which measures are entered, proposed, decided on, changed, and seen as they stood on a day."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from commitments import workflow
from commitments.ledger import save_as
from commitments.models import Measure, MeasureBudget, MeasureProvision, MeasureStatus, Protection, Role
from commitments.workflow.measures import Doers, MeasureEdit
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_article,
    make_city,
    make_commitment,
    make_engagement,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

NEW = "commitments:measure-new"


def typed(lead, rows=(), **fields):
    """What a browser sends for a measure; ``rows`` are year, amount and source."""
    money = {"budgets-TOTAL_FORMS": str(len(rows)), "budgets-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        money |= {
            f"budgets-{number}-{name}": value for name, value in zip(("year", "amount", "source"), row, strict=True)
        }
    wanted = {"title_de": "Neue Maßnahme", "lead": lead.key, "field": "europe", "status": "ongoing"}
    return wanted | {"protection": "public"} | money | fields


def changed(measure, rows=(), **fields):
    lead = measure.measure_units.get(part="lead", ended_on__isnull=True).unit
    same = {"title_de": measure.title_de, "title_en": measure.title_en, "field": measure.field}
    seen = {"seen": workflow.last_change(measure), "reason": "Ratsbeschluss"}
    return typed(lead, rows, **(same | seen | fields))


def send(user, name, *args, data):
    return client_of(user).post(reverse(f"commitments:{name}", args=args), data)


def on(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=timezone.get_default_timezone())


# Entering and proposing


def test_the_officer_enters_a_measure_with_everything():
    lead, helper, parent = make_unit(), make_unit(), make_measure(reference="M-004")
    engagement = make_engagement()
    rows = [("2026", "12.500,50", "Haushalt"), ("2027", "8000", ""), ("", "", "")]
    wanted = typed(
        lead,
        rows,
        contributing=[helper.key],
        engagement=engagement.key,
        parent="M-004 und was danach steht",
        target_groups_de="Jugendliche\n\n Frauen ",
        starts_on="11.2025",
        sources="https://example.org/beschluss",
    )

    response = send(make_officer(), "measure-new", data=wanted)

    measure = Measure.objects.get(title_de="Neue Maßnahme")
    assert response.headers["Location"] == reverse("commitments:measure", args=["M-005"])
    assert (measure.parent, measure.engagement_id, measure.target_groups_de) == (
        parent,
        engagement.pk,
        ["Jugendliche", "Frauen"],
    )
    assert {row.unit for row in measure.measure_units.all()} == {lead, helper}
    assert [(row.year, row.amount) for row in measure.budgets.all()] == [
        (2026, Decimal("12500.50")),
        (2027, Decimal(8000)),
    ]
    assert measure.accepted_on


def test_a_contact_proposes_for_their_own_unit_and_for_no_other():
    own, other = make_unit(), make_unit()
    contact = make_user(Role.CONTACT, own)

    refused = send(contact, "measure-new", data=typed(other))
    send(contact, "measure-new", data=typed(own))

    assert "Ihre eigene Dienststelle" in refused.content.decode()
    measure = Measure.objects.get()
    assert (measure.accepted_on, measure.is_waiting) == (None, True)
    assert "Von einer Dienststelle vorgeschlagen" in text(contact, "commitments:measure", measure.reference)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.OFFICER, Role.CONTACT)])
def test_nobody_else_enters_or_proposes(role):
    assert get(make_user(role), NEW).status_code == 403


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"lead": "nowhere"}, "Diese Dienststelle gibt es nicht"),
        ({"lead": ""}, "welche Dienststelle federführend ist"),
        ({"contributing": ["nowhere"]}, "Diese Dienststelle gibt es nicht"),
        ({"starts_on": "2026", "ends_on": "2025"}, "Das Ende liegt vor dem Beginn"),
        ({"parent": "Brunnen"}, "„Brunnen“ gibt es nicht"),
        ({"engagement": "nothing"}, "Diesen Eintrag gibt es nicht"),
        ({"status": "suspended"}, "warum die Maßnahme diesen Status hat"),
        ({"title_de": "Null\x00byte"}, "Null"),
        ({"description_de": "x" * 100_000}, "höchstens 20000 Zeichen"),
        ({"target_groups_de": "x" * 600}, "höchstens 500 Zeichen"),
        ({"budgets-0-year": "1492"}, "1950 bis 2100"),
        ({"budgets-0-amount": "viel"}, "viel"),
        ({"budgets-0-year": ""}, "für welches Jahr"),
    ],
)
def test_bad_input_gets_a_sentence_and_nothing_is_written_or_lost(fields, sentence):
    wanted = typed(make_unit(), [("2026", "5", "Land")], note_de="Mühsam getippt") | fields

    page = send(make_officer(), "measure-new", data=wanted)

    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert "Mühsam getippt" in page.content.decode()
    assert not Measure.objects.exists()


def test_the_same_source_twice_in_a_year_is_refused():
    page = send(make_officer(), "measure-new", data=typed(make_unit(), [("2026", "5", "Land"), ("2026", "6", "Land")]))

    assert "für dieses Jahr" in page.content.decode()
    assert not Measure.objects.exists()


def test_more_rows_for_money_keep_what_was_typed_and_judge_nothing():
    wanted = typed(make_unit(), [("2026", "5", "Land")], title_de="", note_de="Halb fertig", more="1")

    page = send(make_officer(), "measure-new", data=wanted).content.decode()

    assert 'name="budgets-3-year"' in page
    assert "Halb fertig" in page
    assert "kern-error" not in page


def test_measures_are_offered_while_one_types_but_not_those_out_of_sight():
    make_measure(title_de="Brunnen bauen", reference="M-001")
    make_measure(title_de="Brunnen verstecken", protection=Protection.PROTECTED)

    found = client_of(make_officer()).get(reverse("commitments:measure-suggestions"), {"parent": "brunnen"})

    assert found.content.decode().count("<option") == 1
    assert "M-001 Brunnen bauen" in found.content.decode()


def test_who_makes_a_measure_protected_is_led_to_the_list():
    response = send(make_officer(), "measure-new", data=typed(make_unit(), protection="protected"))

    assert response.headers["Location"] == reverse("commitments:measure-list")


# Deciding


def test_the_officer_accepts_a_proposal_from_its_page():
    proposed = make_measure(accepted_on=None)
    officer = make_officer()

    assert "Annehmen" in text(officer, "commitments:measure", proposed.reference)
    send(officer, "measure-accept", proposed.reference, data={})

    proposed.refresh_from_db()
    assert proposed.accepted_on == timezone.localdate()


def test_a_declined_proposal_says_why_to_the_unit_and_leaves_the_list():
    unit = make_unit()
    proposed = make_measure(unit, accepted_on=None, title_de="Ein Vorschlag")
    contact = make_user(Role.CONTACT, unit)

    send(make_officer(), "measure-decline", proposed.reference, data={"reason": "Gibt es schon."})

    assert "Gibt es schon." in text(contact, "commitments:measure", proposed.reference)
    assert "Ein Vorschlag" not in text(contact, "commitments:measure-list")
    assert "Ein Vorschlag" in text(contact, "commitments:measure-list", proposed="declined")


def test_a_unit_cannot_decide_on_its_own_proposal():
    unit = make_unit()
    proposed, contact = make_measure(unit, accepted_on=None), make_user(Role.CONTACT, unit)

    assert "Annehmen" not in text(contact, "commitments:measure", proposed.reference)
    assert send(contact, "measure-accept", proposed.reference, data={}).status_code == 403
    assert send(contact, "measure-decline", proposed.reference, data={"reason": "x"}).status_code == 403
    assert send(make_user(Role.CONTACT), "measure-accept", proposed.reference, data={}).status_code == 404


# Changing


def test_the_form_of_a_change_holds_all_that_the_measure_has():
    measure = make_measure(title_en="The measure", target_groups_de=["Kinder"], parent=make_measure(reference="M-900"))
    saved(MeasureBudget(measure=measure, year=2026, amount=Decimal("12500.50"), source="Land"))

    page = text(make_officer(), "commitments:measure-edit", measure.reference)

    for part in ('value="The measure"', "Kinder", "M-900", 'value="12.500,50"', 'value="Land"', 'value="2026"'):
        assert part in page


def test_what_the_officer_may_not_see_around_a_measure_stays_as_it_is():
    hidden = make_engagement(protection=Protection.PROTECTED, name_de="Geheimes Netz")
    parent = make_measure(protection=Protection.PROTECTED, title_de="Geheime Maßnahme")
    measure = make_measure(engagement=hidden, parent=parent)
    officer = make_officer()

    page = text(officer, "commitments:measure-edit", measure.reference)
    send(officer, "measure-edit", measure.reference, data=changed(measure, note_de="Neu"))

    measure.refresh_from_db()
    assert "Geheim" not in page
    assert (measure.note_de, measure.engagement_id, measure.parent) == ("Neu", hidden.pk, parent)


def test_whoever_was_overtaken_sees_both_and_can_save_again():
    measure, officer = make_measure(), make_officer()
    mine = changed(measure, title_de="Mein Titel")
    edit = workflow.Edit({"title_de": "Fremder Titel"}, "Schneller")
    workflow.edit_measure(measure, edit, actor=officer, at=timezone.now())

    page = send(officer, "measure-edit", measure.reference, data=mine)
    shown = page.content.decode()
    again = mine | {"seen": page.context["sheet"].form["seen"].value()}
    send(officer, "measure-edit", measure.reference, data=again)

    measure.refresh_from_db()
    assert "Mein" in shown
    assert "Fremder" in shown
    assert measure.title_de == "Mein Titel"


# As it stood


def test_rule_13_a_measure_is_shown_as_it_stood_on_a_day_with_units_money_and_links():
    make_city()
    first, second, officer = make_unit(name_de="Altes Amt"), make_unit(name_de="Neues Amt"), make_officer()
    measure = make_measure(first, title_de="Wie sie heute heißt")
    link = make_link(measure, make_commitment(make_article(25), title_de="Wasser sichern"))
    for row in (measure, measure.measure_units.get(), link):
        if row is measure:
            row.title_de = "Wie sie früher hieß"
        save_as(row, actor=None, reason="Früher", at=on(date(2024, 1, 10)))
    saved(MeasureBudget(measure=measure, year=2024, amount=Decimal(300), source="Land"), at=on(date(2024, 1, 10)))
    workflow.end_link(link, actor=officer, at=on(date(2025, 3, 1)), reason="Vorbei")
    edit = MeasureEdit({"title_de": "Wie sie heute heißt"}, "Umbenannt", doers=Doers(second), budgets={})
    workflow.edit_measure(measure, edit, actor=officer, at=on(date(2025, 3, 1)))

    then = text(officer, "commitments:measure", measure.reference, on="2024-06-01")
    now = text(officer, "commitments:measure", measure.reference)

    for part in ("Wie sie früher hieß", "Altes Amt", "300", "Wasser sichern"):
        assert part in then
    assert "Neues Amt" not in then
    assert "Wasser sichern" not in now
    assert "Wie sie früher hieß" not in now


def test_rule_13_before_it_was_entered_a_measure_was_not_there():
    assert "nicht im Register" in text(make_officer(), "commitments:measure", make_measure().reference, on="2001-01-01")


def test_rule_10_a_measure_that_is_protected_now_has_no_public_past():
    measure = make_measure(title_de="Früher öffentlich")
    measure.protection = Protection.PROTECTED
    saved(measure)
    address = {"on": timezone.localdate().isoformat()}

    assert get(make_officer(), "commitments:measure", measure.reference, **address).status_code == 404
    assert get(make_trusted(), "commitments:measure", measure.reference, **address).status_code == 200


def test_a_day_to_come_is_refused_with_a_sentence():
    page = text(make_officer(), "commitments:measure", make_measure().reference, on="2999-01-01")

    assert "Zukunft" in page


# The list


def test_the_list_narrows_by_year_engagement_and_proposals():
    officer, network = make_officer(), make_engagement()
    old = make_measure(starts_on=date(2010, 1, 1), ends_on=date(2012, 1, 1), ends_on_precision="year")
    inside = make_measure(engagement=network, starts_on=date(2020, 1, 1))
    waiting = make_measure(accepted_on=None, starts_on=date(2020, 1, 1))

    def listed(**chosen):
        return {row.pk for row in get(officer, "commitments:measure-list", **chosen).context["page"]}

    assert listed() == {old.pk, inside.pk, waiting.pk}
    assert listed(year="2012") == {old.pk}
    assert listed(year="2013") == set()
    assert listed(engagement=network.key) == {inside.pk}
    assert listed(proposed="yes") == {waiting.pk}


def test_a_protected_engagement_filters_nothing():
    hidden = make_engagement(protection=Protection.PROTECTED, name_de="Geheimes Netz")
    make_measure(engagement=hidden)

    assert "Geheimes Netz" not in text(make_officer(), "commitments:measure-list", engagement=hidden.key)


def test_the_list_and_the_forms_cost_the_same_with_many_measures():
    officer, parent = make_officer(), make_measure(status=MeasureStatus.ONGOING)
    make_measure(parent=parent, engagement=make_engagement())
    few = [cost(officer, "commitments:measure-list", sort="unit"), cost(officer, NEW)]
    few.append(cost(officer, "commitments:measure-edit", parent.reference))

    for _ in range(4):
        make_measure(parent=parent, engagement=make_engagement())

    assert [
        cost(officer, "commitments:measure-list", sort="unit"),
        cost(officer, NEW),
        cost(officer, "commitments:measure-edit", parent.reference),
    ] == few
    assert max(few) <= MOST_QUERIES


# Leaving out and finding


def found(user, **query):
    return {row.reference for row in get(user, "commitments:measure-list", **query).context["page"]}


def test_measures_without_a_link_are_found():
    officer = make_officer()
    linked, touching, proposed, bare = (make_measure() for _ in range(4))
    make_link(linked)
    saved(
        MeasureProvision(
            measure=touching, provision=make_article(3), contribution="direct", rationale_de="Weil.", state="accepted"
        )
    )
    make_link(proposed, state="proposed")

    assert found(officer, linked="no") == {proposed.reference, bare.reference}
    assert found(officer, linked="yes") == {linked.reference, touching.reference}


def test_rule_10_a_link_to_something_protected_is_as_good_as_none():
    measure = make_measure()
    make_link(measure, make_commitment(protection=Protection.PROTECTED))

    assert found(make_officer(), linked="no") == {measure.reference}
    assert found(make_trusted(), linked="no") == set()


def test_measures_are_found_by_target_group_in_both_languages():
    officer = make_officer()
    row = make_measure(target_groups_de=["Mädchen", "Ältere"], target_groups_en=["Girls", "Older people"])
    make_measure(target_groups_de=["Mädchenhaus"])
    make_measure()

    page = get(officer, "commitments:measure-list", group="Mädchen")
    english = client_of(officer)
    english.cookies["django_language"] = "en"

    assert {each.reference for each in page.context["page"]} == {row.reference}
    assert ">Older people</option>" in english.get(reverse("commitments:measure-list")).content.decode()
    assert found(officer, group="Niemand") == found(officer)


def test_rule_10_a_group_that_only_a_protected_measure_has_is_not_offered():
    make_measure(target_groups_de=["Verfolgte Autorin"], protection=Protection.PROTECTED)

    assert "Verfolgte Autorin" not in text(make_officer(), "commitments:measure-list")
    assert "Verfolgte Autorin" in text(make_trusted(), "commitments:measure-list")


def test_rule_10_what_happens_in_a_hidden_engagement_is_listed_like_what_happens_in_none():
    hidden = make_measure(engagement=make_engagement(protection=Protection.PROTECTED))
    bare, seen = make_measure(), make_measure(engagement=make_engagement())

    assert found(make_officer(), kind="none") == {hidden.reference, bare.reference}
    assert found(make_trusted(), kind="none") == {bare.reference}
    assert seen.reference in found(make_officer(), kind="network")


@pytest.mark.parametrize("query", [{"linked": "x"}, {"group": "\x00"}, {"group": "x" * 5000}])
def test_a_filter_that_nobody_can_choose_is_left_out(query):
    measure = make_measure()

    assert found(make_officer(), **query) == {measure.reference}


def test_the_empty_choice_says_what_it_means():
    response = get(make_officer(), NEW)

    first = {name: response.context["sheet"].form.fields[name].choices[0] for name in ("lead", "engagement")}
    assert first == {"lead": ("", "Bitte wählen"), "engagement": ("", "Nichts ausgewählt")}
    assert ">–</option>" not in response.content.decode()


# A proposal that still waits


@pytest.fixture
def proposal():
    unit = make_unit()
    return make_measure(unit, accepted_on=None, title_de="Ein Vorschlag"), make_user(Role.CONTACT, unit)


def test_a_unit_changes_its_proposal_until_it_is_decided(proposal):
    measure, contact = proposal
    wanted = changed(measure, title_de="Ein besserer Vorschlag")

    assert "Vorschlag ändern" in text(contact, "commitments:measure", measure.reference)
    send(contact, "measure-edit", measure.reference, data=wanted)

    measure.refresh_from_db()
    assert (measure.title_de, measure.is_waiting) == ("Ein besserer Vorschlag", True)
    assert measure.history.latest().history_user_id == contact.pk


def test_a_unit_cannot_hand_its_proposal_to_another_unit(proposal):
    measure, contact = proposal

    page = send(contact, "measure-edit", measure.reference, data=changed(measure) | {"lead": make_unit().key})

    assert "Ihre eigene Dienststelle" in page.content.decode()
    edit = MeasureEdit({"title_de": "x"}, "Weil.", doers=Doers(make_unit()))
    with pytest.raises(PermissionDenied):
        workflow.edit_measure(measure, edit, actor=contact, at=timezone.now())


def test_rule_11_a_unit_withdraws_its_proposal_and_it_stays_with_the_reason(proposal):
    measure, contact = proposal

    empty = send(contact, "measure-withdraw", measure.reference, data={"reason": " "})
    send(contact, "measure-withdraw", measure.reference, data={"reason": "Kein Geld."})

    measure.refresh_from_db()
    assert "in einem Satz" in empty.content.decode()
    assert (measure.declined_on, measure.accepted_on) == (timezone.localdate(), None)
    page = text(make_officer(), "commitments:measure", measure.reference)
    assert "Von der Dienststelle zurückgezogen: Kein Geld." in page
    assert "Abgelehnt am" not in page
    assert found(contact, proposed="declined") == {measure.reference}


@pytest.mark.parametrize("decided", [{"accepted_on": date(2026, 1, 1)}, {"declined_on": date(2026, 1, 1)}])
def test_what_was_decided_the_unit_changes_no_more(decided):
    unit = make_unit()
    fields = {"accepted_on": None, "decline_reason": "Nein." if "declined_on" in decided else ""} | decided
    measure, contact = make_measure(unit, **fields), make_user(Role.CONTACT, unit)

    for name in ("measure-edit", "measure-withdraw"):
        assert get(contact, f"commitments:{name}", measure.reference).status_code == 403
    with pytest.raises(PermissionDenied):
        workflow.edit_measure(measure, MeasureEdit({"title_de": "x"}, "Weil."), actor=contact, at=timezone.now())


@pytest.mark.parametrize("role", [Role.OFFICER, Role.COUNCIL, Role.AUDITOR, Role.APPROVER, Role.RELEASER])
def test_nobody_else_withdraws_a_proposal(proposal, role):
    measure, _contact = proposal
    lead = measure.measure_units.get().unit
    user = make_user(role, lead) if role == Role.RELEASER else make_user(role)

    assert get(user, "commitments:measure-withdraw", measure.reference).status_code in (403, 404)


def test_a_unit_that_only_contributes_cannot_change_the_proposal_of_another(proposal):
    helper = make_unit()
    measure, contact = make_measure(contributing=(helper,), accepted_on=None), make_user(Role.CONTACT, helper)

    for name in ("measure-edit", "measure-withdraw"):
        assert get(contact, f"commitments:{name}", measure.reference).status_code == 403


def test_a_unit_changes_and_ends_its_proposed_link_in_the_mapping(proposal):
    measure, contact = proposal
    link = make_link(measure, state="proposed")
    code = f"c{link.commitment_id}"
    typed_reasons = {f"{code}-contribution": "direct", f"{code}-rationale_de": "Besser begründet."}

    send(contact, "mapping", measure.reference, data=typed_reasons | {"target": code, "reason": "Neu", "save": "1"})
    link.refresh_from_db()
    changed_to = link.rationale_de
    end = {"target": code, f"{code}-end_reason": "Doch nicht.", "end": code}
    send(contact, "mapping", measure.reference, data=typed_reasons | end)

    link.refresh_from_db()
    assert (changed_to, link.state) == ("Besser begründet.", "ended")
