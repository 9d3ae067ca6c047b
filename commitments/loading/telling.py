"""What the commands take and say."""

from datetime import date, datetime

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from commitments import clock
from commitments.loading.comparing import Outcome


def add_options(parser: CommandParser) -> None:
    parser.add_argument("--at", type=date.fromisoformat, help=_("day on which the changes hold (sample data only)"))
    parser.add_argument("--dry-run", action="store_true", help=_("say what would change and write nothing"))


def moment(day: date | None) -> datetime:
    return clock.at_noon(day) if day else clock.now()


def report(outcome: Outcome, *, dry_run: bool) -> str:
    """A table of counts, then conflicts and what the files no longer name."""
    width = max(map(len, outcome.tables), default=0)
    heads = (_("new"), _("changed"), _("unchanged"))
    lines = [f"{'':{width}}" + "".join(f"{head:>12}" for head in heads)]
    for name, counts in outcome.tables.items():
        numbers = (counts.created, counts.changed, counts.unchanged)
        lines.append(f"{name:{width}}" + "".join(f"{number:>12}" for number in numbers))
    lines += _listed(_("Kept, because a person changed it:"), [str(conflict) for conflict in outcome.conflicts])
    lines += _listed(_("In the register but not in the file:"), outcome.absent)
    lines += ["", _ending(outcome, dry_run=dry_run)]
    return "\n".join(lines)


def _listed(heading: str, entries: list[str]) -> list[str]:
    return ["", heading, *(f"  {entry}" for entry in entries)] if entries else []


def _ending(outcome: Outcome, *, dry_run: bool) -> str:
    if not outcome.is_change:
        return _("Nothing changed: the register holds what the files say.")
    if dry_run:
        return _("This was a trial: nothing was written.")
    return _("Loaded.")
