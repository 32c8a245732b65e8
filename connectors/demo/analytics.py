"""The statistics are no documents: `school-gateway analytics build` counts them from those of the other subsystems."""
