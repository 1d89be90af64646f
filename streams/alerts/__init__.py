"""Alerts: opened and changed by verdicts and commands, and formatted for webhooks.

Pure: nothing here knows Kafka clients, settings, a clock or a log.
"""
