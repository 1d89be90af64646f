"""Prometheus as Debian packages it."""

from pathlib import Path

import pytest
from debian import unpacked


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """Give the folder of `prometheus` and `promtool`."""
    return unpacked("prometheus") / "usr" / "bin"
