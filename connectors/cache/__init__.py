"""What reads answer everybody alike, kept for a moment: in the process and in Redis."""
