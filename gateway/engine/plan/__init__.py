"""An operation compiled to Python, and running it."""
