"""The contract with other systems as an AsyncAPI document: `python -m streams.cli.contract`.

What can be computed is computed: names, settings, shapes and examples come from the code that
uses them. The document is written as YAML, which only a development environment can do.
"""
