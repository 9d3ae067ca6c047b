"""Files of a unit's answers for tests: taken out, filled in, brought in, taken over."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from commitments.models import ProtectedAccess, Role
from reviews.exchange.columns import AnswerTable
from reviews.models import Confirmation
from tests.factories import (
    make_confirmation,
    make_measure,
    make_officer,
    make_user,
    saved,
)
from tests.reviews.pages import signed_in

CODES = [column.code for column in AnswerTable.columns]


def asked(cycle, unit, **fields):
    return make_confirmation(cycle, make_measure(unit), unit, **fields)


def trust(user):
    today = timezone.localdate()
    people = {"given_by_officer": make_officer(), "given_by_dpo": make_user(Role.DPO)}
    saved(ProtectedAccess(user=user, valid_from=today, valid_to=today, reason="Begleitung", **people))


def out(user, cycle, unit, language="de"):
    """The workbook that somebody downloads."""
    address = reverse("reviews:answer-file-download", args=[cycle.year, unit.key])
    response = signed_in(user).get(address, headers={"accept-language": language})
    assert response.status_code == 200, response
    return load_workbook(BytesIO(b"".join(response)))


def cell(book, row, code):
    return book.worksheets[0].cell(row, CODES.index(code) + 1)


def fill(book, row, **values):
    for code, value in values.items():
        cell(book, row, code).value = value
    return book


def as_bytes(book):
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def send(user, cycle, unit, content, name="antworten.xlsx"):
    """Bring a file in; the response follows to the preview where there is one."""
    content = content if isinstance(content, bytes) else as_bytes(content)
    address = reverse("reviews:answer-file", args=[cycle.year, unit.key])
    return signed_in(user).post(address, {"file": SimpleUploadedFile(name, content)}, follow=True)


def plan(response):
    return response.context["plan"]


def outcomes(response):
    return [str(row.outcome) for row in plan(response).rows]


def errors(response):
    """All sentences, with the row and column they name."""
    found = plan(response)
    return [str(error) for error in found.errors] + [str(error) for row in found.wrong for error in row.errors]


def take_over(user, response, **choices):
    """Press the button below a preview."""
    data = {"expected": plan(response).digest} | {f"choice-{pk[1:]}": value for pk, value in choices.items()}
    return signed_in(user).post(response.redirect_chain[0][0], data, follow=True)


def told(response):
    return [str(message) for message in response.context["messages"]]


def untouched():
    """Nobody has written an answer since."""
    return set(Confirmation.objects.values_list("state", "result")) == {("requested", "")}
