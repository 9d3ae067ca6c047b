"""From an edition to its documents: which content, which stamp, which volume. Button and command both come here.

A released edition is drawn from its stored content, a draft from the register as it is now.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from commitments import filestore
from commitments.models import FieldOfAction, LedgerLeaf, LedgerNode, LedgerSeal, Protection, SealOccasion
from commitments.tracking import history_model
from reporting.content.build import build_content
from reporting.content.canonical import from_json
from reporting.content.council import build_council_content
from reporting.content.facts import ReportContent
from reporting.documents.press import DoesNotFit, Printed, Refused, RenderingUnavailable
from reporting.documents.stamp import Stamp, template_version
from reporting.documents.volumes import (
    print_annex_volume,
    print_council_volume,
    print_main_volume,
    print_plain_volume,
)
from reporting.locking import PRINTED
from reporting.models import EditionState, ReportEdition, Volume
from reviews.models import CycleState, ReviewCycle, Statement

Progress = Callable[[int, int, str], None]
LANGUAGES = ("de", "en")
VOLUMES: tuple[tuple[Volume, str], ...] = (
    (Volume.MAIN, ""),
    *((Volume.ANNEX, name) for name in FieldOfAction.values),
    (Volume.PLAIN, ""),
    (Volume.COUNCIL, ""),
)
"""Every volume of an edition, with the field of action of the annex volumes."""
PRINTERS: Mapping[str, Callable[[ReportContent, Stamp, str, Progress], Printed]] = {
    Volume.MAIN: print_main_volume,
    Volume.PLAIN: print_plain_volume,
    Volume.COUNCIL: print_council_volume,
}


def content_of(edition: ReportEdition, volume: str = Volume.MAIN) -> ReportContent:
    """The stored content of an edition's volume; of a draft, what the register says now.

    Raises ValidationError where there is nothing for the council beyond what is public.
    """
    if volume != Volume.COUNCIL:
        return _stored(edition.content_file) if edition.content_file else build_content(edition.cycle)
    if edition.council_content_file:
        return _stored(edition.council_content_file)
    if not edition.content_file:
        content = build_council_content(edition.cycle, build_content(edition.cycle))
        if content.beyond_public:
            return content
    raise ValidationError(_("This report holds nothing for the council beyond what is public."))


def has_council_volume(edition: ReportEdition) -> bool:
    """Whether a council volume belongs to the edition; of a draft, whether any row is for the council. One query."""
    if edition.content_file:
        return bool(edition.council_content_file)
    models: tuple[type[Any], ...] = (*PRINTED, Statement)
    found = reduce(or_, (Exists(QuerySet(each).filter(protection=Protection.COUNCIL)) for each in models), Q())
    return ReviewCycle.objects.filter(found, pk=edition.cycle_id).exists()


def _stored(file: str) -> ReportContent:
    try:
        return from_json(filestore.get(file))
    except filestore.AlteredError as error:
        raise ValidationError(str(error)) from error


def stamp_of(edition: ReportEdition) -> Stamp:
    """What is printed beside the content. A superseded edition keeps the stamp under which it was released."""
    seal = edition.freeze_seal
    released = edition.state != EditionState.DRAFT
    return Stamp(
        edition=edition.number,
        state=EditionState.RELEASED.value if released else EditionState.DRAFT.value,
        released_on=localdate(edition.released_at) if edition.released_at else None,
        seal_root=seal.root if seal else "",
        seal_size=seal.size if seal else 0,
        template_version=edition.template_version or template_version(),
    )


def print_volume(
    content: ReportContent, stamp: Stamp, volume: str, field: str, language: str, progress: Progress
) -> Printed:
    """Draw a document; raises ValidationError with a sentence where this machine or the content does not allow it."""
    try:
        if volume in PRINTERS:
            return PRINTERS[volume](content, stamp, language, progress)
        return print_annex_volume(content, stamp, language, progress, field=field)
    except (RenderingUnavailable, Refused, DoesNotFit) as error:
        raise ValidationError(str(error)) from error


def freeze_seal(cycle: ReviewCycle) -> LedgerSeal | None:
    """The seal taken at the cycle's freeze: the first of its kind that holds the entry by which it was frozen."""
    history = history_model(ReviewCycle)
    frozen = history.objects.filter(id=cycle.pk, state=CycleState.FROZEN).order_by("-history_id").first()
    if frozen is None:
        return None
    leaf = LedgerLeaf.objects.filter(table=history._meta.db_table, history_id=frozen.history_id)
    node = LedgerNode.objects.filter(level=0, leaf__in=leaf).first()
    if node is None:
        return None
    holds = Q(size__gt=node.position)
    return LedgerSeal.objects.filter(holds, occasion=SealOccasion.FREEZE).order_by("pk").first()
