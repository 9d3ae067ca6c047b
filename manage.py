#!/usr/bin/env python
import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

from config.failures import stop_if_explained


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        _ = settings.DATA_DIR  # read here: Django itself would print the help page instead of what is wrong
        execute_from_command_line(sys.argv)
    except Exception as error:
        stop_if_explained(error)
        raise


if __name__ == "__main__":
    main()
