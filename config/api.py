"""The API: one router for all apps, and how a broken rule is answered."""

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import ValidationError as BadRequest
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.views import exception_handler as standard_handler

router = DefaultRouter(use_regex_path=False)
router.include_root_view = False


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF does not know Django's ``ValidationError``; a rule broken in ``workflow`` answers 400 with its sentence."""
    if isinstance(error, ValidationError):
        error = BadRequest(error.message_dict if hasattr(error, "error_dict") else {"detail": error.messages})
    return standard_handler(error, context)
