"""Parts of addresses."""


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
