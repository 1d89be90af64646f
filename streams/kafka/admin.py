"""Creating topics, and holding those that exist against what they should be."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from streams.kafka.connection import for_librdkafka
from streams.settings import Settings
from streams.topics import Topic, Topics, wanted
from streams.trouble import Trouble

TIMEOUT_SECONDS: Final = 10.0

_AT_LEAST: Final = frozenset({"max.message.bytes", "message.timestamp.after.max.ms"})

T = TypeVar("T")


class Admin:
    """Asks the cluster about topics. Every method raises Trouble where it gives no answer."""

    def __init__(self, settings: Settings) -> None:
        """Connect when first asked."""
        self._settings = settings
        self._faults: list[str] = []
        options: dict[str, Any] = {
            **for_librdkafka(settings),
            "socket.timeout.ms": int(TIMEOUT_SECONDS * 1000),
            "error_cb": lambda error: self._faults.append(error.str()),
            "log_level": 0,
        }
        try:
            self._client = AdminClient(options)
        except KafkaException as error:
            message = f"cannot use the IPG12_SSL_… or IPG12_SASL_… given: {_reason(error)}"
            raise Trouble(message) from None

    def partitions(self) -> dict[str, int]:
        """Give the number of partitions of every topic there is."""
        metadata = self._answer(lambda: self._client.list_topics(timeout=TIMEOUT_SECONDS))
        return {name: len(topic.partitions) for name, topic in metadata.topics.items()}

    def create(self, topics: list[Topic], partitions: int, replication: int) -> None:
        """Create topics; one that has come into being meanwhile is no fault."""
        futures = self._client.create_topics(
            [
                NewTopic(topic.name, partitions, replication, config=topic.config)
                for topic in topics
            ],
            operation_timeout=TIMEOUT_SECONDS,
        )
        for name, future in futures.items():
            try:
                future.result(TIMEOUT_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    message = f"cannot create topic {name}: {_reason(error)}"
                    raise Trouble(message) from None
            except TimeoutError:
                message = f"cannot create topic {name}: the brokers do not answer"
                raise Trouble(message) from None

    def config(self, names: list[str]) -> dict[str, dict[str, str]]:
        """Give the settings of topics, by topic and name."""
        futures: dict[ConfigResource, Future[dict[str, ConfigEntry]]] = (
            self._client.describe_configs(
                [ConfigResource(ResourceType.TOPIC, name) for name in names]
            )
        )
        return {
            resource.name: {
                name: entry.value or ""
                for name, entry in self._answer(
                    lambda future=future: future.result(TIMEOUT_SECONDS)  # type: ignore[misc]
                ).items()
            }
            for resource, future in futures.items()
        }

    def _answer(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (KafkaException, TimeoutError) as error:
            fault = self._faults[-1] if self._faults else _reason(error)
            brokers = self._settings.brokers
            message = f"no answer from the brokers at {brokers} (IPG12_BROKERS): {fault}"
            raise Trouble(message) from None


def create_topics(settings: Settings, partitions: int, replication: int) -> list[str]:
    """Create the topics that are missing; gives their names.

    Where the input exists already, its number of partitions holds for all of them.
    Raises Trouble where one that exists is not as it should be.
    """
    admin = Admin(settings)
    existing = admin.partitions()
    topics = wanted(settings)
    source = topics[0].name
    missing = [topic for topic in topics if topic.name not in existing]
    if missing:
        admin.create(missing, existing.get(source, partitions), replication)
    kept = [topic for topic in topics if topic.name in existing]
    count = existing.get(source, partitions)
    differences = [
        f"topic {topic.name} has {existing[topic.name]} partitions, {count} are needed"
        for topic in kept
        if existing[topic.name] != count
    ]
    outputs = [topic for topic in kept if topic.name != source]
    if outputs:
        differences += _config_differences(outputs, admin.config([each.name for each in outputs]))
    if differences:
        raise Trouble("; ".join(differences))
    return [topic.name for topic in missing]


def verify_topics(settings: Settings) -> int:
    """See that every topic is there, with as many partitions as the input; gives their number.

    Raises Trouble.
    """
    existing = Admin(settings).partitions()
    names = [topic.name for topic in wanted(settings)]
    missing = [name for name in names if name not in existing]
    if missing:
        message = f"missing topics: {', '.join(missing)}; run `ipg12 topics create`"
        raise Trouble(message)
    source = Topics(settings.topic_prefix).episodes
    differing = [
        f"{name} has {existing[name]}" for name in names if existing[name] != existing[source]
    ]
    if differing:
        message = (
            f"every topic needs the {existing[source]} partitions of {source}, "
            f"but {', '.join(differing)}; delete or enlarge them, then run `ipg12 topics create`"
        )
        raise Trouble(message)
    return existing[source]


def _config_differences(topics: list[Topic], found: dict[str, dict[str, str]]) -> Iterator[str]:
    """Say what is set otherwise. How long records are kept is the operator's to decide."""
    for topic in topics:
        for name, needed in topic.config.items():
            is_set = found[topic.name][name]
            enough = int(is_set) >= int(needed) if name in _AT_LEAST else is_set == needed
            if name != "retention.ms" and not enough:
                yield f"topic {topic.name} has {name}={is_set}, {needed} is needed"


def _reason(error: Exception) -> str:
    fault = error.args[0] if error.args else error
    return fault.str() if isinstance(fault, KafkaError) else type(error).__name__
