"""`ipg12 verdicts` on a real Kafka."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from broker.deployment import Deployment
from broker.records import Content, read_topic
from broker.waiting import wait_until
from broker.worker import COMMAND

from schemas.verdict import Outcome

SECONDS = 60
HOUR_MS = 3_600_000


def listed(deployment: Deployment, *arguments: str) -> list[dict[str, Any]]:
    done = deployment.run("verdicts", "--format", "jsonl", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def publish(deployment: Deployment, hours: Sequence[int], provider: str) -> None:
    """Publish an episode so many hours before the test."""
    for before in hours:
        value = deployment.episode("V44.4 Y53.4 V55.1 Z66.5", provider_code=provider)
        at = deployment.started_ms - before * HOUR_MS
        deployment.publish([Content(0, None, value, (), at)])


def test_verdicts_are_shown_since_a_time_by_provider_and_as_they_come(
    deployment: Deployment, tmp_path: Path
) -> None:
    output = tmp_path / "followed.jsonl"
    with deployment.worker() as worker, output.open("wb") as target:
        publish(deployment, [5, 1], "R0A")
        publish(deployment, [3], "RM3")
        deployment.publish([Content(1, None, b"{", (), deployment.started_ms)])
        deployment.wait_done(worker)
        every = listed(deployment)
        written = read_topic(deployment.cluster.client, deployment.topic("verdicts"))
        values = [json.loads(each.content.value or b"") for each in written]
        assert sorted(map(str, every)) == sorted(map(str, values))
        assert [each["provider_code"] for each in listed(deployment, "--provider", "rm3")] == [
            "RM3"
        ]
        recent = listed(deployment, "--since", "2h")
        assert sorted(each["outcome"] for each in recent) == [
            Outcome.DEAD_LETTER,
            Outcome.NON_COMPLIANT,
        ]
        assert deployment.run("verdicts", "--since", "2999-01-01").stdout == "no verdicts\n"

        following = subprocess.Popen(
            [COMMAND, "verdicts", "--follow", "--since", "4h", "--format", "jsonl"],
            env={**os.environ, **deployment.environment},
            stdout=target,
        )
        try:
            wait_until(lambda: output.read_bytes().count(b"\n") == 3, "it showed three", SECONDS)
            publish(deployment, [0], "RX1")
            wait_until(lambda: b"RX1" in output.read_bytes(), "it showed a new one", SECONDS)
            stopped_at = time.monotonic()
            following.send_signal(signal.SIGTERM)
            assert following.wait(SECONDS) == 0
            assert time.monotonic() - stopped_at < 10
        finally:
            following.kill()
        assert output.read_bytes().count(b"\n") == 4


def test_without_its_topic_there_is_one_line(deployment: Deployment) -> None:
    missing = deployment.topic("verdicts")
    deployment.admin.delete_topics([missing])[missing].result()
    done = deployment.run("verdicts")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"ipg12: missing topics: {missing}; run `ipg12 topics create`\n"
