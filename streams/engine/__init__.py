"""Exactly-once processing of partitions, whatever a processor does with their records.

Chunks through Faust, a task and a transactional producer for each partition, retries, and the
ledger. Knows neither episodes nor alerts.
"""
