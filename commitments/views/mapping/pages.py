"""The pages of the mapping editor, from a measure and from a commitment."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import suggestions
from commitments.models import Commitment, Provision
from commitments.requests import UserRequest
from commitments.views.mapping import saving
from commitments.views.mapping.board import Board, board_of, judge
from commitments.views.mapping.items import led_to
from commitments.views.mapping.searching import has_more
from commitments.views.mapping.sides import FromCommitment, FromMeasure, Side

WITH_SUGGESTIONS = ("suggest", "dismiss", "restore")
"""Buttons after which the suggestions stand on the page itself; otherwise they come afterwards, or when asked for."""


@require_http_methods(["GET", "POST"])
def mapping(request: UserRequest, reference: str) -> HttpResponse:
    return _editor(request, FromMeasure(request.user, reference))


@require_http_methods(["GET", "POST"])
def commitment_mapping(request: UserRequest, reference: str) -> HttpResponse:
    return _editor(request, FromCommitment(request.user, reference))


@require_safe
def mapping_search(request: UserRequest, reference: str) -> HttpResponse:
    """The hits alone, while somebody types."""
    totals = {
        "provision_total": Provision.objects.in_use().count(),
        "commitment_total": Commitment.objects.visible_to(request.user).in_force().count(),
    }
    return _search(request, FromMeasure(request.user, reference), totals)


@require_safe
def commitment_mapping_search(request: UserRequest, reference: str) -> HttpResponse:
    totals = {"measure_total": suggestions.mappable(request.user).count()}
    return _search(request, FromCommitment(request.user, reference), totals)


@require_safe
def mapping_suggestions(request: UserRequest, reference: str) -> HttpResponse:
    """The suggestions alone: they come after the page, which needs them to do nothing."""
    return _suggestions(request, FromMeasure(request.user, reference))


@require_safe
def commitment_mapping_suggestions(request: UserRequest, reference: str) -> HttpResponse:
    return _suggestions(request, FromCommitment(request.user, reference))


def _editor(request: UserRequest, side: Side) -> HttpResponse:
    board, sent = board_of(side, request), request.POST
    if "end" in sent:
        saving.end(board, sent["end"], request)
    elif "accept" in sent:
        saving.accept(board, sent["accept"], request)
    elif "dismiss" in sent:
        saving.dismiss(board, sent["dismiss"], request)
    elif "restore" in sent:
        saving.restore(board, sent["restore"], request)
    elif "save" in sent and judge(board, request) and saving.save(board, request.user):
        messages.success(request, _("The mapping is saved."))
        return redirect(side.url)
    return _shown(request, board)


def _shown(request: UserRequest, board: Board) -> HttpResponse:
    if "find" in request.POST:  # without a script the page is a new one; whoever searches by keyboard goes on from here
        board.finder.fields["q"].widget.attrs["autofocus"] = True
    with_suggestions = any(name in request.POST for name in WITH_SUGGESTIONS)
    hits = [] if with_suggestions else board.side.hits(board.finder, board.codes)
    dismissed = board.side.dismissed() if with_suggestions else []
    suggested = board.side.suggested(sorted(board.codes), dismissed) if with_suggestions else []
    led_to([*board.items, *hits, *suggested])
    context = board.side.context() | {
        "side": board.side,
        "board": board,
        "hits": hits,
        "has_more": has_more(hits),
        "finder": board.finder,
        "searched": not with_suggestions and bool(str(board.finder["q"].value() or "").strip()),
        "accepts": board.side.accepts,
        "with_suggestions": with_suggestions,
        "suggested": suggested,
        "dismissed": dismissed,
        "is_open": "suggest" in request.POST or "take" in request.POST,
        "is_answered": "dismiss" in request.POST or "restore" in request.POST,
    }
    return render(request, board.side.template, context)


def _search(request: UserRequest, side: Side, totals: dict[str, int]) -> HttpResponse:
    hits = side.hits(side.finder_form(request.GET), set(request.GET.getlist("target")))
    led_to(hits)
    context: dict[str, Any] = {
        "hits": hits,
        "has_more": has_more(hits),
        "side": side,
        "searched": bool(request.GET.get("q", "").strip()),
        **totals,
    }
    return render(request, "commitments/_mapping_hits.html", context)


def _suggestions(request: UserRequest, side: Side) -> HttpResponse:
    codes, dismissed = request.GET.getlist("target"), side.dismissed()
    context = {
        "side": side,
        "suggested": side.suggested(codes, dismissed),
        "dismissed": dismissed,
        "with_suggestions": True,
        "is_open": not codes or "open" in request.GET,
    }
    return render(request, "commitments/_mapping_suggestions.html", context)
