"""Hold a program that judges standard input to the Python check: python -m … COMMAND."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from string import ascii_uppercase
from typing import Any, Final

from strategies import (
    APPROACHES,
    DIAGNOSES,
    LEVELS,
    OTHER_PROCEDURES,
    PADDING,
    PROCEDURES,
    RUBBISH,
    SITES,
    VERTEBROPLASTIES,
)

from benchmarks.loads import Load
from schemas.episode import CODES_IN_A_LIST
from streams.validation.check import judge

GOLDEN: Final = Path(__file__).parents[2] / "tests" / "golden" / "episodes.jsonl"
LOADS: Final = (Load.NATIONAL, Load.HEAVY)
RANDOM_EPISODES: Final = 40_000
SHOWN: Final = 5
"""Differences that are printed."""

_DATES: Final = (
    *(None, "2026-05-01", "2026-05-09", "20260509", "2026-05-01T09:30:00", "2026-05-09 23:59"),
    *("2026-02-29", "2024-02-29", "1801-01-01", "01/05/2026", ""),
)
_LIKELY_DATES: Final = _DATES[:3]
_LIKELY_DIAGNOSES: Final = (["M80.58"], ["M81.98", "M48.56"], ["S22.00", "W19.0"], ["S32.00"])
_MAIN: Final = (*("V44.4", "V44.6") * 3, "V47.3", "V38.3", "W36.5")
_IMAGE_CONTROL: Final = ("Y53.4",)
_VERTEBRAE: Final = ("Z66.1", "Z66.2", "Z66.3", "Z66.4", "Z66.5")
_TAIL: Final = (*LEVELS, *APPROACHES, *SITES)
_KEYBOARD: Final = "VYZO0123456789.-&*†XxAD \"'é½"


def episodes() -> Iterator[bytes]:
    """Give the golden episodes, those of the loads, every code, and random ones."""
    for line in GOLDEN.read_text().splitlines():
        yield json.dumps(json.loads(line)["episode"]).encode()
    for load in LOADS:
        yield from (value for _, value in load.pool())
    yield from every_code()
    yield from islice(random_episodes(), RANDOM_EPISODES)


def every_code() -> Iterator[bytes]:
    """Give every code of four characters, as a procedure and as a diagnosis."""
    for letter in ascii_uppercase:
        for number in range(1000):
            code = f"{letter}{number:03}"
            fifth = number % 7 or ""
            yield _episode(code, ["V44.4", "V55.1", "Y53.4", code, "Y53.3"], [f"{code}{fifth}"])


def random_episodes(seed: int = 12) -> Iterator[bytes]:
    """Invent episodes in which every rule meets every other, in all spellings that are read."""
    random = Random(seed)  # noqa: S311  # nothing secret is drawn
    number = 0
    while True:
        number += 1
        any_diagnoses = random.choices(DIAGNOSES, k=random.randrange(5))
        diagnoses = random.choice((any_diagnoses, any_diagnoses, *_LIKELY_DIAGNOSES))
        provider_code = random.choice(("R0A", "rj1", "RXQ02", "R0A00", " nt4 "))
        procedures = _entries(random, _procedures(random))
        yield _episode(f"E{number}", procedures, _entries(random, diagnoses), provider_code)


def _episode(
    episode_id: str,
    procedures: Sequence[object],
    diagnoses: Sequence[object],
    provider_code: str = "R0A",
) -> bytes:
    return json.dumps(
        {
            "episode_id": episode_id,
            "provider_code": provider_code,
            "procedures": procedures,
            "diagnoses": diagnoses,
        }
    ).encode()


def _procedures(random: Random) -> list[str]:
    """Give codes at random, or groups, or groups that are nearly right."""
    match random.randrange(3):
        case 0:
            before = random.choices(PROCEDURES, k=random.randrange(12))
            after = random.choices(PROCEDURES, k=random.randrange(8))
            return [*before, random.choice(VERTEBROPLASTIES), *after]
        case 1:
            codes = random.choices(_TAIL, k=random.choice((0, 0, 0, 1, 3)))
            for _ in range(random.randrange(1, 5)):
                codes.append(random.choice(random.choice((VERTEBROPLASTIES, OTHER_PROCEDURES))))
                codes += random.choices(LEVELS, k=random.randrange(2))
                codes += random.choices(_TAIL, k=random.choice((0, 1, 2, 3, 6)))
            return codes
        case _:
            codes = []
            for _ in range(random.randrange(1, 4)):
                codes += [random.choice(_MAIN), random.choice(LEVELS[:2]), *_IMAGE_CONTROL]
                codes += random.choices(_VERTEBRAE, k=random.randrange(4))
            for _ in range(random.choice((0, 0, 1, 2))):
                at = random.randrange(len(codes))
                other = random.choice(random.choice((PROCEDURES, RUBBISH, PADDING, _TAIL)))
                codes[at : at + random.randrange(2)] = random.choice(([other], []))
            return codes


def _entries(random: Random, codes: Sequence[str]) -> list[object]:
    """Write codes as text, as objects, with dates, and now and then with positions."""
    dates = random.choice((_LIKELY_DATES, _LIKELY_DATES, _DATES))
    dated = random.random()
    entries: list[object] = []
    for code in codes:
        spelled = _spelled(random, code)
        if random.random() < dated:
            entries.append({"code": spelled or None, "date": random.choice(dates)})
        else:
            entries.append(spelled or random.choice(("", None)))
    if random.randrange(10):
        return entries
    places = random.sample(range(1, CODES_IN_A_LIST), len(codes))
    return [
        {
            **(entry if isinstance(entry, dict) else {"code": entry}),
            "position": random.choice((place, str(place))),
        }
        for entry, place in zip(entries, places, strict=True)
    ]


def _spelled(random: Random, code: str) -> str:
    """Write a code in one of many ways, or with a typing error."""
    at = random.randrange(len(code) + 1)
    typed = random.choice(_KEYBOARD)
    spellings = (
        code.lower(),
        code.replace(".", ""),
        f" {code}\u00a0",
        f'"{code}"',
        code[:at],
        code[:at] + typed + code[at:],
        code[:at] + typed + code[at + 1 :],
    )
    return code if random.randrange(8) else random.choice(spellings)


def comparable(verdict: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a verdict what is in words, and of a dead letter all but its reason."""
    if verdict["rejection"]:
        return {"outcome": verdict["outcome"], "reason": verdict["rejection"]["reason"]}
    for finding in verdict["findings"]:
        finding["expected"] = ""
        if finding["fix"]:
            finding["fix"]["text"] = ""
    return {**verdict, "remarks": []}


def differing(command: Sequence[str]) -> tuple[int, list[str]]:
    """Compare what a program and the Python check make of each episode; count, and what differs.

    The program reads an episode a line, and writes a verdict a line.
    """
    values = list(episodes())
    done = subprocess.run(
        command, input=b"\n".join(values) + b"\n", stdout=subprocess.PIPE, check=True
    )
    differences = []
    for value, line in zip(values, done.stdout.splitlines(), strict=True):
        said = comparable(json.loads(line))
        wanted = comparable(json.loads(judge(value).model_dump_json()))
        if said != wanted:
            fields = [name for name in wanted if said.get(name) != wanted[name]]
            differences.append(
                f"{value.decode()}\n"
                + "".join(f"  {name}: {said.get(name)}\n  not {wanted[name]}\n" for name in fields)
            )
    return len(values), differences


def main(command: Sequence[str]) -> int:
    """Print the first differences, and how many there are."""
    compared, differences = differing(command)
    for each in differences[:SHOWN]:
        sys.stderr.write(each)
    sys.stdout.write(f"{compared} episodes compared, {len(differences)} differ\n")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
