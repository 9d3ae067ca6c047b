"""What the commands take and say."""

from argparse import ArgumentTypeError
from datetime import date, datetime

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from commitments import clock
from commitments.loading.comparing import Outcome
from commitments.loading.labels import LABELS


def add_options(parser: CommandParser) -> None:
    parser.add_argument("--at", type=_day, help=_("day on which the changes hold (sample data only)"))
    parser.add_argument("--dry-run", action="store_true", help=_("say what would change and write nothing"))


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise ArgumentTypeError(
            _("“%(value)s” is not a day. Write it like 2022-11-28.") % {"value": written}
        ) from error


def moment(day: date | None) -> datetime:
    return clock.at_noon(day) if day else clock.now()


def report(outcome: Outcome, *, dry_run: bool) -> str:
    """A table of counts, then conflicts and what the files no longer name."""
    names = {model: str(LABELS[model]) for model in outcome.tables}
    width = max(map(len, names.values()), default=0)
    heads = (_("new"), _("changed"), _("unchanged"))
    lines = [f"{'':{width}}" + "".join(f"{head:>12}" for head in heads)]
    for model, counts in outcome.tables.items():
        numbers = (counts.created, counts.changed, counts.unchanged)
        lines.append(f"{names[model]:{width}}" + "".join(f"{number:>12}" for number in numbers))
    lines += _listed(_("Kept, because a person changed it:"), [str(conflict) for conflict in outcome.conflicts])
    lines += _listed(_("In the register but not in the file:"), outcome.absent)
    lines += ["", _ending(outcome, dry_run=dry_run)]
    return "\n".join(lines)


def _listed(heading: str, entries: list[str]) -> list[str]:
    return ["", heading, *(f"  {entry}" for entry in entries)] if entries else []


def _ending(outcome: Outcome, *, dry_run: bool) -> str:
    if not outcome.is_change and outcome.conflicts:
        return _("Nothing changed.")
    if not outcome.is_change:
        return _("Nothing changed: the register holds what the files say.")
    if dry_run:
        return _("This was a trial: nothing was written.")
    return _("Loaded.")
