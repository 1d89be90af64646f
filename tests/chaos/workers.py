"""Workers are killed, stopped, paused, join and leave."""

import signal
from functools import partial

from chaos.case import case
from chaos.scene import Scene
from chaos.traffic import BURST_RECORDS

WORKERS = 4


@case(short=2, long=100)
def a_worker_is_killed(scene: Scene, rounds: int) -> None:
    scene.start(1)
    scene.publish_all_the_time()
    for _ in range(rounds):
        last = scene.strike(scene.workers[0].kill)
        scene.forget_ended()
        scene.start(1)
        scene.wait_beyond(last)


@case(short=2, long=20)
def a_worker_is_stopped(scene: Scene, rounds: int) -> None:
    """Let more come than it has begun: what it has begun it finishes."""
    scene.start(1)
    scene.publish_all_the_time()
    for number in [signal.SIGTERM, signal.SIGINT] * (rounds // 2):
        (worker,) = scene.workers
        worker.process.send_signal(signal.SIGSTOP)
        scene.wait_busy(3 * BURST_RECORDS)
        worker.process.send_signal(number)
        last = scene.strike(partial(worker.stop, signal.SIGCONT))
        assert worker.process.returncode == 0
        scene.deployment.wait_transactions_ended()
        scene.forget_ended()
        scene.start(1)
        scene.wait_beyond(last)


@case(short=1, long=20)
def a_worker_is_paused_for_longer_than_its_session_and_wakes(scene: Scene, rounds: int) -> None:
    scene.start(2)
    scene.publish_all_the_time()
    for _ in range(rounds):
        sleeper, other = scene.random.sample(scene.workers, 2)
        last = scene.strike(partial(sleeper.process.send_signal, signal.SIGSTOP))
        scene.deployment.wait_shared(other)
        scene.wait_beyond(last)
        scene.wait_busy()
        sleeper.process.send_signal(signal.SIGCONT)
        scene.deployment.wait_shared(sleeper, other)
        scene.wait_ready(sleeper)


@case(short=2, long=50, partitions=16)
def workers_join_and_leave(scene: Scene, rounds: int) -> None:
    scene.start(WORKERS)
    scene.publish_all_the_time()
    for number in range(rounds):
        if len(scene.workers) == WORKERS:
            worker = scene.random.choice(scene.workers)
            scene.strike(worker.stop if number % 4 else worker.kill)
            scene.forget_ended()
        else:
            scene.strike(lambda: scene.start(1, wait=False))
    scene.deployment.wait_shared(*scene.workers)
