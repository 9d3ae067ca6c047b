"""The pages and forms of the portfolio: who sees and may do what, bad input, and what a page costs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.dates import PartialDate
from commitments.forms.money import MoneyField
from commitments.models import (
    Engagement,
    EngagementBudget,
    EngagementPart,
    EngagementStatus,
    EUProject,
    FundingAdvice,
    NetworkMembership,
    Partnership,
    ProjectAmendment,
    ProjectPartner,
    Protection,
    Role,
    Training,
)
from commitments.workflow import last_change, portfolio, portfolio_parts
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_advice,
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


def post(user, page, /, *args, **fields):
    return client_of(user).post(reverse(page, args=args), fields)


def errors(response):
    assert response.status_code == 200
    return dict(response.context["form"].errors)


def twinning(**fields):
    if "unit" not in fields:
        fields["unit"] = make_unit().key
    defaults = {"city_de": "Lüttich", "city_en": "Liège", "country": "BE", "form": "twinning", "field": "partnerships"}
    return defaults | {"protection": "public", "starts_on": "1958"} | fields


def shown(user, **query):
    return [row.key for row in get(user, "commitments:engagement-list", **query).context["page"]]


# Entering


def test_the_officer_enters_a_partnership():
    response = post(
        make_officer(),
        "commitments:engagement-add",
        "partnership",
        **twinning(signed_on="3.7.1958", latitude="50,63", longitude="5,57", sources="https://example.org/a\nRatsbuch"),
    )

    row = Partnership.objects.get()
    assert response.url == reverse("commitments:engagement", args=["luettich"])
    assert (row.name_de, row.name_en, row.country) == ("Lüttich", "Liège", "BE")
    assert (row.starts_on, row.starts_on_precision) == (date(1958, 1, 1), "year")
    assert (row.latitude, row.longitude) == (Decimal("50.63"), Decimal("5.57"))
    assert row.sources == ["https://example.org/a", "Ratsbuch"]


def test_the_officer_enters_an_eu_project_with_its_money():
    unit = make_unit()
    columns = {"acronym": "GrowGreen", "name_de": "Grünes Wachstum", "unit": unit.key, "run_by": "office"}
    columns |= {"total_cost": "1.250.000,50 €", "eu_contribution": "1250000", "city_contribution": "12.500"}

    post(make_officer(), "commitments:engagement-add", "eu_project", field="europe", protection="public", **columns)

    row = EUProject.objects.get()
    assert row.key == "gruenes-wachstum"
    assert (row.total_cost, row.eu_contribution, row.city_contribution) == (
        Decimal("1250000.50"),
        Decimal(1250000),
        Decimal(12500),
    )


def test_the_officer_enters_the_other_kinds():
    unit, officer = make_unit(), make_officer()
    common = {"unit": unit.key, "field": "development", "protection": "public"}

    post(officer, "commitments:engagement-add", "network", name_de="Eurocities", level="european", fee="5000", **common)
    post(officer, "commitments:engagement-add", "development", name_de="Wasser", sdgs=["6", "13"], **common)
    post(officer, "commitments:engagement-add", "training", topic="EU-Anträge", participants="12", **common)

    assert [row.kind for row in Engagement.objects.order_by("kind")] == ["development", "network", "training"]
    assert Training.objects.get().name_de == "EU-Anträge"
    assert "13 Maßnahmen zum Klimaschutz" in text(officer, "commitments:engagement", "wasser")


@pytest.mark.parametrize("role", [Role.APPROVER, Role.COUNCIL, Role.AUDITOR])
def test_others_are_offered_no_form_and_get_none(role):
    row, user = make_partnership(), make_user(role)

    assert get(user, "commitments:engagement-add", "partnership").status_code == 403
    assert get(user, "commitments:engagement-edit", row.key).status_code == 403
    assert get(user, "commitments:engagement-status", row.key, "pause").status_code == 403
    assert get(user, "commitments:engagement-part-add", row.key, "money").status_code == 403
    assert get(user, "commitments:advice-add").status_code == 403
    assert reverse("commitments:engagement-edit", args=[row.key]) not in text(user, "commitments:engagement", row.key)


def test_what_is_out_of_sight_is_not_found_by_any_form():
    row, officer = make_partnership(protection=Protection.PROTECTED), make_officer()

    for name in ("edit", "history", "renew"):
        assert get(officer, f"commitments:engagement-{name}", row.key).status_code == 404
    assert get(officer, "commitments:engagement-part-add", row.key, "money").status_code == 404
    assert get(make_trusted(), "commitments:engagement-edit", row.key).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"city_de": ""}, "city_de", "Nennen Sie die Stadt."),
        ({"country": "XX"}, "country", ""),
        ({"starts_on": "2020", "ends_on": "2019"}, "ends_on", "Das Ende liegt vor dem Beginn."),
        ({"starts_on": "31.2.2020"}, "starts_on", ""),
        ({"latitude": "50,9"}, "longitude", "beides"),
        ({"latitude": "500", "longitude": "7"}, "latitude", ""),
        ({"form": "incorporation"}, "former_municipality", ""),
        ({"note_de": "x" * 100_000}, "note_de", "20000"),
        ({"city_de": "x" * 500}, "city_de", "120"),
        ({"city_de": "Lüt\x00tich"}, "city_de", ""),
        ({"unit": "no-such-unit"}, "unit", ""),
        ({"sources": "http://"}, "sources", ""),
    ],
)
def test_bad_input_is_told_beside_its_field(fields, field, said):
    response = post(make_officer(), "commitments:engagement-add", "partnership", **twinning(**fields))

    told = errors(response)
    assert field in told
    assert said in " ".join(told[field])
    assert not Engagement.objects.exists()


def test_a_unit_that_is_gone_is_refused_on_the_form_with_its_successor():
    gone = make_unit(name_de="Amt für Altes", valid_to=date(2024, 12, 31))

    response = post(make_officer(), "commitments:engagement-add", "partnership", **twinning(unit=gone.key))

    assert "Amt für Altes" in errors(response)["unit"][0]


def test_an_unknown_kind_act_or_part_is_not_found():
    row, officer = make_partnership(), make_officer()

    assert get(officer, "commitments:engagement-add", "club").status_code == 404
    assert get(officer, "commitments:engagement-status", row.key, "explode").status_code == 404
    assert get(officer, "commitments:engagement-part-add", row.key, "partners").status_code == 404
    assert get(officer, "commitments:engagement-renew", row.key).status_code == 404


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("12.500", 12500), ("12.500,50 €", "12500.50"), ("12500,5", "12500.5"), ("0", 0), ("12.5", "12.5"), (" ", None)],
)
def test_money_is_read_as_people_write_it(typed, amount):
    assert MoneyField().clean(typed) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize("typed", ["-5", "viel", "1.2.3", "1e9", "12,345,678", "9" * 13, "NaN"])
def test_what_is_no_money_is_refused(typed):
    unit = make_unit()
    fields = {"acronym": "A", "name_de": "A", "unit": unit.key, "run_by": "office", "field": "europe"}

    response = post(
        make_officer(), "commitments:engagement-add", "eu_project", protection="public", total_cost=typed, **fields
    )

    assert "total_cost" in errors(response)


# Changing


def test_a_change_asks_for_a_reason_and_keeps_what_was_not_touched():
    row = make_partnership(name_de="Stadt 1", city_de="Stadt 1", note_de="Alt", sources=["Ratsbuch"])
    officer = make_officer()
    form = get(officer, "commitments:engagement-edit", row.key).context["form"]
    sent = {name: value for name, value in form.initial.items() if value not in (None, "")} | {"note_de": "Neu"}

    assert "reason" in errors(post(officer, "commitments:engagement-edit", row.key, **sent))
    response = post(officer, "commitments:engagement-edit", row.key, **sent, reason="Nachgetragen")

    assert response.status_code == 302
    after = Partnership.objects.get()
    assert (after.note_de, after.name_de, after.sources) == ("Neu", "Stadt 1", ["Ratsbuch"])


def test_a_lost_update_keeps_what_was_typed():
    row, officer = make_partnership(), make_officer()
    sent = twinning(unit=row.unit.key, note_de="Meins", reason="Nachgetragen", seen=last_change(row))
    row.note_de = "Deins"
    saved(row)

    response = post(officer, "commitments:engagement-edit", row.key, **sent)

    assert "__all__" in errors(response)
    assert "Meins" in response.content.decode()
    assert Partnership.objects.get().note_de == "Deins"


def test_a_pause_shows_its_reason_and_council_paper():
    row, officer = make_partnership(starts_on=date(1988, 1, 1)), make_officer()
    paper = {"council_reference": "1234/2022", "council_url": "https://ratsinformation.example/1234"}

    post(officer, "commitments:engagement-status", row.key, "pause", since="2022", reason_de="Angriff.", **paper)
    page = text(officer, "commitments:engagement", row.key)

    assert Engagement.objects.get().status == EngagementStatus.PAUSED
    for words in ("Angriff.", "1234/2022", paper["council_url"], "seit 2022"):
        assert words in page
    assert errors(post(officer, "commitments:engagement-status", row.key, "pause", since="", reason_de="")).keys() == {
        "since",
        "reason_de",
    }


def test_a_membership_whose_renewal_has_lapsed_says_so_until_it_is_renewed():
    row = make_engagement(renewal_due_on=timezone.localdate() - timedelta(days=3))
    officer = make_officer()
    assert get(officer, "commitments:engagement", row.key).context["renewal"].is_lapsed

    response = post(
        officer, "commitments:engagement-renew", row.key, due_on=timezone.localdate().isoformat(), reason="Erneuert"
    )
    assert "due_on" in errors(response)
    next_year = timezone.localdate() + timedelta(days=365)
    post(officer, "commitments:engagement-renew", row.key, due_on=next_year.isoformat(), reason="Erneuert")

    assert NetworkMembership.objects.get().renewal_due_on == next_year
    assert not get(officer, "commitments:engagement", row.key).context["renewal"].is_lapsed


# Parts


def test_parts_are_entered_changed_and_taken_out():
    row, unit, officer = make_eu_project(eu_contribution=Decimal(1000)), make_unit(), make_officer()
    add = "commitments:engagement-part-add"

    post(officer, add, row.key, "units", unit=unit.key)
    post(officer, add, row.key, "money", year="2026", total="900", funded="600")
    post(officer, add, row.key, "partners", name="Universität zu Lüttich", role="participant", pic="999987654")
    post(officer, add, row.key, "amendments", number="1", subject_de="Sechs Monate mehr", signed_on="5.2026")

    page = get(officer, "commitments:engagement", row.key)
    money = page.context["money"]
    assert [part.unit for part in page.context["parts"]] == [unit]
    assert (money.total, money.funded, money.funded_rest.open) == (900, 600, 400)
    assert "Universität zu Lüttich" in page.content.decode()
    budget = EngagementBudget.objects.get()
    sent = {"year": "2026", "total": "900", "funded": "700", "reason": "Bescheid", "seen": last_change(budget)}
    post(officer, "commitments:engagement-part-edit", row.key, "money", budget.pk, **sent)
    assert EngagementBudget.objects.get().funded == 700
    partner = ProjectPartner.objects.get()
    post(officer, "commitments:engagement-part-end", row.key, "partners", partner.pk, reason="Ausgeschieden")
    after = get(officer, "commitments:engagement", row.key)
    assert after.context["partners"] == []
    story = text(officer, "commitments:engagement-history", row.key)
    assert "Ausgeschieden" in story
    assert "700" in story


@pytest.mark.parametrize(
    ("parts", "fields", "field"),
    [
        ("money", {"year": "1800", "total": "5"}, "year"),
        ("money", {"year": "2026"}, "total"),
        ("money", {"year": "2026", "total": "5", "funded": "6"}, "funded"),
        ("partners", {"name": "X", "role": "participant", "pic": "12"}, "pic"),
        ("partners", {"name": "X", "role": "boss"}, "role"),
        ("amendments", {"number": "0", "subject_de": "x"}, "number"),
        ("amendments", {"number": "1", "subject_de": "x" * 100_000}, "subject_de"),
        ("units", {"unit": ""}, "unit"),
    ],
)
def test_bad_parts_are_refused_beside_their_field(parts, fields, field):
    row = make_eu_project()

    assert field in errors(post(make_officer(), "commitments:engagement-part-add", row.key, parts, **fields))
    for model in (EngagementPart, EngagementBudget, ProjectPartner, ProjectAmendment):
        assert not model.objects.exists()


def test_a_part_of_another_engagement_is_not_found():
    budget = saved(EngagementBudget(engagement=make_eu_project(), year=2026, total=Decimal(1)))
    other = make_partnership()

    response = get(make_officer(), "commitments:engagement-part-edit", other.key, "money", budget.pk)

    assert response.status_code == 404


# As it stood


def test_rule_13_an_engagement_as_it_stood_on_a_day():
    make_city(is_sample=True)
    long_ago, later = (timezone.now() - timedelta(days=days) for days in (800, 400))
    officer, unit = make_officer(), make_unit()
    columns = {"name_de": "Alt", "acronym": "ALT", "field": "europe", "unit": unit}
    row = portfolio.add("eu_project", columns, actor=officer, at=long_ago)
    budget = EngagementBudget(engagement=row, year=2025, total=Decimal(777))
    budget = portfolio_parts.enter(budget, reason="Angelegt", actor=officer, at=long_ago)
    portfolio_parts.end(budget, reason="Weg", actor=officer, at=later)
    portfolio.pause(row, portfolio.Turn(PartialDate.parse("2024"), "Ruht."), actor=officer, at=later)

    def page(day):
        return get(officer, "commitments:engagement", row.key, on=timezone.localtime(day).date().isoformat())

    before, between, since = page(long_ago - timedelta(days=2)), page(later - timedelta(days=2)), page(later)
    assert before.context["own"] is None
    assert (between.context["own"].status, between.context["money"].total) == (EngagementStatus.ACTIVE, 777)
    assert (since.context["own"].status, since.context["money"].total) == (EngagementStatus.PAUSED, 0)
    assert reverse("commitments:engagement-edit", args=[row.key]) not in between.content.decode()


def test_a_day_to_come_is_refused():
    row = make_partnership()
    tomorrow = timezone.localdate() + timedelta(days=1)

    page = get(make_officer(), "commitments:engagement", row.key, on=tomorrow.isoformat())

    assert "on" in page.context["form"].errors
    assert page.context["on"] is None


# The list


def test_engagements_are_found_by_country_programme_year_and_sorted():
    officer = make_officer()
    lille = make_partnership(name_de="Lille", starts_on=date(1958, 1, 1))
    rio = make_partnership(name_de="Rio", country="BR", starts_on=date(2011, 1, 1))
    over = make_eu_project(
        name_de="Alt", programme="Horizon 2020", starts_on=date(2015, 1, 1), ends_on=date(2019, 1, 1), status="ended"
    )
    gone = make_eu_project(name_de="Weg", status="ended")

    assert shown(officer, country="BR") == [rio.key]
    assert shown(officer, programme="horizon") == [over.key]
    assert shown(officer, year="2018", kind="eu_project") == [over.key]
    assert shown(officer, year="1990") == [lille.key]
    assert shown(officer, sort="since")[:2] == [over.key, rio.key]
    assert shown(officer, sort="name") == [over.key, lille.key, rio.key, gone.key]
    assert shown(officer, year="<script>", country="??", sort="no") == shown(officer)


def test_only_countries_of_what_one_sees_can_be_chosen():
    make_partnership(country="FR")
    make_partnership(country="KP", protection=Protection.PROTECTED)

    choices = get(make_officer(), "commitments:engagement-list").context["filters"].fields["country"].choices

    assert [code for code, _name in choices] == ["", "FR"]


@pytest.mark.parametrize("name", ["engagement-list", "advice-list"])
def test_a_list_costs_the_same_whatever_its_length(name):
    contact = make_user(Role.CONTACT, make_unit())
    make_advice(engagement=make_partnership())
    few = cost(contact, f"commitments:{name}")

    for _ in range(4):
        make_measure(engagement=make_partnership(country="BR"))
        make_advice(engagement=make_eu_project())

    assert cost(contact, f"commitments:{name}") == few <= MOST_QUERIES


def test_the_page_of_a_project_costs_the_same_with_much_in_it():
    row = make_eu_project()
    officer = make_officer()

    def fill(number):
        saved(EngagementPart(engagement=row, unit=make_unit()))
        saved(EngagementBudget(engagement=row, year=2000 + number, total=Decimal(1)))
        saved(ProjectPartner(project=row, name=f"Partner {number}"))
        saved(ProjectAmendment(project=row, number=number, subject_de="x"))
        make_advice(engagement=row)
        make_measure(engagement=row)

    fill(1)
    few, story = (cost(officer, f"commitments:engagement{name}", row.key) for name in ("", "-history"))
    then = cost(officer, "commitments:engagement", row.key, on=timezone.localdate().isoformat())
    for number in (2, 3, 4):
        fill(number)

    assert cost(officer, "commitments:engagement", row.key) == few <= MOST_QUERIES
    assert cost(officer, "commitments:engagement-history", row.key) == story <= MOST_QUERIES
    assert cost(officer, "commitments:engagement", row.key, on=timezone.localdate().isoformat()) == then <= MOST_QUERIES


# Advice on funding


def test_a_contact_sees_the_advice_of_their_own_unit_and_no_other():
    unit = make_unit()
    own = make_advice(unit=unit, protection=Protection.INTERNAL)
    make_advice(protection=Protection.INTERNAL, subject_de="Fremdes")

    page = get(make_user(Role.CONTACT, unit), "commitments:advice-list")

    assert list(page.context["page"]) == [own]
    assert reverse("commitments:advice-edit", args=[own.pk]) not in page.content.decode()


def test_advice_is_entered_changed_and_withdrawn():
    officer, unit, project = make_officer(), make_unit(), make_eu_project()
    columns = {"unit": unit.key, "given_on": "3.2025", "subject_de": "Antrag", "protection": "internal"}

    post(officer, "commitments:advice-add", **columns, engagement=project.key)
    row = FundingAdvice.objects.get()
    assert row.engagement_id == project.pk
    assert "Antrag" in text(officer, "commitments:engagement", project.key)
    sent = columns | {"result_de": "Bewilligt", "reason": "Bescheid", "seen": last_change(row)}
    post(officer, "commitments:advice-edit", row.pk, **sent)
    assert FundingAdvice.objects.get().result_de == "Bewilligt"
    post(officer, "commitments:advice-withdraw", row.pk, reason="Doppelt")

    assert list(get(officer, "commitments:advice-list").context["page"]) == []
    assert get(officer, "commitments:advice-edit", row.pk).status_code == 404


def test_advice_does_not_name_a_project_out_of_sight_and_keeps_it_when_changed():
    hidden = make_eu_project(protection=Protection.PROTECTED, name_de="Geheim")
    row, officer = make_advice(engagement=hidden), make_officer()

    assert "Geheim" not in text(officer, "commitments:advice-list")
    page = get(officer, "commitments:advice-edit", row.pk)
    assert "Geheim" not in page.content.decode()
    sent = {"unit": row.unit.key, "given_on": "2025", "subject_de": "Neu", "protection": "public"}
    post(officer, "commitments:advice-edit", row.pk, **sent, reason="x", seen=last_change(row))

    after = FundingAdvice.objects.get()
    assert (after.subject_de, after.engagement_id) == ("Neu", hidden.pk)


def test_advice_is_found_by_unit_year_and_word():
    officer = make_officer()
    first = make_advice(given_on=date(2024, 3, 1), subject_de="Antrag bei CERV")
    second = make_advice(given_on=date(2025, 3, 1))

    def found(**query):
        return list(get(officer, "commitments:advice-list", **query).context["page"])

    assert found(year="2024") == [first]
    assert found(unit=second.unit.key) == [second]
    assert found(q="cerv") == [first]
    assert found(year="1") == [second, first]


def test_the_pages_speak_english_too():
    row, officer = make_eu_project(eu_contribution=Decimal("1234567.5")), make_officer()
    client = client_of(officer)
    client.cookies["django_language"] = "en"

    page = client.get(reverse("commitments:engagement", args=[row.key])).content.decode()

    assert "Money by year" in page
    assert "€1,234,567.50" in page.replace("\xa0", "") or "1,234,567.50" in page


def test_every_act_of_the_table_has_a_page():
    row, officer = make_partnership(), make_officer()

    for turn in ("pause", "rest", "end", "resume"):
        assert get(officer, "commitments:engagement-status", row.key, turn).status_code == 200
    assert set(portfolio.NEXT_STATUSES) == set(EngagementStatus.values)
