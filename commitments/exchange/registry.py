"""Everything that can be imported or exported, in the order in which the page offers it."""

from commitments.exchange.cordis_subject import CordisProjects
from commitments.exchange.engagements import DEVELOPMENT, EU_PROJECTS, NETWORKS, PARTNERSHIPS, TRAINING
from commitments.exchange.eu_funds import EuFunds
from commitments.exchange.links import Links, ProvisionLinks
from commitments.exchange.measures import Measures
from commitments.exchange.promises import Commitments
from commitments.exchange.recommendations import UhriRecommendations
from commitments.exchange.subjects import Subject

ALL: tuple[Subject, ...] = (
    Commitments(),
    Measures(),
    Links(),
    ProvisionLinks(),
    PARTNERSHIPS,
    EU_PROJECTS,
    NETWORKS,
    DEVELOPMENT,
    TRAINING,
    UhriRecommendations(),
    CordisProjects(),
    EuFunds(),
)

SUBJECTS: dict[str, Subject] = {subject.key: subject for subject in ALL}
