"""What becomes an alert, and what becomes of it."""
