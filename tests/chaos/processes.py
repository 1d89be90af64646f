"""A rule fails, records are large, the clock jumps."""

import re
import sys
from pathlib import Path

from broker.load import COMPLIANT, padded
from broker.records import Content
from chaos.case import case
from chaos.scene import Scene
from chaos.topics import ending

PROGRAMS = Path(__file__).with_name("programs")
MIB = 1_048_576
LARGEST_RSS_MIB = 512


@case(short=1, long=10)
def a_rule_fails(scene: Scene, rounds: int) -> None:
    scene.publish_all_the_time(wait=False)
    for _ in range(rounds):
        (worker,) = scene.start(1, sys.executable, PROGRAMS / "failing_rule.py")
        scene.wait_busy()
        poisoned = scene.deployment.episode(f"{COMPLIANT[0]} W37.1")
        scene.deployment.publish([Content(2, None, poisoned, (), scene.deployment.started_ms)])
        line = ending(scene, worker)
        source = re.escape(scene.deployment.topic("episodes"))
        found = re.search(rf"{source}/2, offsets (\d+) to (\d+): ZeroDivisionError", line)
        assert found, line
        first, last = map(int, found.groups())
        assert first <= scene.deployment.last(2) <= last
        scene.start(1)
        scene.wait_beyond({2: last})
        scene.workers[0].stop()
        scene.forget_ended()


@case(short=20, long=160, partitions=16, chunk_records="2000")
def records_are_as_large_as_they_may_be(scene: Scene, rounds: int) -> None:
    for number in range(rounds):
        value = padded(scene.deployment.episode(COMPLIANT[number % 2]), MIB - number % 3)
        scene.deployment.publish(
            [Content(number % scene.partitions, None, value, (), scene.deployment.started_ms)] * 4
        )
    (worker,) = scene.start(1)
    scene.wait_done()
    scene.strikes += rounds * 4
    status = Path(f"/proc/{worker.process.pid}/status").read_text()
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024
    scene.notes.append(f"peak RSS {peak} MiB")
    assert peak < LARGEST_RSS_MIB, f"{peak} MiB"


@case(short=2, long=60)
def the_clock_jumps(scene: Scene, rounds: int) -> None:
    (worker,) = scene.start(1, sys.executable, PROGRAMS / "jumping_clock.py")
    scene.publish_all_the_time()
    for _ in range(rounds):
        last = scene.wait_busy()
        scene.wait_beyond(last)
        scene.strikes += 1
    assert worker.process.poll() is None
