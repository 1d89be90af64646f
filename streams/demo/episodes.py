"""Invented episodes: realistic codes, fictitious patients."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final

PROVIDERS: Final = ("R0A", "RBQ05", "RGT01", "RJ122", "RM3", "RTH08", "RX1RA", "RYJ")

COMPLIANT: Final = (
    "V44.4 V55.1 Y53.4 Z66.5",
    "V44.4 V55.2 Y53.4 Z66.4 Z66.5",
    "V44.6 V55.2 Y68.1 Z66.4",
    "V44.4 V55.1 Y53.2 Z66.5 Z94.3",
    "V44.4 V55.9 Y53.9 Z66.9",
    "V44.4 V55.1 Y10.2 Y53.4 Z66.5",
    "V44.4 V55.1 Y53.4 V47.3 V55.1 Z66.5",
    "V44.6 V55.3 Y53.4 Z66.4 Z66.5",
)
FAULTY: Final = (
    "V44.4 Y53.4 Z66.5",
    "V44.4 Y53.4 V55.1 Z66.5",
    "V44.4 V55.1 Z66.5",
    "V44.4 V55.1 Z66.5 Y53.4",
    "V44.6 V55.2 Y68.1",
    "V44.4 V55.1 Y53.4 Z84.6",
    "V44.4 V55 Y53 Z66.5",
    "V44.4 V55.1 Y53.4 V47.3 Z66.5",
    "Y53.4 V44.4 V55.1 Z66.5",
    "V44 V55.1 Y53.4 Z66.5",
    "V44.41 V55.1 Y53.4 Z66.5",
    "V44.4 V55.1 Y53.4 Z66.4 Z66.5",
)
ELSEWHERE: Final = (
    "W37.1 Z94.2",
    "W40.1 Z94.3",
    "H22.9 Z28.6",
    "K63.1 Y53.4 Z94.2",
    "M45.9",
    "J18.3 Y75.2",
    "V44.5 V55.1 Y53.4 Z66.5",
    "V25.4 V55.2 Z66.5",
    "R17.2 Y95.3",
    "",
)
INDICATIONS: Final = ("M80.58", "M80.08", "M80.98", "M84.48", "C79.5", "M81.09", "D18.0", "C90.0")
"""None of them of one region of the spine alone."""

DIAGNOSES: Final = ("I10X", "E11.9", "J18.9", "N18.3", "Z92.1", "F03X", "M16.1", "K57.3", "R29.6")
BROKEN: Final = (
    b'{"episode_id": "CUT-SHORT", "provider_code": "R0A", "procedures": ["V44.4"',
    b'{"provider_code": "RGT01", "procedures": ["V44.4"], "diagnoses": ["M80.58"]}',
    b'{"episode_id": "ODD-TYPE", "provider_code": "RM3", "procedures": 444, "diagnoses": []}',
    b"episode_id;provider_code;procedures",
)


def invented_episodes(
    count: int, *, in_scope: float, faulty: float, padding: int = 0, seed: int = 12
) -> Iterator[bytes]:
    """Yield invented episodes as JSON, of about 600 bytes plus `padding`.

    `in_scope` is the share of vertebroplasties, `faulty` the share of those that break a rule of
    severity error.
    """
    random = Random(seed)  # noqa: S311  # nothing secret is drawn
    for number in range(count):
        if random.random() >= in_scope:
            procedures, primary = random.choice(ELSEWHERE), random.choice(DIAGNOSES)
        else:
            sequences = FAULTY if random.random() < faulty else COMPLIANT
            procedures, primary = random.choice(sequences), random.choice(INDICATIONS)
        yield json.dumps(_episode(random, number, procedures, primary, padding)).encode()


def _episode(
    random: Random, number: int, procedures: str, primary: str, padding: int
) -> dict[str, Any]:
    start = date(2026, 1, 1) + timedelta(days=random.randrange(330))
    days = random.randrange(12)
    diagnoses = [primary, *random.sample(DIAGNOSES, random.randrange(1, 5))]
    return {
        "episode_id": f"E{number:09d}",
        "provider_code": random.choice(PROVIDERS),
        "spell_id": f"S{random.randrange(10**9):09d}",
        "episode_number": random.randrange(1, 4),
        "start_date": str(start),
        "end_date": str(start + timedelta(days=days)),
        "procedures": [{"code": code, "date": str(start)} for code in procedures.split()],
        "diagnoses": [{"code": code} for code in diagnoses],
        "nhs_number": f"999{random.randrange(10**7):07d}",
        "age": random.randrange(18, 97),
        "admission_method": random.choice(("11", "12", "21", "28")),
        "discharge_destination": random.choice(("19", "51", "79")),
        "main_specialty": random.choice(("100", "110", "150", "300", "430")),
        "consultant": f"C{random.randrange(10**7):07d}",
        "notes": "x" * padding,
    }
