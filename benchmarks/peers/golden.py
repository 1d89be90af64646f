"""Hold a program that judges standard input to the golden episodes: python -m … COMMAND."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

GOLDEN: Final = Path(__file__).parents[2] / "tests" / "golden" / "episodes.jsonl"


def differing(command: Sequence[str]) -> list[str]:
    """Name the golden episodes that a program judges otherwise.

    It reads an episode a line and writes a line for each: the outcome, then every RULE@PLACE.
    """
    golden = [json.loads(line) for line in GOLDEN.read_text().splitlines()]
    episodes = "".join(f"{json.dumps(each['episode'])}\n" for each in golden)
    done = subprocess.run(command, input=episodes, stdout=subprocess.PIPE, text=True, check=True)
    wanted = [
        " ".join([each["outcome"], *map("@".join, each["findings"])])  # a rule and its place
        for each in golden
    ]
    judged = zip(golden, wanted, done.stdout.splitlines(), strict=True)
    return [each["why"] for each, line, said in judged if line != said]


if __name__ == "__main__":
    sys.exit("\n".join(differing(sys.argv[1:])) or 0)
