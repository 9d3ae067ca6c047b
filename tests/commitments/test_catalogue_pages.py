"""The pages of the catalogue: list, instrument, comparison, and the officer's forms."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.models import (
    Adoption,
    Competence,
    Instrument,
    InstrumentVersion,
    Protection,
    Provision,
    ProvisionLink,
    Relation,
    Role,
)
from commitments.workflow import adoptions, catalogue, last_change
from commitments.workflow.catalogue import Line
from commitments.workflow.steps import Edit
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_instrument,
    make_officer,
    make_provision,
    make_provision_link,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
LIST, PAGE, COMPARE = "commitments:instrument-list", "commitments:instrument", "commitments:version-compare"


def post(user, name, *args, **data):
    return client_of(user).post(reverse(name, args=args), data)


def keys(user, **query):
    return [row.key for row in get(user, LIST, **query).context["page"]]


def later(version, *numbers, **fields):
    """A version that replaces another, with provisions of these numbers."""
    row = saved(InstrumentVersion(instrument=version.instrument, number=version.number + 1, replaces=version, **fields))
    for order, number in enumerate(numbers, 1):
        make_provision(row, number=number, order=order)
    return row


# The list


def test_instruments_are_narrowed_by_competence_of_the_commitments_that_one_may_see():
    own, other = make_provision(make_instrument("own")), make_provision(make_instrument("other"))
    make_commitment(own, competence=Competence.DELEGATED)
    make_commitment(other, competence=Competence.DELEGATED, protection=Protection.PROTECTED)

    assert keys(make_officer(), competence="delegated") == ["own"]
    assert set(keys(make_trusted(), competence="delegated")) == {"own", "other"}


def test_instruments_are_narrowed_by_renewals_that_are_due_or_have_lapsed():
    days = {"lapsed": -1, "due": 30, "far": 200}
    for key, ahead in days.items():
        make_adoption(make_instrument(key), renewal_due_on=TODAY + timedelta(days=ahead))
    ended = make_adoption(make_instrument("ended"), renewal_due_on=TODAY - timedelta(days=9))
    ended.ended_on = TODAY
    saved(ended)
    make_adoption(make_instrument("never"))
    officer = make_officer()

    assert keys(officer, renewal="lapsed") == ["lapsed"]
    assert keys(officer, renewal="due") == ["due"]
    assert set(keys(officer, renewal="dated")) == set(days)
    assert keys(officer, sort="renewal")[:3] == ["lapsed", "due", "far"]
    assert "abgelaufen" in text(officer, LIST, renewal="lapsed")


def test_instruments_are_sorted_by_title_date_and_commitments():
    old = make_instrument("old", title_de="Z", order=1)
    new = make_instrument("new-one", title_de="A", order=2)
    for version, year in ((old, 1950), (new, 2020)):
        version.adopted_on = TODAY.replace(year=year)
        saved(version)
    one = make_provision(old)
    commitment = make_commitment(one)
    saved(
        type(commitment.commitment_provisions.get())(
            commitment=commitment, provision=make_provision(old), order=1, is_basis=False
        )
    )
    officer = make_officer()

    assert [key for key in keys(officer) if key != "udhr"] == ["old", "new-one"]
    assert [key for key in keys(officer, sort="title") if key != "udhr"] == ["new-one", "old"]
    assert [key for key in keys(officer, sort="newest") if key != "udhr"] == ["new-one", "old"]
    (counted,) = [row for row in get(officer, LIST, sort="commitments").context["page"] if row.key == "old"]
    assert counted.commitment_count == 1


def test_a_list_with_all_filters_costs_the_same_with_many_rows():
    query = {"competence": "own", "renewal": "due", "adopted": "yes", "sort": "commitments"}
    officer = make_officer()

    def add():
        version = make_instrument()
        make_commitment(make_provision(version))
        make_adoption(version, renewal_due_on=TODAY + timedelta(days=5))

    add()
    few = cost(officer, LIST, **query)
    for _ in range(3):
        add()

    assert cost(officer, LIST, **query) == few <= MOST_QUERIES


# The page


def test_the_version_that_the_city_adopted_is_shown_first_and_the_other_on_demand():
    first = make_instrument("charter", kind="charter")
    make_provision(first, number="Art. 1", title_de="Von damals")
    make_adoption(first)
    second = later(first, "Art. 1")
    officer = make_officer()

    assert get(officer, PAGE, "charter").context["version"] == first
    assert get(officer, PAGE, "charter", version=2).context["version"] == second
    assert get(officer, PAGE, "charter", version="x").context["version"] == first


def test_what_is_not_proved_and_what_leads_nowhere_is_said():
    version = make_instrument("charter")
    known = make_provision(version, number="Art. 1")
    make_provision_link(known, make_article(3))
    make_provision(version, number="Art. 31", title_de="", title_en="", verified=False)

    page = get(make_officer(), PAGE, "charter")

    assert [row.number for row in page.context["astray"]] == ["Art. 31"]
    assert [row.number for row in page.context["unread"]] == ["Art. 31"]
    content = page.content.decode()
    assert "nicht belegt" in content
    assert "Überschrift nicht bekannt" in content


def test_provisions_are_narrowed_by_competence():
    version = make_instrument("charter")
    one, other = make_provision(version), make_provision(version)
    make_commitment(one, competence=Competence.INFLUENCE)
    make_commitment(other, competence=Competence.OWN)

    page = get(make_officer(), PAGE, "charter", competence="influence")

    assert page.context["provisions"] == [one]
    assert len(get(make_officer(), PAGE, "charter", competence="nonsense").context["provisions"]) == 2


def test_rule_17_a_lapse_shows_on_the_page_of_the_instrument():
    make_adoption(make_instrument("title"), renewal_due_on=TODAY - timedelta(days=1))

    assert "abgelaufen" in text(make_user(Role.COUNCIL), PAGE, "title")


def test_readers_see_no_button_that_they_may_not_press():
    version = make_instrument("charter", kind="charter")
    make_adoption(version)
    make_provision(version)

    reader, officer = text(make_user(Role.COUNCIL), PAGE, "charter"), text(make_officer(), PAGE, "charter")

    for address in ("/edit/", "/versions/new/", "/adopt/", "/renew/", "/end/", "/provisions/"):
        assert address in officer
        assert address not in reader


def test_rule_13_an_instrument_is_shown_as_it_stood_on_a_day():
    version = make_instrument("charter", title_de="Heute so")
    make_provision(version, number="Art. 1", title_de="Überschrift")
    make_adoption(version)
    officer = make_officer()

    page = text(officer, PAGE, "charter", on=TODAY.isoformat())
    before = text(officer, PAGE, "charter", on=(TODAY - timedelta(days=1)).isoformat())

    assert "Überschrift" in page
    assert "4. Mai 2010" in page
    assert "Das Instrument stand an diesem Tag nicht im Register." in before
    assert "Überschrift" not in before


def test_the_history_tells_what_happened_with_its_reason():
    version = make_instrument("charter")
    officer, at = make_officer(), timezone.now()
    adoption = adoptions.adopt(version, {"adopted_on": TODAY}, actor=officer, at=at)
    adoptions.end_adoption(adoption, TODAY, actor=officer, at=timezone.now(), reason="Austritt beschlossen")
    edit = Edit({"title_de": "Neuer Titel"}, "Amtlicher Titel")
    catalogue.edit_instrument(version.instrument, edit, actor=officer, at=timezone.now())
    catalogue.add_version(version.instrument, {"label_de": "Fassung B"}, actor=officer, at=timezone.now())

    page = text(officer, "commitments:instrument-history", "charter")

    for words in ("Beitritt der Stadt beendet", "Austritt beschlossen", "Amtlicher Titel", "Fassung B"):
        assert words in page


def test_an_instrument_costs_the_same_with_many_versions_and_provisions():
    version = make_instrument("charter")
    make_adoption(version)
    officer = make_officer()

    def add(row):
        make_provision_link(make_provision(row), make_article(2))
        make_commitment(make_provision(row))

    add(version)
    few = cost(officer, PAGE, "charter", competence="own")
    second = later(version)
    for row in (version, second, second):
        add(row)

    assert cost(officer, PAGE, "charter", competence="own") == few <= MOST_QUERIES


# Two versions


def compared():
    first = make_instrument("charter")
    old = [make_provision(first, number=f"Art. {n}", order=n) for n in (1, 2, 3, 4)]
    second = later(first, "Art. 1", "Art. 2", "Art. 3", "Art. 5")
    new = list(second.provisions.order_by("order"))
    make_provision_link(new[0], old[0], relation=Relation.EQUIVALENT)
    make_provision_link(old[1], new[1], relation=Relation.SUBSET)
    return second, new, old


def test_a_comparison_tells_new_changed_unchanged_and_gone_whichever_way_the_links_were_made():
    _second, new, old = compared()

    comparison = get(make_officer(), COMPARE, "charter", 2).context["comparison"]

    states = [(row.change.value, row.new or row.gone) for row in comparison.rows]
    assert states == [
        ("same", new[0]),
        ("changed", new[1]),
        ("new", new[2]),
        ("new", new[3]),
        ("gone", old[2]),
        ("gone", old[3]),
    ]
    assert comparison.rows[1].old[0].relation == Relation.SUPERSET
    assert [n for _code, _label, n in comparison.counts] == [2, 1, 1, 2]
    assert comparison.astray == new


def test_a_comparison_shows_one_kind_of_rows():
    compared()

    page = get(make_officer(), COMPARE, "charter", 2, state="gone")

    assert [row.change.value for row in page.context["shown_states"]] == ["gone", "gone"]


def test_the_officer_maps_by_number_and_nobody_else():
    _second, new, old = compared()

    refused = post(make_user(Role.COUNCIL), COMPARE, "charter", 2, note="Nach der Nummer")
    assert refused.status_code == HTTPStatus.FORBIDDEN
    post(make_officer(), COMPARE, "charter", 2, note="Nach der Nummer")

    link = ProvisionLink.objects.get(source=new[2])
    assert (link.target, link.relation, link.note) == (old[2], Relation.INTERSECTS, "Nach der Nummer")
    assert not ProvisionLink.objects.filter(source=new[3]).exists()
    assert "keine Bestimmung übrig" in post(make_officer(), COMPARE, "charter", 2, note="Noch einmal").content.decode()


def test_a_first_version_has_nothing_to_be_compared_with():
    make_instrument("charter")

    assert get(make_officer(), COMPARE, "charter", 1).status_code == HTTPStatus.NOT_FOUND


def test_a_comparison_costs_the_same_with_many_provisions():
    second, _new, _old = compared()
    officer = make_officer()
    few = cost(officer, COMPARE, "charter", 2)
    for order in range(10, 14):
        one, other = make_provision(second, order=order), make_provision(second.replaces, order=order)
        make_provision_link(one, other)

    assert cost(officer, COMPARE, "charter", 2) == few <= MOST_QUERIES


# Forms

NEW = {"short_de": "Charta", "title_de": "Charta der Städte", "kind": "charter", "binding": "no"}


def test_an_instrument_is_entered_with_its_provisions_in_two_steps():
    officer = make_officer()

    first = post(officer, "commitments:instrument-new", **NEW, adopted_on="2006", source="https://example.org")
    lines = "Art. 1 | Würde | Dignity\n\n  Art. 2|Gleichheit  \nArt. 3"
    second = post(officer, "commitments:provisions-new", "charta", 1, lines=lines, were_read="on")

    assert first.headers["Location"] == reverse("commitments:provisions-new", args=["charta", 1])
    assert second.status_code == HTTPStatus.FOUND
    version = InstrumentVersion.objects.get(instrument__key="charta")
    assert (version.adopted_on, version.adopted_on_precision) == (date(2006, 1, 1), "year")
    assert list(version.provisions.values_list("number", "title_de", "title_en", "verified")) == [
        ("Art. 1", "Würde", "Dignity", True),
        ("Art. 2", "Gleichheit", "", True),
        ("Art. 3", "", "", False),
    ]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Zeile 2: Die Nummer „Art. 1“ steht schon in Zeile 1."),
        ("en", "Line 2: the number “Art. 1” stands in line 1 already."),
    ],
)
def test_duplicate_numbers_are_named_by_line_at_the_field_in_both_languages(language, sentence):
    version = make_instrument("charter")
    client = client_of(make_officer())
    client.cookies["django_language"] = language

    page = client.post(reverse("commitments:provisions-new", args=["charter", 1]), {"lines": "Art. 1\nArt. 1"})

    assert sentence in page.content.decode()
    assert "Art. 1\nArt. 1" in page.content.decode()
    assert not version.provisions.exists()


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "   \n ",
        "Null \x00",
        "x" * 60_001,
        "\n".join(f"Art. {n}" for n in range(301)),
        "Art. 1 | " + "x" * 401,
        "| x",
    ],
)
def test_nonsense_in_the_list_of_provisions_is_a_sentence_and_nothing_is_written(lines):
    make_instrument("charter")

    page = post(make_officer(), "commitments:provisions-new", "charter", 1, lines=lines)

    assert page.status_code == HTTPStatus.OK
    assert page.context["form"].errors["lines"]
    assert not Provision.objects.exists()


@pytest.mark.parametrize("field", ["short_de", "title_de", "body", "source", "note"])
@pytest.mark.parametrize("value", ["Null \x00", "x" * 100_000])
def test_hostile_texts_of_an_instrument_are_refused_at_their_field(field, value):
    page = post(make_officer(), "commitments:instrument-new", **(NEW | {field: value}))

    assert page.context["form"].errors[field]
    assert not Instrument.objects.exists()


def test_a_new_version_proposes_the_provisions_of_the_old_one():
    first = make_instrument("charter")
    make_provision(first, number="Art. 1", title_de="Würde", title_en="Dignity")
    officer = make_officer()

    proposed = get(officer, "commitments:version-new", "charter").context["form"]["lines"].value()
    sent = post(officer, "commitments:version-new", "charter", lines=proposed, adopted_on="6.12.2022")

    second = InstrumentVersion.objects.get(number=2)
    assert proposed == "Art. 1 | Würde | Dignity"
    assert sent.headers["Location"] == reverse(COMPARE, args=["charter", 2])
    assert list(second.provisions.values_list("number", "title_en", "verified")) == [("Art. 1", "Dignity", False)]
    assert not ProvisionLink.objects.exists()


def test_a_version_that_is_older_than_the_one_it_replaces_is_refused_at_its_date():
    first = make_instrument("charter")
    first.adopted_on = TODAY
    saved(first)

    page = post(make_officer(), "commitments:version-new", "charter", adopted_on="1.1.1999", lines="Art. 1")

    assert "älter" in str(page.context["form"].errors["adopted_on"])
    assert InstrumentVersion.objects.count() == 1


def test_an_edit_keeps_its_reason_and_an_old_form_is_refused():
    version = make_instrument("charter", kind="charter")
    officer = make_officer()
    seen = last_change(version.instrument)
    data = NEW | {"seen": seen, "reason": "Amtlich"}

    assert post(officer, "commitments:instrument-edit", "charter", **data).status_code == HTTPStatus.FOUND
    late = post(officer, "commitments:instrument-edit", "charter", **(data | {"title_de": "Zu spät"}))

    instrument = Instrument.objects.get()
    assert (instrument.title_de, instrument.key) == ("Charta der Städte", "charter")
    assert "Jemand hat den Eintrag geändert" in late.content.decode()


def test_a_provision_is_changed_and_its_number_stays_single():
    version = make_instrument("charter")
    one = make_provision(version, number="Art. 1", order=1)
    make_provision(version, number="Art. 2", order=2)
    officer = make_officer()
    data = {"number": "Art. 1", "order": 1, "title_de": "Würde", "verified": "yes", "reason": "Nachgelesen"}

    post(officer, "commitments:provision-edit", one.pk, **data, seen=last_change(one))
    taken = post(officer, "commitments:provision-edit", one.pk, **(data | {"number": "Art. 2"}), seen=last_change(one))

    one.refresh_from_db()
    assert (one.number, one.title_de, one.verified) == ("Art. 1", "Würde", True)
    assert taken.context["form"].errors["number"]


def test_provisions_are_linked_by_typing_choosing_and_saying_how():
    provision, article = make_provision(make_instrument("charter")), make_article(25, title_de="Lebensstandard")
    officer = make_officer()
    name = "commitments:provision-link-new"

    found = get(officer, name, provision.pk, q="lebensstandard")
    unsaid = post(officer, name, provision.pk, q="lebensstandard", target=article.pk)
    post(officer, name, provision.pk, target=article.pk, relation="subset", note="Ein Teil davon")

    assert [hit.pk for hit in found.context["hits"]] == [article.pk]
    assert unsaid.context["form"].errors["relation"]
    assert unsaid.context["hits"]
    link = ProvisionLink.objects.get()
    assert (link.source, link.target, link.relation) == (provision, article, "subset")


@pytest.mark.parametrize("target", ["", "x", "0", "9" * 30, "²", "\x00"])
def test_a_wrong_target_is_a_sentence(target):
    provision = make_provision()

    page = post(make_officer(), "commitments:provision-link-new", provision.pk, target=target, relation="subset")

    assert page.context["form"].errors["target"]
    assert not ProvisionLink.objects.exists()


def test_an_unknown_target_is_not_found():
    page = post(
        make_officer(), "commitments:provision-link-new", make_provision().pk, target=999_999, relation="subset"
    )

    assert page.status_code == HTTPStatus.NOT_FOUND


def test_a_link_is_changed_and_ended_from_its_page():
    link = make_provision_link(make_provision(), make_provision())
    officer = make_officer()

    data = {"relation": "equivalent", "note": "Gleich", "reason": "Verglichen", "seen": last_change(link)}
    post(officer, "commitments:provision-link-edit", link.pk, **data)
    unsaid = post(officer, "commitments:provision-link-end", link.pk, reason="")
    post(officer, "commitments:provision-link-end", link.pk, reason="Falsch")

    link.refresh_from_db()
    assert unsaid.context["form"].errors["reason"]
    assert (link.relation, link.note, link.ended_on) == ("equivalent", "Gleich", TODAY)


ADOPTION = {"adopted_on": "4.5.2010", "council_reference": "1234/2010", "verified": "yes"}


def test_an_adoption_is_entered_with_its_council_paper_renewed_and_ended():
    make_instrument("charter")
    officer = make_officer()
    paper = "https://ris.example.org/paper/1234"

    post(officer, "commitments:adoption-new", "charter", 1, **ADOPTION, council_url=paper, renewal_due_on="2030-01-01")
    adoption = Adoption.objects.get()
    page = text(make_user(Role.COUNCIL), PAGE, "charter")
    post(officer, "commitments:adoption-renew", adoption.pk, renewal_due_on="2035-01-01", reason="Titel erneuert")
    post(officer, "commitments:adoption-end", adoption.pk, ended_on=TODAY.isoformat(), reason="Austritt")

    assert f'href="{paper}"' in page
    assert "1234/2010" in page
    adoption.refresh_from_db()
    assert (adoption.renewal_due_on, adoption.ended_on) == (date(2035, 1, 1), TODAY)
    assert adoption.end_reason == "Austritt"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"adopted_on": "31.2.2010"}, "adopted_on"),
        ({"adopted_on": "4.5.2190"}, "adopted_on"),
        ({"council_url": "javascript:alert(1)"}, "council_url"),
        ({"council_url": "ftp"}, "council_url"),
        ({"renewal_due_on": "2009-01-01"}, "renewal_due_on"),
        ({"renewal_due_on": "soon"}, "renewal_due_on"),
        ({"council_reference": "x" * 100_000}, "council_reference"),
        ({"council_reference": "Null \x00"}, "council_reference"),
        ({"verified": ""}, "verified"),
    ],
)
def test_bad_input_of_an_adoption_is_a_sentence_at_its_field(fields, wrong):
    make_instrument("charter")

    page = post(make_officer(), "commitments:adoption-new", "charter", 1, **(ADOPTION | fields))

    assert list(page.context["form"].errors) == [wrong]
    assert not Adoption.objects.exists()


def test_an_end_before_the_start_is_refused_at_its_field():
    adoption = make_adoption()

    page = post(make_officer(), "commitments:adoption-end", adoption.pk, ended_on="2010-05-03", reason="Austritt")

    assert page.context["form"].errors["ended_on"]
    adoption.refresh_from_db()
    assert adoption.ended_on is None


@pytest.mark.parametrize("role", [Role.COUNCIL, Role.APPROVER, Role.CONTACT, Role.ADMINISTRATOR])
def test_the_forms_are_the_officers_alone(role):
    version = make_instrument("charter")
    provision, adoption = make_provision(version), make_adoption(version)
    link = make_provision_link(provision, make_article(1))
    someone = make_user(role)

    addresses = [
        ("instrument-new",),
        ("instrument-edit", "charter"),
        ("version-new", "charter"),
        ("version-edit", "charter", 1),
        ("provisions-new", "charter", 1),
        ("provision-new", "charter", 1),
        ("provision-edit", provision.pk),
        ("adoption-new", "charter", 1),
        ("adoption-edit", adoption.pk),
        ("adoption-renew", adoption.pk),
        ("adoption-end", adoption.pk),
        ("provision-link-new", provision.pk),
        ("provision-link-edit", link.pk),
        ("provision-link-end", link.pk),
    ]
    for name, *args in addresses:
        assert get(someone, f"commitments:{name}", *args).status_code == HTTPStatus.FORBIDDEN
        assert get(make_officer(), f"commitments:{name}", *args).status_code == HTTPStatus.OK


def test_what_is_not_there_is_not_found():
    make_instrument("charter")
    officer = make_officer()

    for name, *args in (
        ("instrument-edit", "nothing"),
        ("version-edit", "charter", 9),
        ("provisions-new", "charter", 9),
        ("provision-edit", 999),
        ("adoption-edit", 999),
        ("provision-link-end", 999),
        ("provision-link-new", 999),
    ):
        assert get(officer, f"commitments:{name}", *args).status_code == HTTPStatus.NOT_FOUND


def test_lines_and_the_list_say_the_same():
    assert catalogue.wrong_lines([Line("Art. 1"), Line("Art. 1")], ()) != []
