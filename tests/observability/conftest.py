"""Prometheus and Alertmanager as Debian packages them."""

from pathlib import Path

import pytest
from debian import unpacked


@pytest.fixture(scope="session")
def prometheus() -> Path:
    """Give the folder of `prometheus` and `promtool`."""
    return unpacked("prometheus") / "usr" / "bin"


@pytest.fixture(scope="session")
def amtool() -> Path:
    """Give the program that looks at configurations of Alertmanager."""
    return unpacked("prometheus-alertmanager") / "usr" / "bin" / "amtool"
