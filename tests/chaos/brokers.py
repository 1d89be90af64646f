"""Brokers are killed and come back: one, two, all of them."""

import signal
from collections.abc import Sequence
from functools import partial

from broker.kafka import Node
from broker.worker import Worker
from chaos.case import case
from chaos.roles import group_coordinator, leader, transaction_coordinator
from chaos.scene import Scene

AWAY = "waiting for the brokers"


@case(short=1, long=20, alone=True)
def a_broker_is_killed_and_comes_back(scene: Scene, rounds: int) -> None:
    scene.start(1)
    scene.publish_all_the_time()
    roles = [
        lambda: group_coordinator(scene.deployment),
        lambda: transaction_coordinator(scene.deployment, 0),
        lambda: leader(scene.deployment, "episodes", 1),
        lambda: leader(scene.deployment, "ledger", 2),
    ]
    for number in range(rounds):
        victim = scene.cluster.brokers[roles[number % len(roles)]() - 1]
        last = scene.strike(partial(victim.stop, signal.SIGKILL), settled=False)
        scene.wait_beyond(last)
        scene.cluster.start()
        scene.wait_in_sync()


@case(short=1, long=4, alone=True)
def two_brokers_are_down_for_a_while(scene: Scene, rounds: int) -> None:
    (worker,) = scene.start(1)
    scene.publish_all_the_time()
    for number in range(rounds):
        lose(scene, worker, scene.random.sample(scene.cluster.brokers, 2), outages=number + 1)


@case(short=0, long=4, alone=True)
def the_whole_cluster_goes_down_and_comes_up(scene: Scene, rounds: int) -> None:
    (worker,) = scene.start(1)
    scene.publish_all_the_time()
    for number in range(rounds):
        lose(scene, worker, scene.cluster.nodes, outages=number + 1)


def lose(scene: Scene, worker: Worker, nodes: Sequence[Node], outages: int) -> None:
    """Kill brokers; the worker says so, waits, and goes on by itself when they are back.

    While they come back one may answer before another does, which may begin one more outage.
    """
    last = scene.strike(lambda: stop_all(nodes), settled=False)
    scene.wait_not_ready(worker, AWAY)
    scene.cluster.start()
    scene.wait_beyond(last)
    scene.wait_ready(worker)
    log = worker.log.read_text()
    assert (
        outages <= log.count("brokers.unavailable") == log.count("brokers.available") <= 2 * outages
    ), log
    scene.wait_in_sync()


def stop_all(nodes: Sequence[Node]) -> None:
    """Kill them at nearly one moment: see "When all brokers crash at once" in operating.md."""
    for node in nodes:
        node.send(signal.SIGKILL)
    for node in nodes:
        node.stop(signal.SIGKILL)
