"""What happens: from the bytes of a record to its verdict and its topic."""
