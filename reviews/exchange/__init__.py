"""A unit's list as a workbook: taken out, filled in without a network, and brought back as drafts."""
