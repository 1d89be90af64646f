"""What becomes an alert, what verdicts and commands change in it, and what a webhook says of it.

Pure: nothing here knows Kafka clients, settings, a clock or a log.
"""
