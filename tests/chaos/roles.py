"""Which broker plays which role."""

from broker.deployment import Deployment

MASK = 0xFFFFFFFF


def group_coordinator(deployment: Deployment) -> int:
    """Give the id of the broker that coordinates the consumer group."""
    return _leader_for(deployment, "__consumer_offsets", deployment.group)


def transaction_coordinator(deployment: Deployment, partition: int) -> int:
    """Give the id of the broker that coordinates a source partition's transactions."""
    transactional_id = f"{deployment.group}/{deployment.topic('episodes')}/{partition}"
    return _leader_for(deployment, "__transaction_state", transactional_id)


def leader(deployment: Deployment, topic: str, partition: int) -> int:
    """Give the id of the broker that leads a partition."""
    name = deployment.topic(topic)
    return deployment.admin.list_topics(name).topics[name].partitions[partition].leader


def in_sync(deployment: Deployment) -> bool:
    """Tell whether every replica of every topic is in sync."""
    return all(
        len(partition.isrs) == len(partition.replicas)
        for topic in deployment.admin.list_topics().topics.values()
        for partition in topic.partitions.values()
    )


def _leader_for(deployment: Deployment, topic: str, key: str) -> int:
    """Give the leader of the partition that keeps what belongs to a key."""
    partitions = deployment.admin.list_topics(topic).topics[topic].partitions
    return partitions[(_java_hash(key) & 0x7FFFFFFF) % len(partitions)].leader


def _java_hash(text: str) -> int:
    """Hash as Java's String does; brokers choose a partition by it."""
    value = 0
    for character in text:
        value = 31 * value + ord(character) & MASK
    return value
