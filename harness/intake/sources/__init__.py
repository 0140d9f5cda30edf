"""A class as it was handed in: plain folders, or what Gradescope, Canvas, Moodle and GitHub Classroom hand out."""

from harness.intake.sources.base import ClassIntake, Entry
from harness.intake.sources.classes import SOURCES, read_class

__all__ = ["SOURCES", "ClassIntake", "Entry", "read_class"]
