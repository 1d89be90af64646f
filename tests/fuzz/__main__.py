"""`make fuzz`: feed made-up bytes to intake and check; libFuzzer's options are its arguments."""

import sys

import atheris

with atheris.instrument_imports(include=["schemas", "streams"]):
    from fuzz.target import examine

atheris.Setup(sys.argv, examine)
atheris.Fuzz()
