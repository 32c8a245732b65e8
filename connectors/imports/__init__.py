"""Imports of other systems' files. Each format has a package of its own; what all of them need stands beside these."""
