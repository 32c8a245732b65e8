"""Subscriptions without a transport: routes changes to viewers, and reads the objects with their rights of then."""
