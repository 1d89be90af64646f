"""Talking to a cluster: connections, errors, topics, rights, and reading and publishing records.

What processes records exactly once is in `engine`.
"""
