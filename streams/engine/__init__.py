"""Exactly-once processing of partitions, whatever a processor does with their records.

Passes chunks through Faust, and has a task and a transactional producer for each partition,
retries, and the ledger. Knows neither episodes nor alerts.
"""
