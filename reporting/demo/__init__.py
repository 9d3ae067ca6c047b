"""The sample city: its register and five years of reviews, brought about by the acts of the people in it.

Inside: sample, people, calendar <- past, confirmed, assessed <- building.
"""

from reporting.demo.building import build_demo, find_folder
from reporting.demo.people import PASSWORD, sign_ins

__all__ = ["PASSWORD", "build_demo", "find_folder", "sign_ins"]
