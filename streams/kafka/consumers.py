"""aiokafka consumers without Faust."""

from aiokafka import AIOKafkaConsumer

from streams.batches.fetched import read_by_parts
from streams.kafka.connection import for_aiokafka
from streams.settings import Settings


def committed_consumer(settings: Settings, **options: str | int | None) -> AIOKafkaConsumer:
    """Create a consumer of committed records; it takes no part in rebalances of its group."""
    read_by_parts()
    return AIOKafkaConsumer(
        **for_aiokafka(settings),
        isolation_level="read_committed",
        enable_auto_commit=False,
        check_crcs=settings.check_crcs,
        **options,
    )
