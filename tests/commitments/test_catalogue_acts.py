"""What the officer does to instruments, versions, provisions, links and adoptions."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation

from commitments.models import (
    Adoption,
    CommitmentProvision,
    Instrument,
    InstrumentVersion,
    Provision,
    ProvisionLink,
    Relation,
    Role,
)
from commitments.workflow import adoptions, catalogue, provision_links
from commitments.workflow.catalogue import Line
from commitments.workflow.provision_links import Kinship
from commitments.workflow.steps import Edit, last_change
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_instrument,
    make_officer,
    make_provision,
    make_provision_link,
    make_user,
)

pytestmark = pytest.mark.django_db

COLUMNS = {"short_de": "EU-Charta für Städte", "title_de": "Charta", "kind": "charter", "binding": False}
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def now():
    return timezone.now()


def sentences(error) -> str:
    return " ".join(error.value.messages)


# Instruments and versions


def test_an_instrument_gets_a_key_of_its_short_name_and_a_first_version():
    first = catalogue.add_instrument(COLUMNS, {"adopted_on": date(2006, 5, 12)}, actor=make_officer(), at=now())
    second = catalogue.add_instrument(COLUMNS, {}, actor=make_officer(), at=now())

    assert (first.key, second.key) == ("eu-charta-fuer-staedte", "eu-charta-fuer-staedte-2")
    assert second.order > first.order
    assert [row.number for row in first.versions.all()] == [1]
    assert first.versions.get().adopted_on == date(2006, 5, 12)
    assert first.history.latest().history_change_reason == "Instrument entered"


@pytest.mark.parametrize(("name", "key"), [("New", "new-2"), ("!!", "instrument"), ("人权", "instrument")])
def test_a_name_that_makes_no_key_still_gets_one(name, key):
    entered = catalogue.add_instrument(COLUMNS | {"short_de": name}, {}, actor=make_officer(), at=now())

    assert entered.key == key


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_nobody_but_the_officer_changes_the_catalogue(role):
    someone, at = make_user(role), now()
    provision, version = make_provision(), make_instrument()
    link, adoption = make_provision_link(make_provision(), make_provision()), make_adoption()
    edit = Edit({"note": "x"}, "Because")

    acts = (
        lambda: catalogue.add_instrument(COLUMNS, {}, actor=someone, at=at),
        lambda: catalogue.edit_instrument(version.instrument, edit, actor=someone, at=at),
        lambda: catalogue.add_version(version.instrument, {}, actor=someone, at=at),
        lambda: catalogue.edit_version(version, Edit({"note_de": "x"}, "Because"), actor=someone, at=at),
        lambda: catalogue.add_provisions(version, [Line("Art. 1")], actor=someone, at=at),
        lambda: catalogue.add_provision(version, {"number": "Art. 1", "order": 1}, actor=someone, at=at),
        lambda: catalogue.edit_provision(provision, edit, actor=someone, at=at),
        lambda: provision_links.link_provisions(
            provision, make_provision(), Kinship(Relation.SUBSET), actor=someone, at=at
        ),
        lambda: provision_links.change_provision_link(link, edit, actor=someone, at=at),
        lambda: provision_links.end_provision_link(link, actor=someone, at=at, reason="Because"),
        lambda: provision_links.link_same_numbers(version, Kinship(Relation.INTERSECTS), actor=someone, at=at),
        lambda: adoptions.adopt(version, {}, actor=someone, at=at),
        lambda: adoptions.edit_adoption(adoption, edit, actor=someone, at=at),
        lambda: adoptions.end_adoption(adoption, TODAY, actor=someone, at=at, reason="Because"),
        lambda: adoptions.renew_adoption(adoption, TODAY + timedelta(9), actor=someone, at=at, reason="Because"),
    )
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()


def test_an_edit_names_the_reason_and_refuses_to_overwrite_another():
    instrument = make_instrument().instrument
    seen = last_change(instrument)
    officer = make_officer()

    catalogue.edit_instrument(instrument, Edit({"note": "Read"}, "Text read", seen), actor=officer, at=now())
    with pytest.raises(ValidationError, match="Somebody has changed this entry"):
        catalogue.edit_instrument(instrument, Edit({"note": "Late"}, "Too late", seen), actor=officer, at=now())

    instrument.refresh_from_db()
    assert (instrument.note, instrument.history.latest().history_change_reason) == ("Read", "Text read")


def test_a_new_version_replaces_the_newest_and_takes_its_provisions_in_order():
    first = make_instrument()
    lines = [Line("Art. 1", "Würde", "Dignity"), Line("Art. 2")]

    second = catalogue.add_version(first.instrument, {}, lines, actor=make_officer(), at=now(), were_read=True)
    third = catalogue.add_version(first.instrument, {}, actor=make_officer(), at=now())

    assert [(row.number, row.replaces) for row in (second, third)] == [(2, first), (3, second)]
    assert list(second.provisions.values_list("number", "order", "title_en", "verified")) == [
        ("Art. 1", 1, "Dignity", True),
        ("Art. 2", 2, "", False),
    ]


def test_a_version_is_not_older_than_the_one_it_replaces():
    first = make_instrument()
    officer = make_officer()
    edit = Edit({"adopted_on": date(2006, 1, 1)}, "Looked up")
    catalogue.edit_version(first, edit, actor=officer, at=now())

    with pytest.raises(ValidationError, match="older than the one") as error:
        catalogue.add_version(first.instrument, {"adopted_on": date(2005, 1, 1)}, actor=officer, at=now())
    catalogue.add_version(first.instrument, {"adopted_on": date(2022, 1, 1)}, actor=officer, at=now())
    with pytest.raises(ValidationError, match="newer than the one"):
        catalogue.edit_version(first, Edit({"adopted_on": date(2023, 1, 1)}, "Typo"), actor=officer, at=now())

    assert list(error.value.message_dict) == ["adopted_on"]
    assert InstrumentVersion.objects.count() == 2


# Provisions


def test_a_number_that_stands_twice_is_named_with_its_line_and_nothing_is_written():
    version = make_instrument()
    make_provision(version, number="Art. 1")
    lines = [Line("Art. 1"), Line("Art. 2"), Line("Art. 2"), Line(""), Line("a/b"), Line("x" * 41)]

    with pytest.raises(ValidationError) as error:
        catalogue.add_provisions(version, lines, actor=make_officer(), at=now())

    assert error.value.message_dict["lines"] == [
        "Line 1: this version already has a provision “Art. 1”.",
        "Line 3: the number “Art. 2” stands in line 2 already.",
        "Line 4: The number is missing.",
        "Line 5: A number has no slash and no underscore.",
        "Line 6: The number is longer than 40 characters.",
    ]
    assert version.provisions.count() == 1


def test_rule_02_one_number_per_version_and_the_same_number_in_another():
    first = make_instrument()
    officer = make_officer()
    columns = {"number": "Art. 5", "order": 5, "title_de": "Keine Folter"}
    one = catalogue.add_provision(first, columns, actor=officer, at=now())
    second = catalogue.add_version(first.instrument, {}, actor=officer, at=now())

    with pytest.raises(ValidationError) as error:
        catalogue.add_provision(first, columns, actor=officer, at=now())
    two = catalogue.add_provision(second, columns, actor=officer, at=now())

    assert list(error.value.message_dict) == ["number"]
    assert (one.number, two.number) == ("Art. 5", "Art. 5")
    with pytest.raises(ValidationError):
        catalogue.edit_provision(make_provision(first), Edit({"number": "Art. 5"}, "x"), actor=officer, at=now())


def test_what_was_read_in_the_text_has_a_heading():
    columns = {"number": "Art. 31", "order": 31, "verified": True}

    with pytest.raises(ValidationError) as error:
        catalogue.add_provision(make_instrument(), columns, actor=make_officer(), at=now())

    assert list(error.value.message_dict) == ["title_de"]


# Links


def test_two_provisions_are_linked_once_from_whichever_end():
    one, other, officer = make_provision(), make_provision(), make_officer()
    provision_links.link_provisions(one, other, Kinship(Relation.SUBSET, "Narrower"), actor=officer, at=now())

    for pair in ((one, other), (other, one)):
        with pytest.raises(ValidationError, match="already linked"):
            provision_links.link_provisions(*pair, Kinship(Relation.EQUIVALENT), actor=officer, at=now())

    assert ProvisionLink.objects.get().note == "Narrower"


def test_a_provision_is_not_linked_to_itself():
    one = make_provision()

    with pytest.raises(ValidationError, match="cannot be linked to itself"):
        provision_links.link_provisions(one, one, Kinship(Relation.SUBSET), actor=make_officer(), at=now())


def test_a_relation_is_changed_and_ended_with_a_reason_and_never_deleted():
    link, officer = make_provision_link(make_provision(), make_provision()), make_officer()
    edit = Edit({"relation": Relation.EQUIVALENT}, "Wording compared")

    provision_links.change_provision_link(link, edit, actor=officer, at=now())
    provision_links.end_provision_link(link, actor=officer, at=now(), reason="Wrong article")
    with pytest.raises(ValidationError, match="has ended"):
        provision_links.change_provision_link(link, Edit({"note": "x"}, "y"), actor=officer, at=now())

    link.refresh_from_db()
    assert (link.relation, link.ended_on) == (Relation.EQUIVALENT, TODAY)
    reasons = link.history.values_list("history_change_reason", flat=True)
    assert list(reasons)[:2] == ["Wrong article", "Wording compared"]
    provision_links.link_provisions(link.source, link.target, Kinship(Relation.SUBSET), actor=officer, at=now())


@pytest.mark.parametrize(
    ("relation", "turned"),
    [
        (Relation.SUBSET, Relation.SUPERSET),
        (Relation.SUPERSET, Relation.SUBSET),
        (Relation.EQUIVALENT, Relation.EQUIVALENT),
        (Relation.INTERSECTS, Relation.INTERSECTS),
    ],
)
def test_a_relation_reads_turned_from_the_other_end(relation, turned):
    assert relation.turned == turned


def test_mapping_by_number_takes_what_has_no_counterpart_and_says_when_nothing_is_left():
    first, officer = make_instrument(), make_officer()
    old = [make_provision(first, number=f"Art. {n}", order=n) for n in (1, 2)]
    lines = [Line("Art. 1"), Line("Art. 2"), Line("Art. 3")]
    second = catalogue.add_version(first.instrument, {}, lines, actor=officer, at=now())
    make_provision_link(old[1], second.provisions.get(number="Art. 2"), relation=Relation.EQUIVALENT)
    kinship = Kinship(Relation.INTERSECTS, "By number")

    (made,) = provision_links.link_same_numbers(second, kinship, actor=officer, at=now())
    with pytest.raises(ValidationError, match="no provision left"):
        provision_links.link_same_numbers(second, kinship, actor=officer, at=now())

    assert (made.source.number, made.target, made.note) == ("Art. 1", old[0], "By number")


# Adoptions


def test_rule_02_the_adoption_of_the_old_version_stays_until_the_city_adopts_the_new_one():
    first, officer = make_instrument(kind="charter"), make_officer()
    old = make_adoption(first)
    provision = make_provision(first, number="Art. 1")
    commitment = make_commitment(provision, adoption=old)
    second = catalogue.add_version(first.instrument, {}, [Line("Art. 1")], actor=officer, at=now())

    assert set(Provision.objects.in_use()) == {provision, *second.provisions.all()}
    adopted = adoptions.adopt(second, {"adopted_on": TODAY}, actor=officer, at=now())

    old.refresh_from_db()
    assert (old.ended_on, adopted.ended_on) == (None, None)
    assert CommitmentProvision.objects.get(commitment=commitment).provision == provision
    adoptions.end_adoption(old, TODAY, actor=officer, at=now(), reason="The new text is adopted")
    assert set(Provision.objects.in_use()) == set(second.provisions.all())


def test_an_adoption_runs_once_for_a_version():
    adoption = make_adoption()

    with pytest.raises(ValidationError, match="running already"):
        adoptions.adopt(adoption.version, {"adopted_on": TODAY}, actor=make_officer(), at=now())

    assert Adoption.objects.count() == 1


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"adopted_on": TODAY + timedelta(days=1)}, "adopted_on"),
        ({"adopted_on": TODAY, "renewal_due_on": TODAY - timedelta(days=1)}, "renewal_due_on"),
    ],
)
def test_wrong_dates_of_an_adoption_are_refused_at_their_field(columns, field):
    with pytest.raises(ValidationError) as error:
        adoptions.adopt(make_instrument(), columns, actor=make_officer(), at=now())

    assert list(error.value.message_dict) == [field]
    assert not Adoption.objects.exists()


@pytest.mark.parametrize("day", [date(2010, 5, 3), TODAY + timedelta(days=1)])
def test_an_adoption_ends_neither_before_it_began_nor_in_the_future(day):
    adoption = make_adoption(adopted_on=date(2010, 5, 4))

    with pytest.raises(ValidationError) as error:
        adoptions.end_adoption(adoption, day, actor=make_officer(), at=now(), reason="Left")

    assert list(error.value.message_dict) == ["ended_on"]


def test_an_adoption_that_has_ended_is_neither_renewed_nor_ended_again():
    adoption, officer = make_adoption(), make_officer()
    adoptions.end_adoption(adoption, TODAY, actor=officer, at=now(), reason="Left the network")

    for act in (
        lambda: adoptions.renew_adoption(adoption, TODAY + timedelta(9), actor=officer, at=now(), reason="Again"),
        lambda: adoptions.end_adoption(adoption, TODAY, actor=officer, at=now(), reason="Again"),
    ):
        with pytest.raises(ValidationError, match="has ended"):
            act()

    adoption.refresh_from_db()
    assert (adoption.ended_on, adoption.end_reason) == (TODAY, "Left the network")


def test_a_renewal_lies_ahead_and_keeps_its_reason():
    due = TODAY + timedelta(days=30)
    adoption, officer = make_adoption(renewal_due_on=due), make_officer()

    with pytest.raises(ValidationError) as error:
        adoptions.renew_adoption(adoption, due, actor=officer, at=now(), reason="Same day")
    adoptions.renew_adoption(adoption, due + timedelta(730), actor=officer, at=now(), reason="Title renewed")

    adoption.refresh_from_db()
    assert list(error.value.message_dict) == ["renewal_due_on"]
    assert adoption.renewal_due_on == due + timedelta(730)
    assert adoption.history.latest().history_change_reason == "Title renewed"


def test_nothing_of_a_refused_version_is_kept():
    first = make_instrument()

    with pytest.raises(ValidationError):
        catalogue.add_version(first.instrument, {}, [Line("Art. 1"), Line("Art. 1")], actor=make_officer(), at=now())

    assert InstrumentVersion.objects.get() == first
    assert Instrument.objects.count() == 1


def test_an_article_leads_to_itself():
    assert make_article(5) in Provision.objects.in_use()
