"""The demonstration: an embedded broker, invented episodes and the real worker."""
