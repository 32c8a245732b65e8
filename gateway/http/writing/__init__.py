"""From results to bytes: statuses, headers, languages, caching, compression."""
