"""A Bytewax dataflow with recovery: Kafka in, batches judged, Kafka out.

Its places in the input are kept in its own recovery store, not in the consumer group.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from benchmarks.peers.work import BROKERS, TOPICS, judged

BATCH_RECORDS: Final = 2_000

Copy: TypeAlias = KafkaSinkMessage[bytes | None, bytes | None]


def validate(records: list[KafkaSourceMessage[bytes | None, bytes | None]]) -> Iterator[Copy]:
    """Judge a batch."""
    for record in records:
        _, topic, headers, answer = judged(
            record.partition, record.offset, record.value, record.headers
        )
        yield KafkaSinkMessage(
            record.key, record.value, topic, headers, record.partition, record.timestamp[1]
        )
        if answer is not None:
            yield KafkaSinkMessage(answer.key, answer.value, TOPICS.verdicts, answer.headers)


def main() -> None:
    """Run until SIGTERM."""
    brokers = BROKERS.split(",")
    flow = Dataflow("ipg12")
    source = KafkaSource(brokers, [TOPICS.episodes], batch_size=BATCH_RECORDS)
    episodes = op.input("episodes", flow, source)
    written = op.flat_map_batch("validate", episodes, validate)
    op.output("written", written, KafkaSink(brokers, None, {"batch.size": "1000000"}))
    store = Path(tempfile.mkdtemp(dir="."))
    init_db_dir(store, 1)
    cli_main(flow, recovery_config=RecoveryConfig(store))


if __name__ == "__main__":
    main()
