"""Telling the steps of alerts on, over HTTP."""
