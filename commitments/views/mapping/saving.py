"""What is written from the mapping editor: links, all or none; and one link at once that ends or is accepted."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments import clock, workflow
from commitments.forms import LinkForm, add_errors
from commitments.models import LinkState, User
from commitments.requests import UserRequest
from commitments.views.mapping.board import Board
from commitments.workflow import suggestions


def save(board: Board, user: User) -> bool:
    """Write new and changed links, all or none; what is refused stands beside its link."""
    at = clock.now()
    with transaction.atomic():
        for item in board.editable:
            data = item.form.cleaned_data
            reasons = workflow.Reasons(data["contribution"], data["rationale_de"], data["rationale_en"])
            try:
                if item.link is None:
                    workflow.add_link(*board.side.pair(item.target), reasons, actor=user, at=at)
                elif item.has_changed:
                    why = board.reason.cleaned_data["reason"]
                    workflow.change_link(item.link, reasons, actor=user, at=at, reason=why)
            except ValidationError as error:
                add_errors(item.form, error)
        complete = all(item.form.is_valid() for item in board.editable)
        if not complete:
            transaction.set_rollback(True)
    return complete


def end(board: Board, code: str, request: UserRequest) -> None:
    """End one link at once; what was typed into the others stays."""
    item = board.item(code)
    if item is None or item.link is None or not item.is_editable:
        return
    item.form = form = LinkForm(request.POST, prefix=code, initial=item.initial, name=item.name)
    if "end_reason" in form.errors:
        return
    reason = form.cleaned_data["end_reason"].strip()
    if not reason:
        form.add_error("end_reason", _("Say in one sentence why this link ends."))
        return
    try:
        workflow.end_link(item.link, actor=request.user, at=clock.now(), reason=reason)
    except ValidationError as error:
        add_errors(form, error)
        return
    board.items.remove(item)
    messages.success(request, _("The link to %(name)s has ended.") % {"name": item.name})


def accept(board: Board, code: str, request: UserRequest) -> None:
    item = board.item(code)
    if item is None or item.link is None or item.link.state != LinkState.PROPOSED:
        return
    item.link = workflow.accept_link(item.link, actor=request.user, at=clock.now())
    item.may_accept = False
    messages.success(request, _("The link to %(name)s is accepted.") % {"name": item.name})


def dismiss(board: Board, code: str, request: UserRequest) -> None:
    """Suggest it no more; nonsense in place of a code does nothing."""
    for item in board.side.links([code]):
        suggestions.dismiss(*board.side.pair(item.target), actor=request.user, at=clock.now())


def restore(board: Board, number: str, request: UserRequest) -> None:
    """Suggest it again."""
    for row in board.side.dismissed():
        if str(row.pk) == number:
            suggestions.restore(row, actor=request.user, at=clock.now())
