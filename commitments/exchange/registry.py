"""Everything that can be imported or exported, in the order in which the page offers it."""

from commitments.exchange.adoptions import Adoptions
from commitments.exchange.budgets import EngagementBudgets, MeasureBudgets
from commitments.exchange.cordis_subject import CordisProjects
from commitments.exchange.engagements import DEVELOPMENT, EU_PROJECTS, NETWORKS, PARTNERSHIPS, TRAINING
from commitments.exchange.eu_funds import EuFunds
from commitments.exchange.evidence_table import EvidenceTable
from commitments.exchange.gap_reasons import GapReasons
from commitments.exchange.indicator_tables import Indicators, IndicatorValues
from commitments.exchange.links import Links, ProvisionLinks
from commitments.exchange.measures import Measures
from commitments.exchange.promises import Commitments
from commitments.exchange.recommendations import UhriRecommendations
from commitments.exchange.subjects import Subject

ALL: tuple[Subject, ...] = (
    Adoptions(),
    Commitments(),
    Measures(),
    MeasureBudgets(),
    Links(),
    ProvisionLinks(),
    GapReasons(),
    Indicators(),
    IndicatorValues(),
    EvidenceTable(),
    PARTNERSHIPS,
    EU_PROJECTS,
    NETWORKS,
    DEVELOPMENT,
    TRAINING,
    EngagementBudgets(),
    UhriRecommendations(),
    CordisProjects(),
    EuFunds(),
)

SUBJECTS: dict[str, Subject] = {subject.key: subject for subject in ALL}
