"""A Celery application like the project's own, with a job that takes its time: ``celery --app tests.worker``."""

import os
import time
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from commitments import jobs  # noqa: E402
from config.celery import app  # noqa: E402

SLOW = "test-slow"

__all__ = ["SLOW", "app"]


def count_slowly(arguments: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Counts to ``arguments["to"]``; the first time it never ends, so that its worker can be killed in the middle."""
    marker = Path(arguments["marker"])
    first_time = not marker.exists()
    marker.touch()
    for number in range(arguments["to"]):
        progress(number, arguments["to"])
        time.sleep(600 if first_time and arguments["hang"] else 0.01)
    return {"counted": arguments["to"]}


jobs.register(SLOW, count_slowly)
