"""The worker process: checks the episodes of the input topic, and counts the outcomes."""
