"""Everything that can be imported or exported, in the order in which the page offers it."""

from commitments.exchange.subjects import Subject

ALL: tuple[Subject, ...] = ()

SUBJECTS: dict[str, Subject] = {subject.key: subject for subject in ALL}
