"""How fast the worker is beside loops that others write by hand."""
