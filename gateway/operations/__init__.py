"""Runs GraphQL operations for whoever asks: HTTP, the command line, tests. Knows nothing of HTTP."""
