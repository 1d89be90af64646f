"""From the bytes of a record to its verdict, and what one transaction writes for a chunk.

Pure: nothing here knows Kafka clients, settings, a clock or a log.
"""
