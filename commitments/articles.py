"""Which of the thirty articles a provision leads to."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from commitments.models import UDHR, Provision, ProvisionLink

ARTICLES = 30
"""How many articles the Universal Declaration has."""


def of_provisions(provisions: Iterable[Provision]) -> dict[int, list[int]]:
    """Numbers of the articles that each provision leads to, by provision; an article leads to itself. One query."""
    rows = list(provisions)
    found = of_kin([row.pk for row in rows])
    for row in rows:
        if row.version.instrument.key == UDHR:
            found[row.pk].add(row.order)
    return {row.pk: sorted(found[row.pk]) for row in rows}


def of_kin(ids: list[int]) -> dict[int, set[int]]:
    """Numbers of the articles to which provisions with these ids are linked, whichever way the link was written."""
    found: dict[int, set[int]] = defaultdict(set)
    kin = (
        ProvisionLink.objects.current()
        .filter(
            Q(source__in=ids, target__version__instrument__key=UDHR)
            | Q(target__in=ids, source__version__instrument__key=UDHR)
        )
        .values_list("source_id", "source__order", "source__version__instrument__key", "target_id", "target__order")
    )
    for source, source_order, source_key, target, target_order in kin:
        if source_key == UDHR:
            found[target].add(source_order)
        else:
            found[source].add(target_order)
    return found
