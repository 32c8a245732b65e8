"""What is true, and where it is kept: one MongoDB database per subsystem."""
