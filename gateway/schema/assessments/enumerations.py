"""The enumerations that both sides of tests show, those who take them and those who make them."""

from connectors.assessments import AttemptState, QuestionKind
from gateway.schema.descriptions import described_enum

described_enum(AttemptState)
described_enum(QuestionKind)

__all__ = ["AttemptState", "QuestionKind"]
