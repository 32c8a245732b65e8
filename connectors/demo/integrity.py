"""The findings of the demo: none until somebody runs the check."""
