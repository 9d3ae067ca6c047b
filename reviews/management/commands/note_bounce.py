"""Takes a mail that came back, as the mail server hands it over, and notes it in the log of mails."""

import sys
from argparse import ArgumentParser
from email import message_from_bytes, message_from_string
from email.message import Message
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from reviews.workflow.mails import note_bounced

LARGEST = 5_000_000
"""Bytes; no report of a mail server is longer."""


class Command(BaseCommand):
    help = (
        "Reads a delivery report (RFC 3464) from a file or from standard input and marks the mail as come back. "
        "Exit code 1: the report names no mail that was sent from here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="the report; without it standard input is read")

    def handle(self, *args: Any, **options: Any) -> None:
        raw = options["file"].read_bytes() if options["file"] else sys.stdin.buffer.read(LARGEST)
        report = message_from_bytes(raw[:LARGEST])
        number, why = returned(report)
        if not number or not note_bounced(number, why):
            raise CommandError(
                _("This report names no mail that was sent from here. Nothing was changed."), returncode=1
            )
        self.stdout.write(_("Noted: the mail came back (%(why)s).") % {"why": why})


def returned(report: Message) -> tuple[str, str]:
    """The Message-ID of the mail that a report is about, and the reason that the report gives."""
    number = why = ""
    for part in report.walk():
        if part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            number = number or _number(part)
        elif part.get_content_type() == "message/delivery-status":
            why = why or _reason(part)
    return number, why or _("no reason given")


def _number(part: Message) -> str:
    """Of the mail itself where the report holds it whole, else of its headers."""
    payload = part.get_payload()
    first = payload[0] if isinstance(payload, list) and payload else None
    headers = first if isinstance(first, Message) else message_from_string(str(payload))
    return str(headers.get("Message-ID", "")).strip()


def _reason(part: Message) -> str:
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Message) and (said := block.get("Diagnostic-Code") or block.get("Status")):
            return " ".join(str(said).split())[:500]
    return ""
