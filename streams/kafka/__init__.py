"""Kafka clients: connections, errors, topics, rights, and reading and publishing records.

Exactly-once processing is in `engine`.
"""
