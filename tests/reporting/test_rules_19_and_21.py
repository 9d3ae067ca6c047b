"""Rules of DESIGN.md, section 4, that no single page has for its own: audiences of documents, and links in mails."""

import re
from typing import Any

import pytest
from django.core import mail as outbox
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commitments import jobs
from commitments.models import Protection, Role
from reporting.content.build import build_content
from reporting.content.canonical import canonical_json, content_hash
from reporting.models import EditionState, ReportDocument, ReportEdition
from reviews.models import AssessmentState, ConfirmationState, CycleState
from reviews.workflow import mails
from tests.factories import (
    make_article,
    make_assessment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

BEYOND = [Protection.COUNCIL, Protection.INTERNAL, Protection.PROTECTED]


def a_round(*classes: Protection):
    """A cycle with one commitment, measure and verdict of each class, all about the first article."""
    cycle = make_cycle()
    for each in classes:
        fields: dict[str, Any] = {"protection": each, "title_de": f"Titel {each}", "title_en": f"Title {each}"}
        commitment = make_commitment(make_article(1), **fields)
        measure = make_measure(**fields)
        make_link(measure, commitment)
        make_confirmation(cycle, measure, state=ConfirmationState.RELEASED)
        make_assessment(cycle, commitment, AssessmentState.APPROVED, "D")
    return cycle


@pytest.mark.parametrize("protection", BEYOND)
def test_rule_19_main_volume_data_and_totals_hold_public_rows_only(protection):
    cycle = a_round(Protection.PUBLIC, protection)

    content = build_content(cycle)

    assert [row.title.de for row in content.measures] == ["Titel public"]
    assert [row.title.de for row in content.commitments] == ["Titel public"]
    text = canonical_json(content).decode()
    assert f"Titel {protection}" not in text
    assert f"Title {protection}" not in text
    assert content.articles[0].direct == 1


def test_rule_19_the_council_volume_has_council_rows_and_a_hash_of_its_own():
    cycle = a_round(Protection.PUBLIC, *BEYOND)

    public, council = build_content(cycle), build_content(cycle, audience="council")

    assert {row.title.de for row in council.measures} == {"Titel public", "Titel council"}
    assert content_hash(council) != content_hash(public)
    assert content_hash(build_content(cycle)) == content_hash(public)


def drawn(audience: Protection) -> ReportDocument:
    cycle = make_cycle(state=CycleState.CLOSED, frozen_at=timezone.now(), closed_at=timezone.now())
    edition = ReportEdition(cycle=cycle, number=1, prepared_by=make_officer(), state=EditionState.RELEASED)
    edition.released_by, edition.released_at = make_user(Role.APPROVER), timezone.now()
    edition.content_file = edition.content_sha256 = "a" * 64
    edition.template_version = "1"
    saved(edition)
    return saved(
        ReportDocument(
            edition=edition,
            volume="main",
            language="de",
            audience=audience,
            edition_state=EditionState.RELEASED,
            content_sha256="a" * 64,
            sha256="b" * 64,
            size=1,
            pages=1,
            rendered_at=timezone.now(),
        )
    )


@pytest.mark.parametrize(
    ("audience", "role", "is_seen"),
    [
        (Protection.PUBLIC, Role.COUNCIL, True),
        (Protection.PUBLIC, Role.CONTACT, True),
        (Protection.COUNCIL, Role.COUNCIL, True),
        (Protection.COUNCIL, Role.CONTACT, False),
        (Protection.INTERNAL, Role.COUNCIL, False),
        (Protection.INTERNAL, Role.OFFICER, True),
        (Protection.PROTECTED, Role.OFFICER, False),
    ],
)
def test_rule_19_every_document_has_an_audience_and_others_do_not_find_it(client, audience, role, is_seen):
    document = drawn(audience)
    user = make_user(role)

    assert ReportDocument.objects.visible_to(user).filter(pk=document.pk).exists() == is_seen
    if not is_seen:
        client.force_login(user)
        assert client.get(reverse("reporting:document", args=[document.pk])).status_code == 404


def test_rule_19_the_database_knows_no_document_without_an_audience():
    document = drawn(Protection.PUBLIC)

    document.pk, document.audience = None, "everybody"
    rows: models.QuerySet[ReportDocument] = models.QuerySet(ReportDocument)

    with pytest.raises(IntegrityError), transaction.atomic():
        rows.bulk_create([document])


# Rule 21


@pytest.fixture
def asked():
    """Two units were asked; each mail has left."""
    contacts = []
    for number in (1, 2):
        unit = make_unit()
        contacts.append(make_user(Role.CONTACT, unit))
        make_measure(unit, title_de=f"Vorhaben {number}")
    mails.open_and_ask(make_cycle(state=CycleState.PLANNED), actor=make_officer(), at=timezone.now())
    jobs.run(str(jobs.enqueue(mails.SEND_MAILS, asked_by=None).pk))
    return contacts


def link_in(address: str) -> str:
    (mail,) = [each for each in outbox.outbox if each.to == [address]]
    (url,) = set(re.findall(r"https?://\S+", str(mail.body)))
    return str(url)


def test_rule_21_the_link_in_a_mail_is_the_same_for_all_and_leads_through_the_sign_in_to_ones_own_list(asked, client):
    first, second = asked
    url = link_in(first.email)
    path = re.sub(r"^https?://[^/]+", "", url)

    assert url == link_in(second.email)
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_login')}?next={path}"
    for contact, own, other in ((first, "Vorhaben 1", "Vorhaben 2"), (second, "Vorhaben 2", "Vorhaben 1")):
        client.force_login(contact)
        text = client.get(path, follow=True).content.decode()
        assert own in text
        assert other not in text


def test_rule_21_whoever_forwards_a_mail_gives_nothing_away(asked, client: Client):
    path = re.sub(r"^https?://[^/]+", "", link_in(asked[0].email))

    client.force_login(make_user(Role.COUNCIL))

    assert "Vorhaben" not in client.get(path, follow=True).content.decode()
