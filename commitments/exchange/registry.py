"""Everything that can be imported or exported, in the order in which the page offers it."""

from commitments.exchange.cordis_subject import CordisProjects
from commitments.exchange.measures import Measures
from commitments.exchange.recommendations import UhriRecommendations
from commitments.exchange.subjects import Subject

ALL: tuple[Subject, ...] = (Measures(), UhriRecommendations(), CordisProjects())

SUBJECTS: dict[str, Subject] = {subject.key: subject for subject in ALL}
