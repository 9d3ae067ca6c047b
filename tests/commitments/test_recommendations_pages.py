"""The pages of recommendations: what they show, to whom, what they refuse, and what they cost."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from commitments.models import (
    Protection,
    Recommendation,
    RecommendationCommitment,
    RecommendationProvision,
    RecommendationResponse,
    Role,
)
from commitments.workflow import last_change
from commitments.workflow import recommendations as workflow
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_article,
    make_commitment,
    make_instrument,
    make_officer,
    make_provision,
    make_provision_link,
    make_recommendation,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

LIST = "commitments:recommendation-list"
PAGE = "commitments:recommendation"
LINKS = "commitments:recommendation-links"


def shown(user, **query):
    return [row.key for row in get(user, LIST, **query).context["page"]]


def post(user, name, row, **data):
    return client_of(user).post(reverse(name, args=[row.key] if row else []), data)


def linked(row, *targets):
    for target in targets:
        workflow.link(row, target, actor=make_officer(), at=timezone.now())


def one_of_each():
    row = make_recommendation(themes=["Bildung"])
    linked(row, make_commitment(), make_provision())


@pytest.mark.parametrize("role", Role)
def test_the_list_and_the_page_are_there_for_every_role(role):
    row = make_recommendation()
    user = make_user(role)

    assert get(user, LIST).status_code == get(user, PAGE, row.key).status_code == 200


def test_the_list_costs_the_same_with_many_rows():
    one_of_each()
    officer = make_officer()
    few = cost(officer, LIST)

    for _ in range(5):
        one_of_each()

    assert cost(officer, LIST) == few <= MOST_QUERIES


def test_the_page_and_its_links_cost_the_same_with_many_links():
    row, officer = make_recommendation(), make_officer()
    linked(row, make_commitment(), make_provision())
    few = [cost(officer, PAGE, row.key), cost(officer, LINKS, row.key, q="Recht")]

    linked(row, *(make_commitment() for _ in range(4)), *(make_provision() for _ in range(4)))

    assert [cost(officer, PAGE, row.key), cost(officer, LINKS, row.key, q="Recht")] == few
    assert max(few) <= MOST_QUERIES


def test_the_list_is_filtered():
    officer = make_officer()
    one = make_recommendation(source="upr", body="UPR", themes=["Schutz für Mädchen"], made_on=date(2018, 5, 8))
    two = make_recommendation(response="noted", response_note_de="Bund.", responded_on=date(2024, 1, 1))
    three = make_recommendation(text_de="", text_en="Reduce waiting times", made_on=None)

    assert shown(officer, source="upr") == [one.key]
    assert shown(officer, body="UPR") == [one.key]
    assert shown(officer, response="missing") == [one.key, three.key]
    assert shown(officer, response="given") == shown(officer, response="noted") == [two.key]
    assert shown(officer, theme="Schutz für Mädchen") == [one.key]
    assert shown(officer, year="2018") == [one.key]
    assert shown(officer, q="waiting") == [three.key]
    assert shown(officer, sort="oldest") == [one.key, two.key, three.key]
    assert shown(officer, sort="open") == [one.key, three.key, two.key]


def test_an_article_is_found_directly_and_through_kin():
    officer, article = make_officer(), make_article(25)
    direct, through, other, ended = (make_recommendation(made_on=date(2020, 1, day)) for day in (4, 3, 2, 1))
    kin = make_provision(make_instrument())
    make_provision_link(kin, article)
    linked(direct, article)
    linked(through, kin)
    linked(other, make_article(26))
    saved(RecommendationProvision(recommendation=ended, provision=article, ended_on=date(2024, 1, 1)))

    assert shown(officer, article="25") == [direct.key, through.key]


def test_a_filter_that_nobody_can_choose_is_left_out():
    make_recommendation()

    response = get(make_officer(), LIST, source="x", theme="x", year="x", article="99", sort="x", page="x", q="\0")

    assert response.status_code == 200


@pytest.mark.parametrize(("language", "word"), [("de", "Zugang zu Bildung"), ("en", "Zugang zu Bildung")])
def test_a_text_in_another_language_is_marked(language, word):
    row = make_recommendation(text_de=word, text_en="")
    client = client_of(make_officer())
    client.cookies["django_language"] = language

    page = client.get(reverse(PAGE, args=[row.key])).content.decode()

    assert word in page
    assert ('lang="de"' in page.split("<h1")[1]) == (language == "en")


def test_an_english_text_stands_in_for_a_german_one():
    row = make_recommendation(text_de="", text_en="Ensure access to housing.")

    page = text(make_officer(), PAGE, row.key).split("<h1")[1]

    assert 'lang="en"' in page
    assert "Ensure access to housing." in page


def test_rule_10_a_protected_commitment_is_on_no_page_and_in_no_count():
    row = make_recommendation()
    hidden = make_commitment(protection=Protection.PROTECTED, title_de="Geheime Zusage")
    linked(row, hidden)
    officer, trusted = make_officer(), make_trusted()

    for name in (PAGE, LINKS, "commitments:recommendation-history"):
        assert "Geheime Zusage" not in text(officer, name, row.key, q="Geheime")
        assert "Geheime Zusage" in text(trusted, name, row.key, q="Geheime")
    assert get(officer, LIST).context["page"][0].commitment_count == 0
    assert get(trusted, LIST).context["page"][0].commitment_count == 1
    link = RecommendationCommitment.objects.get()
    assert post(officer, "commitments:recommendation-unlink", row, link=f"c{link.pk}").status_code == 404
    assert post(officer, "commitments:recommendation-link", row, target=f"c{hidden.pk}").status_code == 404


@pytest.mark.parametrize(
    "name",
    ["commitments:recommendation-edit", "commitments:recommendation-respond", LINKS, "commitments:recommendation-add"],
)
def test_only_the_officer_sees_the_forms(name):
    row = make_recommendation()
    args = [] if name.endswith("add") else [row.key]

    assert get(make_officer(), name, *args).status_code == 200
    for role in set(Role) - {Role.OFFICER}:
        assert get(make_user(role), name, *args).status_code == 403


def test_a_recommendation_of_the_council_is_entered():
    officer = make_officer()
    data = {"source": "council", "body": "Rat", "made_on": "03.2024", "text_de": "Bitte.", "themes": "Wohnen\n\nWohnen"}

    response = post(officer, "commitments:recommendation-add", None, **data)

    row = Recommendation.objects.get()
    assert response.url == reverse(LINKS, args=[row.key])
    assert (row.key, row.themes, row.made_on, row.made_on_precision) == ("E-001", ["Wohnen"], date(2024, 3, 1), "month")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text_de", ""),
        ("text_de", "x" * 100_000),
        ("text_de", "a\0b"),
        ("body", "x" * 201),
        ("document", "x" * 121),
        ("url", "no address"),
        ("made_on", "31.02.2024"),
        ("made_on", "2999"),
        ("themes", "\n".join(f"Thema {n}" for n in range(100))),
        ("themes", "x" * 300),
        ("source", "nobody"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field, value):
    data = {"source": "council", "text_de": "Bitte."} | {field: value}

    response = post(make_officer(), "commitments:recommendation-add", None, **data)

    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert Recommendation.objects.count() == 0


def test_a_change_needs_a_reason_and_keeps_the_rest():
    officer = make_officer()
    row = make_recommendation(themes=["Wohnen"], sdgs=["11"], country="Germany", kind="Recommendations")
    data = {"source": row.source, "text_de": "Neu.", "themes": "Wohnen", "sdgs": "11", "seen": last_change(row)}

    refused = post(officer, "commitments:recommendation-edit", row, **data)
    done = post(officer, "commitments:recommendation-edit", row, **data, reason="Besser übersetzt.")

    row.refresh_from_db()
    assert list(refused.context["form"].errors) == ["reason"]
    assert done.status_code == 302
    assert (row.text_de, row.sdgs, row.country, row.kind) == ("Neu.", ["11"], "Germany", "Recommendations")


def test_the_city_answers():
    officer, row = make_officer(), make_recommendation()
    data = {"response": "in_part", "seen": last_change(row), "responded_on": "2024-02-01"}

    refused = post(officer, "commitments:recommendation-respond", row, **data)
    post(officer, "commitments:recommendation-respond", row, **data, response_note_de="Nur der zweite Teil.")

    row.refresh_from_db()
    assert list(refused.context["form"].errors) == ["response_note_de"]
    assert (row.response, row.responded_on) == ("in_part", date(2024, 2, 1))
    page = text(officer, PAGE, row.key)
    assert "Nur der zweite Teil." in page
    assert str(RecommendationResponse.IN_PART.label) in page


def test_links_are_found_by_typing_with_and_without_a_script():
    officer, row = make_officer(), make_recommendation()
    commitment = make_commitment(title_de="Wasser sichern")
    client = client_of(officer)
    url = reverse(LINKS, args=[row.key])

    page = client.get(url, {"q": "wasser"})
    fragment = client.get(url, {"q": "wasser"}, headers={"HX-Request": "true"})

    assert f'value="c{commitment.pk}"' in page.content.decode()
    assert f'value="c{commitment.pk}"' in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    for response in (page, fragment):  # the button's own form is sent with its token
        form = response.content.decode().split(
            f'action="{reverse("commitments:recommendation-link", args=[row.key])}"'
        )[1]
        assert "csrfmiddlewaretoken" in form.split("</form>")[0]


def test_a_link_keeps_the_search_and_ends_with_a_reason():
    officer, row, commitment = make_officer(), make_recommendation(), make_commitment()

    added = post(officer, "commitments:recommendation-link", row, target=f"c{commitment.pk}", q="wasser")
    link = RecommendationCommitment.objects.get()
    refused = post(officer, "commitments:recommendation-unlink", row, link=f"c{link.pk}")
    ended = post(
        officer, "commitments:recommendation-unlink", row, **{"link": f"c{link.pk}", f"c{link.pk}-reason": "Falsch."}
    )

    link.refresh_from_db()
    assert added.url.endswith("?q=wasser")
    assert refused.status_code == 200
    assert refused.context["unlink"].errors
    assert ended.status_code == 302
    assert link.ended_on == timezone.localdate()


def test_a_second_link_to_the_same_is_refused_with_a_sentence():
    officer, row, article = make_officer(), make_recommendation(), make_article()
    linked(row, article)

    response = post(officer, "commitments:recommendation-link", row, target=f"p{article.pk}")

    assert response.status_code == 302
    assert RecommendationProvision.objects.count() == 1


@pytest.mark.parametrize("target", ["", "c", "x1", "c999999", "p\0", "p99999999999999999999", "c-1", "c\u0661"])
def test_a_target_that_is_none_is_not_found(target):
    row = make_recommendation()

    assert post(make_officer(), "commitments:recommendation-link", row, target=target).status_code == 404
    assert post(make_officer(), "commitments:recommendation-unlink", row, link=target).status_code == 404


def test_kin_of_what_is_linked_is_suggested_and_never_taken():
    officer, row, article = make_officer(), make_recommendation(), make_article(25)
    kin, ended = make_provision(), make_provision()
    make_provision_link(kin, article)
    make_provision_link(ended, article, ended_on=date(2024, 1, 1))
    under, under_kin, over = (
        make_commitment(article),
        make_commitment(kin),
        make_commitment(kin, ended_on=timezone.localdate()),
    )
    linked(row, article)

    found = [hit.target for hit in get(officer, LINKS, row.key).context["suggestions"]]

    assert found == [under, under_kin, kin]
    assert over not in found
    assert row.commitment_links.count() == 0


def test_a_key_that_is_none_is_not_found():
    assert get(make_officer(), PAGE, "nothing").status_code == 404
