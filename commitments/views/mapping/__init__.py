"""The mapping: what a measure serves, how, and why that can be said; seen from the measure or from the commitment.

One form holds all links, saved or not. Whatever is pressed, what was typed comes back; only "save" writes links, and
it writes all of them or none.
"""

from commitments.views.mapping.pages import (
    commitment_mapping,
    commitment_mapping_search,
    commitment_mapping_suggestions,
    mapping,
    mapping_search,
    mapping_suggestions,
)

__all__ = [
    "commitment_mapping",
    "commitment_mapping_search",
    "commitment_mapping_suggestions",
    "mapping",
    "mapping_search",
    "mapping_suggestions",
]
