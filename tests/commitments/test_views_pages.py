"""The pages of one instrument, measure, engagement, and of a job."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments import workflow
from commitments.models import (
    EngagementStatus,
    Job,
    JobState,
    LinkState,
    MeasureProvision,
    MeasureStatus,
    Protection,
    Role,
)
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_engagement,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_partnership,
    make_provision,
    make_provision_link,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db


def change(measure, **fields):
    wanted = {name: fields.pop(name, "") for name in ("title_en", "description_de", "description_en")}
    parts = measure.measure_units.select_related("unit")
    return {
        "lead": parts.get(part="lead").unit.key,
        "budgets-TOTAL_FORMS": "0",
        "budgets-INITIAL_FORMS": "0",
        "title_de": measure.title_de,
        "status": measure.status,
        "field": measure.field,
        "protection": measure.protection,
        "reason": "Ratsbeschluss",
        "seen": workflow.last_change(measure),
        **wanted,
        **fields,
    }


def make_touch(measure, provision, **fields):
    """The measure touches a provision."""
    row = MeasureProvision(measure=measure, provision=provision, contribution="direct", rationale_de="Weil.")
    row.state = LinkState.ACCEPTED
    for name, value in fields.items():
        setattr(row, name, value)
    return saved(row)


# Instruments


def test_an_instrument_shows_its_provisions_with_the_articles_they_lead_to():
    provision = make_provision(make_instrument("cat"), title_de="Verbot der Folter")
    make_provision_link(provision, make_article(5))

    page = get(make_officer(), "commitments:instrument", "cat")

    assert [row.articles for row in page.context["provisions"]] == [[5]]
    assert "Verbot der Folter" in page.content.decode()


def test_the_declaration_is_read_in_the_readers_language():
    make_article(1, text_de="Alle Menschen sind frei.", text_en="All human beings are free.")
    officer = make_officer()
    client = client_of(officer)

    german = client.get(reverse("commitments:instrument", args=["udhr"])).content.decode()
    client.cookies["django_language"] = "en"
    english = client.get(reverse("commitments:instrument", args=["udhr"])).content.decode()

    assert "Alle Menschen sind frei." in german
    assert "All human beings are free." in english


def test_only_those_who_keep_the_register_see_where_an_entry_comes_from():
    make_instrument("cat", note="Ratified 1990, checked.")

    assert "Ratified 1990" in text(make_officer(), "commitments:instrument", "cat")
    assert "Ratified 1990" not in text(make_user(Role.COUNCIL), "commitments:instrument", "cat")


def test_an_unknown_instrument_is_not_found():
    assert get(make_officer(), "commitments:instrument", "nothing").status_code == 404


def test_an_instrument_costs_the_same_with_many_provisions():
    version = make_adoption(make_instrument("cat")).version
    make_provision_link(make_provision(version), make_article(5))
    officer = make_officer()
    few = cost(officer, "commitments:instrument", "cat")

    for number in (6, 7, 8):
        make_provision_link(make_provision(version), make_article(number))
        make_commitment(make_provision(version))

    assert cost(officer, "commitments:instrument", "cat") == few <= MOST_QUERIES


# Measures


def test_rule_01_a_measure_with_links_to_two_articles_serves_two_of_thirty():
    measure = make_measure()
    for number in (25, 27):
        make_link(measure, make_commitment(make_article(number)))

    assert get(make_officer(), "commitments:measure", measure.reference).context["direct"] == [25, 27]


def test_rule_16_what_reaches_an_article_through_kin_is_indirect():
    measure = make_measure()
    kin = make_provision()
    make_provision_link(kin, make_article(12))
    make_touch(measure, kin)

    page = get(make_officer(), "commitments:measure", measure.reference)

    assert (page.context["direct"], page.context["indirect"]) == ([], [12])


def test_a_proposed_link_reaches_no_article_yet():
    link = make_link(commitment=make_commitment(make_article(3)), state=LinkState.PROPOSED)

    page = get(make_officer(), "commitments:measure", link.measure.reference)

    assert page.context["direct"] == []
    assert "Vorgeschlagen" in page.content.decode()


def test_rule_18_a_measure_of_a_paused_partnership_is_suspended_with_the_reason():
    paused = make_partnership(status=EngagementStatus.PAUSED, status_reason_de="Kontakte seit 2022 ausgesetzt.")
    measure = make_measure(engagement=paused)

    page = get(make_officer(), "commitments:measure", measure.reference)

    assert page.context["shown_status"] == MeasureStatus.SUSPENDED
    assert "Kontakte seit 2022 ausgesetzt." in page.content.decode()


def test_a_protected_measure_is_not_found_without_the_right():
    measure = make_measure(protection=Protection.PROTECTED)

    for name in ("measure", "measure-history", "measure-edit", "mapping", "mapping-search"):
        assert get(make_officer(), f"commitments:{name}", measure.reference).status_code == 404
    assert get(make_trusted(), "commitments:measure", measure.reference).status_code == 200


def test_a_protected_engagement_is_not_named_by_its_public_measure():
    hidden = make_partnership(protection=Protection.PROTECTED, name_de="Geheime Partnerschaft")
    measure = make_measure(engagement=hidden)

    assert "Geheime Partnerschaft" not in text(make_officer(), "commitments:measure", measure.reference)


def test_a_link_to_a_protected_commitment_shows_neither_on_the_page_nor_in_the_history():
    hidden = make_commitment(make_article(5), protection=Protection.PROTECTED, title_de="Geheime Zusage")
    link = make_link(commitment=hidden)
    officer = make_officer()

    page = get(officer, "commitments:measure", link.measure.reference)

    assert page.context["direct"] == []
    assert "Geheime Zusage" not in page.content.decode()
    assert "Geheime Zusage" not in text(officer, "commitments:measure-history", link.measure.reference)


def test_the_history_of_a_measure_tells_who_changed_what_and_why():
    officer = make_officer()
    measure = make_measure(title_de="Alter Titel")
    edit = workflow.Edit({"title_de": "Neuer Titel"}, "Neuer Ratsbeschluss")
    workflow.edit_measure(measure, edit, actor=officer, at=timezone.now())

    page = get(officer, "commitments:measure-history", measure.reference)

    newest = page.context["entries"][0]
    assert newest.who == "Menschenrechtsbeauftragte"
    assert newest.reason == "Neuer Ratsbeschluss"
    assert [(change.old, change.new) for change in newest.changes] == [("Alter Titel", "Neuer Titel")]
    assert "<ins>Neuer</ins>" in page.content.decode()


def test_the_history_comes_alone_for_the_page_that_fetches_it():
    measure = make_measure()
    address = reverse("commitments:measure-history", args=[measure.reference])

    part = client_of(make_officer()).get(address, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert "Geschichte" in part


def test_a_measure_costs_the_same_with_many_links():
    measure = make_measure(engagement=make_engagement())
    make_link(measure)
    make_touch(measure, make_provision())
    contact = make_user(Role.CONTACT, measure.measure_units.get().unit)
    few = cost(contact, "commitments:measure", measure.reference)
    story = cost(contact, "commitments:measure-history", measure.reference)

    for number in (4, 5, 6):
        make_link(measure, make_commitment(make_article(number)))
        make_touch(measure, make_provision())
        make_measure(parent=measure)

    assert cost(contact, "commitments:measure", measure.reference) == few <= MOST_QUERIES
    assert cost(contact, "commitments:measure-history", measure.reference) == story <= MOST_QUERIES


# Changing a measure


def test_the_officer_changes_a_measure():
    measure = make_measure()
    wanted = change(measure, title_de="Neuer Titel", starts_on="11.2022")

    response = client_of(make_officer()).post(reverse("commitments:measure-edit", args=[measure.reference]), wanted)

    measure.refresh_from_db()
    assert response.headers["Location"] == reverse("commitments:measure", args=[measure.reference])
    assert (measure.title_de, measure.starts_on, measure.starts_on_precision) == (
        "Neuer Titel",
        date(2022, 11, 1),
        "month",
    )


@pytest.mark.parametrize(
    ("written", "day", "precision"),
    [
        ("2022", date(2022, 1, 1), "year"),
        ("11.2022", date(2022, 11, 1), "month"),
        ("28.11.2022", date(2022, 11, 28), "day"),
        ("8.1.2022", date(2022, 1, 8), "day"),
        ("2022-11", date(2022, 11, 1), "month"),
        ("", None, "day"),
    ],
)
def test_a_date_is_written_as_exactly_as_it_is_known(written, day, precision):
    measure = make_measure(starts_on=date(2000, 1, 1))

    client_of(make_officer()).post(
        reverse("commitments:measure-edit", args=[measure.reference]), change(measure, starts_on=written)
    )

    measure.refresh_from_db()
    assert (measure.starts_on, measure.starts_on_precision) == (day, precision)


@pytest.mark.parametrize("role", [Role.CONTACT, Role.APPROVER, Role.COUNCIL, Role.AUDITOR])
def test_nobody_else_may_change_a_measure(role):
    measure = make_measure()

    for name in ("measure-edit",):
        assert get(make_user(role), f"commitments:{name}", measure.reference).status_code == 403


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": ""}, "Begründen Sie in einem Satz, warum Sie das ändern."),
        ({"title_de": ""}, "Geben Sie der Maßnahme einen Titel."),
        ({"note_de": "x" * 20_001}, "Kürzen Sie das auf höchstens 20000 Zeichen; es sind 20001."),
        ({"status": "suspended"}, "Begründen Sie in einem Satz, warum die Maßnahme diesen Status hat."),
        ({"starts_on": "Mai"}, "Das Datum „Mai“ gibt es nicht. Schreiben Sie es wie 28.11.2022, 11.2022 oder 2022."),
        ({"starts_on": "31.02.2026"}, "Das Datum „31.02.2026“ gibt es nicht."),
        ({"starts_on": "2024", "ends_on": "2023"}, "Das Ende liegt vor dem Beginn"),
    ],
)
def test_a_wrong_change_of_a_measure_says_what_to_do_and_keeps_what_was_typed(fields, sentence):
    measure = make_measure()
    wanted = change(measure, description_de="Mühsam getippt", **fields)

    response = client_of(make_officer()).post(reverse("commitments:measure-edit", args=[measure.reference]), wanted)

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert "Mühsam getippt" in response.content.decode()
    assert measure.history.count() == 1


def test_a_form_that_somebody_overtook_keeps_what_was_typed():
    measure, officer = make_measure(), make_officer()
    wanted = change(measure, title_de="Mein Titel")
    edit = workflow.Edit({"title_de": "Fremder Titel"}, "Schneller")
    workflow.edit_measure(measure, edit, actor=officer, at=timezone.now())

    response = client_of(officer).post(reverse("commitments:measure-edit", args=[measure.reference]), wanted)

    assert "Jemand hat den Eintrag geändert" in response.content.decode()
    assert "Mein Titel" in response.content.decode()


def test_the_officer_changes_the_wording_of_a_commitment():
    commitment = make_commitment()
    wanted = {
        "lead_unit": commitment.lead_unit.key,
        "provisions": [commitment.commitment_provisions.get().provision_id],
        "title_de": commitment.title_de,
        "wording_de": "Die Stadt handelt fair.",
        "obligations": ["protect", "fulfil"],
        "competence": "influence",
        "protection": "public",
        "reason": "Ratsresolution",
        "seen": workflow.last_change(commitment),
    }

    client_of(make_officer()).post(reverse("commitments:commitment-edit", args=[commitment.reference]), wanted)

    commitment.refresh_from_db()
    assert commitment.wording_de == "Die Stadt handelt fair."
    assert commitment.obligations == ["protect", "fulfil"]


def test_a_commitment_obliges_to_something():
    commitment = make_commitment()
    wanted = {"title_de": "T", "wording_de": "W", "reason": "R", "seen": 1}

    response = client_of(make_officer()).post(
        reverse("commitments:commitment-edit", args=[commitment.reference]), wanted
    )

    assert "mindestens eines trifft zu" in response.content.decode()


def test_nobody_but_the_officer_changes_a_commitment():
    commitment = make_commitment()

    assert get(make_user(Role.APPROVER), "commitments:commitment-edit", commitment.reference).status_code == 403
    assert get(make_officer(), "commitments:commitment-edit", "K-999").status_code == 404


# Engagements and jobs


def test_an_engagement_shows_what_its_kind_has():
    row = make_partnership(city_de="Liverpool", country="GB", former_municipality="Porz")

    page = text(make_officer(), "commitments:engagement", row.key)

    assert "Vereinigtes Königreich" in page
    assert "Porz" in page


def test_a_protected_engagement_is_not_found_without_the_right():
    row = make_partnership(protection=Protection.PROTECTED)

    assert get(make_officer(), "commitments:engagement", row.key).status_code == 404


def test_an_engagement_names_no_protected_measure():
    row = make_partnership()
    make_measure(engagement=row, protection=Protection.PROTECTED, title_de="Geheime Hilfe")

    assert "Geheime Hilfe" not in text(make_officer(), "commitments:engagement", row.key)


def test_the_known_remark_on_a_unit_is_told_in_the_language_that_is_read():
    known, own = (make_measure(unit_basis=basis) for basis in ("assumed from the measure's subject", "asked by mail"))
    officer = make_officer()

    page = text(officer, "commitments:measure", known.reference)

    assert "aus dem Thema der Maßnahme angenommen" in page
    assert "assumed from" not in page
    assert '<span lang="en">(asked by mail)</span>' in text(officer, "commitments:measure", own.reference)


def test_an_engagement_costs_the_same_with_many_measures():
    row = make_engagement(instrument=make_adoption().version.instrument)
    make_measure(engagement=row)
    contact = make_user(Role.CONTACT, make_unit())
    few = cost(contact, "commitments:engagement", row.key)

    for _ in range(4):
        make_measure(engagement=row)

    assert cost(contact, "commitments:engagement", row.key) == few <= MOST_QUERIES


def test_whoever_asked_for_a_job_sees_how_far_it_is_and_nobody_else_of_a_unit_does():
    asker, now = make_user(Role.CONTACT), timezone.now()
    job = Job.objects.create(
        kind="x", asked_by=asker, asked_at=now, sent_at=now, state=JobState.RUNNING, done=3, total=9
    )

    assert "(3/9)" in text(asker, "commitments:job", job.pk)
    assert get(make_user(Role.CONTACT), "commitments:job", job.pk).status_code == 404
