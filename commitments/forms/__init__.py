"""Shape and wording of what people type into the register. Whatever must hold for a row, the row says itself."""

from commitments.forms.commitments import CommitmentForm
from commitments.forms.fields import AsOfForm, PartialDateField, add_errors, day_input, limit_texts, with_all
from commitments.forms.filters import CommitmentFilter, EngagementFilter, Filter, MeasureFilter
from commitments.forms.gaps import GapForm
from commitments.forms.mapping import LinkForm, MappingReason, MappingSearch
from commitments.forms.measures import MeasureForm

__all__ = [
    "AsOfForm",
    "CommitmentFilter",
    "CommitmentForm",
    "EngagementFilter",
    "Filter",
    "GapForm",
    "LinkForm",
    "MappingReason",
    "MappingSearch",
    "MeasureFilter",
    "MeasureForm",
    "PartialDateField",
    "add_errors",
    "day_input",
    "limit_texts",
    "with_all",
]
