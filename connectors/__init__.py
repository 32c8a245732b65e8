"""What is true, and where it is kept: one MongoDB database per subsystem."""

import os

# Motor reads it once, when it is imported. By default it has five threads a core, which one hanging database would
# hold all of: here every source may hold as many as its guard lets it, and the others keep theirs.
os.environ.setdefault("MOTOR_MAX_WORKERS", "64")
