"""Everything at once on one machine: an embedded broker, invented episodes, the real worker."""
