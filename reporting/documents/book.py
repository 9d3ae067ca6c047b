"""A volume while it is being set: its chapters, and the numbers of headings, figures and tables for the contents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from reporting.content.facts import ReportContent
from reporting.documents.house import house
from reporting.documents.lookup import Lookup
from reporting.documents.press import Progress
from reporting.documents.stamp import Stamp


@dataclass(frozen=True)
class Chapter:
    """``prepare`` gives the template what it shows beyond the content itself."""

    ident: str
    title: str | Promise
    prepare: Callable[[Lookup], Mapping[str, Any]]
    template: str = ""
    numbered: bool = True
    running: str | Promise = ""

    @property
    def path(self) -> str:
        return f"pdf/chapters/{self.template or self.ident}.html"


@dataclass(frozen=True)
class Entry:
    """A line of the contents."""

    level: int
    mark: str
    ident: str
    title: str


@dataclass
class Book:
    content: ReportContent
    stamp: Stamp
    content_hash: str
    files: Sequence[Any]
    anchors: Mapping[str, str]
    entries: list[Entry] = field(default_factory=list)
    figures: list[Entry] = field(default_factory=list)
    tables: list[Entry] = field(default_factory=list)
    chapter_number: int = 0

    def anchor(self, reference: str) -> str:
        return self.anchors.get(reference, "")

    def list_section(self, ident: str, title: str) -> None:
        self.entries.append(Entry(2, "", ident, title))

    def list_figure(self, ident: str, title: str) -> int:
        self.figures.append(Entry(2, str(len(self.figures) + 1), ident, title))
        return len(self.figures)

    def list_table(self, ident: str, title: str) -> int:
        self.tables.append(Entry(2, str(len(self.tables) + 1), ident, title))
        return len(self.tables)

    def set_chapter(self, chapter: Chapter, lookup: Lookup) -> SafeString:
        mark = ""
        if chapter.numbered:
            self.chapter_number += 1
            mark = str(self.chapter_number)
        self.entries.append(Entry(1, mark, chapter.ident, str(chapter.title)))
        context = {**self.context(lookup), **chapter.prepare(lookup), "chapter": chapter, "chapter_mark": mark}
        return render_to_string(chapter.path, context)

    def context(self, lookup: Lookup) -> dict[str, Any]:
        """What every template of a volume may read."""
        return {
            "book": self,
            "content": self.content,
            "stamp": self.stamp,
            "house": house(),
            "lookup": lookup,
            "units": lookup.units,
            "grade_labels": lookup.grade_labels,
            "instrument_names": lookup.instrument_names,
            "language": "en-GB" if (get_language() or "de").startswith("en") else "de",
        }


def set_chapters(
    book: Book, chapters: Sequence[Chapter], lookup: Lookup, progress: Progress, share: int = 20
) -> list[SafeString]:
    """All chapters in order; ``share`` is how much of the whole progress this is."""
    done = []
    for number, chapter in enumerate(chapters):
        progress(share * number // len(chapters), 100, str(chapter.title))
        done.append(book.set_chapter(chapter, lookup))
    return done
