"""The subsystems' data: documents and their reads and writes, in one MongoDB database per subsystem."""

import os

# Motor reads it once, when it is imported. By default it has five threads a core, all of which the change streams and
# probes of one hanging database could hold.
os.environ.setdefault("MOTOR_MAX_WORKERS", "64")
