"""What stands on the board of the mapping editor: one thing that is linked, or is about to be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from commitments import articles, texts
from commitments.forms import LinkForm
from commitments.models import UDHR, Commitment, CommitmentProvision, Measure, MeasureLink, MeasureProvision, Provision
from commitments.suggestions import name_of

Target = Commitment | Provision | Measure
Link = MeasureLink | MeasureProvision
LETTERS: dict[type[Target], str] = {Commitment: "c", Provision: "p", Measure: "m"}


class Piece(NamedTuple):
    text: str
    is_hit: bool


@dataclass
class Item:
    """A target with the link to it, where there is one, and with what was typed about it."""

    target: Target
    link: Link | None = None
    is_editable: bool = True
    may_accept: bool = False
    is_taken: bool = False
    is_in_force: bool = True
    is_fresh: bool = False
    is_direct: bool = False
    articles: list[int] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    form: LinkForm = field(default_factory=LinkForm)

    @property
    def code(self) -> str:
        return code_of(self.target)

    @property
    def is_commitment(self) -> bool:
        return isinstance(self.target, Commitment)

    @property
    def is_measure(self) -> bool:
        return isinstance(self.target, Measure)

    @property
    def name(self) -> str:
        return name_of(self.target) if isinstance(self.target, Provision) else self.target.reference

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
    return f"{LETTERS[type(target)]}{target.pk}"


def ids_of(codes: Iterable[str], letter: str) -> list[int]:
    """Numbers of the rows of one kind among these codes; nonsense is left out."""
    known = [code[1:] for code in codes if code[:1] == letter and len(code) < 20]
    return [int(each) for each in known if each.isascii() and each.isdigit()]


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


def led_to(items: Sequence[Item]) -> None:
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
