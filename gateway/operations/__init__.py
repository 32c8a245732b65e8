"""Runs GraphQL operations for any caller: HTTP, the command line, tests. Knows nothing of HTTP."""
