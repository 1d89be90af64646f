"""The dashboard: the content of the topics, as pages and as an API."""
