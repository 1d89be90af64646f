"""Records as nobody should write them: each has its outcome, and what is behind it is done."""

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, cast

import lz4.frame
import pytest
from aiokafka.codec import snappy_encode
from broker.deployment import Deploy, Deployment
from broker.kafka import Cluster
from broker.load import COMPLIANT, episode, padded
from broker.raw_batch import CODECS, RawRecord, publish, raw_batch
from broker.raw_batch import field as field_of
from broker.records import SILENCE_SECONDS, Header, open_consumer, place_of, read_topic
from confluent_kafka import KafkaError, TopicPartition

from schemas.ledger import LedgerRow
from schemas.verdict import Outcome
from streams.batches.record_parser import MOST_HEADERS

MB = 1_000_000
DAY_MS = 86_400_000
NO_TIMESTAMP = -1
LARGEST_RSS_MIB = 512
DONE_SECONDS = 100
TAKES_ALL = {"receive.message.max.bytes": 1_000 * MB, "fetch.message.max.bytes": 200 * MB}
EPISODE = episode(Random(0), 1, COMPLIANT[0], diagnoses=["M80.58"])  # noqa: S311  # repeatable, not secret
LARGE = b" " * (110 * MB)


class LongSizes(RawRecord):
    """A record whose sizes have bits beyond the 32 that brokers look at."""

    def written(self, place: int, first_timestamp: int) -> bytes:
        plain = super().written(place, first_timestamp)
        number = (len(plain) - 2) << 1
        size = [number >> shift & 0x7F | 0x80 for shift in (0, 7, 14, 21)]
        return bytes([*size, 0x70]) + plain[2:]


@dataclass(frozen=True)
class Case:
    """A batch of records, and the outcome of all of them."""

    records: Sequence[RawRecord]
    outcome: Outcome = Outcome.COMPLIANT
    codec: str = "none"
    batch: dict[str, Any] = field(default_factory=dict)
    """What else is said of the batch."""


def fine(*records: RawRecord, codec: str = "none", **batch: object) -> Case:
    return Case(records, Outcome.COMPLIANT, codec, batch)


def refused(*records: RawRecord, codec: str = "none") -> Case:
    return Case(records, Outcome.DEAD_LETTER, codec)


NOT_UTF_8 = RawRecord(EPISODE, headers=[(b"gr\xf6\xdfe", b"\xff"), (b"size", None)])
ODD_NAMES = {
    "a header's name that is not UTF-8",
    "the same, compressed",
    "the same without a time",
    "20 records with 9,999 such headers",
}
PLAIN_CODECS = [*CODECS]
FRAME = {"block_linked": False, "content_checksum": True}
CODECS["lz4, wrong"] = (3, lambda content: lz4.frame.compress(content, **FRAME)[:-1] + b"?")
CODECS["snappy, several"] = (
    2,
    lambda content: snappy_encode(content[:50]) + snappy_encode(content[50:]),
)
CASES = {
    "a header's name that is not UTF-8": fine(NOT_UTF_8),
    "the same, compressed": fine(NOT_UTF_8, codec="zstd"),
    "the same without a time": fine(replace(NOT_UTF_8, timestamp=NO_TIMESTAMP)),
    "20 records with 9,999 such headers": fine(
        *[RawRecord(EPISODE, headers=[(b"\xff", None)] * 9_999)] * 20, codec="zstd"
    ),
    "100 records with 1,000 headers": fine(
        *[RawRecord(EPISODE, headers=[(b"a", None)] * 1_000)] * 100, codec="zstd"
    ),
    "headers without name, without value, and twice": fine(
        RawRecord(EPISODE, headers=[(b"", None), (b"", b""), (b"a", b"1"), (b"a", b"2")])
    ),
    "400,000 headers": fine(RawRecord(EPISODE, headers=[(b"a", b"b")] * 400_000)),
    "110 MB without a time": refused(RawRecord(LARGE, timestamp=NO_TIMESTAMP), codec="zstd"),
    "110 MB compressed by zstd": refused(RawRecord(LARGE, b"k"), codec="zstd"),
    "110 MB compressed by gzip": refused(RawRecord(LARGE, b"k"), codec="gzip"),
    "110 MB compressed by lz4": refused(RawRecord(LARGE, b"k"), codec="lz4"),
    "20 MB compressed by snappy": refused(RawRecord(LARGE[: 20 * MB], b"k"), codec="snappy"),
    "60 records of 10 MB": refused(*[RawRecord(LARGE[: 10 * MB])] * 60, codec="zstd"),
    "100 episodes of 1 MB": fine(*[RawRecord(padded(EPISODE, MB))] * 100, codec="zstd"),
    "a key of 20 MB": fine(RawRecord(EPISODE, LARGE[: 20 * MB]), codec="zstd"),
    "a key of 1 MB": fine(RawRecord(EPISODE, LARGE[:MB])),
    "a key without bytes": fine(RawRecord(EPISODE, b"")),
    "no value": refused(RawRecord(None, b"k")),
    "times before 1970": fine(*(RawRecord(EPISODE, timestamp=-n * DAY_MS) for n in (1, 9, 3))),
    "a time of two milliseconds before 1970": fine(RawRecord(EPISODE, timestamp=-2)),
    "no time": fine(RawRecord(EPISODE, timestamp=NO_TIMESTAMP)),
    "no time behind one": fine(
        *(RawRecord(EPISODE, timestamp=each) for each in (DAY_MS, NO_TIMESTAMP))
    ),
    "attributes of a record": fine(RawRecord(EPISODE, attributes=0xFF)),
    "attributes that look like a number": fine(RawRecord(EPISODE, b"k", attributes=0x80)),
    "attributes of a batch": fine(RawRecord(EPISODE), attributes=0x7F80),
    "a delete horizon": fine(RawRecord(EPISODE), attributes=0x40),
    "a producer that nobody knows": fine(RawRecord(EPISODE), state=(12_345, 0, 0)),
    "offsets of other batches": fine(*(RawRecord(EPISODE, offset=each) for each in (0, 5))),
    "offsets before the batch": fine(*(RawRecord(EPISODE, offset=each) for each in (-3, -2))),
    "something behind a gzip stream": fine(RawRecord(EPISODE), codec="gzip", behind=b"anything"),
    "sizes of more than 32 bits": fine(LongSizes(EPISODE)),
    "an lz4 frame with a wrong checksum": fine(RawRecord(EPISODE), codec="lz4, wrong"),
    "several streams of snappy": fine(RawRecord(EPISODE), codec="snappy, several"),
    "something behind an lz4 frame": fine(RawRecord(EPISODE), codec="lz4", behind=b"anything"),
    **{
        f"2,000 records, {codec}": fine(*[RawRecord(EPISODE)] * 2_000, codec=codec)
        for codec in PLAIN_CODECS
    },
}
NAMES = [*CASES]
BEHIND = RawRecord(EPISODE, b"behind")


@dataclass(frozen=True)
class Copy:
    """A copy, its key and its value by their digests."""

    outcome: Outcome
    key: str
    value: str
    timestamp: int
    headers: Sequence[Header] | None


@dataclass(frozen=True)
class Run:
    """What came of all cases, each in a partition of its own."""

    deployment: Deployment
    copies: dict[int, list[Copy]]
    ledger: dict[int, LedgerRow]
    peak_mib: int


def digest(content: bytes | None) -> str:
    return "null" if content is None else hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def run(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Run:
    deployment = Deployment(cluster, tmp_path_factory.mktemp("odd"), "odd.")
    deployment.create_topics(len(CASES))
    last = asyncio.run(publish_all(deployment))
    with deployment.worker() as worker:

        def done() -> bool:
            return {number: row.upto for number, row in deployment.ledger().items()} == last

        worker.wait_until(done, "every record was done", DONE_SECONDS)
        status = Path(f"/proc/{worker.process.pid}/status").read_text()
        assert worker.stop() == 0
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024
    return Run(deployment, read_copies(deployment), deployment.ledger(), peak)


async def publish_all(deployment: Deployment) -> dict[int, int]:
    """Publish every case, and a record behind it; return the last offset of each partition."""
    topic = deployment.topic("episodes")
    last = {}
    for number, case in enumerate(CASES.values()):
        odd = raw_batch(at(deployment, case.records), case.codec, **case.batch)
        batches = [(odd, len(case.records)), (raw_batch(at(deployment, [BEHIND])), 1)]
        last[number] = await publish(deployment.cluster.address, topic, number, batches)
    return last


def at(deployment: Deployment, records: Sequence[RawRecord]) -> list[RawRecord]:
    """Give records that have no time of their own that of the test."""
    return [replace(each, timestamp=each.timestamp or deployment.started_ms) for each in records]


def read_copies(deployment: Deployment) -> dict[int, list[Copy]]:
    """Read the copies of each partition, one at a time."""
    copies: dict[int, list[Copy]] = {number: [] for number in range(len(CASES))}
    client = {**deployment.cluster.client, **TAKES_ALL}
    for outcome in (Outcome.DEAD_LETTER, Outcome.COMPLIANT):
        consumer, partitions = open_consumer(client, deployment.topic(outcome))
        unfinished = set(partitions)
        while unfinished:
            message = consumer.poll(SILENCE_SECONDS)
            assert message is not None
            _, number, _ = place_of(message)
            if error := message.error():
                assert error.code() == KafkaError._PARTITION_EOF, error  # noqa: SLF001
                unfinished.discard(number)
                continue
            # confluent-kafka itself ends the process at a name that is not UTF-8.
            headers = None if NAMES[number] in ODD_NAMES else message.headers()
            place = Copy(
                *(outcome, digest(message.key()), digest(message.value())),
                *(message.timestamp()[1], cast("list[Header] | None", headers)),
            )
            copies[number].append(place)
        consumer.close()
    return copies


@pytest.mark.parametrize("name", NAMES)
def test_an_odd_record_has_one_outcome_and_is_copied_as_it_came(run: Run, name: str) -> None:
    number, case = NAMES.index(name), CASES[name]
    *copies, behind = run.copies[number]
    came = at(run.deployment, case.records)

    assert {copy.outcome for copy in copies} == {case.outcome}
    assert behind.outcome is Outcome.COMPLIANT
    assert behind.key == digest(BEHIND.key)
    assert [(copy.key, copy.value) for copy in copies] == [
        (digest(record.key), digest(record.value)) for record in came
    ]
    for copy, record in zip(copies, came, strict=True):
        if record.timestamp == NO_TIMESTAMP:
            assert copy.timestamp >= run.deployment.started_ms
        else:
            assert copy.timestamp == record.timestamp
        if copy.headers is not None:
            kept = [*record.headers] if len(record.headers) <= MOST_HEADERS else []
            found = [(name.encode(), value) for name, value in copy.headers]
            assert found[: len(kept) + 1] == [*kept, (b"ipg12-outcome", case.outcome.encode())]
    outcomes = {each: count for each, count in run.ledger[number].outcomes.items() if count}
    assert sum(outcomes.values()) == len(case.records) + 1
    assert outcomes[case.outcome] >= len(case.records)


def test_names_of_headers_are_written_byte_for_byte(run: Run) -> None:
    (broker,) = run.deployment.cluster.brokers
    for name in ODD_NAMES:
        folder = broker.data / f"{run.deployment.topic('compliant')}-{NAMES.index(name)}"
        (written, _), *_ = CASES[name].records[0].headers
        assert field_of(written) in b"".join(log.read_bytes() for log in folder.glob("*.log"))


def test_all_of_them_are_done_within_the_memory_that_is_promised(run: Run) -> None:
    assert run.peak_mib < LARGEST_RSS_MIB


def test_where_the_broker_sets_the_time_copies_have_that(deploy: Deploy) -> None:
    deployment = deploy(partitions=1)
    deployment.configure("episodes", {"message.timestamp.type": "LogAppendTime"})
    topic, address = deployment.topic("episodes"), deployment.cluster.address
    odd = [replace(each, timestamp=DAY_MS) for each in (NOT_UTF_8, BEHIND)]
    batches = [(raw_batch(odd, codec), 2) for codec in ("none", "zstd")]
    batches.append((raw_batch([RawRecord(LARGE, timestamp=DAY_MS)], "zstd"), 1))
    last = asyncio.run(publish(address, topic, 0, batches))
    with deployment.worker() as worker:
        worker.wait_until(
            lambda: [row.upto for row in deployment.ledger().values()] == [last],
            *("every record was done", DONE_SECONDS),
        )
    answers = read_topic(deployment.cluster.client, deployment.topic("verdicts"))
    times = [answer.content.timestamp for answer in answers]
    assert len(times) == last + 1
    assert all(time >= deployment.started_ms for time in times)


OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


def test_what_is_damaged_on_a_brokers_disk_stops_the_worker_until_it_is_cut_off(
    deploy: Deploy,
) -> None:
    deployment = deploy(partitions=1)
    topic, address = deployment.topic("episodes"), deployment.cluster.address
    fine = raw_batch(at(deployment, [BEHIND] * 500))
    damaged = raw_batch(at(deployment, [BEHIND, RawRecord(EPISODE, b"to be damaged"), BEHIND]))
    last = asyncio.run(publish(address, topic, 0, [*[(fine, 500)] * 40, (damaged, 3), (fine, 500)]))
    (broker,) = deployment.cluster.brokers
    (log,) = (broker.data / f"{topic}-0").glob("*.log")
    with log.open("r+b") as file:
        file.seek(log.read_bytes().index(b"to be damaged"))
        file.write(b"?")

    with deployment.worker() as worker:
        assert worker.process.wait(DONE_SECONDS) == 2
    line = worker.log.read_text().splitlines()[-1]
    place = f"ipg12: {topic}/0, offsets 20000 to 20002: CorruptRecordException while reading them; "
    assert line == f"{place}see docs/operating.md#when-a-record-cannot-be-read"
    assert deployment.ledger()[0].upto == 19_999

    (partition,) = json.loads(re.findall(r"echo '(.*)' > cut\.json", OPERATING)[0])["partitions"]
    assert partition["topic"] == "ipg12.episodes"
    behind = TopicPartition(topic, partition["partition"], partition["offset"])
    deployment.admin.delete_records([behind])[behind].result()
    with deployment.worker() as worker:
        worker.wait_until(lambda: deployment.ledger()[0].upto == last, "it went on", DONE_SECONDS)
        worker.wait_until(
            lambda: "records.expired" in worker.log.read_text(), "it was named", DONE_SECONDS
        )
        assert worker.stop() == 0
    assert deployment.done() == 20_500
