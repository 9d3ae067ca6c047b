"""Writes what belongs to rows in bulk: parts that begin, end and change, and the numbers of new rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models

from commitments.exchange.plans import Act
from commitments.ledger import save_all_as
from commitments.workflow.parts import Parts
from commitments.workflow.steps import day

Wanted = Mapping[int, Mapping[int, Mapping[str, Any]]]
"""For each owner the parts that it shall have, each with its columns."""

IN_ONE_QUERY = 10_000


def write_parts(
    model: type[Any], identity: tuple[str, str], wanted: Wanted, act: Act, *, sole: tuple[str, Any] | None = None
) -> None:
    """Bring the parts of some rows in line; ``identity``: the columns of owner and part.

    ``sole`` is a value that one part of an owner may have at a time: who gives it up is written first.
    """
    owner, part = identity
    held: dict[int, dict[int, Any]] = {pk: {} for pk in wanted}
    pks = list(wanted)
    for start in range(0, len(pks), IN_ONE_QUERY):
        rows: models.QuerySet[Any] = model.objects.filter(**{f"{owner}__in": pks[start : start + IN_ONE_QUERY]})
        for row in rows.order_by("pk"):
            held[getattr(row, owner)][getattr(row, part)] = row
    changed: list[Any] = []
    for pk, parts in wanted.items():
        changed += Parts(model, {owner: pk}, held[pk], (part,)).changed(parts, day(act.at))
    is_sole = [sole is not None and row.ended_on is None and getattr(row, sole[0]) == sole[1] for row in changed]
    for last in (False, True):
        save_all_as([row for row, flag in zip(changed, is_sole, strict=True) if flag == last], **act.columns)


def numbered(first: str) -> Iterator[str]:
    """M-012, M-013 and on."""
    letter, _dash, digits = first.partition("-")
    number = int(digits)
    while True:
        yield f"{letter}-{str(number).zfill(len(digits))}"
        number += 1
