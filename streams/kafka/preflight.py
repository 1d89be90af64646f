"""Whether the user has every right that a command needs, seen before it begins."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import KafkaError, TransactionalIdAuthorizationFailed

from streams.kafka.cluster import Cluster
from streams.kafka.connection import for_aiokafka
from streams.kafka.diagnosis import diagnose
from streams.kafka.stopping import STOP_SECONDS, stop_within
from streams.rights import Command, Operation, Resource, Right, needed
from streams.settings import Settings
from streams.topics import Topics
from streams.trouble import Trouble, Unanswered

LOOK_UP_SECONDS: Final = 10.0

# It says of every attempt to connect that it failed, to standard error where logs are not set up.
logging.getLogger("aiokafka").addHandler(logging.NullHandler())


def verify_rights(cluster: Cluster, command: Command, settings: Settings) -> None:
    """See that no right is lacking on what there is. Raises Trouble that names those that are.

    A right that the brokers do not tell of is taken for granted.
    """
    lacking: list[Right] = []
    by_resource: dict[Resource, list[Right]] = {}
    for right in needed(command, settings):
        if right.operation is not Operation.CREATE:  # what is there need not be created
            by_resource.setdefault(right.resource, []).append(right)
    for resource, rights in by_resource.items():
        if resource is Resource.TRANSACTIONAL_ID:
            lacking += _without_ids(rights, cluster, settings)
            continue
        allowed = cluster.allowed(resource, list(dict.fromkeys(right.name for right in rights)))
        lacking += [
            right
            for right in rights
            if right.name in allowed and right.operation.name not in allowed[right.name]
        ]
    refuse(lacking, command, settings)


def refuse(lacking: list[Right], command: Command, settings: Settings) -> None:
    """Raise Trouble that names the rights that are lacking, where any are."""
    if lacking:
        user = settings.sasl_username or (None if settings.ssl_certfile else "ANONYMOUS")
        message = (
            f"{f'user {user}' if user else 'the user of IPG12_SSL_CERTFILE'} lacks rights: "
            f"{', '.join(map(str, lacking))}; "
            f"`ipg12 topics acls --user {user or 'NAME'} --for {command}` prints what grants them"
        )
        raise Trouble(message)


def _without_ids(rights: list[Right], cluster: Cluster, settings: Settings) -> list[Right]:
    """Give the rights to ids of which the brokers deny one, of those for all partitions.

    Asking who coordinates an id changes nothing, and needs the least of rights to it.
    """
    partitions = cluster.partitions.get(Topics(settings.topic_prefix).episodes, 1)
    # With a loop of its own the thread's event loop stays as it is, for Faust.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return [
            right
            for right in rights
            if runner.run(
                _any_denied(settings, [f"{right.name}{number}" for number in range(partitions)])
            )
        ]


async def _any_denied(settings: Settings, ids: Iterable[str]) -> bool:
    """Look up who coordinates each transactional id. Raises Unanswered."""
    client = AIOKafkaClient(**for_aiokafka(settings))
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            await client.bootstrap()
            for each in ids:
                try:
                    await client.coordinator_lookup(CoordinationType.TRANSACTION, each)
                except TransactionalIdAuthorizationFailed:
                    return True
                except KafkaError:
                    continue  # the brokers have no coordinator yet, which is no matter of rights
    except (KafkaError, TimeoutError) as error:
        if fault := diagnose(settings):
            message = f"broker {fault}"
            raise Trouble(message) from None
        fault = type(error).__name__
        message = f"no answer from the brokers at {settings.brokers} (IPG12_BROKERS): {fault}"
        raise Unanswered(message) from None
    finally:
        await stop_within(STOP_SECONDS, client.close())
    return False
