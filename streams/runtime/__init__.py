"""What every process does at its start and end, and its health and metrics over HTTP."""
