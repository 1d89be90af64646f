import http
import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from broker.alert_logs import folded, kept, unfinished
from broker.deployment import Deploy, Deployment
from broker.late import Kind, LateRequest
from broker.load import COMPLIANT, NON_COMPLIANT
from broker.proxy import healing
from broker.records import Content, Publisher, read_topic
from broker.waiting import wait_until
from broker.worker import Alerts
from confluent_kafka import Producer

SECONDS = 60
BAD, GOOD = "V44.4 Y53.4 V55.1 Z66.5", "V44.4 V55.1 Y53.4 Z66.5"


def submit(deployment: Deployment, codes: str, minutes: int = 0, **fields: object) -> None:
    """Publish an episode that is `minutes` younger than the test."""
    value = deployment.episode(codes, diagnoses=["M80.58"], **fields)
    timestamp = deployment.started_ms + minutes * 60_000
    deployment.publish([Content(0, None, value, (), timestamp)])


def wait_kept(deployment: Deployment, alerts: Alerts) -> None:
    """Wait until everything that was published is judged, and taken account of."""
    wait_until(lambda: not deployment.unfinished(), "everything was judged", SECONDS)
    alerts.wait_until(lambda: not unfinished(deployment), "all was taken account of", SECONDS)


def alert(deployment: Deployment, key: str) -> dict[str, object]:
    """Give an alert as the command line shows it."""
    listed = deployment.run("alerts", "list", "--all", "--format", "jsonl")
    assert listed.returncode == 0, listed.stderr
    found: list[dict[str, object]] = [json.loads(line) for line in listed.stdout.splitlines()]
    (named,) = [each for each in found if f"{each['rule']}/{each['provider']}" == key]
    return named


def test_an_alert_lives_from_a_broken_rule_to_its_correction_and_back(
    deployment: Deployment,
) -> None:
    fields: dict[str, Any] = {"episode_id": "E1", "provider_code": "r0a"}
    with deployment.worker(), deployment.alerts() as alerts:
        submit(deployment, BAD, **fields)
        wait_kept(deployment, alerts)
        assert alert(deployment, "LV02/R0A")["state"] == "open"
        worklist = deployment.run("worklist", "r0a", "--format", "jsonl")
        (episode,) = map(json.loads, worklist.stdout.splitlines())
        assert (episode["episode_id"], episode["proposed"]) == ("E1", GOOD.split())

        done = deployment.run("alerts", "acknowledge", "lv02/r0a", "--by", "Ann", "--why", "mine")
        assert done.stdout == "LV02/R0A is acknowledged by Ann, 1 episode awaits correction\n"
        again = deployment.run("alerts", "acknowledge", "LV02/R0A", "--by", "Ben")
        assert (again.returncode, again.stdout) == (2, "")
        assert "acknowledged already, by Ann; nothing has changed" in again.stderr

        submit(deployment, GOOD, minutes=-1, **fields)
        wait_kept(deployment, alerts)
        assert alert(deployment, "LV02/R0A")["awaiting"] == 1
        submit(deployment, GOOD, minutes=1, **fields)
        wait_kept(deployment, alerts)
        assert alert(deployment, "LV02/R0A")["state"] == "resolved"
        assert "no episode of R0A awaits" in deployment.run("worklist", "R0A", "--all").stdout
        submit(deployment, BAD, minutes=2, **fields)
        wait_kept(deployment, alerts)

        shown = deployment.run("alerts", "show", "LV02/R0A").stdout
        steps = [
            line.split()[2].rstrip(":") for line in shown.splitlines() if line.startswith("  20")
        ]
        assert steps == ["opened", "acknowledged", "refused", "resolved", "reopened"]
        assert "ipg12_alert_steps_total" in alerts.get("/metrics")[1]
        assert alerts.stop() == 0


def test_a_silence_ends_by_itself_and_what_cannot_be_done_changes_nothing(
    deployment: Deployment,
) -> None:
    with deployment.worker(), deployment.alerts() as alerts:
        submit(deployment, BAD, provider_code="R0A")
        wait_kept(deployment, alerts)
        for arguments, said in (
            (("resolve", "LV02/ZZZ", "--why", "x"), "there is no such alert"),
            (("resolve", "LV04/R0A", "--why", "x"), "there is no such alert"),
            (("unsilence", "LV02/R0A"), "is not silenced"),
            (("show", "LV02/ZZZ"), "there is no alert LV02/ZZZ"),
        ):
            refused = deployment.run("alerts", *arguments)
            assert (refused.returncode, refused.stdout) == (2, ""), arguments
            assert said in refused.stderr
            assert refused.stderr.count("\n") == 1
        assert alert(deployment, "LV02/R0A")["silence"] is None

        silenced = deployment.run("alerts", "silence", "LV02/R0A", "--why", "x", "--for", "1d")
        assert "is open, silenced until" in silenced.stdout, silenced.stderr
        assert deployment.run("alerts", "list").stdout.startswith("no alerts need action;")
        lifted = deployment.run("alerts", "unsilence", "LV02/R0A", "--by", "Ann")
        assert "is open, 1 episode awaits" in lifted.stdout, lifted.stderr

        soon = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
        silenced = deployment.run("alerts", "silence", "LV02/R0A", "--why", "x", "--until", soon)
        assert "is open, silenced until" in silenced.stdout, silenced.stderr
        alerts.wait_until(
            lambda: not alert(deployment, "LV02/R0A")["silence"], "the silence was over", SECONDS
        )


def test_a_command_that_cannot_be_read_is_a_dead_letter_and_quotes_nothing(
    deployment: Deployment,
) -> None:
    publisher = Publisher(deployment.cluster.client, deployment.topic("alert-commands"))
    values = [b'{"by": "secret"', b'{"id": "1", "action": "secret"}', None]
    publisher.publish(Content(1, b"key", value, (), deployment.started_ms) for value in values)
    with deployment.alerts() as alerts:
        wait_kept(deployment, alerts)
        assert "ipg12_alerts_dead_letters_total 3.0" in alerts.get("/metrics")[1]
    dead = list(read_topic(deployment.cluster.client, deployment.topic("dead-letter")))
    assert [each.content.value for each in dead] == values
    for each in dead:
        headers = dict(each.content.headers)
        assert (headers["__dlq.errors.message"] or b"").startswith(b"not-a-command: ")
        assert b"secret" not in b"".join(value or b"" for value in headers.values())
        assert headers["ipg12-outcome"] == b"dead-letter"


def resubmissions(deployment: Deployment, batches: int) -> Iterator[list[Content]]:
    """Give batches of so few episodes that each comes again, right, wrong or withdrawn."""
    random = Random(6)  # noqa: S311  # repeatable, not secret
    for _ in range(batches):
        batch = []
        for _ in range(300):
            number = random.randrange(60)
            codes = random.choice(COMPLIANT if random.random() < 0.6 else NON_COMPLIANT)
            provider = ("R0A", "RJ1", "RXQ")[number % 3]
            value = deployment.episode(codes, episode_id=f"E{number}", provider_code=provider)
            timestamp = deployment.started_ms + random.randrange(3_600_000)
            key = f"{provider}/E{number}".encode()
            withdrawn = random.random() < 0.05
            batch.append(Content(number % 4, key, None if withdrawn else value, (), timestamp))
        yield batch


def test_killed_and_paused_processes_keep_what_a_plain_fold_gives(deploy: Deploy) -> None:
    deployment = deploy(alert_warnings="1", alert_information="1")
    with deployment.worker(), deployment.alerts() as first, deployment.alerts() as second:
        keepers = [first.wait_ready(), second]
        batches = resubmissions(deployment, batches=4)
        for batch in batches:
            deployment.publish(batch)
            keepers[0].kill()
            keepers = [keepers[1], deployment.alerts()]
            keepers[1].__enter__()
        wait_kept(deployment, keepers[0].wait_ready())
        keepers[0].process.send_signal(signal.SIGSTOP)
        for batch in resubmissions(deployment, batches=1):
            deployment.publish(batch)
        wait_kept(deployment, keepers[1])
        keepers[0].process.send_signal(signal.SIGCONT)
        for batch in resubmissions(deployment, batches=1):
            deployment.publish(batch)
        wait_kept(deployment, keepers[1])
        for keeper in keepers:
            keeper.kill()
    expected, found = folded(deployment), kept(deployment)
    assert found == expected
    assert {"open", "reopened", "resolved"} >= set(expected.states.values())
    assert sum(len(steps) for steps in expected.steps.values()) > 50


def test_a_late_end_of_a_transaction_changes_no_alert(deploy: Deploy) -> None:
    deployment = deploy(alert_warnings="1", alert_information="1")
    network = deployment.cluster.network
    with (
        healing(network),
        deployment.worker(),
        deployment.alerts(brokers=deployment.cluster.edge_address) as alerts,
    ):
        for batch in resubmissions(deployment, batches=3):
            network.late = late = LateRequest(Kind.END_TXN, deployment.group)
            deployment.publish(batch)
            wait_kept(deployment, alerts)
            for more in resubmissions(deployment, batches=1):
                deployment.publish(more)
            alerts.wait_until(late.has_arrived, "it arrived late", SECONDS)
        wait_kept(deployment, alerts)
    assert kept(deployment) == folded(deployment)


def test_a_tombstone_is_a_deletion_for_whoever_reads_it(deployment: Deployment) -> None:
    fields: dict[str, Any] = {"provider_code": "R0A"}
    with deployment.worker(), deployment.alerts() as alerts:
        for name in ("E1", "E2"):
            submit(deployment, BAD, episode_id=name, **fields)
        wait_kept(deployment, alerts)
        assert alerts.stop() == 0

    client = deployment.cluster.client
    producer = Producer(dict(client))
    deleted = {"worklist": b"R0A/E1", "alerts": b"LV02/R0A", "alert-events": b"LV02/R0A"}
    for name, key in deleted.items():
        topic = deployment.topic(name)
        place = next(each for each in read_topic(client, topic) if each.content.key == key)
        producer.produce(topic, None, key, place.content.partition)
    assert producer.flush(SECONDS) == 0

    with deployment.worker(), deployment.alerts() as alerts, deployment.dashboard() as dashboard:
        for process in (alerts, dashboard):
            process.wait_ready()
        listed = deployment.run("alerts", "list", "--all", "--format", "jsonl")
        assert (listed.returncode, listed.stdout) == (0, "")
        assert deployment.run("alerts", "show", "LV02/R0A").returncode == 2
        worklist = deployment.run("worklist", "R0A", "--format", "jsonl").stdout
        assert [json.loads(line)["episode_id"] for line in worklist.splitlines()] == ["E2"]
        dashboard.wait_until(
            lambda: dashboard.get("/api/worklist")[0] == http.HTTPStatus.OK, "it had read", SECONDS
        )
        assert '"E1"' not in dashboard.get("/api/worklist/R0A")[1]
        assert '"E2"' in dashboard.get("/api/worklist/R0A")[1]
        submit(deployment, BAD, minutes=1, episode_id="E3", **fields)
        wait_kept(deployment, alerts)
        assert alert(deployment, "LV02/R0A")["findings"] == 1
