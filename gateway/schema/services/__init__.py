"""Services and payments: the types, what they add to a student, and what parents do."""

from gateway.schema.services.actions import ServicesOfMutation
from gateway.schema.services.records import ServicesOfStudent

__all__ = ["ServicesOfMutation", "ServicesOfStudent"]
