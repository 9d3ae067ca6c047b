"""Templates of templates/components, and the frame around every page."""

import re
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from commitments.context import Shell
from commitments.models.people import Role, User
from tests.factories import make_city, make_unit, make_user


class AnswerForm(forms.Form):
    reason = forms.CharField(label="Reason", help_text="One sentence.", widget=forms.Textarea)
    answer = forms.ChoiceField(label="Right?", widget=forms.RadioSelect, choices=[("y", "Yes"), ("n", "No")])
    seen = forms.BooleanField(label="Seen", required=False)
    status = forms.ChoiceField(label="Status", choices=[("a", "A")])


def rendered(source: str, **context: object) -> str:
    return Template("{% load rechenschaft %}" + source).render(Context(context))


def test_a_field_is_drawn_as_kern_draws_it():
    html = str(AnswerForm(auto_id="id_%s"))

    assert '<textarea name="reason" class="kern-form-input__input"' in html
    assert 'aria-describedby="id_reason_helptext"' in html
    assert '<div class="kern-form-input__select-wrapper">' in html
    assert html.count('class="kern-form-check__radio"') == 2
    assert 'class="kern-form-check__checkbox"' in html


def test_a_wrong_field_is_marked_and_the_summary_leads_to_it():
    html = str(AnswerForm({}))

    assert 'href="#id_reason"' in html
    assert 'href="#id_answer_group"' in html
    assert 'id="id_answer_group"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in html
    assert 'id="id_reason_error"' in html


def test_a_form_without_mistakes_has_no_summary():
    assert "kern-alert" not in str(AnswerForm())


def test_a_class_that_a_widget_brings_along_is_kept_beside_kerns():
    form = forms.Form()
    form.fields["year"] = forms.CharField(widget=forms.TextInput(attrs={"class": "num"}))

    html = str(form["year"])

    assert 'class="kern-form-input__input num"' in html
    assert html.count("class=") == 1


def test_an_unknown_state_still_gets_a_badge():
    html = render_to_string("components/state_badge.html", {"state": "new-state", "label": "Neu"})

    assert "badge-neutral" in html
    assert "Neu" in html


def test_a_job_that_runs_asks_again_and_one_that_is_done_does_not():
    job = {"pk": 7, "done": 3, "total": 9, "message": "", "result_url": "", "error": "", "retry_url": ""}

    running = render_to_string(
        "components/job.html", {"job": SimpleNamespace(state="running", **job), "url": "/jobs/7/"}
    )
    done = render_to_string("components/job.html", {"job": SimpleNamespace(state="done", **job), "url": "/jobs/7/"})

    assert 'hx-get="/jobs/7/" hx-trigger="every 2s"' in running
    assert 'max="9" value="3"' in running
    assert "hx-get" not in done


def test_turning_pages_keeps_the_filter():
    request = RequestFactory().get("/measures/", {"status": "ongoing", "page": "2"})
    page = Paginator(range(100), 10).page(2)

    html = render_to_string("components/pagination.html", {"page": page, "request": request})

    assert 'href="?status=ongoing&amp;page=3"' in html
    assert 'aria-current="page"' in html


def test_a_list_of_one_page_has_no_pages():
    request = RequestFactory().get("/")

    assert "<nav" not in render_to_string(
        "components/pagination.html", {"page": Paginator([], 10).page(1), "request": request}
    )


def test_the_picture_names_article_and_verdict_of_each_tile():
    tiles = [{"number": n, "title": f"Title {n}", "code": "B", "url": f"/{n}/", "label": "Fair"} for n in range(1, 31)]

    with translation.override("en"):
        html = render_to_string("components/article_picture.html", {"tiles": tiles})

    assert 'aria-label="Article 25: Title 25. Verdict B, Fair"' in html
    assert html.count('class="tile v-b"') == 30


def test_a_change_is_struck_out_and_underlined():
    html = render_to_string("components/diff.html", {"old": "48 Euro", "new": "31 Euro"})

    assert "<del>48</del><ins>31</ins> Euro" in html


def test_a_text_of_someone_is_never_markup():
    html = rendered("{{ text|markdown }}", text="<img src=x onerror=alert(1)>")

    assert "<img" not in html


@pytest.mark.django_db
def test_templates_ask_the_table_of_verbs():
    source = '{% can "edit register" as may %}{{ may }}'

    assert rendered(source, user=make_user(Role.OFFICER)) == "True"
    assert rendered(source, user=make_user(Role.COUNCIL)) == "False"
    assert rendered(source) == "False"


def shell_for(user: User | None, path: str = "/components/") -> Shell:
    request = RequestFactory().get(path)
    request.user = user or AnonymousUser()
    return Shell(request)


@pytest.mark.django_db
def test_the_head_names_city_role_and_unit_in_the_readers_language():
    make_city(name_de="Köln", name_en="Cologne")
    contact = make_user(Role.CONTACT, make_unit(name_de="Kulturamt", name_en="Office of Culture"))

    with translation.override("en"):
        shell = shell_for(contact)
        assert (shell.city, shell.role, shell.is_sample) == ("Cologne", "Contact, Office of Culture", True)


@pytest.mark.django_db
def test_whoever_is_not_signed_in_sees_no_navigation():
    shell = shell_for(None)

    assert (shell.nav, shell.search_url, shell.footer) == ([], "", [])


@pytest.mark.django_db
def test_the_navigation_shows_what_a_role_needs_and_where_one_is():
    officer, contact, admin = (make_user(role) for role in (Role.OFFICER, Role.CONTACT, Role.ADMINISTRATOR))
    measures = reverse("commitments:measure-list")

    labels = {entry.url: entry.is_active for entry in shell_for(officer, f"{measures}M-001/").nav}

    assert labels[measures]
    assert sum(labels.values()) == 1
    assert reverse("commitments:instrument-list") in labels
    assert reverse("commitments:instrument-list") not in {entry.url for entry in shell_for(contact).nav}
    assert measures not in {entry.url for entry in shell_for(admin).nav}


@pytest.mark.django_db
class TestComponentsPage:
    def test_it_shows_every_component_and_no_inline_style(self, client):
        client.force_login(make_user(Role.OFFICER))

        html = client.get("/components/").content.decode()

        shown = set(re.findall(r'<span class="mono">components/(\w+)\.html', html))
        assert {"state_badge", "verdict_badge", "article_picture", "trend", "job", "pagination", "dock"} <= shown
        assert " style=" not in html

    def test_it_takes_as_many_queries_as_the_frame(self, client, django_assert_max_num_queries):
        make_city()
        client.force_login(make_user(Role.OFFICER))

        with django_assert_max_num_queries(5):
            client.get("/components/")

    def test_it_speaks_english_where_that_is_chosen(self, client):
        client.force_login(make_user(Role.OFFICER))
        client.post(reverse("set_language"), {"language": "en"})

        assert '<html lang="en">' in client.get("/components/").content.decode()


@pytest.mark.django_db
def test_the_sign_ins_are_listed_only_beside_sample_data(client):
    make_city(is_sample=False)

    assert "officer@demo.example" not in client.get("/accounts/login/").content.decode()


@pytest.mark.django_db
def test_the_sign_ins_of_a_sample_are_listed(client):
    make_city(is_sample=True)

    assert "officer@demo.example" in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_an_error_page_needs_neither_request_nor_database(name):
    html = render_to_string(f"{name}.html")

    assert "<h1" in html
    assert 'href="/"' in html


@pytest.mark.django_db
def test_a_form_that_has_expired_says_what_was_kept():
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "a@example.org"})

    assert answer.status_code == 403
    assert "Dieses Formular ist abgelaufen" in answer.content.decode()


@pytest.mark.django_db
def test_a_page_that_is_not_there_keeps_the_frame(client, settings):
    settings.DEBUG = False
    client.force_login(make_user(Role.OFFICER))

    answer = client.get("/nowhere/")

    assert answer.status_code == 404
    assert "Diese Seite gibt es hier nicht" in answer.content.decode()
