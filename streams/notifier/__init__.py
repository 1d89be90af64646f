"""The notifier process: delivers the events of alerts to a webhook."""
