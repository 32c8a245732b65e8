"""Erasure of a person: what is deleted, what is made nameless, and what the law has kept."""
