"""Compiles operations to Python and runs them."""
