"""What the alerts should be: a plain fold over the verdicts, and what stands on the topics."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from broker.deployment import Deployment
from broker.records import read_topic

Steps = dict[str, list[str]]


@dataclass
class AlertBooks:
    """By `RULE/PROVIDER` what is known of each alert, and the rules that each episode breaks."""

    findings: Counter[str] = field(default_factory=Counter)
    awaiting: dict[str, int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    steps: Steps = field(default_factory=lambda: defaultdict(list))
    episodes: dict[str, list[str]] = field(default_factory=dict)


def folded(deployment: Deployment) -> AlertBooks:
    """Fold the verdicts, where one finding of any severity is an alert and nobody commands."""
    books = AlertBooks()
    newest: dict[str, int] = {}
    awaiting: dict[str, set[str]] = defaultdict(set)
    for record in read_topic(deployment.cluster.client, deployment.topic("verdicts")):
        verdict = json.loads(record.content.value or b"")
        if verdict["outcome"] in {"dead-letter", "withdrawn"}:
            continue
        provider = verdict["provider_code"]
        episode = f"{provider}/{verdict['episode_id']}"
        if record.content.timestamp < newest.get(episode, 0):
            continue
        newest[episode] = record.content.timestamp
        rules = [finding["rule"] for finding in verdict["findings"]]
        before = books.episodes.get(episode, [])
        books.episodes[episode] = rules
        for rule in dict.fromkeys(rules):
            key = f"{rule}/{provider}"
            books.findings[key] += rules.count(rule)
            awaiting[key].add(episode)
            state = books.states.get(key)
            if state in {None, "resolved"}:
                books.states[key] = "reopened" if state else "open"
                books.steps[key].append("reopened" if state else "opened")
        for rule in set(before) - set(rules):
            key = f"{rule}/{provider}"
            awaiting[key].discard(episode)
            if not awaiting[key] and books.states[key] != "resolved":
                books.states[key] = "resolved"
                books.steps[key].append("resolved")
    books.awaiting = {key: len(awaiting[key]) for key in books.states}
    return books


def kept(deployment: Deployment) -> AlertBooks:
    """Read what was kept."""
    client, books = deployment.cluster.client, AlertBooks()
    for record in read_topic(client, deployment.topic("alerts")):
        key, alert = (record.content.key or b"").decode(), json.loads(record.content.value or b"")
        books.findings[key] = alert["findings"]
        books.awaiting[key] = alert["awaiting"]
        books.states[key] = alert["state"]
    for record in read_topic(client, deployment.topic("worklist")):
        episode = json.loads(record.content.value or b"")
        key = (record.content.key or b"").decode()
        books.episodes[key] = [finding["rule"] for finding in episode["findings"]]
    for record in read_topic(client, deployment.topic("alert-events")):
        key = (record.content.key or b"").decode()
        books.steps[key].append(json.loads(record.content.value or b"")["step"])
    return books


def unfinished(deployment: Deployment) -> dict[str, int]:
    """Give how far the alerts are behind, by source partition, where they are."""
    client = deployment.cluster.client
    done = {
        (record.content.key or b"").decode(): json.loads(record.content.value or b"")["upto"]
        for record in read_topic(client, deployment.topic("alert-ledger"))
    }
    last = {
        f"{record.topic}/{record.content.partition}": record.offset
        for topic in ("verdicts", "alert-commands")
        for record in read_topic(client, deployment.topic(topic))
    }
    return {
        source: offset - done.get(source, -1)
        for source, offset in last.items()
        if offset > done.get(source, -1)
    }
