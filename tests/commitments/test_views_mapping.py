"""The mapping of one measure."""

import pytest
from django.urls import reverse

from commitments.models import InstrumentKind, LinkState, MeasureLink, MeasureProvision, Protection, Role
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_provision,
    make_provision_link,
    make_unit,
    make_user,
)

pytestmark = pytest.mark.django_db


def send(user, measure, **fields):
    return client_of(user).post(reverse("commitments:mapping", args=[measure.reference]), fields)


def filled(target, why="Sie setzt das um.", contribution="direct"):
    """The fields of one link as the form sends them."""
    code = code_of(target)
    return {"target": code, f"{code}-contribution": contribution, f"{code}-rationale_de": why}


def code_of(target):
    return f"c{target.pk}" if hasattr(target, "wording_de") else f"p{target.pk}"


def found(user, measure, typed, **query):
    page = get(user, "commitments:mapping-search", measure.reference, q=typed, **query)
    return [hit.name for hit in page.context["hits"]]


# Searching


def test_commitments_and_provisions_are_found_by_word_number_and_language():
    measure, officer = make_measure(), make_officer()
    article = make_article(25, title_de="Angemessener Lebensstandard", title_en="Standard of living")
    commitment = make_commitment(article, title_de="Wasser in Partnerstädten", title_en="Water abroad")

    assert found(officer, measure, "lebensstandard") == ["AEMR Art. 25"]
    assert found(officer, measure, "living") == ["AEMR Art. 25"]
    assert found(officer, measure, "AEMR 25") == ["AEMR Art. 25"]
    assert found(officer, measure, "wasser") == [commitment.reference]
    assert found(officer, measure, commitment.reference) == [commitment.reference]


def test_the_search_is_narrowed_to_a_kind():
    measure, officer = make_measure(), make_officer()
    make_article(26, title_de="Bildung")
    make_provision(make_instrument("crc", kind=InstrumentKind.TREATY, short_de="KRK"), number="28", title_de="Bildung")
    commitment = make_commitment(title_de="Bildung für alle")

    assert found(officer, measure, "bildung", scope="udhr") == ["AEMR Art. 26"]
    assert found(officer, measure, "bildung", scope="treaties") == ["KRK 28"]
    assert found(officer, measure, "bildung", scope="commitments") == [commitment.reference]


def test_the_article_whose_number_was_typed_comes_first():
    measure = make_measure()
    make_article(1, text_de="Siehe 25")
    make_article(25)

    assert found(make_officer(), measure, "25")[0] == "AEMR Art. 25"


def test_a_protected_commitment_is_no_hit():
    measure = make_measure()
    hidden = make_commitment(title_de="Geheime Zusage", protection=Protection.PROTECTED)

    assert found(make_officer(), measure, "geheime") == []
    assert found(make_trusted(), measure, "geheime") == [hidden.reference]


def test_what_the_city_did_not_adopt_cannot_be_chosen():
    measure, officer = make_measure(), make_officer()
    charter = make_instrument("saint-denis", kind=InstrumentKind.CHARTER)
    make_provision(charter, title_de="Recht auf Umwelt")

    before = text(officer, "commitments:mapping-search", measure.reference, q="umwelt")
    make_adoption(charter)
    after = text(officer, "commitments:mapping-search", measure.reference, q="umwelt")

    assert ("Nicht beschlossen" in before, 'name="add"' in before) == (True, False)
    assert ("Nicht beschlossen" in after, 'name="add"' in after) == (False, True)


def test_what_is_linked_already_cannot_be_chosen_again():
    link = make_link(commitment=make_commitment(title_de="Fair beschaffen"))

    page = text(make_officer(), "commitments:mapping-search", link.measure.reference, q="fair")

    assert 'name="add"' not in page


def test_the_typed_word_is_marked_in_the_title():
    measure = make_measure()
    make_commitment(title_de="Wasser und Sanitär")

    page = text(make_officer(), "commitments:mapping-search", measure.reference, q="wasser")

    assert '<mark class="marked">Wasser</mark>' in page


# Adding, changing, ending


def test_choosing_a_hit_adds_fields_and_saves_nothing():
    measure, commitment = make_measure(), make_commitment()

    page = send(make_officer(), measure, add=code_of(commitment), q="fair")

    assert f'name="{code_of(commitment)}-rationale_de"' in page.content.decode()
    assert not MeasureLink.objects.exists()


def test_the_officers_links_are_accepted_on_saving():
    measure, commitment, article = make_measure(), make_commitment(), make_article(5)
    fields = filled(commitment) | filled(article) | {"target": [code_of(commitment), code_of(article)]}

    send(make_officer(), measure, **fields, save="1")

    assert MeasureLink.objects.get().state == LinkState.ACCEPTED
    assert MeasureProvision.objects.get().rationale_de == "Sie setzt das um."


def test_a_contacts_links_wait_for_the_officer():
    unit = make_unit()
    measure, commitment = make_measure(unit), make_commitment()

    send(make_user(Role.CONTACT, unit), measure, **filled(commitment), save="1")

    assert MeasureLink.objects.get().state == LinkState.PROPOSED


def test_a_missing_rationale_saves_nothing_and_keeps_every_field():
    measure, first, second = make_measure(), make_commitment(), make_commitment()
    fields = filled(first, "Gut begründet.") | filled(second, "") | {"save": "1"}

    page = send(make_officer(), measure, **(fields | {"target": [code_of(first), code_of(second)]}))

    content = page.content.decode()
    assert not MeasureLink.objects.exists()
    assert "Begründen Sie in einem Satz, warum die Maßnahme dazu beiträgt." in content
    assert "Gut begründet." in content
    assert f'href="#id_{code_of(second)}-rationale_de"' in content


def test_adding_another_link_keeps_what_was_typed_before():
    measure, first, second = make_measure(), make_commitment(), make_commitment()

    page = send(make_officer(), measure, **filled(first, "Halb getip"), add=code_of(second))

    assert "Halb getip" in page.content.decode()
    assert [item.target for item in page.context["board"].items] == [first, second]


def test_a_link_not_saved_yet_is_simply_removed():
    measure, commitment = make_measure(), make_commitment()

    page = send(make_officer(), measure, **filled(commitment), drop=code_of(commitment))

    assert page.context["board"].items == []


def test_changing_a_link_asks_for_a_reason():
    link = make_link()
    fields = filled(link.commitment, "Neu begründet.")

    refused = send(make_officer(), link.measure, **fields, save="1")
    send(make_officer(), link.measure, **fields, save="1", reason="Nach Gespräch")

    link.refresh_from_db()
    assert "Begründen Sie in einem Satz, warum Sie bestehende Zuordnungen ändern." in refused.content.decode()
    assert link.rationale_de == "Neu begründet."
    assert link.history.first().history_change_reason == "Nach Gespräch"


def test_saving_without_a_change_writes_nothing():
    link = make_link()
    fields = filled(link.commitment, link.rationale_de)

    send(make_officer(), link.measure, **fields, save="1")

    assert link.history.count() == 1


def test_a_link_ends_with_a_reason_and_unsaved_text_stays():
    link, other = make_link(), make_commitment()
    code = code_of(link.commitment)
    fields = filled(other, "Noch nicht gespeichert") | {"end": code, f"{code}-end_reason": "Programm beendet"}

    page = send(make_officer(), link.measure, **fields)

    link.refresh_from_db()
    assert link.state == LinkState.ENDED
    assert "Noch nicht gespeichert" in page.content.decode()


def test_a_link_does_not_end_without_a_reason():
    link = make_link()

    page = send(make_officer(), link.measure, **filled(link.commitment), end=code_of(link.commitment))

    link.refresh_from_db()
    assert link.state == LinkState.ACCEPTED
    assert "Begründen Sie in einem Satz, warum diese Zuordnung endet." in page.content.decode()


def test_the_officer_accepts_a_proposal():
    link = make_link(state=LinkState.PROPOSED)

    send(make_officer(), link.measure, accept=code_of(link.commitment))

    link.refresh_from_db()
    assert link.state == LinkState.ACCEPTED


def test_a_contact_cannot_accept_their_own_proposal():
    unit = make_unit()
    link = make_link(make_measure(unit), state=LinkState.PROPOSED)

    response = send(make_user(Role.CONTACT, unit), link.measure, accept=code_of(link.commitment))

    link.refresh_from_db()
    assert (response.status_code, link.state) == (403, LinkState.PROPOSED)


def test_a_contact_cannot_change_or_end_an_accepted_link():
    unit = make_unit()
    link = make_link(make_measure(unit))
    code = code_of(link.commitment)
    contact = make_user(Role.CONTACT, unit)

    send(contact, link.measure, **filled(link.commitment, "Anders"), save="1", reason="Wunsch")
    send(contact, link.measure, end=code, **{f"{code}-end_reason": "Wunsch"})

    assert link.history.count() == 1


def test_a_protected_commitment_cannot_be_chosen_by_its_number():
    measure, hidden = make_measure(), make_commitment(protection=Protection.PROTECTED)

    send(make_officer(), measure, **filled(hidden), save="1")

    assert not MeasureLink.objects.exists()


@pytest.mark.parametrize("code", ["x1", "c", "cabc", "p99999999999999999999", "c²", "c-1", ""])
def test_nonsense_in_place_of_a_target_is_left_out(code):
    page = send(make_officer(), make_measure(), target=code, add=code, end=code, accept=code)

    assert page.status_code == 200
    assert page.context["board"].items == []


def test_a_measure_is_mapped_by_the_officer_and_by_contacts_of_its_units_only():
    measure = make_measure()

    for role in (Role.CONTACT, Role.COUNCIL, Role.APPROVER, Role.RELEASER):
        assert get(make_user(role), "commitments:mapping", measure.reference).status_code == 403
        assert get(make_user(role), "commitments:mapping-search", measure.reference).status_code == 403
    assert get(make_officer(), "commitments:mapping", "M-9999").status_code == 404


def test_the_page_says_how_many_articles_are_served_directly():
    measure = make_measure()
    make_link(measure, make_commitment(make_article(25)))
    kin = make_provision()
    make_provision_link(kin, make_article(3))
    make_link(measure, make_commitment(kin))

    board = get(make_officer(), "commitments:mapping", measure.reference).context["board"]

    assert board.direct == [25]


def test_the_mapping_costs_the_same_with_many_links_and_hits():
    unit = make_unit()
    measure = make_measure(unit)
    make_link(measure, make_commitment(title_de="Fair 0"))
    make_provision(title_de="Fair 00")
    make_commitment(title_de="Fair 000")
    contact = make_user(Role.CONTACT, unit)
    few = cost(contact, "commitments:mapping", measure.reference, q="fair")
    search = cost(contact, "commitments:mapping-search", measure.reference, q="fair")

    for number in range(4):
        make_link(measure, make_commitment(title_de=f"Fair {number}"))
        make_commitment(title_de=f"Fairer {number}")
        make_provision(title_de=f"Fairness {number}")

    assert cost(contact, "commitments:mapping", measure.reference, q="fair") == few <= MOST_QUERIES
    assert cost(contact, "commitments:mapping-search", measure.reference, q="fair") == search <= MOST_QUERIES


def test_a_word_with_too_many_hits_asks_for_another_one():
    measure = make_measure()
    for number in range(15):
        make_commitment(title_de=f"Fair {number}")

    page = text(make_officer(), "commitments:mapping-search", measure.reference, q="fair")

    assert "Geben Sie ein weiteres Wort ein." in page
