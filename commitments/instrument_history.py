"""What happened to an instrument, its versions, provisions and adoptions, and to one provision."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from commitments import history, texts
from commitments.models import (
    Adoption,
    Commitment,
    CommitmentProvision,
    GapReason,
    Instrument,
    InstrumentVersion,
    Measure,
    MeasureProvision,
    Provision,
    ProvisionLink,
    RecommendationProvision,
    User,
)
from commitments.tracking import history_model


def story(instrument: Instrument) -> list[history.Entry]:
    """Newest first. Provisions that came with their version are not told one by one."""
    versions = history_model(InstrumentVersion).objects.filter(instrument_id=instrument.pk)
    ids = list(InstrumentVersion.objects.filter(instrument=instrument).values_list("pk", flat=True))
    provisions = history_model(Provision).objects.filter(version_id__in=ids)
    adoptions = history_model(Adoption).objects.filter(version_id__in=ids)
    return history.timeline(
        (
            history.of(Instrument, instrument.pk, _("Instrument entered"), _("Instrument changed")),
            history.Strand(versions.filter(number=1), _naming(_version, _("Text entered: %(name)s"))),
            history.Strand(
                versions.exclude(number=1), _naming(_version, _("New version entered: %(name)s")), is_main=True
            ),
            history.Strand(adoptions, _adoption),
            history.Strand(provisions, _naming(_provision, _("Provision entered: %(name)s"))),
        )
    )


def provision_story(provision: Provision, user: User) -> list[history.Entry]:
    """The history of a provision, of its links whichever way they were made, and of the reasons for its gaps.

    What was linked to it is told as far as someone may see it (rule 10).
    """
    links = history_model(ProvisionLink).objects.filter(Q(source_id=provision.pk) | Q(target_id=provision.pk))
    around = links.select_related("source__version__instrument", "target__version__instrument")
    grounds = history_model(CommitmentProvision).objects.filter(
        provision_id=provision.pk, commitment_id__in=Commitment.objects.visible_to(user).values("pk")
    )
    served = history_model(MeasureProvision).objects.filter(
        provision_id=provision.pk, measure_id__in=Measure.objects.visible_to(user).values("pk")
    )
    said = history_model(RecommendationProvision).objects.filter(provision_id=provision.pk)
    return history.timeline(
        (
            history.of(Provision, provision.pk, _("Provision entered"), _("Provision changed")),
            history.Strand(around, lambda step: _link(step, provision)),
            history.of_parts(grounds.select_related("commitment"), history.commitment_name),
            history.of_links(served.select_related("measure"), history.measure_name),
            history.of_parts(said.select_related("recommendation"), _recommendation),
            gap_strand(provision),
        )
    )


def gap_strand(article: Provision, *fields: str) -> history.Strand:
    """What was said of the gaps of an article: in these fields of action ("" stands for all), or in any."""
    rows = history_model(GapReason).objects.filter(article_id=article.pk)
    if fields:
        rows = rows.filter(field__in=fields)
    return history.Strand(rows, _gap)


def _gap(step: history.Step) -> str:
    field = str(step.row.get_field_display()) or _("all fields")
    if step.is_first:
        return _("Reason for the gap given: %(field)s") % {"field": field}
    return _("Reason for the gap changed: %(field)s") % {"field": field}


def _recommendation(row: Any) -> str:
    named = row.recommendation
    return _("Recommendation %(name)s") % {"name": named.document or named.key}


def _naming(name: Callable[[Any], str], entered: str) -> history.Naming:
    changed = _("Changed: %(name)s")
    return lambda step: (entered if step.is_first else changed) % {"name": name(step.row)}


def _version(row: Any) -> str:
    return texts.localized(row, "label") or _("version %(number)s") % {"number": row.number}


def _provision(row: Any) -> str:
    return f"{row.number} {texts.localized(row, 'title')}".strip()


def _adoption(step: history.Step) -> str:
    if step.is_first:
        return _("Adoption by the city entered")
    if step.row.ended_on and not step.before.ended_on:
        return _("Adoption by the city ended")
    if step.row.renewal_due_on != step.before.renewal_due_on:
        return _("Renewal of the adoption entered")
    return _("Adoption by the city changed")


def _link(step: history.Step, provision: Provision) -> str:
    row = step.row
    other = row.target if row.source_id == provision.pk else row.source
    name = f"{texts.localized(other.version.instrument, 'short')} {other.number}"
    if step.is_first:
        return _("Linked to %(name)s") % {"name": name}
    if row.ended_on:
        return _("Link to %(name)s ended") % {"name": name}
    return _("Link to %(name)s changed") % {"name": name}
