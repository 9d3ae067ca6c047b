from importlib import import_module

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "reporting"
    verbose_name = "Reporting"

    def ready(self) -> None:
        """Name the handlers of this app's jobs; they need the models, which are not there any earlier."""
        import_module("reporting.handlers")
