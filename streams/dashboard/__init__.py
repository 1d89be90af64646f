"""The dashboard: what stands on the topics, as pages and as an API."""
