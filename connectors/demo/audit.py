"""The audit of the demo: empty until somebody acts in it."""
