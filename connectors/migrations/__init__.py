"""Migrations: numbered changes that bring stored documents from the shape of an earlier version to that of this one."""
