"""Connections between a worker and its brokers break or stall."""

from collections.abc import Iterable
from functools import partial

from broker.late import Kind, LateRequest
from broker.proxy import Proxy
from chaos.brokers import AWAY
from chaos.case import case
from chaos.scene import Scene


@case(short=2, long=50, alone=True)
def connections_are_reset(scene: Scene, rounds: int) -> None:
    scene.start(1, brokers=scene.cluster.edge_address)
    scene.publish_all_the_time()
    for _ in range(rounds):
        proxies = scene.cluster.network.proxies
        broken = scene.random.sample(proxies, scene.random.randint(1, len(proxies)))
        last = scene.strike(partial(reset, broken))
        scene.wait_beyond(last)


@case(short=1, long=10, alone=True)
def connections_stall_for_longer_than_a_session(scene: Scene, rounds: int) -> None:
    (apart,) = scene.start(1, brokers=scene.cluster.edge_address)
    (other,) = scene.start(1)
    scene.publish_all_the_time()
    for _ in range(rounds):
        last = scene.strike(scene.cluster.network.stall)
        scene.deployment.wait_shared(other)
        scene.wait_beyond(last)
        scene.wait_not_ready(apart, "")
        for proxy in scene.cluster.network.proxies:
            proxy.flow()
        scene.deployment.wait_shared(apart, other)
        scene.wait_ready(apart)


@case(short=1, long=10, alone=True)
def a_worker_is_stopped_while_its_brokers_are_out_of_reach(scene: Scene, rounds: int) -> None:
    for _ in range(rounds):
        (worker,) = scene.start(1, brokers=scene.cluster.edge_address)
        scene.publish_all_the_time()
        last = scene.strike(scene.cluster.network.stall)
        scene.wait_not_ready(worker, AWAY)
        assert worker.stop() == 0
        scene.forget_ended()
        for proxy in scene.cluster.network.proxies:
            proxy.reset()
            proxy.flow()
        scene.start(1)
        scene.wait_beyond(last)
        assert scene.workers.pop().stop() == 0


@case(short=4, long=100, alone=True)
def requests_arrive_late(scene: Scene, rounds: int) -> None:
    network = scene.cluster.network
    scene.random.choice(network.proxies).delay_seconds = 0.1
    # A producer that starts sends the first one; the one that could do harm comes most often.
    kinds = sorted(Kind, key=lambda kind: kind is not Kind.INIT_PRODUCER_ID)
    while len(kinds) < rounds:
        kinds += [Kind.END_TXN, scene.random.choice(kinds[1:])]
    for kind in kinds[:rounds]:
        network.late = late = LateRequest(kind)
        if not scene.workers:
            scene.start(1, brokers=scene.cluster.edge_address, wait=False)
            scene.publish_all_the_time(wait=False)
        scene.wait_until(late.has_arrived, f"{kind.name} arrived late")
        scene.strikes += 1
        scene.wait_beyond(scene.wait_busy())


def reset(proxies: Iterable[Proxy]) -> None:
    for proxy in proxies:
        proxy.reset()
