"""Parts of addresses."""

from functools import cache

from django.urls import register_converter


class ArticleConverter:
    """The number of one of the thirty articles."""

    regex = "[1-9]|[12][0-9]|30"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class ProvisionNumberConverter:
    """The number of a provision ("Art. 25"); a blank is written as an underscore."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        return value.replace("_", " ")

    def to_url(self, value: str) -> str:
        return value.replace(" ", "_")


class LanguageConverter:
    """The language of a page that is open to everybody."""

    regex = "de|en"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class CommitmentConverter:
    """The number of a commitment, "K-017"."""

    regex = "[A-Z]{1,3}-[0-9]{1,6}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@cache
def register() -> None:
    """Make them known to Django; both lists of addresses need them."""
    register_converter(ArticleConverter, "article")
    register_converter(CommitmentConverter, "commitment")
    register_converter(LanguageConverter, "language")
    register_converter(ProvisionNumberConverter, "provision")
