"""The programs and commands of docs/publishing.md, run on a real Kafka."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from broker.deployment import Deployment
from broker.records import read_topic
from broker.waiting import wait_until
from debian import library_path, unpacked

PAGE = (Path(__file__).parents[2] / "docs/publishing.md").read_text(encoding="utf-8")
SECONDS = 60


def block(deployment: Deployment, language: str, word: str) -> str:
    """Return the block that has a word in it, for a deployment of the tests."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    text: str = next(each for each in found if word in each)
    assert "localhost:9092" in text
    text = text.replace("localhost:9092", deployment.cluster.address)
    return text.replace("ipg12.", deployment.prefix)


def verdicts(deployment: Deployment) -> list[tuple[str, str]]:
    """Return episode and outcome of every verdict; those of a provider are in one partition."""
    records = read_topic(deployment.cluster.client, deployment.topic("verdicts"))
    values = [json.loads(each.content.value or b"") for each in records]
    return [(value["episode_id"], value["outcome"]) for value in values]


def with_kcat() -> dict[str, str]:
    """Return an environment in which there is kcat."""
    root = unpacked("kcat", dependencies=True)
    return {
        "PATH": f"{root / 'usr/bin'}:{os.environ['PATH']}",
        "LD_LIBRARY_PATH": library_path(root),
    }


def consumed(deployment: Deployment, output: Path, lines: int) -> list[str]:
    """Run the consumer of the page until it has printed so many lines."""
    program = block(deployment, "python", "Consumer")
    with output.open("wb") as target:
        running = subprocess.Popen([sys.executable, "-c", program], stdout=target)
        try:
            wait_until(
                lambda: len(output.read_bytes().splitlines()) >= lines, "it printed", SECONDS
            )
        finally:
            running.kill()
            running.wait()
    return output.read_text().splitlines()


def test_an_episode_is_published_corrected_taken_back_and_answered(
    deployment: Deployment, tmp_path: Path
) -> None:
    with deployment.worker():
        program = block(deployment, "python", "Producer")
        subprocess.run([sys.executable, "-c", program], check=True, timeout=SECONDS)
        wait_until(lambda: len(verdicts(deployment)) == 3, "three verdicts were there", SECONDS)
        outcomes = ["non-compliant", "compliant", "withdrawn"]
        assert verdicts(deployment) == [("E1", outcome) for outcome in outcomes]
        answers = read_topic(deployment.cluster.client, deployment.topic("verdicts"))
        assert all(("correlation-id", b"7f1c") in each.content.headers for each in answers)
        printed = consumed(deployment, tmp_path / "printed", 3)
        assert printed == [f"R0A E1 {outcome}" for outcome in outcomes]

        again = tmp_path / "again.json"
        again.write_text('{"episode_id": "E1", "provider_code": "R0A", "procedures": ["V44.4"]}')
        assert deployment.run("publish", str(again)).returncode == 0
        assert len({each.content.partition for each in deployment.incoming()}) == 1


def test_kcat_publishes_takes_back_and_reads_the_answer(deployment: Deployment) -> None:
    environment = with_kcat()
    with deployment.worker():
        publishing = block(deployment, "sh", "-P")
        subprocess.run(["/bin/sh", "-euc", publishing], env=environment, check=True)
        wait_until(lambda: verdicts(deployment), "there was a verdict", SECONDS)
        assert verdicts(deployment) == [("E2", "withdrawn")]
        done = subprocess.run(
            ["/bin/sh", "-euc", block(deployment, "sh", "-C")],
            env=environment,
            check=True,
            capture_output=True,
            timeout=SECONDS,
        )
        (answer,) = done.stdout.splitlines()
        assert json.loads(answer)["outcome"] == "withdrawn"
        (copy,) = read_topic(deployment.cluster.client, deployment.topic("out-of-scope"))
        assert copy.content.key == b"R0A/E2"
        assert ("correlation-id", b"7f1d") in copy.content.headers
