import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import pytest

from streams.cli import main

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


def ipg12_here(*arguments: str, **environment: str) -> Completed:
    """Run the command within this process, which is quicker: for what it says, and no more."""
    output, errors = BytesIO(), BytesIO()
    as_text = [TextIOWrapper(each, "utf-8", write_through=True) for each in (output, errors)]
    with (
        patch.object(sys, "argv", ["ipg12", *arguments]),
        patch.dict(os.environ, {"PATH": os.environ["PATH"], **environment}, clear=True),
        redirect_stdout(as_text[0]),
        redirect_stderr(as_text[1]),
        pytest.raises(SystemExit) as end,
    ):
        main()
    status = end.value.code or 0
    assert isinstance(status, int)
    return Completed(arguments, status, output.getvalue(), errors.getvalue())
