"""Brings the catalogue and a city's files into the register: all of a folder, or nothing (docs/data.md)."""

from commitments.loading.catalogue import load_catalogue
from commitments.loading.comparing import Conflict, Counts, Outcome
from commitments.loading.problems import LoadingError

__all__ = ["Conflict", "Counts", "LoadingError", "Outcome", "load_catalogue"]
