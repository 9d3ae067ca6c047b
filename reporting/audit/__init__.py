"""Reading the audit ledger: the trail of changes, what the rows of a page are called, seals and proofs."""
