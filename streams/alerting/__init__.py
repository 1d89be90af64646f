"""The alerts process, and the client that reads and changes alerts."""
