"""Assessments: tests for students alone, the teaching side of them, and what is done with them."""

from gateway.schema.assessments.actions import AssessmentsOfMutation
from gateway.schema.assessments.authored import AssessmentsOfViewer
from gateway.schema.assessments.events import AssessmentsOfSubscription
from gateway.schema.assessments.records import AssessmentsOfStudent

__all__ = ["AssessmentsOfMutation", "AssessmentsOfStudent", "AssessmentsOfSubscription", "AssessmentsOfViewer"]
