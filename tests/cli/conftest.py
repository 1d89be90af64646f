import json
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parents[1] / "golden" / "episodes.jsonl"


@pytest.fixture(scope="session")
def golden() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def golden_lines(golden: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(case["episode"]).encode() + b"\n" for case in golden)
