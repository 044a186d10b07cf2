"""What must happen after a commit: leased rows, attempts, backoff, dead letters."""
