"""HTML that people read: pages without any script, in Russian and English."""
