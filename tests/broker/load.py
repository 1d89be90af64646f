"""An invented load of every kind of record: the same for the same seed."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Final
from zlib import crc32

from broker.records import Content, Header

HOUR_MS: Final = 3_600_000

COMPLIANT: Final = (
    "V44.4 V55.1 Y53.4 Z66.5",
    "V44.6 V55.2 Y68.1 Z66.4",
    "V44.4 V55.9 Y53.9 Z66.9",
    "v444 v551 y534 z665",
    "V44.4 V55.1 Y53.4 V44.4 V55.1 Y53.4 Z66.5",
)
NON_COMPLIANT: Final = (
    "V44.4 Y53.4 Z66.5",
    "V44.4 Y53.4 V55.1 Z66.5",
    "V44.4 V55.1 Z66.5",
    "V44.4 V55.1 Z66.5 Y53.4",
    "V44.4 V55.1 Y53.4",
    "V44.4 V55.1 Y53.4 Z84.6",
    "Y53.4 V44.4 V55.1 Z66.5",
    "V44.4 V55 Y53 Z66.5",
)
MANY_FINDINGS: Final = " ".join(["V44.4 Y53.4 V55.1 Z66.5"] * 50)
OUT_OF_SCOPE: Final = (
    "V44.5 V55.1 Y53.4 Z66.5",
    "W37.1 Z84.3",
    "",
    "W37.1 52734007",
    "52734007 Z84.3 ? 397956004",
)
NOT_JSON: Final = (b"{", b"\xff\xfe\x00", b"[1, 2", b'{"episode_id": "E1",}', b"\xef\xbb\xbf{}")
NOT_AN_EPISODE: Final = (
    b"[]",
    b"17",
    b'"text"',
    b"{}",
    b'{"episode_id": "", "provider_code": "R0A", "procedures": [], "diagnoses": []}',
    b'{"episode_id": "E1", "provider_code": "R0A", "procedures": "V44.4", "diagnoses": []}',
    b'{"episode_id": "E1", "provider_code": "?", "procedures": [1, 2], "diagnoses": [null]}',
    b'{"episode_id": "E1", "episode_id": "E2", "provider_code": "R0A", "procedures": []}',
)
DIAGNOSES: Final = ("M80.58", "M4850", "S32.00 W19.0", "W19.0", "M49.5A M80.58", "")
PROVIDERS: Final = ("R0A", "rj1", "RXQ02", "NT4")
HEADERS: Final[tuple[tuple[Header, ...], ...]] = (
    (),
    (),
    (("traceparent", b"00-4bf92f"), ("trace", b"00-4bf92f"), ("ipg12-unreadable", b"9")),
    (("ce_id", b"1"), ("tracestate", None), ("ce_id", b"\xff"), ("CE_ID", b"other")),
    (("trace", b"1"), ("größe", b"2"), ("trace", b"1")),
    (("empty", b""), ("null", None), ("bytes", b"\x00\xff")),
    (("ipg12-outcome", b"mine"), ("kept", b"yes"), ("ipg12-source", b"other/0/0")),
    (("__dlq.errors.message", b"old"), ("ipg12-rules", None), ("IPG12-Outcome", b"kept")),
)


def episode(random: Random, number: int, codes: str, **fields: object) -> bytes:
    """Write an episode; its procedures' codes are separated by blanks."""
    return json.dumps(
        {
            "episode_id": f"E{number:07}",
            "provider_code": random.choice(PROVIDERS),
            "procedures": [
                {"code": code, "date": "2026-01-31"} if random.random() < 0.1 else code
                for code in codes.split()
            ],
            "diagnoses": random.choice(DIAGNOSES).split(),
            "note": f"{random.getrandbits(64):x}",
            **fields,
        },
        indent=random.choice((None, None, 1)),
    ).encode()


def padded(value: bytes, size_bytes: int) -> bytes:
    """Fill a JSON object up to a size with blanks."""
    return value[:-1] + b" " * (size_bytes - len(value)) + value[-1:]


def mixed_load(
    count: int, *, seed: int, partitions: int, newest: int, max_bytes: int | None = None
) -> Iterator[Content]:
    """Give records of every kind, up to an hour older than `newest`, milliseconds since 1970.

    With `max_bytes` some are as long as that, and some one byte longer.
    """
    random = Random(seed)  # noqa: S311  # a load is repeatable, not secret
    kinds: list[tuple[float, Callable[[int], bytes | None]]] = [
        (40, lambda number: episode(random, number, random.choice(COMPLIANT))),
        (25, lambda number: episode(random, number, random.choice(NON_COMPLIANT))),
        (0.2, lambda number: episode(random, number, MANY_FINDINGS)),
        (15, lambda number: episode(random, number, random.choice(OUT_OF_SCOPE))),
        (4, lambda _: random.choice(NOT_JSON)),
        (4, lambda _: random.choice(NOT_AN_EPISODE)),
        (2, lambda number: episode(random, number, random.choice(COMPLIANT))[:-20]),
        (1, lambda _: random.randbytes(20)),
        (3, lambda number: episode(random, number, random.choice(COMPLIANT), withdrawn=True)),
        (3, lambda _: None),
        (2, lambda _: b""),
    ]
    if max_bytes:
        size = max_bytes
        kinds.append(
            (5, lambda number: padded(episode(random, number, COMPLIANT[0]), size + number % 2))
        )
    weights = [weight for weight, _ in kinds]
    for number in range(count):
        make = random.choices(kinds, weights)[0][1]
        key = random.choice((None, b"", b"\x00\xff", f"R0A/E{number % 500}".encode()))
        yield Content(
            partition=crc32(key) % partitions if key else number % partitions,
            key=key,
            value=make(number),
            headers=random.choice(HEADERS),
            timestamp=newest - random.randrange(HOUR_MS),
        )
