"""What people do to the register, one module a subject.

Each function is one act: it locks the row, asks for the right, checks the rules and writes through the ledger.
"""

from commitments.workflow.commitments import edit_commitment
from commitments.workflow.gaps import Gap, give_gap_reason
from commitments.workflow.links import (
    Reasons,
    accept_link,
    add_link,
    change_link,
    end_link,
    may_change_link,
    propose_link,
)
from commitments.workflow.measures import edit_measure
from commitments.workflow.people import Post, assign_role, enter_person
from commitments.workflow.steps import Edit, last_change, last_changes

__all__ = [
    "Edit",
    "Gap",
    "Post",
    "Reasons",
    "accept_link",
    "add_link",
    "assign_role",
    "change_link",
    "edit_commitment",
    "edit_measure",
    "end_link",
    "enter_person",
    "give_gap_reason",
    "last_change",
    "last_changes",
    "may_change_link",
    "propose_link",
]
