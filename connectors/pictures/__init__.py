"""Pictures as bytes: without their metadata, and small. It knows nothing else, so that its process starts at once."""
