"""Lists with their filters, kept under a name: one's own, found again, renamed, removed."""

import pytest
from django.urls import reverse

from commitments.models import Role, SavedView
from commitments.views.saved_views import PAGES, normal
from commitments.workflow import saved_views as workflow
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, text
from tests.factories import make_measure, make_officer, make_user

pytestmark = pytest.mark.django_db

LIST = "commitments:measure-list"


def keep(user, name="Jugend", query="field=europe&q=Jugend", page=LIST):
    return client_of(user).post(reverse("commitments:saved-view-add"), {"list": page, "query": query, "name": name})


def make_view(user, name="Jugend", query="q=Jugend", page=LIST):
    return workflow.keep(actor=user, page=page, query=query, name=name)


def test_a_filter_is_kept_without_its_page_and_its_empty_fields():
    officer = make_officer()

    response = keep(officer, query="q=Jugend&unit=&page=3&field=europe")

    view = SavedView.objects.get(user=officer)
    assert (view.page, view.name, view.query) == (LIST, "Jugend", "field=europe&q=Jugend")
    assert response.headers["Location"] == f"{reverse(LIST)}?field=europe&q=Jugend"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("b=2&a=1", "a=1&b=2"), ("a=&page=2", ""), ("?a=1", "%3Fa=1"), ("a=1&a=2", "a=1&a=2"), ("a=%0D%0AX", "a=%0D%0AX")],
)
def test_the_same_filter_is_the_same_address(typed, kept):
    assert normal(typed) == kept


@pytest.mark.parametrize("page", PAGES)
def test_each_list_offers_to_keep_what_is_filtered(page):
    make_measure()

    content = text(make_officer(), page, q="x", state="open", field="europe")

    assert reverse("commitments:saved-view-add") in content


def test_a_list_without_a_filter_offers_nothing():
    assert reverse("commitments:saved-view-add") not in text(make_officer(), LIST)


def test_a_kept_view_stands_above_its_list_and_is_marked_where_it_is_shown():
    officer = make_officer()
    make_view(officer)

    content = " ".join(text(officer, LIST, q="Jugend").split())

    assert f'href="{reverse(LIST)}?q=Jugend" aria-current="true">Jugend</a>' in content
    assert reverse("commitments:saved-view-add") not in content
    assert f'href="{reverse(LIST)}?q=Jugend"' not in text(officer, "commitments:commitment-list")


def test_another_persons_views_are_nowhere():
    view = make_view(make_officer(), name="Nur meine")
    other = make_officer()

    assert "Nur meine" not in text(other, LIST)
    assert "Nur meine" not in text(other, "commitments:saved-views")
    assert get(other, "commitments:saved-view-rename", view.pk).status_code == 404
    for name in ("saved-view-rename", "saved-view-remove"):
        response = client_of(other).post(reverse(f"commitments:{name}", args=[view.pk]), {"name": "Deine"})
        assert response.status_code == 404
    view.refresh_from_db()
    assert view.name == "Nur meine"


def test_a_view_is_renamed_and_removed():
    officer = make_officer()
    view = make_view(officer)

    client_of(officer).post(reverse("commitments:saved-view-rename", args=[view.pk]), {"name": "Junge Leute"})
    assert "Junge Leute" in text(officer, "commitments:saved-views")

    client_of(officer).post(reverse("commitments:saved-view-remove", args=[view.pk]))
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "x" * 100_000, "a\x00b"])
def test_a_name_that_cannot_be_is_refused_at_its_field(name):
    response = keep(make_officer(), name=name)

    assert response.status_code == 200
    assert response.context["form"].errors["name"]
    assert not SavedView.objects.exists()


def test_a_name_is_taken_once_a_list():
    officer = make_officer()
    make_view(officer)
    make_view(officer, page="commitments:commitment-list")

    response = keep(officer)

    assert response.context["form"].errors["name"]
    assert SavedView.objects.count() == 2
    assert "q=Jugend" in response.content.decode()


def test_renaming_to_a_taken_name_is_refused():
    officer = make_officer()
    make_view(officer)
    other = make_view(officer, name="Alter", query="q=Alter")

    response = client_of(officer).post(reverse("commitments:saved-view-rename", args=[other.pk]), {"name": "Jugend"})

    assert response.context["form"].errors["name"]
    other.refresh_from_db()
    assert other.name == "Alter"


def test_the_twenty_first_view_of_a_list_is_refused():
    officer = make_officer()
    for n in range(workflow.MOST):
        make_view(officer, name=f"Ansicht {n}")

    assert keep(officer, name="Eine zu viel").context["form"].errors["name"]
    assert keep(officer, page="commitments:commitment-list").status_code == 302


def test_a_filter_that_is_too_long_is_refused():
    assert keep(make_officer(), query="q=" + "x" * 1001).context["form"].errors["name"]


@pytest.mark.parametrize("page", ["", "reporting:home", "https://example.org/", "no-such"])
def test_only_a_list_can_be_kept(page):
    assert keep(make_officer(), page=page).status_code == 404


def test_keeping_needs_a_sign_in_and_a_post(client):
    assert client.post(reverse("commitments:saved-view-add"), {"list": LIST}).status_code == 302
    assert get(make_officer(), "commitments:saved-view-add").status_code == 405
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("role", Role)
def test_every_role_keeps_views(role):
    user = make_user(role)

    assert keep(user).status_code == 302
    assert "Jugend" in text(user, "commitments:saved-views")


@pytest.mark.parametrize(("language", "title"), [("de", "Meine Ansichten"), ("en", "My views")])
def test_the_page_is_in_the_readers_language(language, title):
    page = client_of(make_officer()).get(reverse("commitments:saved-views"), headers={"accept-language": language})

    assert title in page.content.decode()


def test_many_views_cost_as_much_as_one():
    officer = make_officer()
    make_view(officer)
    one, all_of_them = cost(officer, LIST), cost(officer, "commitments:saved-views")

    for n in range(12):
        make_view(officer, name=f"Ansicht {n}", query=f"q={n}")

    assert cost(officer, LIST) == one <= MOST_QUERIES
    assert cost(officer, "commitments:saved-views") == all_of_them <= MOST_QUERIES
