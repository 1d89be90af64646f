import os
import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("ipg12")

Completed = subprocess.CompletedProcess[bytes]


def ipg12(*arguments: str | Path, given: bytes = b"", **environment: str) -> Completed:
    """Run the installed command to its end, in an environment that is the same everywhere."""
    return subprocess.run(
        [COMMAND, *arguments],
        input=given,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment},
    )
