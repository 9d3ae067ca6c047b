"""The mapping of one measure: what it serves, how, and why that can be said.

One form holds all links, saved or not. Whatever is pressed, what was typed comes back; only "save" writes links, and
it writes all of them or none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import articles, clock, search, texts, workflow
from commitments.forms import LinkForm, MappingReason, MappingSearch, add_errors
from commitments.models import (
    UDHR,
    Commitment,
    CommitmentProvision,
    InstrumentKind,
    LinkState,
    Measure,
    MeasureLink,
    MeasureProvision,
    Provision,
    User,
)
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.instruments import in_force
from commitments.views.measures import measure_context, shown_measure

HITS = 15
"""So many hits of each kind are shown; whoever needs more types another word."""

PLEDGES = (
    InstrumentKind.CHARTER,
    InstrumentKind.AGENDA,
    InstrumentKind.NETWORK_PLEDGE,
    InstrumentKind.SELF_COMMITMENT,
)
TREATIES = (InstrumentKind.TREATY, InstrumentKind.REGIONAL_TREATY)
COMMITMENTS = ("reference", "title_de", "title_en", "wording_de", "wording_en")
PROVISIONS = (
    "number",
    "title_de",
    "title_en",
    "text_de",
    "text_en",
    "version__instrument__short_de",
    "version__instrument__short_en",
)
Target = Commitment | Provision


class Piece(NamedTuple):
    text: str
    is_hit: bool


@dataclass
class Item:
    """Something that the measure is linked to, or is about to be."""

    target: Target
    link: MeasureLink | MeasureProvision | None = None
    is_editable: bool = True
    may_accept: bool = False
    is_taken: bool = False
    is_in_force: bool = True
    is_fresh: bool = False
    is_direct: bool = False
    articles: list[int] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    form: LinkForm = field(default_factory=LinkForm)

    @property
    def code(self) -> str:
        return code_of(self.target)

    @property
    def is_commitment(self) -> bool:
        return isinstance(self.target, Commitment)

    @property
    def name(self) -> str:
        if isinstance(self.target, Commitment):
            return self.target.reference
        return f"{texts.localized(self.target.version.instrument, 'short')} {self.target.number}"

    @property
    def title(self) -> str:
        return texts.localized(self.target, "title")

    @property
    def initial(self) -> dict[str, str]:
        return {name: getattr(self.link, name) for name in ("contribution", "rationale_de", "rationale_en")}

    @property
    def has_changed(self) -> bool:
        return bool(set(self.form.changed_data) - {"end_reason"})

    def mark(self, typed: str) -> None:
        """Split the title where it has what was typed."""
        self.pieces = pieces(self.title, typed)


def code_of(target: Target) -> str:
    return f"{'c' if isinstance(target, Commitment) else 'p'}{target.pk}"


def pieces(title: str, typed: str) -> list[Piece]:
    """The title, with the first place where each typed word stands told apart."""
    folded = title.casefold()
    spans = sorted(
        (folded.index(word), folded.index(word) + len(word)) for word in typed.casefold().split() if word in folded
    )
    found, end = [], 0
    if len(folded) != len(title):
        return [Piece(title, is_hit=False)]
    for start, stop in spans:
        if start >= end:
            found += [Piece(title[end:start], is_hit=False), Piece(title[start:stop], is_hit=True)]
            end = stop
    return [piece for piece in [*found, Piece(title[end:], is_hit=False)] if piece.text]


def _provisions() -> "QuerySet[Provision]":
    """Provisions with their instrument and whether the city is bound by it or took it on."""
    holds = Case(When(in_force(), then=Value(value=True)), default=Value(value=False), output_field=BooleanField())
    return Provision.objects.select_related("version__instrument").annotate(is_in_force=holds)


def _targets(codes: Iterable[str], user: User) -> dict[str, Target]:
    """What these codes stand for, as far as someone may see it; nonsense is left out."""
    ids: dict[str, list[int]] = {"c": [], "p": []}
    for code in codes:
        if code[:1] in ids and code[1:].isascii() and code[1:].isdigit() and len(code) < 20:
            ids[code[0]].append(int(code[1:]))
    found: list[Target] = []
    if ids["c"]:
        found += Commitment.objects.visible_to(user).in_force().filter(pk__in=ids["c"])
    if ids["p"]:
        found += _provisions().filter(pk__in=ids["p"])
    known = {code_of(target): target for target in found}
    return {code: known[code] for code in codes if code in known}


# Searching


def _hits(form: MappingSearch, user: User, measure: Measure, taken: set[str]) -> list[Item]:
    """Commitments and provisions with the typed words, those first whose number was typed."""
    form.is_valid()
    typed, scope = form.cleaned_data.get("q", ""), form.cleaned_data.get("scope", "")
    if not typed.strip():
        return []
    found: list[Target] = []
    if scope in ("", "commitments"):
        rows = search.matching(Commitment.objects.visible_to(user).in_force(), COMMITMENTS, typed)
        linked = MeasureLink.objects.current().filter(measure=measure, commitment=OuterRef("pk"))
        rows = rows.order_by(_by_title(Commitment, typed), "reference")
        found += rows.annotate(is_linked=Exists(linked))[:HITS]
    if scope != "commitments":
        provisions = search.matching(_within(_provisions(), scope), PROVISIONS, typed)
        in_order = (_by_title(Provision, typed), "version__instrument__order", "order")
        touched = MeasureProvision.objects.current().filter(measure=measure, provision=OuterRef("pk"))
        found += provisions.order_by(*in_order).annotate(is_linked=Exists(touched))[:HITS]
    items = [Item(target) for target in found]
    for item in items:
        item.mark(typed)
        item.is_taken = item.code in taken or item.target.is_linked  # type: ignore[union-attr]
        item.is_in_force = getattr(item.target, "is_in_force", True)
    return items


def _has_more(hits: Sequence[Item]) -> bool:
    """Whether there may be more than is shown."""
    kinds = [item.is_commitment for item in hits]
    return HITS in (kinds.count(True), kinds.count(False))


def _by_title(model: type[Target], typed: str) -> Case:
    """Orders what has a typed word in its title or number before what has it in its text only."""
    named = Q()
    for word in typed[: search.LONGEST].split():
        for column in ("title_de", "title_en"):
            named |= Q(**{f"{column}__icontains": word})
        named |= Q(**{f"{'reference' if model is Commitment else 'number'}__iendswith": word})
    return Case(When(named, then=Value(0)), default=Value(1))


def _within(rows: "QuerySet[Provision]", scope: str) -> "QuerySet[Provision]":
    rows = rows.in_use()  # type: ignore[attr-defined] # a queryset of provisions
    if scope == "udhr":
        return rows.filter(version__instrument__key=UDHR)
    kinds = {"treaties": TREATIES, "pledges": PLEDGES}.get(scope)
    return rows.filter(version__instrument__kind__in=kinds) if kinds else rows


def _led_to(items: Sequence[Item]) -> None:
    """Tell each item the articles that it leads to; a commitment leads where its basis does. Two queries."""
    bases = {
        row.commitment_id: row.provision
        for row in CommitmentProvision.objects.filter(
            commitment__in=[item.target.pk for item in items if item.is_commitment],
            is_basis=True,
            ended_on__isnull=True,
        ).select_related("provision__version__instrument")
    }
    provisions = [bases.get(item.target.pk) if item.is_commitment else item.target for item in items]
    numbers = articles.of_provisions([each for each in provisions if isinstance(each, Provision)])
    for item, provision in zip(items, provisions, strict=True):
        if isinstance(provision, Provision):
            item.articles = numbers[provision.pk]
            item.is_direct = item.is_commitment and provision.version.instrument.key == UDHR


# The page


@dataclass
class Board:
    """All that stands on the page."""

    measure: Measure
    items: list[Item]
    reason: MappingReason
    finder: MappingSearch

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

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


def _existing(measure: Measure, user: User) -> list[Item]:
    """The links that hold or are proposed, those to commitments first."""
    seen = Commitment.objects.visible_to(user)
    links = MeasureLink.objects.current().filter(measure=measure, commitment__in=seen)
    provisions = MeasureProvision.objects.current().filter(measure=measure)
    rows: list[MeasureLink | MeasureProvision] = [
        *links.select_related("commitment").order_by("commitment__reference"),
        *provisions.select_related("provision__version__instrument").order_by(
            "provision__version__instrument__order", "provision__order"
        ),
    ]
    accepts = can(user, Verb.ACCEPT_LINK, measure, on=clock.today())
    found = []
    for row in rows:
        target = row.commitment if isinstance(row, MeasureLink) else row.provision
        proposed = row.state == LinkState.PROPOSED
        found.append(Item(target, row, is_editable=accepts or proposed, may_accept=accepts and proposed))
    return found


def _board(request: UserRequest, measure: Measure) -> Board:
    """The page, each field with what was typed; nothing is judged yet."""
    sent = request.POST
    items = _existing(measure, request.user)
    known = {item.code for item in items}
    wanted = list(dict.fromkeys([*sent.getlist("target"), *sent.getlist("add")]))
    dropped = sent.getlist("drop")
    items += [
        Item(target, is_fresh=code in sent.getlist("add"))
        for code, target in _targets([each for each in wanted if each not in known], request.user).items()
        if code not in dropped
    ]
    for item in items:
        typed = {name: sent.get(f"{item.code}-{name}") for name in LinkForm.base_fields}
        initial = (item.initial if item.link else {}) | {name: text for name, text in typed.items() if text is not None}
        item.form = LinkForm(prefix=item.code, initial=initial, name=item.name)
    reason = MappingReason(initial={"reason": sent.get("reason", "")})
    return Board(measure, items, reason, MappingSearch(sent or request.GET))


def _judge(board: Board, request: UserRequest) -> bool:
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


def _save(board: Board, user: User) -> bool:
    """Write new and changed links, all or none; what is refused stands beside its link."""
    at = clock.now()
    with transaction.atomic():
        for item in board.editable:
            data = item.form.cleaned_data
            reasons = workflow.Reasons(data["contribution"], data["rationale_de"], data["rationale_en"])
            try:
                if item.link is None:
                    workflow.add_link(board.measure, item.target, reasons, actor=user, at=at)
                elif item.has_changed:
                    why = board.reason.cleaned_data["reason"]
                    workflow.change_link(item.link, reasons, actor=user, at=at, reason=why)
            except ValidationError as error:
                add_errors(item.form, error)
        complete = all(item.form.is_valid() for item in board.editable)
        if not complete:
            transaction.set_rollback(True)
    return complete


def _end(board: Board, code: str, request: UserRequest) -> None:
    """End one link at once; what was typed into the others stays."""
    item = board.item(code)
    if item is None or item.link is None or not item.is_editable:
        return
    reason = request.POST.get(f"{code}-end_reason", "").strip()
    if not reason:
        item.form = LinkForm(request.POST, prefix=code, initial=item.initial, name=item.name)
        item.form.add_error("end_reason", _("Say in one sentence why this link ends."))
        return
    workflow.end_link(item.link, actor=request.user, at=clock.now(), reason=reason)
    board.items.remove(item)
    messages.success(request, _("The link to %(name)s has ended.") % {"name": item.name})


def _accept(board: Board, code: str, request: UserRequest) -> None:
    item = board.item(code)
    if item is None or item.link is None or item.link.state != LinkState.PROPOSED:
        return
    item.link = workflow.accept_link(item.link, actor=request.user, at=clock.now())
    item.may_accept = False
    messages.success(request, _("The link to %(name)s is accepted.") % {"name": item.name})


def _shown(request: UserRequest, board: Board) -> HttpResponse:
    if "find" in request.POST:  # without a script the page is a new one; whoever searches by keyboard goes on from here
        board.finder.fields["q"].widget.attrs["autofocus"] = True
    hits = _hits(board.finder, request.user, board.measure, {item.code for item in board.items})
    _led_to([*board.items, *hits])
    context = measure_context(board.measure) | {
        "board": board,
        "hits": hits,
        "has_more": _has_more(hits),
        "finder": board.finder,
        "searched": bool(str(board.finder["q"].value() or "").strip()),
        "accepts": can(request.user, Verb.ACCEPT_LINK, board.measure, on=clock.today()),
    }
    return render(request, "commitments/mapping.html", context)


@require_http_methods(["GET", "POST"])
def mapping(request: UserRequest, reference: str) -> HttpResponse:
    measure = shown_measure(request.user, reference)
    require(request.user, Verb.PROPOSE_LINK, measure, on=clock.today())
    board = _board(request, measure)
    if "end" in request.POST:
        _end(board, request.POST["end"], request)
    elif "accept" in request.POST:
        _accept(board, request.POST["accept"], request)
    elif "save" in request.POST and _judge(board, request) and _save(board, request.user):
        messages.success(request, _("The mapping is saved."))
        return redirect("commitments:mapping", reference=reference)
    return _shown(request, board)


@require_safe
def mapping_search(request: UserRequest, reference: str) -> HttpResponse:
    """The hits alone, while somebody types."""
    measure = shown_measure(request.user, reference)
    require(request.user, Verb.PROPOSE_LINK, measure, on=clock.today())
    finder = MappingSearch(request.GET)
    hits = _hits(finder, request.user, measure, set(request.GET.getlist("target")))
    _led_to(hits)
    context = {
        "hits": hits,
        "has_more": _has_more(hits),
        "measure": measure,
        "searched": bool(request.GET.get("q", "").strip()),
        "provision_total": Provision.objects.in_use().count(),
        "commitment_total": Commitment.objects.visible_to(request.user).in_force().count(),
    }
    return render(request, "commitments/_mapping_hits.html", context)
