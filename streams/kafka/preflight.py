"""Verification, before a command starts, that the user has the rights that it needs."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TransactionalIdAuthorizationFailed,
)

from streams.errors import BrokersUnavailable, OperatorError
from streams.kafka.cluster import Cluster
from streams.kafka.connection import for_aiokafka
from streams.kafka.diagnosis import diagnose
from streams.kafka.rights import Command, Operation, Resource, Right, needed
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.settings import Settings

LOOK_UP_SECONDS: Final = 10.0

_COORDINATORS: Final = {
    Resource.GROUP: CoordinationType.GROUP,
    Resource.TRANSACTIONAL_ID: CoordinationType.TRANSACTION,
}

# Without this, each failed attempt to connect goes to standard error before logs are set up.
logging.getLogger("aiokafka").addHandler(logging.NullHandler())


def verify_rights(cluster: Cluster, command: Command, settings: Settings) -> None:
    """Raise OperatorError that names the rights that the user lacks.

    A right that the brokers do not report is assumed.
    """
    lacking: list[Right] = []
    by_resource: dict[Resource, list[Right]] = {}
    source = needed(command, settings)[0].name
    for right in needed(command, settings):
        if right.operation is not Operation.CREATE:  # existing topics need not be created
            by_resource.setdefault(right.resource, []).append(right)
    for resource, rights in by_resource.items():
        if resource is not Resource.TOPIC:
            lacking += _without_coordinator(rights, cluster.partitions.get(source, 1), settings)
            continue
        allowed = cluster.allowed(list(dict.fromkeys(right.name for right in rights)))
        lacking += [
            right
            for right in rights
            if right.name in allowed and right.operation.name not in allowed[right.name]
        ]
    refuse(lacking, command, settings)


def refuse(lacking: list[Right], command: Command, settings: Settings) -> None:
    """Raise OperatorError that names the rights in `lacking`, if there are any."""
    if lacking:
        user = settings.sasl_username or (None if settings.ssl_certfile else "ANONYMOUS")
        message = (
            f"{f'user {user}' if user else 'the user of IPG12_SSL_CERTFILE'} lacks rights: "
            f"{', '.join(map(str, lacking))}; "
            f"`ipg12 topics acls --user {user or 'NAME'} --for {command}` prints how to grant them"
        )
        raise OperatorError(message)


def _without_coordinator(rights: list[Right], partitions: int, settings: Settings) -> list[Right]:
    """Return the rights on a group or on transactional ids that the brokers deny.

    Looking up the coordinator changes nothing, and needs the least rights. librdkafka reports more
    about a group, but aborts the process if a coordinator does not answer in time.
    """
    lacking = []
    # A loop of its own leaves the thread's event loop to Faust.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        for right in rights:
            names = [right.name]
            if right.prefixed:
                names = [f"{right.name}{number}" for number in range(partitions)]
            if runner.run(_any_denied(settings, _COORDINATORS[right.resource], names)):
                lacking.append(right)
    return lacking


async def _any_denied(settings: Settings, kind: CoordinationType, names: Iterable[str]) -> bool:
    """Look up the coordinator of each name. Raises OperatorError."""
    client = AIOKafkaClient(**for_aiokafka(settings))
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            await client.bootstrap()
            for name in names:
                try:
                    await client.coordinator_lookup(kind, name)
                except (GroupAuthorizationFailedError, TransactionalIdAuthorizationFailed):
                    return True
                except KafkaError:
                    continue  # no coordinator yet, which is not about rights
    except (KafkaError, TimeoutError) as error:
        if fault := diagnose(settings):
            message = f"broker {fault}"
            raise OperatorError(message) from None
        fault = type(error).__name__
        message = f"no answer from the brokers at {settings.brokers} (IPG12_BROKERS): {fault}"
        raise BrokersUnavailable(message) from None
    finally:
        await stop_within(STOP_SECONDS, client.close())
    return False
