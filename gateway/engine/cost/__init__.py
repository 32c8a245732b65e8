"""The cost of operations: estimated before they run, counted in their answers."""
