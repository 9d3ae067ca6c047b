"""The one writer of tracked rows and of their history."""

from commitments.ledger.writing import save_all_as, save_as

__all__ = ["save_all_as", "save_as"]
