"""An admin client for topics and rights."""

from concurrent.futures import Future
from time import monotonic
from typing import Any, Final, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AclOperation,
    AdminClient,
    ClusterMetadata,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from streams.errors import BrokersUnavailable, OperatorError
from streams.kafka.connection import for_librdkafka, ssl_context
from streams.kafka.diagnosis import diagnose
from streams.kafka.topics import Topic
from streams.settings import Settings

TIMEOUT_SECONDS: Final = 10.0
FIRST_TRY_SECONDS: Final = 1.0
"""How long the first answer may take before a diagnosis; longer with each further try."""

_UNSEEN: Final = [AclOperation.CREATE, AclOperation.DESCRIBE_CONFIGS]
"""Operations that a user without Describe may have; the brokers do not report them."""

T = TypeVar("T")


class Cluster:
    """Asks the brokers. Raises BrokersUnavailable if they do not answer, else OperatorError."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._faults: list[KafkaError] = []
        options: dict[str, Any] = {
            **for_librdkafka(settings),
            "socket.timeout.ms": int(TIMEOUT_SECONDS * 1000),
            "error_cb": self._faults.append,
            "log_level": 0,
        }
        if settings.security_protocol.encrypted:
            ssl_context(settings)  # explains faults of a file better than librdkafka
        try:
            self._client = AdminClient(options)
        except KafkaException as error:
            message = f"cannot use IPG12_SSL_… or IPG12_SASL_… as set: {_reason(error)}"
            raise OperatorError(message) from None
        metadata = self._first_answer()
        self.partitions = {name: len(topic.partitions) for name, topic in metadata.topics.items()}
        """Number of partitions by topic; topics hidden from the user are left out."""
        self._reports_rights = metadata.controller_id in metadata.brokers
        """False for the embedded broker, which would not answer."""

    def create(self, topics: list[Topic], partitions: int, replication: int) -> list[str]:
        """Create topics; return those that the user may not create.

        A topic that was created meanwhile is not an error.
        """
        futures = self._client.create_topics(
            [
                NewTopic(topic.name, partitions, replication, config=topic.config)
                for topic in topics
            ],
            operation_timeout=TIMEOUT_SECONDS,
        )
        denied = []
        for name, future in futures.items():
            try:
                self._answer(future)
            except KafkaException as error:
                code = error.args[0].code()
                if code == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                    denied.append(name)
                elif code != KafkaError.TOPIC_ALREADY_EXISTS:
                    message = f"cannot create topic {name}: {_reason(error)}"
                    raise OperatorError(message) from None
        return denied

    def config(self, names: list[str]) -> dict[str, dict[str, str]]:
        """Return the settings of topics, by topic and name."""
        futures = self._client.describe_configs(
            [ConfigResource(ResourceType.TOPIC, name) for name in names]
        )
        found = {}
        for resource, future in futures.items():
            try:
                entries = self._answer(future)
            except KafkaException as error:
                message = f"cannot read the settings of topic {resource.name}: {_reason(error)}"
                raise OperatorError(message) from None
            found[resource.name] = {name: entry.value or "" for name, entry in entries.items()}
        return found

    def allowed(self, topics: list[str]) -> dict[str, set[str]]:
        """Return the operations allowed to the user by topic, if the brokers report them."""
        if not (topics and self._reports_rights):
            return {}
        futures: dict[str, Future[Any]] = self._client.describe_topics(
            TopicCollection(topics),
            include_authorized_operations=True,
            request_timeout=TIMEOUT_SECONDS,
        )
        allowed = {}
        for name, future in futures.items():
            try:
                described: list[AclOperation] | None
                described = future.result(TIMEOUT_SECONDS).authorized_operations
            except KafkaException as error:
                described = (
                    _UNSEEN
                    if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
                    else None
                )
            except TimeoutError:
                described = None
            if described is not None:
                allowed[name] = {operation.name for operation in described}
        return allowed

    def _first_answer(self) -> ClusterMetadata:
        seconds = FIRST_TRY_SECONDS
        end = monotonic() + TIMEOUT_SECONDS
        while (left := end - monotonic()) > 0:
            try:
                return self._client.list_topics(timeout=min(seconds, left))
            except KafkaException as error:
                reason = _reason(error)
            seconds += FIRST_TRY_SECONDS
            self._client.poll(0)
            if fault := diagnose(self._settings):
                message = f"broker {fault}"
                raise OperatorError(message)
            if any(fault.code() == KafkaError._AUTHENTICATION for fault in self._faults):  # noqa: SLF001  # in the public API
                message = (
                    f"the brokers refuse user {self._settings.sasl_username} or its password; "
                    f"correct IPG12_SASL_USERNAME or IPG12_SASL_PASSWORD"
                )
                raise OperatorError(message)
        reasons = [
            fault.str()
            for fault in self._faults
            if fault.code() != KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001  # as above
        ]
        raise self._unanswered(reasons[-1] if reasons else reason)

    def _answer(self, future: Future[T]) -> T:
        """Wait for an answer. Raises KafkaException if the request was refused."""
        try:
            return future.result(TIMEOUT_SECONDS)
        except TimeoutError:
            reason = f"nothing for {TIMEOUT_SECONDS:.0f} s"
        except KafkaException as error:
            if error.args[0].code() >= 0 and not error.args[0].retriable():
                raise
            reason = _reason(error)
        raise self._unanswered(reason)

    def _unanswered(self, reason: str) -> BrokersUnavailable:
        brokers = self._settings.brokers
        return BrokersUnavailable(
            f"no answer from the brokers at {brokers} (IPG12_BROKERS): {reason}"
        )


def _reason(error: KafkaException) -> str:
    fault = error.args[0] if error.args else error
    return fault.str() if isinstance(fault, KafkaError) else type(error).__name__
