"""What is wrong with a file, said in sentences that name file, record and field."""

from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

SHOWN = 20


@dataclass(frozen=True)
class Place:
    """Where something stands: a file, the way down to a record, and a field of it."""

    file: str
    path: tuple[str, ...] = ()

    def at(self, *steps: str) -> "Place":
        return replace(self, path=self.path + steps)

    def __str__(self) -> str:
        return ", ".join((self.file, *self.path))


@dataclass(frozen=True)
class Problem:
    place: Place
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


class LoadingError(Exception):
    """The files were refused, and nothing was written; ``str()`` gives one line a problem."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        more = len(self.problems) - SHOWN
        if more > 0:
            lines.append(_("… and %(count)s more.") % {"count": more})
        return "\n".join(lines)


@dataclass
class Problems:
    """Collects all problems of a run, so that nobody mends a file one error at a time."""

    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, sentence: str) -> None:
        problem = Problem(place, sentence)
        if problem not in self.found:
            self.found.append(problem)

    def refuse_if_any(self) -> None:
        if self.found:
            raise LoadingError(self.found)
