from importlib import import_module

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "reviews"
    verbose_name = "Reviews"

    def ready(self) -> None:
        """Name the handlers of this app's jobs; they need the models, which are not there any earlier."""
        import_module("reviews.handlers")
