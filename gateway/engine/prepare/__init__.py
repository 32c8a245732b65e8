"""Prepares documents: from text to an operation that a role may run."""
