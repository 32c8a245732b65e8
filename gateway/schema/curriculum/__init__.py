"""Curriculum: the types of its records, what it adds to the shared types, and what is done in it."""

from gateway.schema.curriculum.actions import CurriculumOfMutation
from gateway.schema.curriculum.records import CurriculumOfSchool, CurriculumOfStudent

__all__ = ["CurriculumOfMutation", "CurriculumOfSchool", "CurriculumOfStudent"]
