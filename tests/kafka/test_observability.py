import json
from collections import Counter
from contextlib import ExitStack
from functools import partial

from broker.deployment import Deploy, Deployment
from broker.records import read_topic
from broker.worker import Worker
from prometheus_client.parser import text_string_to_metric_families

from schemas.episode import Format
from schemas.rejection import Reason
from schemas.verdict import RULESET, Outcome
from streams.validation.rules import RULES

NOBODY = "http://127.0.0.1:9/"
LABELS = {"outcome", "rule", "severity", "partition", "version", "le", "reason", "format"}


def samples(worker: Worker, name: str) -> dict[tuple[str, ...], float]:
    """Give the values of a metric by the values of its labels, sorted by the labels' names."""
    status, text = worker.get("/metrics")
    assert status == 200
    families = text_string_to_metric_families(text)
    found = [sample for family in families for sample in family.samples]
    assert not set().union(*(sample.labels for sample in found)) - LABELS
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for sample in found
        if sample.name == name
    }


def test_before_any_record_a_worker_becomes_ready_with_every_outcome_and_rule_at_0(
    deployment: Deployment,
) -> None:
    seen: set[tuple[int, bool]] = set()

    def ready() -> bool:
        try:
            status, body = worker.get("/readyz")
        except OSError:
            return False
        seen.add((status, json.loads(body)["ready"]))
        return status == 200

    with deployment.worker() as worker:
        worker.wait_until(ready, "the worker was ready", 60)
        assert worker.get("/livez")[0] == 200
        records = samples(worker, "ipg12_records_total")
        findings = samples(worker, "ipg12_findings_total")
        assert samples(worker, "ipg12_dead_letters_total") == {(each.value,): 0 for each in Reason}
        assert samples(worker, "ipg12_formats_total") == {(each.value,): 0 for each in Format}
        assert samples(worker, "ipg12_unreadable_procedures_total") == {(): 0}
        assert samples(worker, "ipg12_ruleset_info") == {(RULESET,): 1}
        assert worker.stop() == 0
    assert seen <= {(503, False), (200, True)}
    assert records == {(outcome.value,): 0 for outcome in Outcome}
    assert findings == {(rule.code, rule.severity.value): 0 for rule in RULES}


def test_the_metrics_count_what_the_ledger_counts(deployment: Deployment) -> None:
    deployment.publish(deployment.load(2000, seed=1))
    with deployment.worker() as worker:
        deployment.wait_done(worker)
        rows = deployment.ledger().values()
        outcomes: Counter[str] = sum((Counter(row.outcomes) for row in rows), Counter())
        rules: Counter[str] = sum((Counter(row.rules) for row in rows), Counter())
        worker.wait_until(
            lambda: sum(samples(worker, "ipg12_records_total").values()) == outcomes.total(),
            "the metrics counted every record",
            10,
        )
        worker.wait_until(
            lambda: samples(worker, "ipg12_lag_records") == {(str(n),): 0 for n in range(4)},
            "no partition lagged",
            10,
        )
        records = samples(worker, "ipg12_records_total")
        findings = samples(worker, "ipg12_findings_total")
        dead = sum(samples(worker, "ipg12_dead_letters_total").values())
        read = sum(samples(worker, "ipg12_formats_total").values())
        ((_, unreadable),) = samples(worker, "ipg12_unreadable_procedures_total").items()
        measured = samples(worker, "ipg12_end_to_end_seconds_count")
    assert records == {(outcome.value,): outcomes[outcome] for outcome in Outcome}
    assert {rule: count for (rule, _), count in findings.items() if count} == rules
    assert measured == {(): outcomes.total()}
    assert dead == outcomes[Outcome.DEAD_LETTER]
    assert read == outcomes.total() - dead
    copies = read_topic(deployment.cluster.client, deployment.topic("out-of-scope"))
    marked = [copy for copy in copies if "ipg12-unreadable" in dict(copy.content.headers)]
    assert unreadable == len(marked) > 0


def test_processes_beyond_the_number_of_partitions_stand_by_ready(deploy: Deploy) -> None:
    deployment = deploy(partitions=1)
    start = deployment.worker, deployment.alerts, partial(deployment.notifier, webhook_url=NOBODY)
    with ExitStack() as stack:
        processes = [stack.enter_context(each()) for each in start for _ in range(2)]
        for process in processes:
            process.wait_ready()
        worker, spare = processes[:2]
        worker.wait_until(
            lambda: sorted((worker.partitions(), spare.partitions())) == [set(), {0}],
            "one of them stood by",
            60,
        )
        assert spare.get("/readyz") == (200, '{"ready": true, "reason": null}')
