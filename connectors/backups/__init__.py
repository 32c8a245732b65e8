"""Backups: all databases saved into a directory, and restored from it."""
