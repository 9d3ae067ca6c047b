"""Brings the catalogue and a city's files into the register: all of a folder, or nothing (docs/data.md)."""

from commitments.loading.catalogue import load_catalogue
from commitments.loading.city import enter_sample_city, load_city
from commitments.loading.comparing import Conflict, Counts, Outcome
from commitments.loading.problems import LoadingError

__all__ = ["Conflict", "Counts", "LoadingError", "Outcome", "enter_sample_city", "load_catalogue", "load_city"]
