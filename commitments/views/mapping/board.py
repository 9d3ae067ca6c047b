"""All links of a measure or a commitment on one page, saved or not, each field with what was typed."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from commitments.forms import LinkForm, MappingReason
from commitments.models import LinkState
from commitments.requests import UserRequest
from commitments.views.mapping.items import Item
from commitments.views.mapping.sides import Finder, Side


@dataclass
class Board:
    """All that stands on the page."""

    side: Side
    items: list[Item]
    reason: MappingReason
    finder: Finder

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

    @property
    def codes(self) -> set[str]:
        return {item.code for item in self.items}

    @property
    def editable(self) -> list[Item]:
        return [item for item in self.items if item.is_editable]

    @property
    def has_existing(self) -> bool:
        return any(item.link for item in self.editable)

    @property
    def forms(self) -> list[Any]:
        return [*(item.form for item in self.editable), self.reason]

    @property
    def without_rationale(self) -> int:
        """How many links still lack what they need."""
        return sum(not str(item.form["rationale_de"].value() or "").strip() for item in self.editable)

    @property
    def direct(self) -> list[int]:
        """Rule 16: the articles that are themselves the basis of a linked commitment."""
        accepted = [item for item in self.items if item.link and item.link.state == LinkState.ACCEPTED]
        return sorted({number for item in accepted if item.is_direct for number in item.articles})


def board_of(side: Side, request: UserRequest) -> Board:
    """The page as it was sent; nothing is judged yet."""
    sent = request.POST
    items = side.existing()
    known = {item.code for item in items}
    fresh, dropped = [*sent.getlist("add"), *sent.getlist("take")], sent.getlist("drop")
    wanted = [code for code in [*sent.getlist("target"), *fresh] if code not in known and code not in dropped]
    items += side.links(wanted)
    for item in items:
        item.is_fresh = item.link is None and item.code in fresh
        typed = {name: sent.get(f"{item.code}-{name}") for name in LinkForm.base_fields}
        initial = (item.initial if item.link else {}) | {name: text for name, text in typed.items() if text is not None}
        item.form = LinkForm(prefix=item.code, initial=initial, name=item.name)
    reason = MappingReason(initial={"reason": sent.get("reason", "")})
    return Board(side, items, reason, side.finder_form(sent or request.GET))


def judge(board: Board, request: UserRequest) -> bool:
    """Whether everything needed to save was entered; marks what is missing."""
    for item in board.editable:
        item.form = LinkForm(request.POST, prefix=item.code, initial=item.initial if item.link else {}, name=item.name)
    board.reason = MappingReason(request.POST)
    complete = all([form.is_valid() for form in board.forms])  # noqa: C419 - each form says what it lacks
    changed = any(item.link and item.has_changed for item in board.editable)
    if changed and not board.reason.data.get("reason", "").strip():
        board.reason.add_error("reason", _("Say in one sentence why you change existing links."))
        return False
    return complete
