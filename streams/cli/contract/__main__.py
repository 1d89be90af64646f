"""Writes schemas/asyncapi.yaml: `python -m streams.cli.contract [FILE]`."""

import sys
from pathlib import Path

from streams.cli.contract.document import FILE, as_yaml, document

if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else FILE
    target.write_text(as_yaml(document()), encoding="utf-8")
