"""Connections between a worker and its brokers break or stall."""

from chaos.case import case
from chaos.scene import Scene


@case(short=5, long=50)
def connections_are_reset(scene: Scene, rounds: int) -> None:
    scene.start(1, brokers=scene.cluster.edge_address)
    scene.publish_all_the_time()
    for _ in range(rounds):
        proxies = scene.cluster.proxies
        broken = scene.random.sample(proxies, scene.random.randint(1, len(proxies)))
        last = scene.strike(lambda broken=broken: [proxy.reset() for proxy in broken])
        scene.wait_beyond(last)


@case(short=1, long=10)
def connections_stall_for_longer_than_a_session(scene: Scene, rounds: int) -> None:
    (apart,) = scene.start(1, brokers=scene.cluster.edge_address)
    (other,) = scene.start(1)
    scene.publish_all_the_time()
    for _ in range(rounds):
        last = scene.strike(lambda: [proxy.stall() for proxy in scene.cluster.proxies])
        scene.deployment.wait_shared(other)
        scene.wait_beyond(last)
        scene.wait_not_ready(apart, "")
        for proxy in scene.cluster.proxies:
            proxy.flow()
        scene.deployment.wait_shared(apart, other)
        scene.wait_ready(apart)
