"""Start and shutdown of every process, and its health and metrics over HTTP."""
