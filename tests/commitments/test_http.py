"""The way back for whoever was signed out, or opens an address that only takes forms."""

import pytest
from django.test import Client
from django.urls import reverse

from commitments.models import Role
from tests.factories import make_city, make_user

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/?next="
PAGE = "http://testserver/reviews/cycles/?year=2026"


@pytest.fixture(autouse=True)
def _city():
    make_city()


def test_a_page_is_asked_for_again_after_the_sign_in(client):
    assert client.get("/measures/?q=x").url == SIGN_IN + "/measures/%3Fq%3Dx"


def test_who_sends_a_form_while_signed_out_is_told_and_comes_back_to_the_form(client):
    response = client.post(
        reverse("reviews:cycle-freeze", args=[2026]), headers={"referer": PAGE, "accept-language": "en"}
    )

    assert response.url == SIGN_IN + "/reviews/cycles/%3Fyear%3D2026"
    assert (
        "You were no longer signed in." in client.get(response.url, headers={"accept-language": "en"}).content.decode()
    )


def test_typing_that_is_kept_meanwhile_leads_there_too(client):
    response = client.post("/reviews/2026/freeze/", headers={"hx-request": "true", "hx-current-url": PAGE})

    assert response["HX-Redirect"] == SIGN_IN + "/reviews/cycles/%3Fyear%3D2026"


@pytest.mark.parametrize("before", ["", "https://elsewhere.example/x", "//elsewhere.example/x", "javascript:alert(1)"])
def test_no_other_site_is_led_back_to(client, before):
    assert client.post("/reviews/2026/freeze/", headers={"referer": before}).url == SIGN_IN + "/"


def test_an_address_for_forms_only_leads_a_reader_to_the_page_above():
    client = Client()
    client.force_login(make_user(Role.OFFICER))

    assert client.get("/reviews/2026/freeze/", headers={"accept": "text/html"})["Location"] == "/reviews/2026/"
    assert client.get("/reviews/2026/freeze/", headers={"accept": "application/json"}).status_code == 405
